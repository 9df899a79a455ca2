"""Hearing of changes in folders: watches, bursts that settle, network file systems."""

import ctypes
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from drivearr.lib.errors import StopRun
from drivearr.lib.wording import gettext, gettext_noop
from library.ignoring import is_video_name
from library.pairing import find_kind

QUIET_SECONDS = 1.0
"""With the step of the watcher and the scan, a change shows within two seconds."""
BURST_MOST_SECONDS = 60.0
"""A burst that does not end is looked at meanwhile."""

# Not opening and reading: our own scans would wake us.
_CHANGES: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]

_NETWORK_FILE_SYSTEMS = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "9p"),
        *("fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.s3fs", "davfs"),
        *("fuse.smbnetfs", "fuse.davfs2", "virtiofs", "ncpfs", "lustre", "beegfs"),
    }
)


_DELETE_SELF = 0x400


class WatchLimit(StopRun):
    """The system watches no more folders for us."""

    code = "WATCH_LIMIT"
    advice = gettext_noop(
        "Raise it: sudo sysctl fs.inotify.max_user_watches=524288 "
        "fs.inotify.max_user_instances=512 (and put both into "
        "/etc/sysctl.d to keep them). Until then changes are found by "
        "looking now and then, as often as its card says."
    )


class WatchFailed(StopRun):
    """A folder cannot be watched."""

    code = "WATCH_FAILED"
    advice = gettext_noop(
        "Changes in it are found by looking now and then, as often as its card says."
    )


@dataclass(slots=True)
class Settler:
    """Collects changes per key until they have been quiet for a while."""

    quiet_seconds: float = QUIET_SECONDS
    most_seconds: float = BURST_MOST_SECONDS
    _bursts: dict[int, tuple[float, float]] = field(default_factory=dict)
    """First and latest change of a burst."""

    def note(self, key: int, *, now: float) -> None:
        """Say that something changed."""
        first, _ = self._bursts.get(key, (now, now))
        self._bursts[key] = (first, now)

    def take_settled(self, *, now: float) -> list[int]:
        """Return and forget the keys whose burst is over, or goes on too long."""
        settled = [
            key
            for key, (first, latest) in list(self._bursts.items())
            if now - latest >= self.quiet_seconds or now - first >= self.most_seconds
        ]
        for key in settled:
            self._bursts.pop(key, None)
        return settled


class FolderWatch:
    """A watch on a folder and all below; `changed` is called from another thread.

    Raises:
        WatchLimit: the system's limit is reached.
        WatchFailed: the folder is gone or cannot be watched.

    """

    def __init__(self, path: Path, changed: Callable[[], None]) -> None:
        self.path = path
        self._observer: BaseObserver | None = None
        try:
            self._observer = Observer()
            self._observer.schedule(
                _Handler(changed),
                os.fspath(path),
                recursive=True,
                event_filter=_CHANGES,
            )
            self._observer.start()
        except OSError as error:
            self.close()
            raise _explain(path, error) from error
        self.is_limited = not has_room()
        """Whether folders in it may go unheard: the system watches no more for us."""

    @property
    def is_alive(self) -> bool:
        """Whether it still listens."""
        return self._observer is not None and self._observer.is_alive()

    def close(self) -> None:
        """Stop listening."""
        if self._observer is None:
            return
        self._observer.stop()
        if self._observer.is_alive():
            self._observer.join(timeout=5)


class _Handler(FileSystemEventHandler):
    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.is_directory or any(
            _matters(os.fsdecode(path)) for path in (event.src_path, event.dest_path)
        ):
            self._changed()


def _matters(path: str) -> bool:
    """Whether a scan would look at it; unfinished downloads have other names."""
    name = path.rpartition("/")[2]
    if name.startswith("."):
        return False
    return is_video_name(name) or find_kind(name) is not None


def has_room() -> bool:
    """Whether the system would watch one more folder for us.

    watchdog does not tell when it could not watch a folder below the first. Source:
    inotify_add_watch(2).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "inotify_init1"):
        return True
    fd = libc.inotify_init1(os.O_CLOEXEC)
    if fd < 0:
        return ctypes.get_errno() != errno.EMFILE
    try:
        watch = libc.inotify_add_watch(fd, b"/", _DELETE_SELF)
        return watch >= 0 or ctypes.get_errno() != errno.ENOSPC
    finally:
        os.close(fd)


def _explain(path: Path, error: OSError) -> StopRun:
    if error.errno in {errno.ENOSPC, errno.EMFILE}:
        return limit_at(path)
    return WatchFailed(
        gettext("{path} cannot be watched: {strerror}.").format(
            path=path, strerror=error.strerror
        )
    )


def limit_at(path: Path) -> WatchLimit:
    """Return what there is to say when not all of a folder can be watched."""
    return WatchLimit(
        gettext("The system's limit of watches is reached at {path}.").format(path=path)
    )


def find_file_system(path: Path, *, mounts: str | None = None) -> str:
    """Return the type of the file system that `path` lies on; "" when unknown.

    `mounts` is the text of /proc/self/mountinfo. Source: proc_pid_mountinfo(5).
    """
    if mounts is None:
        try:
            mounts = Path("/proc/self/mountinfo").read_text(
                encoding="utf-8", errors="replace"
            )
        except OSError:
            return ""
    best, kind = -1, ""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields, details = left.split(), right.split()
        if len(fields) <= 4 or not details:  # noqa: PLR2004 - the fifth is the place
            continue
        place = _unescape(fields[4])
        if path.is_relative_to(place) and len(place) >= best:
            best, kind = len(place), details[0]
    return kind


_TRUSTED_FILE_SYSTEMS = frozenset(
    {
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "jfs"),
        *("tmpfs", "overlay"),
    }
)


def is_trusted(path: Path) -> bool:
    """Whether a folder's time tells every new, gone and renamed entry in it."""
    return find_file_system(path) in _TRUSTED_FILE_SYSTEMS


def _unescape(text: str) -> str:
    """Turn the kernel's octal escapes back: a blank is written as backslash 040."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n")):
        text = text.replace(code, character)
    return text.replace("\\134", "\\")


def is_on_network(path: Path) -> bool:
    """Whether changes made elsewhere would not be told here."""
    return find_file_system(path) in _NETWORK_FILE_SYSTEMS
