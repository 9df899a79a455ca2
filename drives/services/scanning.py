"""Looking at what a drive holds: ours by our rows, the rest by content, then by name."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.errors import SkipFile
from drivearr.lib.progress import Progress
from drivearr.lib.rootfolder import (
    PARTIAL_SUFFIX,
    RootFolder,
    UnsafePath,
    check_relpath,
)
from drives import manifest
from drives.jobs import SCAN
from drives.models import Drive, DriveFile, DriveScan
from drives.services.opening import OpenDrive, open_drive
from drives.services.recognising import Recogniser
from drives.services.recording import set_items

VIDEO_SUFFIXES = frozenset(
    [
        ".mkv",
        ".mp4",
        ".m4v",
        ".avi",
        ".mov",
        ".wmv",
        ".mpg",
        ".mpeg",
        ".ts",
        ".m2ts",
        ".webm",
        ".flv",
        ".vob",
        ".ogv",
        ".3gp",
        ".divx",
        ".iso",
    ]
)
SIDE_SUFFIXES = frozenset(
    [
        ".srt",
        ".ass",
        ".ssa",
        ".sub",
        ".idx",
        ".vtt",
        ".sup",
        ".smi",
        ".nfo",
        ".jpg",
        ".jpeg",
        ".png",
        ".webp",
        ".tbn",
    ]
)
TIME_GRAIN_NS = 2_000_000_000
"""FAT keeps times in steps of 2 s."""
_DST_NS = 3_600_000_000_000
"""FAT keeps local time: it may seem an hour off after the clocks change."""
_MOST_DEPTH = 50
_IGNORED = frozenset(
    {manifest.FOLDER, "System Volume Information", "$RECYCLE.BIN", "lost+found"}
)


class EntryUnreadable(SkipFile):
    """A file or folder on the drive cannot be looked at."""

    code = "DRIVE_ENTRY_UNREADABLE"
    advice = "Have the drive's file system checked if this happens often."


@dataclass(slots=True)
class Found:
    """One plain file on the drive."""

    relpath: str
    size_bytes: int
    mtime_ns: int


@dataclass(slots=True)
class _Walk:
    root: RootFolder
    progress: Progress
    errors: int = 0
    unread: list[str] = field(default_factory=list)
    """Folders that could not be listed: nothing below them counts as vanished."""


def start_scan(*, drive_id: int, trigger: str = Job.Trigger.PERSON) -> Job:
    """Queue a scan of a drive."""
    return enqueue(
        SCAN, subject=f"drive:{drive_id}", trigger=trigger, drive_id=drive_id
    )


def scan_drive(
    *, drive_id: int, progress: Progress, job: Job | None = None
) -> DriveScan:
    """Bring our rows in line with what is on the drive; writes nothing to it.

    Raises: NotAttached, DriveGone, WrongDrive.
    """
    drive = Drive.objects.get(pk=drive_id)
    scan = DriveScan.objects.create(drive=drive, job=job)
    with open_drive(drive=drive, for_writing=False) as opened:
        _reconcile(drive, opened, scan, progress)
        # Only a drive that is still there may tell what is not on it.
        opened.check(for_writing=False)
        _mark_vanished(drive, scan)
    scan.finished_at = timezone.now()
    scan.save()
    return scan


def _reconcile(
    drive: Drive, opened: OpenDrive, scan: DriveScan, progress: Progress
) -> None:
    known = {row.relpath: row for row in DriveFile.objects.filter(drive=drive)}
    recogniser = Recogniser.build(opened.root)
    walk = _Walk(opened.root, progress)
    now = scan.started_at
    progress.expect(None, "FILES")
    seen: list[int] = []
    for found in _walk(walk, "", 0):
        progress.check()
        progress.advance()
        scan.seen += 1
        row = known.get(found.relpath)
        if row is None:
            _add_foreign(drive, found, recogniser, scan)
        else:
            seen.append(row.pk)
            _compare(row, found, recogniser, scan)
    for start in range(0, len(seen), 500):
        DriveFile.objects.filter(pk__in=seen[start : start + 500]).update(seen_at=now)
    for folder in walk.unread:
        rows = DriveFile.objects.filter(drive=drive, relpath__startswith=folder)
        rows.update(seen_at=now)
    scan.errors = walk.errors


def _walk(walk: _Walk, folder: str, depth: int) -> Iterator[Found]:
    """Yield plain video and side files below `folder`; follow no link."""
    try:
        entries = walk.root.scandir(folder)
    except OSError as error:
        walk.errors += 1
        walk.unread.append(f"{folder}/" if folder else "")
        reason = EntryUnreadable(f"The folder cannot be listed: {error.strerror}.")
        walk.progress.report(reason, path=folder or "/")
        return
    for name, about in entries:
        relpath = f"{folder}/{name}" if folder else name
        if name.startswith(".") or name in _IGNORED or not _is_usable(relpath):
            continue
        if stat.S_ISDIR(about.st_mode) and depth < _MOST_DEPTH:
            yield from _walk(walk, relpath, depth + 1)
        elif stat.S_ISREG(about.st_mode) and _kind_of(name) is not None:
            yield Found(relpath, about.st_size, about.st_mtime_ns)


def _is_usable(relpath: str) -> bool:
    if relpath.endswith(PARTIAL_SUFFIX) or len(relpath) > 1000:  # noqa: PLR2004
        return False
    try:
        relpath.encode("utf-8")
        check_relpath(relpath)
    except (UnicodeEncodeError, UnsafePath):
        return False
    return True


def _kind_of(name: str) -> str | None:
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a bare name
    if suffix in VIDEO_SUFFIXES:
        return DriveFile.Kind.VIDEO
    return DriveFile.Kind.SIDE if suffix in SIDE_SUFFIXES else None


def same_time(one_ns: int, other_ns: int) -> bool:
    """Whether two times are one within what FAT can keep."""
    apart = abs(one_ns - other_ns)
    return apart <= TIME_GRAIN_NS or abs(apart - _DST_NS) <= TIME_GRAIN_NS


def _compare(
    row: DriveFile, found: Found, recogniser: Recogniser, scan: DriveScan
) -> None:
    if row.origin == DriveFile.Origin.OURS:
        scan.ours += 1
        _compare_ours(row, found, scan)
        return
    scan.foreign += 1
    changed = row.size_bytes != found.size_bytes or row.mtime_ns != found.mtime_ns
    if changed or row.state != DriveFile.State.PRESENT or row.title_id is None:
        _recognise(row, found, recogniser, scan)


def _compare_ours(row: DriveFile, found: Found, scan: DriveScan) -> None:
    same = row.size_bytes == found.size_bytes and same_time(
        row.mtime_ns, found.mtime_ns
    )
    state = DriveFile.State.PRESENT if same else DriveFile.State.ALTERED
    scan.altered += not same
    if row.state != state:
        row.state = state
        row.save(update_fields=["state"])


def _add_foreign(
    drive: Drive, found: Found, recogniser: Recogniser, scan: DriveScan
) -> None:
    scan.foreign += 1
    row = DriveFile(
        drive=drive,
        relpath=found.relpath,
        kind=_kind_of(found.relpath.rpartition("/")[2]) or DriveFile.Kind.OTHER,
        origin=DriveFile.Origin.FOREIGN,
        size_bytes=found.size_bytes,
    )
    _recognise(row, found, recogniser, scan)


def _recognise(
    row: DriveFile, found: Found, recogniser: Recogniser, scan: DriveScan
) -> None:
    row.size_bytes, row.mtime_ns = found.size_bytes, found.mtime_ns
    row.state, row.seen_at = DriveFile.State.PRESENT, timezone.now()
    known = (
        recogniser.recognise(found.relpath, found.size_bytes)
        if row.kind == DriveFile.Kind.VIDEO
        else None
    )
    row.media_file = known.media_file if known else None
    row.title = known.title if known else None
    row.recognised_by = known.by if known else ""
    row.source_fingerprint = known.fingerprint if known else ""
    row.save()
    set_items(file=row, items=known.items if known else ())
    scan.recognised += known is not None


def _mark_vanished(drive: Drive, scan: DriveScan) -> None:
    before: datetime = scan.started_at
    rows = DriveFile.objects.filter(drive=drive, seen_at__lt=before)
    foreign = rows.foreign()
    scan.vanished = (
        rows.ours()
        .exclude(state=DriveFile.State.VANISHED)
        .update(state=DriveFile.State.VANISHED)
    )
    foreign.delete()
