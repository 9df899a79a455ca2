"""Recording many verified files at once: the same rows as one by one, in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from drivearr.jobs.models import Job
from drives.models import Drive, DriveFile, DriveFileItem, SyncRecord
from drives.services.recording import (
    Copied,
    ask_for_a_line,
    check_fence,
    facts_of,
    set_items,
)


def record_together(
    *, drive: Drive, copied: Sequence[Copied], fence: int, job: Job | None = None
) -> list[DriveFile]:
    """Do `record_copied` for many files, or for none of them.

    Raises: NotTheWriter.
    """
    now = timezone.now()
    with transaction.atomic():
        # Held until the rows are there: nobody takes the fence in between.
        Drive.objects.select_for_update().filter(pk=drive.pk).first()
        check_fence(drive=drive, fence=fence)
        names = [each.relpath for each in copied]
        known = dict(
            DriveFile.objects.filter(drive=drive, relpath__in=names).values_list(
                "relpath", "state"
            )
        )
        rows = _write(drive, copied, now)
        _set_items(rows, copied, known)
        ask_for_a_line(drive)
        SyncRecord.objects.bulk_create(
            _line(drive, each, job, now, known.get(each.relpath)) for each in copied
        )
    return rows


def _write(drive: Drive, copied: Sequence[Copied], now: datetime) -> list[DriveFile]:
    facts = [facts_of(each, now) for each in copied]
    return DriveFile.objects.bulk_create(
        [
            DriveFile(drive=drive, relpath=each.relpath, **known)
            for each, known in zip(copied, facts, strict=True)
        ],
        update_conflicts=True,
        unique_fields=["drive", "relpath"],
        update_fields=list(facts[0]) if facts else [],
    )


def _set_items(
    rows: Sequence[DriveFile], copied: Sequence[Copied], known: dict[str, str]
) -> None:
    new: list[DriveFileItem] = []
    for row, each in zip(rows, copied, strict=True):
        ids = sorted({item.pk for item in each.items})
        if each.relpath in known:
            set_items(file=row, item_ids=ids)
        else:
            new += [DriveFileItem(drive_file=row, item_id=pk) for pk in ids]
    DriveFileItem.objects.bulk_create(new)


def _line(
    drive: Drive, copied: Copied, job: Job | None, now: datetime, before: str | None
) -> SyncRecord:
    existed = before is not None and before != DriveFile.State.VANISHED
    actions = SyncRecord.Action
    return SyncRecord(
        drive=drive,
        action=actions.REPLACED if existed else actions.COPIED,
        job=job,
        at=now,
        title=copied.title,
        title_name=copied.title.label,
        relpath=copied.relpath,
        size_bytes=copied.size_bytes,
        seconds=copied.seconds,
        verified_by=copied.verified_by,
    )
