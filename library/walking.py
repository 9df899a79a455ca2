"""What lies under a library folder: videos and side files, folder by folder."""

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from drivearr.lib.errors import SkipFile, StopRun
from library import ignoring
from library.pairing import Side, Videos, classify, find_kind

RELPATH_MOST_CHARACTERS = 1000


class FolderUnreadable(SkipFile):
    """A folder's listing cannot be read; what is known of it stays as it is."""

    code = "FOLDER_UNREADABLE"
    advice = "Check its owner and permissions, and whether its disk is healthy."


class EntryUnreadable(SkipFile):
    """One entry cannot be looked at; what is known of it stays as it is."""

    code = "ENTRY_UNREADABLE"
    advice = "Check the disk it is on."


class NameUndecodable(SkipFile):
    """A name is no UTF-8 text."""

    code = "NAME_UNDECODABLE"
    advice = "Rename it, so that every program can read its name."


class NameTooLong(SkipFile):
    """A path is too long to keep."""

    code = "NAME_TOO_LONG"
    advice = "Shorten the names of the folders it lies in."


class DiscFolder(SkipFile):
    """A folder is the copy of a whole disc."""

    code = "DISC_FOLDER"
    advice = "Convert the disc into one video file, such as .mkv, to have it indexed."


class RootVanished(StopRun):
    """The library folder itself cannot be listed."""

    code = "ROOT_VANISHED"
    advice = "Plug in or mount its disk, then scan again."


@dataclass(frozen=True, slots=True)
class VideoFound:
    """A video file."""

    relpath: str
    size_bytes: int
    mtime_ns: int
    device: int
    inode: int


@dataclass(frozen=True, slots=True)
class SideFound:
    """A side file."""

    relpath: str
    side: Side
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """What could not be looked at."""

    relpath: str
    """For a person; undecodable bytes are shown as \\xNN."""
    error: SkipFile
    hides: str | None = None
    """The known files at or below this relpath may still be there."""


@dataclass(slots=True)
class FolderFound:
    """What one folder holds; subtitle folders count as part of the one above."""

    relpath: str
    device: int = 0
    videos: list[VideoFound] = field(default_factory=list)
    sides: list[SideFound] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    ignored: int = 0
    """Videos and folders passed over by their names or kinds."""


def walk(
    root: Path, *, forbidden: Collection[Path] = (), is_show: bool = False
) -> Iterator[FolderFound]:
    """Yield every folder below `root`, in the order of names, and its own files.

    No link is followed. `forbidden` folders (absolute) and drives are passed over.
    Memory: one folder's listing and the names of folders still to visit.

    Raises:
        RootVanished: `root` itself cannot be listed.

    """
    barred = frozenset(os.fspath(path) for path in forbidden)
    waiting = [""]
    while waiting:
        relpath = waiting.pop()
        look = _Look(os.fspath(root), relpath, is_show=is_show, barred=barred)
        look.gather()
        waiting.extend(reversed(look.folders))
        yield look.found


class _Look:
    """One look into one folder."""

    def __init__(
        self, top: str, relpath: str, *, is_show: bool, barred: frozenset[str]
    ) -> None:
        self.top = top
        self.relpath = relpath
        self.is_show = is_show
        self.barred = barred
        self.depth = relpath.count("/") + 2 if relpath else 1
        self.found = FolderFound(relpath)
        self.folders: list[str] = []
        self._sides: list[tuple[os.DirEntry[str], str, str]] = []

    def gather(self) -> None:
        """Read the listing and sort every entry into its place."""
        entries = self._entries(self.relpath)
        if self.relpath and ignoring.is_left_alone({entry.name for entry in entries}):
            self.found.ignored += 1
            return
        for entry in entries:
            self._sort(entry)
        videos = Videos(video.relpath for video in self.found.videos)
        taken: set[str] = set()
        for entry, relpath, within in self._sides:
            self._add_side(entry, relpath, within, videos, taken)

    def _entries(self, relpath: str) -> list[os.DirEntry[str]]:
        path = f"{self.top}/{relpath}" if relpath else self.top
        entries: list[os.DirEntry[str]] = []
        try:
            if not relpath:
                about = os.stat(path)  # noqa: PTH116 - hot path
                self.found.device = as_signed(about.st_dev)
            with os.scandir(path) as listing:
                entries.extend(listing)
        except (FileNotFoundError, NotADirectoryError) as error:
            # Gone since its parent was listed: that is no trouble, but the root's is.
            self._miss_root(relpath, error)
        except OSError as error:
            self._miss_root(relpath, error)
            told = FolderUnreadable(f"The folder cannot be read: {error.strerror}.")
            self.found.troubles.append(Trouble(relpath, told, hides=relpath))
        entries.sort(key=lambda entry: entry.name)
        return entries

    def _miss_root(self, relpath: str, error: OSError) -> None:
        if not relpath:
            raise RootVanished(
                f"The folder {self.top} cannot be read: {error.strerror}."
            ) from error

    def _sort(self, entry: os.DirEntry[str]) -> None:
        name = entry.name
        relpath = f"{self.relpath}/{name}" if self.relpath else name
        if self._is_unusable(name, relpath):
            return
        try:
            if entry.is_dir(follow_symlinks=False):
                self._add_folder(name, relpath)
            elif ignoring.is_video_name(name):
                self._add_video(entry, relpath)
            elif not name.startswith(".") and find_kind(name):
                self._sides.append((entry, relpath, ""))
        except FileNotFoundError:
            return
        except OSError as error:
            told = EntryUnreadable(f"It cannot be looked at: {error.strerror}.")
            self.found.troubles.append(Trouble(relpath, told, hides=relpath))

    def _is_unusable(self, name: str, relpath: str) -> bool:
        if not name.isascii():
            try:
                name.encode()
            except UnicodeEncodeError:
                shown = os.fsencode(relpath).decode("utf-8", "backslashreplace")
                told = NameUndecodable("The name is not written in UTF-8.")
                self.found.troubles.append(Trouble(shown, told))
                return True
        if len(relpath) > RELPATH_MOST_CHARACTERS:
            told_long = NameTooLong(f"The path has {len(relpath)} characters.")
            self.found.troubles.append(Trouble(relpath, told_long))
            return True
        return False

    def _add_folder(self, name: str, relpath: str) -> None:
        plain = name.casefold()
        if plain in ignoring.DISC_FOLDERS:
            told = DiscFolder("The folder is the copy of a disc and is not indexed.")
            self.found.troubles.append(Trouble(relpath, told))
            self.found.ignored += 1
        elif (
            ignoring.is_ignored_folder(name, depth=self.depth)
            or f"{self.top}/{relpath}" in self.barred
        ):
            self.found.ignored += 1
        elif plain in ignoring.SUBTITLE_FOLDERS and self.depth > 1:
            self._add_subtitles(relpath)
        else:
            self.folders.append(relpath)

    def _add_subtitles(self, relpath: str, within: str = "") -> None:
        for entry in self._entries(relpath):
            below = f"{relpath}/{entry.name}"
            if self._is_unusable(entry.name, below):
                continue
            if find_kind(entry.name) == "SUBTITLE":
                self._sides.append((entry, below, within))
            elif not within and entry.is_dir(follow_symlinks=False):
                self._add_subtitles(below, within=entry.name)

    def _add_video(self, entry: os.DirEntry[str], relpath: str) -> None:
        about = entry.stat(follow_symlinks=False)
        if ignoring.is_ignored_file(entry.name) or not stat.S_ISREG(about.st_mode):
            self.found.ignored += 1
            return
        self.found.device = self.found.device or as_signed(about.st_dev)
        self.found.videos.append(
            VideoFound(
                relpath,
                about.st_size,
                about.st_mtime_ns,
                as_signed(about.st_dev),
                as_signed(about.st_ino),
            )
        )

    def _add_side(
        self,
        entry: os.DirEntry[str],
        relpath: str,
        within: str,
        videos: Videos,
        taken: set[str],
    ) -> None:
        side = classify(entry.name, videos, is_show=self.is_show, within=within)
        if side is None:
            return
        try:
            about = entry.stat(follow_symlinks=False)
        except OSError:
            return
        if not stat.S_ISREG(about.st_mode):
            return
        side = _unique(side, taken)
        self.found.sides.append(
            SideFound(relpath, side, about.st_size, about.st_mtime_ns)
        )


def as_signed(number: int) -> int:
    """Return an unsigned number of 64 bits as a database's big integer holds it."""
    return number - 2**64 if number >= 2**63 else number


def _unique(side: Side, taken: set[str]) -> Side:
    """Give a second subtitle of one language a suffix of its own."""
    if not side.owner or not side.suffix:
        return side
    suffix, number = side.suffix, 1
    while f"{side.owner}\0{suffix.casefold()}" in taken:
        number += 1
        suffix = f".{number}{side.suffix}"
    taken.add(f"{side.owner}\0{suffix.casefold()}")
    if suffix == side.suffix:
        return side
    return Side(side.kind, side.owner, suffix, side.language, side.role)
