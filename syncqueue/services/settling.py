"""Saying of files that carry their names, verified, that they are there."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Manager, OuterRef, Subquery
from django.utils import timezone

from drivearr.jobs.models import Job
from drives.models import Drive, DriveFile
from drives.services import recording
from library.models import Item, MediaFile, MediaFileItem, SideFile, Title
from syncqueue.copying.task import Copied
from syncqueue.models import Copy, CopyBlock
from syncqueue.planning import PlannedCopy

_Copy = Copy.State


def settle(
    *,
    drive: Drive,
    fence: int,
    job: Job | None,
    went: Sequence[tuple[Copy, PlannedCopy, Copied]],
) -> None:
    """Record what was copied, all or none: the drive's rows, its history, the copies.

    Raises: NotTheWriter.
    """
    if not went:
        return
    known = _Known.of([planned for _, planned, _ in went])
    with transaction.atomic():
        recording.record_copied(
            drive=drive,
            fence=fence,
            job=job,
            copied=[_told(planned, done, known) for _, planned, done in went],
        )
        _end(drive, [copy for copy, _, _ in went])


@dataclass(slots=True)
class _Known:
    """What the library still has of what was copied."""

    titles: Mapping[int, str] = field(default_factory=dict)
    """With their years."""
    items: Collection[int] = ()
    media: Mapping[int, tuple[int, str, int | None]] = field(default_factory=dict)
    """Size, fingerprint and title."""
    sides: Collection[int] = ()
    held: Mapping[int, set[int]] = field(default_factory=dict)
    """The items of files whose match changed meanwhile."""

    @classmethod
    def of(cls, planned: Sequence[PlannedCopy]) -> "_Known":
        """Ask for it; four queries, and two more where a match changed meanwhile."""
        wanted = [each.wanted for each in planned]
        items = {pk for each in wanted for pk in each.item_ids}
        media = MediaFile.objects.filter(
            pk__in={each.media_file_id for each in wanted if each.media_file_id}
        ).values_list("pk", "size_bytes", "fingerprint", "title")
        known = cls(
            titles=_labels({each.title_id for each in wanted}),
            items=_there(Item.objects, items),
            media={pk: (size, mark, title) for pk, size, mark, title in media},
            sides=_there(
                SideFile.objects, {each.side_file_id or 0 for each in wanted} - {0}
            ),
        )
        if len(known.items) < len(items) or any(
            each.title_id not in known.titles for each in wanted
        ):
            known.look_again()
        return known

    def look_again(self) -> None:
        """Learn what files are by now: titles went into others while they were copied."""
        held: dict[int, set[int]] = defaultdict(set)
        rows = MediaFileItem.objects.filter(media_file__in=self.media)
        for media, item in rows.values_list("media_file", "item"):
            held[media].add(item)
        self.held = held
        now = {title for _, _, title in self.media.values() if title}
        self.titles = {**self.titles, **_labels(now)}

    def title_of(self, planned: PlannedCopy) -> int | None:
        """Return the title that a file is of now."""
        wanted = planned.wanted
        if wanted.title_id in self.titles:
            return wanted.title_id
        _, _, title = self.media.get(wanted.media_file_id or 0, (0, "", None))
        return title if title in self.titles else None

    def items_of(self, planned: PlannedCopy) -> list[int]:
        """Return the items that a file holds now."""
        asked = planned.wanted.item_ids
        there = [pk for pk in asked if pk in self.items]
        if len(there) == len(asked):
            return there
        return sorted(self.held.get(planned.wanted.media_file_id or 0, there))


def _labels(pks: Collection[int]) -> dict[int, str]:
    titles = Title.objects.filter(pk__in=pks).only("name", "year")
    return {title.pk: title.label for title in titles}


def _there(rows: "Manager[Any]", ids: Collection[int]) -> set[int]:
    found = rows.filter(pk__in=ids).order_by() if ids else rows.none()
    return set(found.values_list("pk", flat=True))


def _told(planned: PlannedCopy, done: Copied, known: _Known) -> recording.Copied:
    wanted = planned.wanted
    media = wanted.media_file_id or 0
    side = wanted.side_file_id or 0
    size_bytes, mark, _ = known.media.get(media, (None, "", None))
    title = known.title_of(planned)
    return recording.Copied(
        relpath=wanted.relpath,
        size_bytes=done.size_bytes,
        mtime_ns=done.mtime_ns,
        sha256=done.sha256,
        block_digests=done.block_digests,
        verified_by=done.verified_by,
        title=title,
        title_name=known.titles[title] if title else "",
        item_ids=known.items_of(planned),
        media_file=media if media in known.media else None,
        side_file=side if side in known.sides else None,
        is_side=bool(side),
        # The library's mark of what was copied; none when it is another by now.
        source_fingerprint=mark if size_bytes == done.size_bytes else "",
        seconds=done.seconds,
    )


def _end(drive: Drive, copies: Sequence[Copy]) -> None:
    pks = [copy.pk for copy in copies]
    is_verified = drive.verification != Drive.Verification.NONE
    there = DriveFile.objects.filter(drive=drive, relpath=OuterRef("relpath"))
    Copy.objects.filter(pk__in=pks).update(
        state=_Copy.DONE,
        finished_at=timezone.now(),
        drive_file=Subquery(there.values("pk")),
        durable_bytes=F("size_bytes"),
        verified_bytes=F("size_bytes") if is_verified else 0,
        bytes_per_second=None,
        retry_at=None,
        error_code="",
        error_message="",
        error_advice="",
    )
    CopyBlock.objects.filter(copy__in=pks).delete()
