"""Recording what happened to a drive: files that were copied, the history, its health."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.lib.errors import DrivearrError, StopRun
from drivearr.web.inserting import insert_rows
from drives import health
from drives.models import (
    Drive,
    DriveFile,
    DriveFileItem,
    HealthReading,
    SyncRecord,
)
from library.models import Title

READINGS_LOOKED_AT = 500


class NotTheWriter(StopRun):
    """Another worker took over the drive; this one may record nothing more."""

    code = "NOT_THE_WRITER"
    advice = gettext_noop("Nothing to do: the other worker goes on.")


@dataclass(frozen=True, slots=True)
class Copied:
    """A verified file on a drive, as the copy engine hands it over; rows by their ids."""

    relpath: str
    size_bytes: int
    mtime_ns: int
    """As the drive shows it: read it back, FAT keeps every other second."""
    sha256: str
    block_digests: Sequence[str]
    verified_by: str
    title: int | None
    """None: the library forgot it meanwhile."""
    title_name: str
    """With its year, as the history keeps it."""
    item_ids: Sequence[int]
    media_file: int | None = None
    side_file: int | None = None
    source_fingerprint: str = ""
    seconds: float | None = None
    is_side: bool = False

    @property
    def kind(self) -> str:
        """The DriveFile.Kind it is."""
        return str(DriveFile.Kind.SIDE if self.is_side else DriveFile.Kind.VIDEO)


_PLAIN = (
    *("relpath", "kind", "size_bytes", "mtime_ns", "sha256", "verified_by", "title"),
    *("media_file", "side_file", "source_fingerprint"),
)
"""Columns of a file's row that are written as they are told."""
_plain = attrgetter(*_PLAIN)


def check_fence(*, drive: Drive, fence: int) -> None:
    """Make sure that we still are the drive's one writer.

    Raises: NotTheWriter.
    """
    if not Drive.objects.filter(pk=drive.pk, fence=fence).exists():
        raise NotTheWriter(
            gettext("Another worker writes to “{drive}” now.").format(drive=drive.name)
        )


def record_copied(
    *, drive: Drive, copied: Sequence[Copied], fence: int, job: Job | None = None
) -> None:
    """Record verified files, all or none; the manifest follows with `flush_manifest`.

    Raises: NotTheWriter.
    """
    now = timezone.now()
    with transaction.atomic():
        # Held until the rows are there: nobody takes the fence in between.
        Drive.objects.select_for_update().filter(pk=drive.pk).first()
        check_fence(drive=drive, fence=fence)
        names = [each.relpath for each in copied]
        rows = DriveFile.objects.filter(drive=drive, relpath__in=names)
        known = {
            relpath: _was_ours(state, origin)
            for relpath, state, origin in rows.values_list("relpath", "state", "origin")
        }
        _write(drive, copied, now)
        _set_items(drive, copied, known)
        ask_for_a_line(drive)
        _tell_history(drive, copied, job, now, known)


def _was_ours(state: str, origin: str) -> bool:
    # A scan may have met the file after it got its name: then nobody wrote it before us.
    return state != DriveFile.State.VANISHED and origin == DriveFile.Origin.OURS


def _write(drive: Drive, copied: Sequence[Copied], now: datetime) -> None:
    """Write the files' rows; those who were verified apart from the others."""
    for is_verified in (True, False):
        insert_rows(
            DriveFile,
            (*_PLAIN, "block_digests"),
            [
                (*_plain(each), json.dumps(list(each.block_digests)))
                for each in copied
                if (each.verified_by != "NONE") == is_verified
            ],
            instead_of=("drive", "relpath"),
            drive=drive.pk,
            origin=DriveFile.Origin.OURS,
            state=DriveFile.State.PRESENT,
            verified_at=now if is_verified else None,
            damaged_at=None,
            copied_at=now,
            seen_at=now,
            is_untold=True,
            recognised_by=DriveFile.RecognisedBy.MANIFEST,
        )


def _set_items(
    drive: Drive, copied: Sequence[Copied], known: Mapping[str, bool]
) -> None:
    names = [each.relpath for each in copied]
    there = DriveFile.objects.filter(drive=drive, relpath__in=names)
    ids = dict(there.values_list("relpath", "pk"))
    new: list[tuple[int, int]] = []
    for each in copied:
        if each.relpath in known:
            set_items(file=ids[each.relpath], item_ids=each.item_ids)
        else:
            new += [(ids[each.relpath], pk) for pk in sorted(set(each.item_ids))]
    insert_rows(DriveFileItem, ("drive_file", "item"), new)


def _tell_history(
    drive: Drive,
    copied: Sequence[Copied],
    job: Job | None,
    now: datetime,
    known: Mapping[str, bool],
) -> None:
    actions = SyncRecord.Action
    insert_rows(
        SyncRecord,
        (
            *("action", "title", "title_name", "relpath", "size_bytes", "seconds"),
            "verified_by",
        ),
        [
            (
                str(actions.REPLACED if known.get(each.relpath) else actions.COPIED),
                each.title,
                each.title_name,
                each.relpath,
                each.size_bytes,
                each.seconds,
                each.verified_by,
            )
            for each in copied
        ],
        drive=drive.pk,
        job=job.pk if job else None,
        at=now,
    )


def ask_for_a_line(drive: Drive) -> None:
    """Say that the manifest is due; where nothing else was, its journal will do."""
    rows = Drive.objects.filter(pk=drive.pk)
    rows.filter(manifest_is_due=False).update(
        manifest_is_due=True, manifest_whole_is_due=False
    )


def record_failed(
    *,
    drive: Drive,
    error: DrivearrError,
    relpath: str = "",
    title: Title | None = None,
    job: Job | None = None,
) -> SyncRecord:
    """Add a failure to the drive's history, with its code and sentence."""
    return record_event(
        drive=drive,
        action=SyncRecord.Action.FAILED,
        job=job,
        relpath=relpath,
        title=title,
        code=error.code,
        message=error.message,
    )


def set_items(*, file: int, item_ids: Iterable[int]) -> None:
    """Say which items a file (by id) on a drive holds."""
    wanted = set(item_ids)
    rows = DriveFileItem.objects.filter(drive_file=file)
    rows.exclude(item_id__in=wanted).delete()
    known = set(rows.values_list("item_id", flat=True))
    DriveFileItem.objects.bulk_create(
        DriveFileItem(drive_file_id=file, item_id=pk) for pk in sorted(wanted - known)
    )


def record_event(
    *,
    drive: Drive,
    action: str,
    job: Job | None = None,
    by: AbstractBaseUser | None = None,
    **facts: Any,
) -> SyncRecord:
    """Add a line to a drive's history; `facts` are SyncRecord's fields."""
    title: Title | None = facts.get("title")
    if title is not None:
        facts.setdefault("title_name", title.label)
    if by is not None:
        facts["by"] = by
    return SyncRecord.objects.create(drive=drive, action=action, job=job, **facts)


def record_health(*, drive: Drive, source: str, verdict: str, message: str) -> None:
    """Keep a piece of evidence, and bring the verdict on the drive in line."""
    record_evidence(drive=drive, evidence=health.Evidence(source, verdict, message))


def record_evidence(*, drive: Drive, evidence: health.Evidence) -> None:
    """Do `record_health` for evidence; the same words again only get a new date."""
    now = timezone.now()
    newest = (
        drive.health_readings.filter(source=evidence.source)
        .order_by("-at", "-pk")
        .first()
    )
    facts = (evidence.verdict, evidence.message)
    if newest is not None and (newest.verdict, newest.message) == facts:
        HealthReading.objects.filter(pk=newest.pk).update(at=now, value=evidence.value)
    else:
        HealthReading.objects.create(
            drive=drive,
            at=now,
            source=evidence.source,
            verdict=evidence.verdict,
            message=evidence.message,
            value=evidence.value,
        )
    settle_health(drive=drive)


def settle_health(*, drive: Drive) -> None:
    """Conclude a drive's health from the evidence there is."""
    rows = drive.health_readings.order_by("-at", "-pk")[:READINGS_LOOKED_AT]
    verdict, reason = health.conclude(
        health.Evidence(row.source, row.verdict, row.message, row.value) for row in rows
    )
    Drive.objects.filter(pk=drive.pk).update(health=verdict, health_reason=reason)
    drive.health, drive.health_reason = verdict, reason
