"""Recording many verified files at once: the same rows as one by one, in one transaction."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.web.inserting import insert_rows
from drives.models import Drive, DriveFile, DriveFileItem, SyncRecord
from drives.services.recording import (
    Copied,
    ask_for_a_line,
    check_fence,
    facts_of,
    set_items,
)

_SAME = ("verified_at", "damaged_at", "copied_at", "seen_at", "is_untold")
"""What is the same for all that is recorded at a moment."""


def record_together(
    *, drive: Drive, copied: Sequence[Copied], fence: int, job: Job | None = None
) -> None:
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
        _write(drive, copied, now)
        _set_items(drive, copied, known)
        ask_for_a_line(drive)
        _tell_history(drive, copied, job, now, known)


def _write(drive: Drive, copied: Sequence[Copied], now: datetime) -> None:
    """Write the files' rows; those who were verified apart from the others."""
    for is_verified in (True, False):
        some = [each for each in copied if (each.verified_by != "NONE") == is_verified]
        facts = [facts_of(each, now) for each in some]
        if not facts:
            continue
        plain = [name for name in facts[0] if name not in _SAME]
        insert_rows(
            DriveFile,
            ("relpath", *plain),
            [
                (each.relpath, *(_plain(known[name]) for name in plain))
                for each, known in zip(some, facts, strict=True)
            ],
            instead_of=("drive", "relpath"),
            drive=drive.pk,
            **{name: facts[0][name] for name in _SAME},
        )


def _plain(value: Any) -> Any:
    """Return a column's value as it is written: ids of rows, lists as JSON."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, list):
        return json.dumps(value)
    # A choice is written as its value, whatever the database's driver makes of enums.
    return str(value) if isinstance(value, str) else value


def _set_items(drive: Drive, copied: Sequence[Copied], known: dict[str, str]) -> None:
    names = [each.relpath for each in copied]
    there = DriveFile.objects.filter(drive=drive, relpath__in=names)
    rows = {row.relpath: row for row in there.only("relpath")}
    new: list[tuple[int, int]] = []
    for each in copied:
        ids = sorted({item.pk for item in each.items})
        row = rows[each.relpath]
        if each.relpath in known:
            set_items(file=row, item_ids=ids)
        else:
            new += [(row.pk, pk) for pk in ids]
    insert_rows(DriveFileItem, ("drive_file", "item"), new)


def _tell_history(
    drive: Drive,
    copied: Sequence[Copied],
    job: Job | None,
    now: datetime,
    known: dict[str, str],
) -> None:
    actions = SyncRecord.Action
    gone = DriveFile.State.VANISHED
    insert_rows(
        SyncRecord,
        (
            *("action", "title", "title_name", "relpath", "size_bytes", "seconds"),
            "verified_by",
        ),
        [
            (
                str(
                    actions.COPIED
                    if known.get(each.relpath, gone) == gone
                    else actions.REPLACED
                ),
                each.title.pk,
                each.title.label,
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
