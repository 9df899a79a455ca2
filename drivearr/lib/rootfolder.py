"""A folder held open: every access goes beneath it, follows no link, leaves no mount.

After an unmount a path leads into the file system below; a held descriptor does not.
"""

import contextlib
import ctypes
import errno
import os
import re
import secrets
import stat
import struct
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import TracebackType

from drivearr.lib.errors import Refused
from drivearr.lib.wording import gettext, gettext_noop

PARTIAL_SUFFIX = ".drivearr-partial"
RELPATH_MOST_CHARACTERS = 4096

_SYS_OPENAT2 = 437
_RESOLVE = 0x01 | 0x04 | 0x08
"""RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH. Source: openat2(2)."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SYNCFS_TELLS = (5, 8)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class UnsafePath(Refused):
    """A relative path would lead out of its folder, or is no path at all."""

    code = "UNSAFE_PATH"
    advice = gettext_noop(
        "Nothing was touched. Such a path can only come from a damaged or "
        "hostile source."
    )


def check_relpath(relpath: str) -> tuple[str, ...]:
    """Return the components of a contained relative POSIX path.

    Raises:
        UnsafePath: it is absolute, empty, too long, or holds `.`, `..`, an empty
            component, or a control character.

    """
    if not relpath or len(relpath) > RELPATH_MOST_CHARACTERS:
        raise UnsafePath(
            gettext("A path of {number} characters is not usable.").format(
                number=len(relpath)
            )
        )
    parts = tuple(relpath.split("/"))
    if any(part in {"", ".", ".."} for part in parts):
        raise UnsafePath(
            gettext("The path {relpath!r} is not a plain path below a folder.").format(
                relpath=relpath
            )
        )
    if _CONTROL.search(relpath):
        raise UnsafePath(
            gettext("The path {relpath!r} holds control characters.").format(
                relpath=relpath
            )
        )
    return parts


class _Staying(threading.local):
    """Which folder a thread holds open; another thread's may be closed at any moment."""

    there: tuple[str, int] | None = None
    """Its path and its descriptor."""


class RootFolder:
    """An opened folder. Close it, or use it as a context manager.

    Every method takes relative POSIX paths and raises UnsafePath for a bad one,
    otherwise OSError as the system gives it (ELOOP for a link, EXDEV for another mount).
    """

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.fd = fd
        self.device = os.fstat(fd).st_dev
        self._staying = _Staying()
        self.made: list[str] = []
        """Folders that `mkdirs` made since somebody last took note of them."""

    @classmethod
    def open_at(cls, path: Path) -> "RootFolder":
        """Open the folder at `path`."""
        return cls(path, os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))

    def close(self) -> None:
        """Let go of the folder, so that its drive can be unmounted."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> "RootFolder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def staying_in(self, folder: str) -> Iterator[None]:
        """Keep a folder below open: many calls on what is in it walk there once.

        For the thread that calls; what moves the folder away meanwhile is not seen.
        """
        if not folder:
            yield
            return
        fd = self._open_folder(folder)
        before, self._staying.there = self._staying.there, (folder, fd)
        try:
            yield
        finally:
            self._staying.there = before
            os.close(fd)

    # --- Looking ------------------------------------------------------------------

    def open(self, relpath: str, flags: int, mode: int = 0o644) -> int:
        """Open a file below and return its descriptor."""
        check_relpath(relpath)
        flags |= os.O_CLOEXEC | os.O_NOFOLLOW
        fd = _openat2(self.fd, relpath, flags, mode)
        return fd if fd is not None else self._open_by_steps(relpath, flags, mode)

    def _open_by_steps(self, relpath: str, flags: int, mode: int) -> int:
        """Open where openat2 is missing: component by component, following nothing."""
        with self._parent(relpath) as (folder, name):
            fd = os.open(name, flags, mode, dir_fd=folder)
        if os.fstat(fd).st_dev != self.device:
            os.close(fd)
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), relpath)
        return fd

    @contextlib.contextmanager
    def _parent(self, relpath: str) -> Iterator[tuple[int, str]]:
        """Give an open descriptor of the folder that holds `relpath`, and the name."""
        *folders, name = check_relpath(relpath)
        if not folders:
            yield self.fd, name
            return
        folder = "/".join(folders)
        there = self._staying.there
        if there is not None and there[0] == folder:
            yield there[1], name
            return
        fd = self._open_folder(folder)
        try:
            yield fd, name
        finally:
            os.close(fd)

    def _open_folder(self, relpath: str) -> int:
        if not relpath:
            return os.open(".", _FOLDER, dir_fd=self.fd)
        fd = _openat2(self.fd, relpath, _FOLDER, 0)
        return fd if fd is not None else self._walk_to(relpath)

    def _walk_to(self, relpath: str) -> int:
        fd = os.dup(self.fd)
        for part in check_relpath(relpath):
            try:
                below = os.open(part, _FOLDER, dir_fd=fd)
            finally:
                os.close(fd)
            fd = below
            if os.fstat(fd).st_dev != self.device:
                os.close(fd)
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), relpath)
        return fd

    def stat(self, relpath: str) -> os.stat_result:
        """Stat an entry itself; a link is not followed."""
        with self._parent(relpath) as (folder, name):
            return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def exists(self, relpath: str) -> bool:
        """Whether there is an entry of that name, of whatever kind."""
        try:
            self.stat(relpath)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def is_file(self, relpath: str) -> bool:
        """Whether it is a plain file."""
        try:
            return stat.S_ISREG(self.stat(relpath).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False

    def scandir(self, relpath: str = "") -> list[tuple[str, os.stat_result]]:
        """List a folder: names and their own stats, by name; vanished ones left out."""
        fd = self._open_folder(relpath)
        try:
            found = []
            for name in sorted(os.listdir(fd)):
                with contextlib.suppress(FileNotFoundError):
                    found.append(
                        (name, os.stat(name, dir_fd=fd, follow_symlinks=False))
                    )
            return found
        finally:
            os.close(fd)

    def statvfs(self) -> os.statvfs_result:
        """Return the file system's sizes."""
        return os.statvfs(self.fd)

    def read_whole(self, relpath: str, *, most_bytes: int) -> bytes:
        """Read a plain file.

        Raises:
            UnsafePath: it is no plain file, or larger than `most_bytes`.

        """
        # O_NONBLOCK: a FIFO of that name must not hang us.
        fd = self.open(relpath, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as stream:
            about = os.fstat(fd)
            if not stat.S_ISREG(about.st_mode):
                raise UnsafePath(
                    gettext("{relpath!r} is no plain file.").format(relpath=relpath)
                )
            data = stream.read(most_bytes + 1)
        if len(data) > most_bytes:
            raise UnsafePath(
                gettext("{relpath!r} is larger than {most_bytes} bytes.").format(
                    relpath=relpath, most_bytes=most_bytes
                )
            )
        return data

    # --- Changing -----------------------------------------------------------------

    def mkdirs(self, relpath: str, *, flush: bool = True) -> None:
        """Make a folder and those above it, each flushed into its parent.

        `flush=False`: the caller flushes the whole file system later, see `sync_all`.
        """
        try:
            is_new = self._mkdir(relpath, flush=flush)
        except FileNotFoundError:
            if "/" not in relpath:
                raise
            self.mkdirs(relpath.rpartition("/")[0], flush=flush)
            is_new = self._mkdir(relpath, flush=flush)
        if not is_new:
            # Whatever stood there already must be a folder of ours to walk into.
            os.close(self._open_folder(relpath))

    def _mkdir(self, relpath: str, *, flush: bool) -> bool:
        with self._parent(relpath) as (folder, name):
            try:
                os.mkdir(name, 0o755, dir_fd=folder)
            except FileExistsError:
                return False
            if flush:
                os.fsync(folder)
        self.made.append(relpath)
        return True

    def rename(self, old: str, new: str, *, replace: bool = False) -> None:
        """Rename within this folder.

        Raises:
            FileExistsError: `new` is there already and `replace` is not set. The look
                and the rename are two steps: hold the drive's lock.

        """
        if not replace and self.exists(new):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
        with self._parent(old) as (source, was):
            if old.rpartition("/")[0] == new.rpartition("/")[0]:
                name = check_relpath(new)[-1]
                os.rename(was, name, src_dir_fd=source, dst_dir_fd=source)
                return
            with self._parent(new) as (target, name):
                os.rename(was, name, src_dir_fd=source, dst_dir_fd=target)

    def unlink(self, relpath: str) -> None:
        """Remove a file."""
        with self._parent(relpath) as (folder, name):
            os.unlink(name, dir_fd=folder)

    def rmdir(self, relpath: str) -> None:
        """Remove an empty folder."""
        with self._parent(relpath) as (folder, name):
            os.rmdir(name, dir_fd=folder)

    def utime(self, relpath: str, *, mtime_ns: int) -> None:
        """Set a file's times; a link is not followed."""
        with self._parent(relpath) as (folder, name):
            os.utime(
                name, ns=(mtime_ns, mtime_ns), dir_fd=folder, follow_symlinks=False
            )

    def sync_folder(self, relpath: str = "") -> None:
        """Flush a folder's entries to the disk; "" is the folder itself."""
        fd = self._open_folder(relpath)
        try:
            os.fsync(fd)
        except OSError as error:
            # Some network file systems cannot flush a folder; there is no other way.
            if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
                raise
        finally:
            os.close(fd)

    def sync_file(self, relpath: str) -> None:
        """Flush a file under the name it has now."""
        fd = self.open(relpath, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def sync_all(self) -> None:
        """Flush all that was written to this file system, where `syncs_all` says so.

        Raises: OSError when any of it was not written since this folder was opened.
        """
        # Of its own: who waits may leave, and close the folder meanwhile.
        fd = os.dup(self.fd)
        try:
            if _libc is None or _libc.syncfs(fd):
                code = ctypes.get_errno() or errno.ENOSYS
                raise OSError(code, os.strerror(code), str(self.path))
            # FAT empties the device's own memory only when some entry is flushed.
            os.fsync(fd)
        finally:
            os.close(fd)

    def commit(self, partial: str, final: str, *, replace: bool = False) -> None:
        """Give a flushed partial file its final name, so that a power cut keeps it.

        Rename, flush the file again, flush the folder: without the second flush FAT32
        loses the file (measured: empty in 18 of 39 crash points).
        """
        self.rename(partial, final, replace=replace)
        self.sync_file(final)
        self.sync_folder(final.rpartition("/")[0])

    def write_whole(self, relpath: str, data: bytes) -> None:
        """Write a small file so that the old one or the new one is there, whole.

        Temporary name beside the target, write, flush, rename, flush the renamed file
        again, flush the folder.
        """
        partial = f"{relpath}.{secrets.token_hex(4)}{PARTIAL_SUFFIX}"
        fd = self.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            with os.fdopen(fd, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(fd)
            self.commit(partial, relpath, replace=True)
        except BaseException:
            with contextlib.suppress(OSError):
                self.unlink(partial)
            raise


def _openat2(folder: int, relpath: str, flags: int, mode: int) -> int | None:
    """Open beneath `folder` with the kernel's own guard; None where it has none."""
    if _libc is None:
        return None
    how = struct.pack("QQQ", flags, mode if flags & os.O_CREAT else 0, _RESOLVE)
    while True:
        fd = _libc.syscall(_SYS_OPENAT2, folder, os.fsencode(relpath), how, len(how))
        if fd >= 0:
            return int(fd)
        code = ctypes.get_errno()
        if code in {errno.ENOSYS, errno.EPERM}:
            # EPERM: older container sandboxes refuse calls they do not know.
            return None
        if code not in {errno.EINTR, errno.EAGAIN}:
            raise OSError(code, os.strerror(code), relpath)


@cache
def syncs_all() -> bool:
    """Whether `sync_all` reports errors of writing. Source: syncfs(2), Linux 5.8."""
    if _libc is None:
        return False
    release = os.uname().release.split(".")
    try:
        return (int(release[0]), int(release[1])) >= _SYNCFS_TELLS
    except (ValueError, IndexError):
        return False


def _find_libc() -> ctypes.CDLL | None:
    if not hasattr(os, "uname") or os.uname().sysname != "Linux":
        return None
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall.restype = ctypes.c_long
    except (OSError, AttributeError):
        return None
    return libc


_libc = _find_libc()
