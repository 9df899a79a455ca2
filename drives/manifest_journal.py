"""What was written to a drive since its manifest was: lines, each whole or not at all.

One line a change, so that a drive of 10,000 files is not told anew for each of them.
`docs/manifest.md` publishes the format.
"""

import hashlib
import json
import os
import stat
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from drivearr.lib.errors import DrivearrError
from drivearr.lib.rootfolder import RootFolder
from drivearr.lib.wording import gettext
from drives.manifest_format import (
    VERSION,
    Entry,
    Manifest,
    ManifestFromTheFuture,
    ManifestUnreadable,
    entries_of,
    parse_json,
    plain_entry,
)

NAME = ".drivearr/journal"
MOST_BYTES = 4 * 1024**2
MOST_LINES = 2000
"""With more of either the manifest is written whole, and a new journal begins."""
_DIGEST_LETTERS = 64


class JournalChanged(DrivearrError):
    """The journal is not as it was read; the manifest must be written whole."""

    code = "JOURNAL_CHANGED"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next line goes."""

    base: int = 0
    """Generation of the manifest that the lines belong to; 0: none is known."""
    size_bytes: int = 0
    """Of the good lines; 0: the journal belongs to another manifest, or is none."""
    lines: int = 0

    @property
    def has_room(self) -> bool:
        """Whether a line more may be added."""
        is_small = self.size_bytes < MOST_BYTES and self.lines < MOST_LINES
        return self.base > 0 and is_small


def append(
    root: RootFolder,
    place: Place,
    *,
    drive_uuid: uuid.UUID,
    generation: int,
    entries: Sequence[Entry],
) -> Place:
    """Add a line that says what entries are now, flushed; return where the next goes.

    Raises:
        JournalChanged: it is shorter than the good lines were, or the line too long.
        OSError: as the drive gives it; the lines before stay good.

    """
    line = _line({"generation": generation, "put": [plain_entry(e) for e in entries]})
    if len(line) > MOST_BYTES:
        # With those before it, more than anybody reads.
        raise JournalChanged(gettext("So much is not told in one line."))
    if place.size_bytes == 0:
        head = _line({"version": VERSION, "drive": str(drive_uuid), "base": place.base})
        root.write_whole(NAME, head + line)
        return replace(place, size_bytes=len(head + line), lines=1)
    fd = root.open(NAME, os.O_RDWR | os.O_NONBLOCK)
    try:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode) or about.st_size < place.size_bytes:
            raise JournalChanged(gettext("The journal on the drive is not as it was."))
        # What a killed writer left after the last good line goes.
        os.ftruncate(fd, place.size_bytes)
        _write(fd, line, place.size_bytes)
        os.fsync(fd)
    finally:
        os.close(fd)
    size_bytes = place.size_bytes + len(line)
    return replace(place, size_bytes=size_bytes, lines=place.lines + 1)


def _write(fd: int, data: bytes, offset: int) -> None:
    while data:
        done = os.pwrite(fd, data, offset)
        data, offset = data[done:], offset + done


def _line(document: Mapping[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(text).hexdigest().encode() + b" " + text + b"\n"


def apply(root: RootFolder, manifest: Manifest) -> tuple[Manifest, Place]:
    """Return a manifest brought up to date by its journal, and where a line goes next.

    A journal of another manifest counts for nothing; of a damaged one the lines before
    the damage do.

    Raises: ManifestFromTheFuture.
    """
    place = Place(base=manifest.generation)
    try:
        data = root.read_whole(NAME, most_bytes=2 * MOST_BYTES)
    except (OSError, DrivearrError):
        return manifest, place
    lines = data.split(b"\n")[:-1]
    if not lines or not _is_of(lines[0], manifest):
        return manifest, place
    size_bytes, generation = len(lines[0]) + 1, manifest.generation
    files = {entry.relpath: entry for entry in manifest.files}
    good = 0
    for line in lines[1:]:
        change = _change_of(line, above=generation)
        if change is None:
            break
        generation, entries = change
        files |= {entry.relpath: entry for entry in entries}
        size_bytes, good = size_bytes + len(line) + 1, good + 1
    told = replace(manifest, generation=generation, files=tuple(files.values()))
    return told, replace(place, size_bytes=size_bytes, lines=good)


def _is_of(head: bytes, manifest: Manifest) -> bool:
    facts = _read_line(head)
    if facts is None:
        return False
    version = facts.get("version")
    if type(version) is int and version > VERSION:
        raise ManifestFromTheFuture(
            gettext(
                "The drive's journal has version {version}; this Drivearr knows "
                "{known}."
            ).format(version=version, known=VERSION)
        )
    is_same_drive = facts.get("drive") == str(manifest.drive_uuid)
    return is_same_drive and facts.get("base") == manifest.generation


def _change_of(line: bytes, *, above: int) -> tuple[int, Iterable[Entry]] | None:
    facts = _read_line(line)
    if facts is None:
        return None
    generation = facts.get("generation")
    if type(generation) is not int or not above < generation < 2**63:
        return None
    try:
        return generation, entries_of(facts.get("put"))
    except ManifestUnreadable:
        return None


def _read_line(line: bytes) -> Mapping[str, Any] | None:
    """Return what a line says; None when it is torn or none of ours."""
    digest, text = line[:_DIGEST_LETTERS], line[_DIGEST_LETTERS + 1 :]
    if hashlib.sha256(text).hexdigest().encode() != digest:
        return None
    try:
        facts = parse_json(text)
    except ManifestUnreadable:
        return None
    return facts if isinstance(facts, dict) else None
