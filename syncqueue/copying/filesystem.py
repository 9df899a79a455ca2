"""The disk calls of copying; the seam where tests put faults in."""

import contextlib
import ctypes
import errno
import fcntl
import mmap
import os
import stat
import unicodedata
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Protocol

from drivearr.lib.rootfolder import RootFolder, syncs_all

_KEEP_SIZE = 1
"""FALLOC_FL_KEEP_SIZE. Source: fallocate(2)."""
_SECTOR_BYTES = 512
"""Unit of /sys/dev/block/*/stat. Source: Linux, Documentation/block/stat.rst."""
_O_DIRECT = getattr(os, "O_DIRECT", 0)
_MAKE = os.O_RDWR | os.O_CREAT
_FLUSHED_AS_A_WHOLE = frozenset(
    {
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "tmpfs"),
        *("vfat", "msdos", "exfat", "ntfs3", "hfs", "hfsplus"),
    }
)
"""Drivers of the kernel's own; of FUSE and of networks nobody knows what a flush does."""


class Filesystem(Protocol):
    """What the copier asks of the drive and the library. Any call may raise OSError."""

    def open_source(self, path: Path) -> int:
        """Open a library file, for reading only."""

    def about_source(self, fd: int) -> os.stat_result:
        """Stat an open library file."""

    def find_source(self, path: Path) -> os.stat_result:
        """Stat what lies at a library file's path now."""

    def read_source(self, fd: int, buffer: memoryview, offset: int) -> int:
        """Read from a library file; return how much came, 0 at the end."""

    def close_source(self, fd: int) -> None:
        """Close a library file."""

    def prepare(self, relpath: str, *, flush: bool = True) -> None:
        """Make the folders above a target; unflushed ones need `flush_all`."""

    def open_folder(self, relpath: str) -> int:
        """Open the folder that a file is in, which is there."""

    def staying_in(self, folder: str) -> AbstractContextManager[None]:
        """Hold a folder open for many calls on what is in it."""

    def open_partial(self, relpath: str, *, fresh: bool) -> int:
        """Open a partial file for writing; `fresh` begins an empty one."""

    def write(self, fd: int, data: memoryview, offset: int) -> int:
        """Write at an offset; return how much was taken."""

    def bypass_cache(self, fd: int, *, on: bool) -> bool:
        """Switch writing and reading past the cache; return whether it is so now."""

    def flush(self, fd: int) -> None:
        """Flush the bytes to the device."""

    def cut(self, fd: int, size: int) -> None:
        """Make a file exactly `size` long, which it is or exceeds."""

    def reserve(self, fd: int, size: int) -> None:
        """Reserve room where that is cheap; never grows the file.

        ENOSPC, EDQUOT and EFBIG say that the whole will not fit.
        """

    def size_of(self, fd: int) -> int:
        """Return an open file's size."""

    def open_written(self, relpath: str) -> int:
        """Open a file for reading back, with its pages dropped from memory."""

    def fetch(self, fd: int) -> None:
        """Let the device begin to read a file."""

    def read(self, fd: int, buffer: memoryview, offset: int) -> int:
        """Read at an offset into a buffer; return how much came."""

    def close(self, fd: int) -> None:
        """Close a file."""

    def set_time(self, relpath: str, mtime_ns: int) -> None:
        """Set a file's time as well as the drive can keep it."""

    def commit(self, partial: str, final: str, *, replace: bool) -> None:
        """Rename, flush the file under its new name, flush the folder."""

    def commit_again(self, final: str) -> None:
        """Flush a file that has its final name already, and its folder."""

    def rename(self, partial: str, final: str, *, replace: bool) -> None:
        """Rename only; nothing is durable before `flush_all`, or `commit_again`."""

    def flush_all(self) -> None:
        """Flush all that was written to the drive, where `flushes_all` says so."""

    @property
    def flushes_all(self) -> bool:
        """Whether `flush_all` can be relied on here."""

    def remove(self, relpath: str) -> None:
        """Remove a file, if it is there."""

    def stat(self, relpath: str) -> os.stat_result:
        """Stat a file itself."""

    def exists(self, relpath: str) -> bool:
        """Whether there is an entry of that name."""

    def lists(self, relpath: str) -> bool:
        """Whether the folder lists the file under exactly that name."""

    def listed(self, folder: str) -> set[str]:
        """Return the names that a folder lists."""

    def sectors_read_bytes(self) -> int | None:
        """Return how many bytes the device has read so far; None where unknown."""

    def is_there(self) -> bool:
        """Whether the drive's block device still exists."""


class LibraryFiles:
    """The library's files: for reading only, always (law 1)."""

    def open_source(self, path: Path) -> int:
        """See Filesystem."""
        # O_NONBLOCK: a FIFO in its place must not hang us.
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with contextlib.suppress(OSError):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        return fd

    def about_source(self, fd: int) -> os.stat_result:
        """See Filesystem."""
        return os.fstat(fd)

    def find_source(self, path: Path) -> os.stat_result:
        """See Filesystem."""
        return path.stat()

    def read_source(self, fd: int, buffer: memoryview, offset: int) -> int:
        """See Filesystem."""
        got = os.preadv(fd, [buffer], offset)
        # What was read once is not read again: leave the memory to others.
        os.posix_fadvise(fd, offset, got, os.POSIX_FADV_DONTNEED)
        return got

    def close_source(self, fd: int) -> None:
        """See Filesystem."""
        os.close(fd)


class DriveFilesystem(LibraryFiles):
    """The real one, beneath a drive's held root."""

    def __init__(
        self,
        root: RootFolder,
        *,
        device: str = "",
        device_node: str = "",
        driver: str = "",
    ) -> None:
        """`device`: `major:minor` of the block device; empty when there is none.

        `driver`: the file system's kind, as the mount table has it.
        """
        self._root, self._node = root, device_node
        self.flushes_all = driver in _FLUSHED_AS_A_WHOLE and syncs_all()
        number = os.fstat(root.fd).st_dev
        self._device = device
        self._stat = Path("/sys/dev/block") / (
            device or f"{os.major(number)}:{os.minor(number)}"
        )

    def prepare(self, relpath: str, *, flush: bool = True) -> None:
        """See Filesystem."""
        folder = relpath.rpartition("/")[0]
        if folder:
            self._root.mkdirs(folder, flush=flush)

    def open_folder(self, relpath: str) -> int:
        """See Filesystem."""
        folder = relpath.rpartition("/")[0]
        flags = os.O_RDONLY | os.O_DIRECTORY
        return self._root.open(folder, flags) if folder else os.dup(self._root.fd)

    def staying_in(self, folder: str) -> AbstractContextManager[None]:
        """See Filesystem."""
        return self._root.staying_in(folder)

    def open_partial(self, relpath: str, *, fresh: bool) -> int:
        """See Filesystem."""
        fd = self._create(relpath) if fresh else self._root.open(relpath, _MAKE)
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode) or about.st_nlink > 1:
            os.close(fd)
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), relpath)
        return fd

    def _create(self, relpath: str) -> int:
        try:
            return self._root.open(relpath, _MAKE | os.O_EXCL)
        except FileExistsError:
            self.remove(relpath)
            return self._root.open(relpath, _MAKE | os.O_EXCL)

    def write(self, fd: int, data: memoryview, offset: int) -> int:
        """See Filesystem."""
        return os.pwrite(fd, data, offset)

    def bypass_cache(self, fd: int, *, on: bool) -> bool:
        """See Filesystem."""
        flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        wanted = flags | _O_DIRECT if on else flags & ~_O_DIRECT
        try:
            fcntl.fcntl(fd, fcntl.F_SETFL, wanted)
        except OSError:
            return False
        return on and bool(_O_DIRECT)

    def flush(self, fd: int) -> None:
        """See Filesystem."""
        os.fdatasync(fd)

    def cut(self, fd: int, size: int) -> None:
        """See Filesystem."""
        # Never up: that makes a hollow file of full size.
        if os.fstat(fd).st_size > size:
            os.ftruncate(fd, size)

    def reserve(self, fd: int, size: int) -> None:
        """See Filesystem."""
        if size:
            _fallocate(fd, size)

    def size_of(self, fd: int) -> int:
        """See Filesystem."""
        return os.fstat(fd).st_size

    def open_written(self, relpath: str) -> int:
        """See Filesystem."""
        fd = self._root.open(relpath, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        # A FUSE driver (exfat-fuse, ntfs-3g) is answered by the device's own cache.
        if self._node and not self.flushes_all:
            with contextlib.suppress(OSError):
                node = os.open(self._node, os.O_RDONLY | os.O_CLOEXEC)
                os.posix_fadvise(node, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(node)
        return fd

    def fetch(self, fd: int) -> None:
        """See Filesystem."""
        with contextlib.suppress(OSError):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_WILLNEED)

    def read(self, fd: int, buffer: memoryview, offset: int) -> int:
        """See Filesystem."""
        try:
            return os.preadv(fd, [buffer], offset)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            # Past the cache an odd offset is refused; the pages were dropped before.
            self.bypass_cache(fd, on=False)
            return os.preadv(fd, [buffer], offset)

    def close(self, fd: int) -> None:
        """See Filesystem."""
        os.close(fd)

    def set_time(self, relpath: str, mtime_ns: int) -> None:
        """See Filesystem."""
        # Owner, mode and attributes are not attempted; a time that does not fit is no
        # reason to fail.
        with contextlib.suppress(PermissionError, OverflowError):
            self._root.utime(relpath, mtime_ns=mtime_ns)

    def commit(self, partial: str, final: str, *, replace: bool) -> None:
        """See Filesystem."""
        self._root.commit(partial, final, replace=replace)

    def commit_again(self, final: str) -> None:
        """See Filesystem."""
        self._root.sync_file(final)
        self._root.sync_folder(final.rpartition("/")[0])

    def rename(self, partial: str, final: str, *, replace: bool) -> None:
        """See Filesystem."""
        self._root.rename(partial, final, replace=replace)

    def flush_all(self) -> None:
        """See Filesystem."""
        self._root.sync_all()

    def remove(self, relpath: str) -> None:
        """See Filesystem."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            self._root.unlink(relpath)

    def stat(self, relpath: str) -> os.stat_result:
        """See Filesystem."""
        return self._root.stat(relpath)

    def exists(self, relpath: str) -> bool:
        """See Filesystem."""
        return self._root.exists(relpath)

    def lists(self, relpath: str) -> bool:
        """See Filesystem."""
        folder, _, name = relpath.rpartition("/")
        return name in self.listed(folder)

    def listed(self, folder: str) -> set[str]:
        """See Filesystem."""
        fd = self._root.open(folder, os.O_RDONLY | os.O_DIRECTORY) if folder else -1
        try:
            names = os.listdir(fd if folder else self._root.fd)
        finally:
            if folder:
                os.close(fd)
        # HFS+ takes accents apart; that is the same name.
        return {unicodedata.normalize("NFC", each) for each in names}

    def sectors_read_bytes(self) -> int | None:
        """See Filesystem."""
        try:
            columns = (self._stat / "stat").read_text(encoding="ascii").split()
            return int(columns[2]) * _SECTOR_BYTES
        except (OSError, ValueError, IndexError):
            return None

    def is_there(self) -> bool:
        """See Filesystem."""
        return not self._device or self._stat.exists()


_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def _fallocate(fd: int, size: int) -> None:
    """Reserve `size` bytes without growing the file; silent where that does not work."""
    if (fallocate := _find_fallocate()) is None:
        return
    if fallocate(fd, _KEEP_SIZE, 0, size) and ctypes.get_errno() in _NO_ROOM:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


@cache
def _find_fallocate() -> "ctypes._NamedFuncPointer | None":
    try:
        function = ctypes.CDLL(None, use_errno=True).fallocate64
    except (OSError, AttributeError):
        return None
    function.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    return function


def make_buffers(count: int, size: int) -> list[mmap.mmap]:
    """Return page-aligned buffers, as writing past the cache needs them."""
    return [mmap.mmap(-1, size) for _ in range(count)]
