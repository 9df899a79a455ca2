"""What lies under a library folder: videos and side files, folder by folder."""

import os
import stat
from collections.abc import Collection, Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from drivearr.lib.errors import SkipFile, StopRun
from drivearr.lib.wording import gettext, gettext_noop
from library import ignoring
from library.pairing import Side, Videos, classify, find_kind

RELPATH_MOST_CHARACTERS = 1000
TALLY_MASK = 2**32 - 1
"""What counts of a size or time in a tally; see `tally`."""


class FolderUnreadable(SkipFile):
    """A folder's listing cannot be read; what is known of it stays as it is."""

    code = "FOLDER_UNREADABLE"
    advice = gettext_noop(
        "Check its owner and permissions, and whether its disk is healthy."
    )


class EntryUnreadable(SkipFile):
    """One entry cannot be looked at; what is known of it stays as it is."""

    code = "ENTRY_UNREADABLE"
    advice = gettext_noop("Check the disk it is on.")


class NameUndecodable(SkipFile):
    """A name is no UTF-8 text."""

    code = "NAME_UNDECODABLE"
    advice = gettext_noop("Rename it, so that every program can read its name.")


class NameTooLong(SkipFile):
    """A path is too long to keep."""

    code = "NAME_TOO_LONG"
    advice = gettext_noop("Shorten the names of the folders it lies in.")


class DiscFolder(SkipFile):
    """A folder is the copy of a whole disc."""

    code = "DISC_FOLDER"
    advice = gettext_noop(
        "Convert the disc into one video file, such as .mkv, to have it indexed."
    )


class RootVanished(StopRun):
    """The library folder itself cannot be listed."""

    code = "ROOT_VANISHED"
    advice = gettext_noop("Plug in or mount its disk, then scan again.")


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


class Look(NamedTuple):
    """How a folder looked when its listing was read."""

    mtime_ns: int
    """Below zero: to be read again, whatever it looks like."""
    device: int
    inode: int
    ignored: int = 0
    folders: str = ""
    """Names of the folders in it that were visited too, with slashes between them."""
    names: str = ""
    """Names of its videos and side files, with two slashes between them."""
    digest: str = ""
    """Of sizes and times of those, in that order."""
    videos: int = 0
    video_tally: int = 0
    """Of the videos; see `tally`."""
    sides: int = 0
    side_tally: int = 0

    def list_below(self, relpath: str) -> list[str]:
        """Return the relpaths of the folders in it, when its own is `relpath`."""
        above = f"{relpath}/" if relpath else ""
        return [above + name for name in self.folders.split("/") if name]


@dataclass(slots=True)
class FolderFound:
    """What one folder holds; subtitle folders count as part of the one above."""

    relpath: str
    device: int = 0
    ignored: int = 0
    """Videos and folders passed over by their names or kinds."""
    is_same: bool = False
    """It looks as it did, and so do its files: its listing was not read."""
    look: Look | None = None
    """How it looks, when its listing was read."""
    past: Look | None = None
    """How it looked before."""
    videos: list[VideoFound] = field(default_factory=list)
    sides: list[SideFound] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


def walk(
    root: Path,
    *,
    forbidden: Collection[Path] = (),
    is_show: bool = False,
    known: MutableMapping[str, Look] | None = None,
    is_trusted: bool = False,
    settled_ns: int = 0,
) -> Iterator[FolderFound]:
    """Yield every folder below `root`, in the order of names, and its own files.

    No link is followed. `forbidden` folders (absolute) and drives are passed over.
    Memory: one folder's listing and the names of folders still to visit.

    With `known` looks by relpath that are to be trusted, the listing of a folder is not
    read if it looks as it did and so does each known file in it. Looks are taken out of
    it on the way: what is left belongs to folders that are gone. Only the looks of
    folders that did not change since `settled_ns` (Unix time) are to be trusted later;
    others come with a time below zero.

    Raises:
        RootVanished: `root` itself cannot be listed.

    """
    barred = frozenset(os.fspath(path) for path in forbidden)
    top = os.fspath(root)
    waiting = [""]
    while waiting:
        relpath = waiting.pop()
        past = known.pop(relpath, None) if known else None
        if is_trusted and past and _looks_same(f"{top}/{relpath}", past, barred):
            waiting.extend(reversed(past.list_below(relpath)))
            yield FolderFound(
                relpath, past.device, past.ignored, is_same=True, past=past
            )
            continue
        look = _Look(top, relpath, is_show=is_show, barred=barred)
        look.gather(settled_ns)
        look.found.past = past
        waiting.extend(reversed(look.folders))
        yield look.found


def read_folder(
    root: Path,
    relpath: str,
    *,
    forbidden: Collection[Path] = (),
    is_show: bool = False,
    settled_ns: int = 0,
) -> FolderFound:
    """Return one folder and its own files.

    Raises:
        RootVanished: `root` itself cannot be listed.

    """
    barred = frozenset(os.fspath(path) for path in forbidden)
    look = _Look(os.fspath(root), relpath, is_show=is_show, barred=barred)
    look.gather(settled_ns)
    return look.found


def _looks_same(path: str, past: Look, barred: frozenset[str]) -> bool:
    """Whether a folder looks as it did, and none in it became forbidden since."""
    if past.mtime_ns < 0:
        return False
    try:
        about = os.lstat(path.rstrip("/"))
        return (
            stat.S_ISDIR(about.st_mode)
            and about.st_mtime_ns == past.mtime_ns
            and as_signed(about.st_ino) == past.inode
            and as_signed(about.st_dev) == past.device
            and not (barred and barred.intersection(past.list_below(path.rstrip("/"))))
            and _are_files_same(path, past)
        )
    except OSError:
        return False


def _are_files_same(path: str, past: Look) -> bool:
    """Whether no file was changed in place: a folder's own time does not tell."""
    if not past.names:
        return True
    above = path if path.endswith("/") else f"{path}/"
    about: list[int] = []
    for name in past.names.split("//"):
        each = os.lstat(above + name)
        about.append(each.st_size)
        about.append(each.st_mtime_ns)
    return _digest(about) == past.digest


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
        self._extras: list[tuple[os.DirEntry[str], str, str]] = []
        """With the kind of extra."""
        self._about: os.stat_result | None = None
        self._is_plain = True
        """Its own listing says all: nothing in it is read with it or kept out."""

    def gather(self, settled_ns: int) -> None:
        """Read the listing, sort every entry into its place, and say how it looks."""
        entries = self._entries(self.relpath)
        if self.relpath and ignoring.is_left_alone({entry.name for entry in entries}):
            self.found.ignored += 1
        else:
            self._sort_all(entries)
        self.found.look = self._judge(settled_ns)

    def _sort_all(self, entries: list[os.DirEntry[str]]) -> None:
        for entry in entries:
            self._sort(entry)
        videos = Videos(video.relpath for video in self.found.videos)
        taken: set[str] = set()
        for entry, relpath, within in self._sides:
            side = classify(entry.name, videos, is_show=self.is_show, within=within)
            if side:
                self._add_side(entry, relpath, _unique(side, taken))
        for entry, relpath, role in self._extras:
            owner = videos.find(entry.name)[0] or videos.sole
            self._add_side(entry, relpath, Side("EXTRA", owner, role=role))

    def _judge(self, settled_ns: int) -> Look | None:
        """Return how it looks; to be trusted when nothing in it is new or in doubt."""
        about, found = self._about, self.found
        if about is None:
            return None
        is_settled = about.st_mtime_ns < settled_ns
        is_sure = self._is_plain and not found.troubles and is_settled
        look = Look(
            mtime_ns=about.st_mtime_ns if is_sure else -1,
            device=as_signed(about.st_dev),
            inode=as_signed(about.st_ino),
            ignored=found.ignored,
            folders="/".join(each.rpartition("/")[2] for each in self.folders),
        )
        return _with_files(look, found) if is_sure else look

    def _entries(self, relpath: str) -> list[os.DirEntry[str]]:
        path = f"{self.top}/{relpath}" if relpath else self.top
        entries: list[os.DirEntry[str]] = []
        try:
            if relpath == self.relpath:
                # Before the listing: what changes meanwhile makes it look otherwise.
                about = os.stat(path)  # noqa: PTH116 - hot path
                self._about = about
                if not relpath:
                    self.found.device = as_signed(about.st_dev)
            with os.scandir(path) as listing:
                entries.extend(listing)
        except (FileNotFoundError, NotADirectoryError) as error:
            # Gone since its parent was listed: that is no trouble, but the root's is.
            self._miss_root(relpath, error)
        except OSError as error:
            self._miss_root(relpath, error)
            told = FolderUnreadable(
                gettext("The folder cannot be read: {strerror}.").format(
                    strerror=error.strerror
                )
            )
            self.found.troubles.append(Trouble(relpath, told, hides=relpath))
        entries.sort(key=lambda entry: entry.name)
        return entries

    def _miss_root(self, relpath: str, error: OSError) -> None:
        if not relpath:
            raise RootVanished(
                gettext("The folder {top} cannot be read: {strerror}.").format(
                    top=self.top, strerror=error.strerror
                )
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
            told = EntryUnreadable(
                gettext("It cannot be looked at: {strerror}.").format(
                    strerror=error.strerror
                )
            )
            self.found.troubles.append(Trouble(relpath, told, hides=relpath))

    def _is_unusable(self, name: str, relpath: str) -> bool:
        if not name.isascii():
            try:
                name.encode()
            except UnicodeEncodeError:
                shown = os.fsencode(relpath).decode("utf-8", "backslashreplace")
                told = NameUndecodable(gettext("The name is not written in UTF-8."))
                self.found.troubles.append(Trouble(shown, told))
                return True
        if len(relpath) > RELPATH_MOST_CHARACTERS:
            told_long = NameTooLong(
                gettext("The path has {number} characters.").format(number=len(relpath))
            )
            self.found.troubles.append(Trouble(relpath, told_long))
            return True
        return False

    def _add_folder(self, name: str, relpath: str) -> None:
        plain = name.casefold()
        if plain in ignoring.DISC_FOLDERS:
            told = DiscFolder(
                gettext("The folder is the copy of a disc and is not indexed.")
            )
            self.found.troubles.append(Trouble(relpath, told))
            self.found.ignored += 1
        elif (
            ignoring.is_ignored_folder(name, depth=self.depth)
            or f"{self.top}/{relpath}" in self.barred
        ):
            self.found.ignored += 1
            if f"{self.top}/{relpath}" in self.barred:
                self._is_plain = False
            elif role := ignoring.find_extras(name):
                self._add_extras(relpath, role)
            elif self.depth > 1 and ignoring.is_artwork_folder(name):
                self._add_artwork(relpath)
        elif plain in ignoring.SUBTITLE_FOLDERS and self.depth > 1:
            self._add_subtitles(relpath)
        else:
            self.folders.append(relpath)

    def _add_subtitles(self, relpath: str, within: str = "") -> None:
        self._is_plain = False
        for entry in self._entries(relpath):
            below = f"{relpath}/{entry.name}"
            if self._is_unusable(entry.name, below):
                continue
            if find_kind(entry.name) == "SUBTITLE":
                self._sides.append((entry, below, within))
            elif not within and entry.is_dir(follow_symlinks=False):
                self._add_subtitles(below, within=entry.name)

    def _add_artwork(self, relpath: str) -> None:
        """Take in the backgrounds that lie in a folder of their own."""
        self._is_plain = False
        for entry in self._entries(relpath):
            below = f"{relpath}/{entry.name}"
            is_hidden = entry.name.startswith(".")
            is_picture = not is_hidden and find_kind(entry.name) == "ARTWORK"
            if is_picture and not self._is_unusable(entry.name, below):
                self._add_side(entry, below, Side("ARTWORK", role="BACKDROP"))

    def _add_extras(self, relpath: str, role: str) -> None:
        self._is_plain = False
        for entry in self._entries(relpath):
            below = f"{relpath}/{entry.name}"
            is_extra = ignoring.is_video_name(entry.name) and entry.name[0] != "."
            if is_extra and not self._is_unusable(entry.name, below):
                own = ignoring.find_extra(entry.name)
                self._extras.append((entry, below, own or role))

    def _add_video(self, entry: os.DirEntry[str], relpath: str) -> None:
        about = entry.stat(follow_symlinks=False)
        if ignoring.is_ignored_file(entry.name) or not stat.S_ISREG(about.st_mode):
            self.found.ignored += 1
            if role := ignoring.find_extra(entry.name):
                self._extras.append((entry, relpath, role))
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

    def _add_side(self, entry: os.DirEntry[str], relpath: str, side: Side) -> None:
        try:
            about = entry.stat(follow_symlinks=False)
        except OSError:
            return
        if not stat.S_ISREG(about.st_mode):
            return
        self.found.sides.append(
            SideFound(relpath, side, about.st_size, about.st_mtime_ns)
        )


def _with_files(look: Look, found: FolderFound) -> Look:
    files: list[VideoFound | SideFound] = [*found.videos, *found.sides]
    return look._replace(
        names="//".join(each.relpath.rpartition("/")[2] for each in files),
        digest=_digest(
            [number for each in files for number in (each.size_bytes, each.mtime_ns)]
        ),
        videos=len(found.videos),
        video_tally=tally(found.videos),
        sides=len(found.sides),
        side_tally=tally(found.sides),
    )


def _digest(about: list[int]) -> str:
    """Return what tells sizes and times of files from others, in 16 characters."""
    return blake2b(repr(about).encode(), digest_size=8).hexdigest()


def tally(files: "Iterable[VideoFound | SideFound]") -> int:
    """Return a sum over sizes and times that a database can make of its rows as well.

    Of each, the lowest 32 bits count: two billion files stay within 64 bits.
    """
    return sum(
        (each.size_bytes & TALLY_MASK) + (each.mtime_ns & TALLY_MASK) for each in files
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
