"""Recording what is on a drive: rows, the manifest on the drive, and the history."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.lib.errors import StopRun
from drives import manifest
from drives.models import Drive, DriveFile, DriveFileItem, SyncRecord
from drives.services.opening import OpenDrive
from library.models import ExternalId, Item, MediaFile, SideFile, Title

_writing = threading.Lock()


class NotTheWriter(StopRun):
    """Another worker took over the drive; this one may record nothing more."""

    code = "NOT_THE_WRITER"
    advice = "Nothing to do: the other worker goes on."


@dataclass(frozen=True, slots=True)
class Copied:
    """A verified file on a drive, as the copy engine hands it over."""

    relpath: str
    size_bytes: int
    mtime_ns: int
    sha256: str
    block_digests: Sequence[str]
    verified_by: str
    title: Title
    items: Sequence[Item]
    media_file: MediaFile | None = None
    side_file: SideFile | None = None
    source_fingerprint: str = ""
    seconds: float | None = None


def check_fence(*, drive: Drive, fence: int) -> None:
    """Make sure that we still are the drive's one writer.

    Raises: NotTheWriter.
    """
    if not Drive.objects.filter(pk=drive.pk, fence=fence).exists():
        raise NotTheWriter(f"Another worker writes to “{drive.name}” now.")


def record_copied(
    *, drive: Drive, copied: Copied, fence: int, job: Job | None = None
) -> DriveFile:
    """Record one verified file; the manifest follows with `flush_manifest`.

    Raises: NotTheWriter.
    """
    now = timezone.now()
    is_verified = copied.verified_by != DriveFile.VerifiedBy.NONE
    with transaction.atomic():
        check_fence(drive=drive, fence=fence)
        existed = DriveFile.objects.filter(drive=drive, relpath=copied.relpath).exists()
        row, _ = DriveFile.objects.update_or_create(
            drive=drive,
            relpath=copied.relpath,
            defaults={
                "kind": _kind_of(copied),
                "origin": DriveFile.Origin.OURS,
                "state": DriveFile.State.PRESENT,
                "size_bytes": copied.size_bytes,
                "mtime_ns": copied.mtime_ns,
                "sha256": copied.sha256,
                "block_digests": list(copied.block_digests),
                "verified_by": copied.verified_by,
                "verified_at": now if is_verified else None,
                "copied_at": now,
                "seen_at": now,
                "media_file": copied.media_file,
                "side_file": copied.side_file,
                "title": copied.title,
                "source_fingerprint": copied.source_fingerprint,
                "recognised_by": DriveFile.RecognisedBy.MANIFEST,
            },
        )
        set_items(file=row, items=copied.items)
        Drive.objects.filter(pk=drive.pk).update(manifest_is_due=True)
        SyncRecord.objects.create(
            drive=drive,
            job=job,
            at=now,
            action=SyncRecord.Action.REPLACED if existed else SyncRecord.Action.COPIED,
            title=copied.title,
            title_name=copied.title.label,
            relpath=copied.relpath,
            size_bytes=copied.size_bytes,
            seconds=copied.seconds,
            verified_by=copied.verified_by,
        )
    return row


def _kind_of(copied: Copied) -> str:
    return DriveFile.Kind.SIDE if copied.side_file else DriveFile.Kind.VIDEO


def set_items(*, file: DriveFile, items: Iterable[Item]) -> None:
    """Say which items a file on a drive holds."""
    wanted = {item.pk for item in items}
    rows = DriveFileItem.objects.filter(drive_file=file)
    rows.exclude(item_id__in=wanted).delete()
    known = set(rows.values_list("item_id", flat=True))
    DriveFileItem.objects.bulk_create(
        DriveFileItem(drive_file=file, item_id=pk) for pk in sorted(wanted - known)
    )


def record_event(
    *, drive: Drive, action: str, job: Job | None = None, **facts: Any
) -> SyncRecord:
    """Add a line to a drive's history; `facts` are SyncRecord's fields."""
    title: Title | None = facts.get("title")
    if title is not None:
        facts.setdefault("title_name", title.label)
    return SyncRecord.objects.create(drive=drive, action=action, job=job, **facts)


def build_manifest(*, drive: Drive, now: datetime) -> manifest.Manifest:
    """Return the manifest that our rows make; a handful of queries."""
    rows = list(
        DriveFile.objects.ours()
        .filter(drive=drive)
        .exclude(state=DriveFile.State.VANISHED)
        .select_related("title")
        .order_by("relpath", "pk")
    )
    titles = _describe_titles(rows)
    episodes = _episodes_of(drive)
    return manifest.Manifest(
        drive_uuid=drive.uuid,
        generation=drive.manifest_generation,
        name=drive.name,
        filesystem_uuid=drive.filesystem_uuid,
        written_at=now.isoformat(),
        profile={
            "owner": drive.owner,
            "label": drive.label,
            "side_files": drive.side_files,
            "verification": drive.verification,
            "reserve_bytes": drive.reserve_bytes,
        },
        files=tuple(_entry(row, titles, episodes) for row in rows),
        history=tuple(_history_of(drive)),
    )


def _describe_titles(rows: list[DriveFile]) -> dict[int, dict[str, Any]]:
    found = {row.title.pk: row.title for row in rows if row.title}
    described: dict[int, dict[str, Any]] = {
        pk: {"kind": t.kind, "name": t.name, "year": t.year, "ids": {}}
        for pk, t in found.items()
    }
    ids = ExternalId.objects.filter(title__in=found).values_list(
        "title_id", "source", "value"
    )
    for title_id, source, value in ids:
        if title_id is not None:
            described[title_id]["ids"][source] = value
    return described


def _episodes_of(drive: Drive) -> dict[int, list[list[int]]]:
    rows = (
        DriveFileItem.objects.filter(
            drive_file__drive=drive, item__season__isnull=False
        )
        .order_by("drive_file", "item__season__number", "item__number", "pk")
        .values_list("drive_file_id", "item__season__number", "item__number")
    )
    found: dict[int, list[list[int]]] = {}
    for file_id, season, number in rows:
        found.setdefault(file_id, []).append([season or 0, number or 0])
    return found


def _entry(
    row: DriveFile,
    titles: dict[int, dict[str, Any]],
    episodes: dict[int, list[list[int]]],
) -> manifest.Entry:
    title = dict(titles[row.title_id]) if row.title_id else {}
    if row.pk in episodes:
        title["episodes"] = episodes[row.pk]
    return manifest.Entry(
        relpath=row.relpath,
        size_bytes=row.size_bytes,
        mtime_ns=max(row.mtime_ns, 0),
        kind=row.kind,
        sha256=row.sha256,
        block_digests=tuple(row.block_digests),
        verified_by=row.verified_by,
        verified_at=row.verified_at.isoformat() if row.verified_at else "",
        copied_at=row.copied_at.isoformat() if row.copied_at else "",
        source_fingerprint=row.source_fingerprint,
        title=title,
    )


def _history_of(drive: Drive) -> list[dict[str, Any]]:
    newest = drive.history.order_by("-at", "-pk")[: manifest.MOST_HISTORY]
    return [
        {
            "at": line.at.isoformat(),
            "action": line.action,
            "title": line.title_name,
            "relpath": line.relpath,
            "size_bytes": line.size_bytes,
            "verified_by": line.verified_by,
            "message": line.message,
        }
        for line in reversed(newest)
    ]


def flush_manifest(*, drive: Drive, open_drive: OpenDrive) -> None:
    """Write the manifest of what our rows say to the drive, one generation on.

    Raises: OSError as the drive gives it; the manifest there stays the old one, whole.
    """
    with _writing:
        Drive.objects.filter(pk=drive.pk).update(
            manifest_generation=F("manifest_generation") + 1
        )
        drive.refresh_from_db(fields=["manifest_generation"])
        manifest.write(open_drive.root, build_manifest(drive=drive, now=timezone.now()))
        Drive.objects.filter(pk=drive.pk).update(manifest_is_due=False)
        drive.manifest_is_due = False
