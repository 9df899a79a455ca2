"""Looking at what a drive holds: ours by our rows, the rest recognised."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.progress import Progress
from drives.jobs import SCAN
from drives.models import (
    Drive,
    DriveFile,
    DriveFileItem,
    DriveFileQuerySet,
    DriveScan,
)
from drives.sameness import is_unchanged
from drives.services.following import follow_library
from drives.services.manifesting import adopt_claims
from drives.services.opening import open_drive
from drives.services.recognising import Recognised, Recogniser
from drives.walking import Found, Walk

BATCH = 500
_FACTS = (
    "kind",
    "state",
    "size_bytes",
    "mtime_ns",
    "sha256",
    "block_digests",
    "copied_at",
    "media_file_id",
    "title_id",
    "source_fingerprint",
    "recognised_by",
)
T = TypeVar("T")


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
    # The same job comes again when its process was asked to end.
    DriveScan.objects.filter(job=job, job__isnull=False).update(job=None)
    scan = DriveScan.objects.create(drive=drive, job=job)
    with open_drive(drive=drive, for_writing=False) as opened:
        found = opened.take_manifest()
        if found is not None:
            adopt_claims(drive=drive, found=found, root=opened.root)
        look = _Look(drive, scan, Walk(opened.root), Recogniser(opened.root))
        _look_at_all(look, progress)
        # Only a drive that is still there may tell what is not on it.
        opened.check(for_writing=False)
        look.find_vanished()
    follow_library(drive=drive)
    scan.finished_at = timezone.now()
    scan.save()
    return scan


def _look_at_all(look: "_Look", progress: Progress) -> None:
    progress.expect(None, "FILES")
    for batch in _batches(look.walk.files(), BATCH):
        progress.check()
        progress.note(batch[-1].relpath)
        look.take(batch, progress)
    look.scan.errors = len(look.walk.troubles)
    for trouble, path in look.walk.troubles:
        progress.report(trouble, path=path)


def _batches(source: Iterable[T], size: int) -> Iterator[list[T]]:
    stream = iter(source)
    while batch := list(islice(stream, size)):
        yield batch


@dataclass(slots=True)
class _Look:
    """One scan: what was met so far."""

    drive: Drive
    scan: DriveScan
    walk: Walk
    recogniser: Recogniser
    _met: set[int] = field(default_factory=set)

    def take(self, batch: Sequence[Found], progress: Progress) -> None:
        """Bring the rows of a batch of files in line."""
        known = {
            row.relpath: row
            for row in DriveFile.objects.filter(
                drive=self.drive, relpath__in=[found.relpath for found in batch]
            )
        }
        new: list[DriveFile] = []
        changed: list[DriveFile] = []
        items: dict[str, tuple[int, ...]] = {}
        for found in batch:
            progress.advance()
            row = known.get(found.relpath)
            if row is not None:
                self._met.add(row.pk)
            if row is not None and self._still_holds(row, found):
                continue
            if row is None:
                new.append(row := self._new(found))
            before = _facts(row)
            items[found.relpath] = self._recognise(row, found)
            if found.relpath in known and _facts(row) != before:
                changed.append(row)
        self.scan.seen += len(batch)
        self._save(new, changed, items)

    def _new(self, found: Found) -> DriveFile:
        foreign = DriveFile.Origin.FOREIGN
        return DriveFile(
            drive=self.drive,
            relpath=found.relpath,
            origin=foreign,
            seen_at=self.scan.started_at,
        )

    def _still_holds(self, row: DriveFile, found: Found) -> bool:
        """Whether what we know of a file needs no second look; states are set here."""
        same = _is_same(row, found.size_bytes, found.mtime_ns)
        if row.origin == DriveFile.Origin.OURS:
            same = same or self._was_replaced(row)
            if not same and row.damaged_at is not None:
                # Somebody wrote another file over the damaged one: theirs, not ours.
                DriveFile.objects.filter(pk=row.pk).update(damaged_at=None)
            same = same and row.damaged_at is None
            self.scan.ours += 1
            self.scan.altered += not same
            self._set_state(row, "PRESENT" if same else "ALTERED")
            return True
        if same and (row.title_id is not None or row.kind != DriveFile.Kind.VIDEO):
            self.scan.foreign += 1
            self._set_state(row, "PRESENT")
            return True
        return False

    def _was_replaced(self, row: DriveFile) -> bool:
        """Whether a copy took the file's place since it was met, and is as recorded."""
        # The row first: a copy has its name before it is recorded.
        row.refresh_from_db()
        try:
            about = self.walk.root.stat(row.relpath)
        except OSError:
            return False
        return _is_same(row, about.st_size, about.st_mtime_ns)

    def _set_state(self, row: DriveFile, state: str) -> None:
        if row.state != state:
            DriveFile.objects.filter(pk=row.pk).update(state=state)

    def _recognise(self, row: DriveFile, found: Found) -> tuple[int, ...]:
        """Fill a foreign file's row; return the items it holds."""
        self.scan.foreign += 1
        is_claim = row.recognised_by == DriveFile.RecognisedBy.MANIFEST
        keeps_claim = is_claim and row.size_bytes == found.size_bytes
        what = None
        if found.kind == DriveFile.Kind.VIDEO:
            what = self.recogniser.recognise(found.relpath, found.size_bytes)
        self.scan.recognised += what is not None
        row.kind, row.state = found.kind, DriveFile.State.PRESENT
        row.size_bytes, row.mtime_ns = found.size_bytes, found.mtime_ns
        if not keeps_claim:
            row.sha256, row.block_digests, row.copied_at = "", [], None
            row.recognised_by = what.by if what else ""
            row.source_fingerprint = what.fingerprint if what else ""
        return _link(row, what)

    def _save(
        self,
        new: list[DriveFile],
        changed: list[DriveFile],
        items: dict[str, tuple[int, ...]],
    ) -> None:
        with transaction.atomic():
            # A copy may have made a file ours meanwhile: then its row is the truth.
            made = self._create(new)
            kept = [row for row in changed if self._update(row)]
            DriveFileItem.objects.filter(drive_file__in=kept).delete()
            DriveFileItem.objects.bulk_create(
                DriveFileItem(drive_file_id=row.pk, item_id=item_id)
                for row in [*made, *kept]
                for item_id in items[row.relpath]
            )

    def _create(self, new: list[DriveFile]) -> list[DriveFile]:
        """Write rows of files that nobody else wrote one for; return those."""
        DriveFile.objects.bulk_create(new, ignore_conflicts=True)
        rows = DriveFile.objects.filter(
            drive=self.drive, relpath__in=[row.relpath for row in new]
        )
        there = {
            relpath: (pk, origin)
            for pk, relpath, origin in rows.values_list("pk", "relpath", "origin")
        }
        made = []
        for row in new:
            row.pk, origin = there[row.relpath]
            self._met.add(row.pk)
            if origin == DriveFile.Origin.FOREIGN:
                made.append(row)
        DriveFileItem.objects.filter(drive_file__in=made).delete()
        return made

    def _update(self, row: DriveFile) -> bool:
        foreign = DriveFile.objects.foreign().filter(pk=row.pk)
        return bool(foreign.update(**_facts(row)))

    def find_vanished(self) -> None:
        """Say of what was not met that it is gone; foreign files are just forgotten."""
        gone = [
            (pk, origin)
            for pk, relpath, origin, state in self._unseen().values_list(
                "pk", "relpath", "origin", "state"
            )
            if pk not in self._met and self.walk.did_see(relpath)
            if origin != DriveFile.Origin.OURS or state != DriveFile.State.VANISHED
        ]
        ours = [pk for pk, origin in gone if origin == DriveFile.Origin.OURS]
        foreign = [pk for pk, origin in gone if origin != DriveFile.Origin.OURS]
        for some in _batches(ours, BATCH):
            rows = DriveFile.objects.filter(pk__in=some)
            rows.update(state=DriveFile.State.VANISHED)
        for some in _batches(foreign, BATCH):
            DriveFile.objects.filter(pk__in=some).delete()
        for met in _batches(sorted(self._met), BATCH):
            rows = DriveFile.objects.filter(pk__in=met)
            rows.update(seen_at=self.scan.started_at)
        self.scan.vanished = len(ours)

    def _unseen(self) -> DriveFileQuerySet:
        """Return files no scan or copy has seen since this scan began."""
        return DriveFile.objects.filter(
            drive=self.drive, seen_at__lt=self.scan.started_at
        )


def _is_same(row: DriveFile, size_now: int, mtime_ns_now: int) -> bool:
    return is_unchanged(
        size_bytes=row.size_bytes,
        mtime_ns=row.mtime_ns,
        size_now=size_now,
        mtime_ns_now=mtime_ns_now,
    )


def _facts(row: DriveFile) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FACTS}


def _link(row: DriveFile, what: Recognised | None) -> tuple[int, ...]:
    row.title_id = what.title_id if what else None
    row.media_file_id = what.media_file_id if what else None
    return what.item_ids if what else ()
