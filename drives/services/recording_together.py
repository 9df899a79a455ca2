"""Recording many verified files at once: the same rows as one by one, in one transaction."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db import transaction
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.web.inserting import insert_rows
from drives.models import Drive, DriveFile, DriveFileItem, SyncRecord
from drives.services.recording import Copied, ask_for_a_line, check_fence, set_items


@dataclass(frozen=True, slots=True)
class Told:
    """`Copied`, with the ids of rows in place of them."""

    relpath: str
    size_bytes: int
    mtime_ns: int
    sha256: str
    block_digests: Sequence[str]
    verified_by: str
    title: int
    title_name: str
    """With its year, as the history keeps it."""
    item_ids: Sequence[int]
    media_file: int | None = None
    side_file: int | None = None
    source_fingerprint: str = ""
    seconds: float | None = None

    @classmethod
    def of(cls, copied: Copied) -> "Told":
        """Say the same of one that has the rows."""
        media, side = copied.media_file, copied.side_file
        return cls(
            relpath=copied.relpath,
            size_bytes=copied.size_bytes,
            mtime_ns=copied.mtime_ns,
            sha256=copied.sha256,
            block_digests=copied.block_digests,
            verified_by=copied.verified_by,
            title=copied.title.pk,
            title_name=copied.title.label,
            item_ids=[item.pk for item in copied.items],
            media_file=media.pk if media else None,
            side_file=side.pk if side else None,
            source_fingerprint=copied.source_fingerprint,
            seconds=copied.seconds,
        )


_PLAIN = (
    *("relpath", "size_bytes", "mtime_ns", "sha256", "verified_by", "title"),
    *("media_file", "side_file", "source_fingerprint"),
)
"""Columns of a file's row that are written as they are told."""
_plain = attrgetter(*_PLAIN)


def record_together(
    *, drive: Drive, copied: Sequence[Told], fence: int, job: Job | None = None
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


def _write(drive: Drive, copied: Sequence[Told], now: datetime) -> None:
    """Write the files' rows; those who were verified apart from the others."""
    for is_verified in (True, False):
        insert_rows(
            DriveFile,
            (*_PLAIN, "block_digests", "kind"),
            [
                (*_plain(each), json.dumps(list(each.block_digests)), _kind(each))
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


def _kind(told: Told) -> str:
    kinds = DriveFile.Kind
    return str(kinds.SIDE if told.side_file else kinds.VIDEO)


def _set_items(drive: Drive, copied: Sequence[Told], known: Mapping[str, str]) -> None:
    names = [each.relpath for each in copied]
    there = DriveFile.objects.filter(drive=drive, relpath__in=names)
    ids = dict(there.values_list("relpath", "pk"))
    new: list[tuple[int, int]] = []
    for each in copied:
        if each.relpath in known:
            row = DriveFile.objects.only("pk").get(pk=ids[each.relpath])
            set_items(file=row, item_ids=each.item_ids)
        else:
            new += [(ids[each.relpath], pk) for pk in sorted(set(each.item_ids))]
    insert_rows(DriveFileItem, ("drive_file", "item"), new)


def _tell_history(
    drive: Drive,
    copied: Sequence[Told],
    job: Job | None,
    now: datetime,
    known: Mapping[str, str],
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
