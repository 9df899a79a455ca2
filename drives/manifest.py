"""The manifest kept on a drive: found, read, and written whole, twice.

The newest good one of the two is the manifest; the one before it is kept beside the
second. Our rows are one copy more.
"""

import contextlib
import fcntl
import os
import re
import stat
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from drivearr.lib.errors import DrivearrError
from drivearr.lib.rootfolder import PARTIAL_SUFFIX, RootFolder, UnsafePath
from drivearr.lib.wording import gettext
from drives import manifest_journal
from drives.manifest_format import (
    MOST_BYTES,
    MOST_HISTORY,
    Entry,
    Event,
    Manifest,
    ManifestFromTheFuture,
    ManifestHostile,
    ManifestUnreadable,
    Profile,
    TitleFacts,
    decode,
    encode,
)
from drives.manifest_journal import JournalChanged, Place

__all__ = [
    "COPY_NAME",
    "FOLDER",
    "LOCK_NAME",
    "MOST_HISTORY",
    "NAME",
    "PREVIOUS_NAME",
    "Entry",
    "Event",
    "JournalChanged",
    "Manifest",
    "ManifestFromTheFuture",
    "ManifestHostile",
    "ManifestUnreadable",
    "Place",
    "Profile",
    "Reading",
    "TitleFacts",
    "decode",
    "encode",
    "examine",
    "held",
    "look",
    "read",
    "read_placed",
    "write",
]

NAME = ".drivearr-manifest.json"
FOLDER = ".drivearr"
COPY_NAME = ".drivearr/manifest.json"
PREVIOUS_NAME = ".drivearr/previous.json"
LOCK_NAME = ".drivearr/lock"
_NAMES = (NAME, COPY_NAME)
_LOOKED_AT = (*_NAMES, PREVIOUS_NAME, manifest_journal.NAME)
_LEFTOVER = re.compile(
    r"(?:(?:\.drivearr-)?manifest\.json|journal)\.[0-9a-f]{8}"
    + re.escape(PARTIAL_SUFFIX)
)

Look = tuple[tuple[int, ...], ...]
"""What the manifest files look like from outside: inode, size and times of each."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the manifest files of a drive gave."""

    manifest: Manifest
    place: Place
    """Where a line would be added to its journal."""
    source: str
    """Name of the file that counts."""
    torn: tuple[str, ...] = ()
    """Names of those that could not be used."""

    @property
    def is_previous(self) -> bool:
        """Whether only the one before the last could be used."""
        return self.source == PREVIOUS_NAME


def look(root: RootFolder) -> Look:
    """Return a mark that changes whenever a manifest file is written; costs four stats.

    Raises: OSError as the drive gives it.
    """
    marks: list[tuple[int, ...]] = []
    for name in _LOOKED_AT:
        try:
            about = root.stat(name)
        except (FileNotFoundError, NotADirectoryError):
            marks.append(())
            continue
        marks.append(
            (about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
        )
    return tuple(marks)


def read(root: RootFolder) -> Manifest | None:
    """Do `read_placed` for those who will not write."""
    found = read_placed(root)
    return found[0] if found else None


def read_placed(root: RootFolder) -> tuple[Manifest, Place] | None:
    """Do `examine` for those who need not know where it was found."""
    found = examine(root)
    return (found.manifest, found.place) if found else None


def examine(root: RootFolder) -> Reading | None:
    """Return the newest good manifest on a drive, its journal read; None: it has none.

    The previous one is read only when the current one and its copy cannot be used.

    Raises:
        ManifestUnreadable: there are manifests, and none is good (ManifestHostile when
            no accident made one so).
        ManifestFromTheFuture: a newer schema.

    """
    good: dict[bytes, tuple[Manifest, str]] = {}
    troubles: dict[str, ManifestUnreadable] = {}
    for name in (*_NAMES, PREVIOUS_NAME):
        if name == PREVIOUS_NAME and good:
            break
        try:
            data = _read_bytes(root, name)
            # The copy is mostly the same to the byte: it is read, and not read again.
            good[data] = good.get(data) or (decode(data), name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except ManifestUnreadable as error:
            troubles[name] = error
        except OSError as error:
            reason = error.strerror or str(error)
            troubles[name] = ManifestUnreadable(
                gettext("The manifest cannot be read: {reason}.").format(reason=reason)
            )
    if good:
        newest, source = max(good.values(), key=lambda found: found[0].generation)
        told, place = manifest_journal.apply(root, newest)
        return Reading(told, place, source, torn=tuple(troubles))
    if troubles:
        raise max(troubles.values(), key=lambda x: isinstance(x, ManifestHostile))
    return None


def _read_bytes(root: RootFolder, name: str) -> bytes:
    try:
        return root.read_whole(name, most_bytes=MOST_BYTES)
    except UnsafePath as error:
        raise ManifestHostile(
            gettext("The manifest is not one of ours: {error}").format(error=error)
        ) from error


def write(root: RootFolder, manifest: Manifest) -> None:
    """Write the manifest, then its copy in another folder; each whole or not at all.

    The copy there was before is kept as the previous one, if it is good. At every
    moment two good ones lie in two folders.

    Raises:
        OSError: as the drive gives it; what was there before is kept.

    """
    data = encode(manifest)
    root.write_whole(NAME, data)
    root.mkdirs(FOLDER)
    if _is_of(root, COPY_NAME, manifest.drive_uuid):
        root.commit(COPY_NAME, PREVIOUS_NAME, replace=True)
    elif not _is_of(root, PREVIOUS_NAME, manifest.drive_uuid):
        # The drive was another one before: its old identity must not come back.
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            root.unlink(PREVIOUS_NAME)
    root.write_whole(COPY_NAME, data)
    for folder in ("", FOLDER):
        _sweep(root, folder)


def _is_of(root: RootFolder, name: str, drive_uuid: uuid.UUID) -> bool:
    """Whether a good manifest of that drive lies there."""
    try:
        return decode(_read_bytes(root, name)).drive_uuid == drive_uuid
    except (OSError, DrivearrError):
        return False


def _sweep(root: RootFolder, folder: str) -> None:
    """Remove what a killed writer left; call with the manifest held."""
    for name, about in root.scandir(folder):
        if _LEFTOVER.fullmatch(name) and stat.S_ISREG(about.st_mode):
            with contextlib.suppress(OSError, DrivearrError):
                root.unlink(f"{folder}/{name}" if folder else name)


@contextlib.contextmanager
def held(root: RootFolder) -> Iterator[None]:
    """Let one process at a time rewrite the manifest; leaves no file behind."""
    fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=root.fd)
    try:
        # Some network file systems know no locks; there the drive's fence must do.
        with contextlib.suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
