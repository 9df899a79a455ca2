"""What lies on a drive: videos and side files, following no link, trusting no name."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from drivearr.lib.errors import SkipFile
from drivearr.lib.rootfolder import (
    PARTIAL_SUFFIX,
    RootFolder,
    UnsafePath,
    check_relpath,
)
from drivearr.lib.wording import gettext, gettext_noop
from library.ignoring import is_video_name
from library.pairing import find_kind

RELPATH_MOST_CHARACTERS = 1000
MOST_DEPTH = 50
_SYSTEM_FOLDERS = frozenset(
    {"system volume information", "$recycle.bin", "recycler", "lost+found"}
)


class EntryUnreadable(SkipFile):
    """A file or folder on the drive cannot be looked at."""

    code = "DRIVE_ENTRY_UNREADABLE"
    advice = gettext_noop("Have the drive's file system checked if this happens often.")


@dataclass(frozen=True, slots=True)
class Found:
    """One plain file on the drive."""

    relpath: str
    kind: Literal["VIDEO", "SIDE"]
    size_bytes: int
    mtime_ns: int


@dataclass(slots=True)
class Walk:
    """One walk over a drive, and what it could not see."""

    root: RootFolder
    troubles: list[tuple[EntryUnreadable, str]] = field(default_factory=list)
    """Folders and names that could not be looked at."""
    unread: list[str] = field(default_factory=list)
    """Beginnings of paths that were not seen: nothing there counts as vanished."""

    def files(self, folder: str = "", depth: int = 0) -> Iterator[Found]:
        """Yield the videos and side files below `folder`, folder by folder."""
        try:
            entries = self.root.scandir(folder)
        except OSError as error:
            self._miss(f"{folder}/" if folder else "", f"{error.strerror}")
            return
        for name, about in entries:
            relpath = f"{folder}/{name}" if folder else name
            if name.startswith(".") or name.casefold() in _SYSTEM_FOLDERS:
                continue
            if not _is_usable(relpath):
                self._miss(None, "its name cannot be used", relpath)
            elif stat.S_ISDIR(about.st_mode) and depth < MOST_DEPTH:
                yield from self.files(relpath, depth + 1)
            elif stat.S_ISREG(about.st_mode):
                yield from _look(relpath, name, about.st_size, about.st_mtime_ns)

    def did_see(self, relpath: str) -> bool:
        """Whether the walk would have met a file of that path."""
        return not any(relpath.startswith(start) for start in self.unread)

    def _miss(self, start: str | None, reason: str, relpath: str = "") -> None:
        if start is not None:
            self.unread.append(start)
        path = (relpath or start or "/").encode("utf-8", "replace").decode()
        self.troubles.append(
            (
                EntryUnreadable(
                    gettext("Not looked at: {reason}.").format(reason=reason)
                ),
                path,
            )
        )


def _look(relpath: str, name: str, size_bytes: int, mtime_ns: int) -> Iterator[Found]:
    if name.endswith(PARTIAL_SUFFIX):
        return
    if is_video_name(name):
        yield Found(relpath, "VIDEO", size_bytes, mtime_ns)
    elif find_kind(name) is not None:
        yield Found(relpath, "SIDE", size_bytes, mtime_ns)


def _is_usable(relpath: str) -> bool:
    if len(relpath) > RELPATH_MOST_CHARACTERS:
        return False
    try:
        relpath.encode("utf-8")
        check_relpath(relpath)
    except (UnicodeEncodeError, UnsafePath):
        return False
    return True
