"""Sending many small files of a drive's wishes at once: rows, the engine, what is recorded."""

import json
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from drivearr.web.inserting import insert_rows
from drives.models import Drive
from drives.services import recording
from syncqueue.copying import sizes
from syncqueue.copying.batch import BatchDone, SmallFile, Staged, copy_batch
from syncqueue.copying.task import CopyTask
from syncqueue.models import Copy, CopyBlock, QueueItem
from syncqueue.planning import PlannedCopy
from syncqueue.services.sending import Run, filesystem_of, note_wear, place_of
from syncqueue.services.settling import settle
from syncqueue.services.watching import PUBLISH_SECONDS

FILES_MOST = 256
_Copy = Copy.State
_GROWS_SECONDS, _SHRINKS_SECONDS = 0.4, 1.0
_LEAST_BYTES, _MOST_BYTES = 64 * 1024, 32 * 1024**2


@dataclass(slots=True)
class Measure:
    """How much goes into one batch: what takes about a second here."""

    files: int = 32
    size_bytes: int = 4 * 1024**2

    def learn(self, seconds: float) -> None:
        """Hear how long the last one took."""
        if seconds < _GROWS_SECONDS:
            self.files = min(2 * self.files, FILES_MOST)
            self.size_bytes = min(2 * self.size_bytes, _MOST_BYTES)
        elif seconds > _SHRINKS_SECONDS:
            self.files = max(self.files // 2, 1)
            self.size_bytes = max(self.size_bytes // 2, _LEAST_BYTES)


def fits(run: Run, planned: PlannedCopy) -> bool:
    """Whether a file may go with others."""
    is_own = run.drive.engine == Drive.Engine.OWN
    return is_own and planned.wanted.size_bytes <= sizes.SMALL_BYTES


@dataclass(slots=True)
class Sent:
    """A batch whose files carry their names, durably; `record` is still to be called.

    `done.stopped`: what is to be raised after that.
    """

    run: Run
    went: Sequence[tuple[Copy, PlannedCopy]]
    done: BatchDone

    @property
    def planned(self) -> list[PlannedCopy]:
        """What went."""
        return [planned for _, planned in self.went]

    def record(self) -> None:
        """Write down what is there: rows, history, copies.

        Raises: NotTheWriter. What raises puts the copies back: the next run sees that
            they are on the drive.
        """
        try:
            self._settle()
        except BaseException:
            _put_back([copy for copy, _ in self.went])
            raise

    def _settle(self) -> None:
        copied = self.done.copied
        settle(
            drive=self.run.drive,
            fence=self.run.row.fence,
            job=self.run.job,
            went=[(copy, planned, copied[copy.pk]) for copy, planned in self.went],
        )
        size_bytes = sum(each.size_bytes for each in copied.values())
        self.run.row.files_done += len(self.went)
        self.run.row.bytes_done += size_bytes
        self.run.progress.advance(size_bytes)


def send_together(
    run: Run,
    wanted: Sequence[tuple[QueueItem, PlannedCopy]],
    *,
    meanwhile: Callable[[], None] | None = None,
) -> Sent:
    """Copy what goes without ado; what did not is to be sent by itself.

    `meanwhile`: what is to be done here while the drive is written to; called always.

    Raises: StopRun kinds, Cancelled, Interrupted.
    """
    claimed = _claim(run, wanted)
    files = [
        SmallFile(copy.pk, _task(run, copy, planned), planned.wanted.size_bytes)
        for copy, planned in claimed
    ]
    if not files:
        if meanwhile is not None:
            meanwhile()
        return Sent(run, (), BatchDone())
    run.progress.note(f"Copying {files[0].task.relpath}")
    witness = _Witness(run, {copy.pk: copy for copy, _ in claimed})
    done = BatchDone()
    try:
        done = copy_batch(files, filesystem_of(run), witness, meanwhile=meanwhile)
    finally:
        _put_back([copy for copy, _ in claimed if copy.pk not in done.copied])
    went = [(copy, planned) for copy, planned in claimed if copy.pk in done.copied]
    for copy, _ in claimed:
        if copy.pk in done.came_back_wrong or copy.pk in done.drive_errors:
            _note_wear(run, copy, done)
    return Sent(run, went, done)


def _claim(
    run: Run, wanted: Sequence[tuple[QueueItem, PlannedCopy]]
) -> list[tuple[Copy, PlannedCopy]]:
    """Return rows for those that are plain: begun now, or never got anywhere."""
    now = timezone.now()
    names = [planned.wanted.relpath for _, planned in wanted]
    open_rows = {
        row.relpath: row
        for row in Copy.objects.open().filter(drive=run.drive, relpath__in=names)
    }
    journaled = set(
        CopyBlock.objects.filter(copy__in=[row.pk for row in open_rows.values()])
        .order_by()
        .values_list("copy_id", flat=True)
    )
    new: list[Copy] = []
    claimed: list[tuple[Copy, PlannedCopy]] = []
    for wish, planned in wanted:
        row = open_rows.get(planned.wanted.relpath)
        if row is None:
            new.append(row := _new_row(wish, planned))
        elif not _is_plain(row, wish, planned) or row.pk in journaled:
            continue
        row.state, row.started_at = _Copy.COPYING, now
        claimed.append((row, planned))
    with transaction.atomic():
        _insert(run, new, now)
        begun = {row.pk for row, _ in claimed} - {row.pk for row in new}
        Copy.objects.filter(pk__in=begun).update(state=_Copy.COPYING, started_at=now)
    return claimed


def _insert(run: Run, new: Sequence[Copy], now: datetime) -> None:
    """Write new rows, and give each its id."""
    names = (
        *("queue_item", "media_file", "side_file"),
        *("source_path", "relpath", "size_bytes"),
    )
    insert_rows(
        Copy,
        names,
        [
            (
                *(row.queue_item_id, row.media_file_id, row.side_file_id),
                *(row.source_path, row.relpath, row.size_bytes),
            )
            for row in new
        ],
        drive=run.drive.pk,
        state=_Copy.COPYING,
        started_at=now,
    )
    rows = Copy.objects.open().filter(
        drive=run.drive, relpath__in=[row.relpath for row in new]
    )
    found = dict(rows.values_list("relpath", "pk"))
    for row in new:
        row.pk = found[row.relpath]


def _is_plain(row: Copy, wish: QueueItem, planned: PlannedCopy) -> bool:
    is_same = row.source_path == planned.wanted.source_path
    is_fresh = row.retry_at is None and row.attempts == 0
    return is_same and is_fresh and row.queue_item_id == wish.pk


def _new_row(wish: QueueItem, planned: PlannedCopy) -> Copy:
    wanted = planned.wanted
    return Copy(
        queue_item=wish,
        drive_id=wish.drive_id,
        media_file_id=wanted.media_file_id,
        side_file_id=wanted.side_file_id,
        source_path=wanted.source_path,
        relpath=wanted.relpath,
        size_bytes=wanted.size_bytes,
    )


def _task(run: Run, copy: Copy, planned: PlannedCopy) -> CopyTask:
    return CopyTask(
        source=Path(copy.source_path),
        relpath=copy.relpath,
        place=place_of(run, copy),
        may_replace=planned.replaces,
        verify=run.drive.verification != Drive.Verification.NONE,
    )


def _put_back(copies: Iterable[Copy]) -> None:
    rows = Copy.objects.filter(pk__in=[copy.pk for copy in copies])
    rows.filter(state__in=[_Copy.COPYING, _Copy.VERIFYING]).update(
        state=_Copy.QUEUED, bytes_per_second=None
    )


def _note_wear(run: Run, copy: Copy, done: BatchDone) -> None:
    note_wear(
        run.drive,
        copy.relpath,
        mended_blocks=int(copy.pk in done.came_back_wrong),
        io_errors=int(copy.pk in done.drive_errors),
    )


class _Witness:
    """A BatchWitness on the database."""

    def __init__(self, run: Run, copies: dict[int, Copy]) -> None:
        self._run, self._copies = run, copies
        self._asked = time.monotonic()
        # Looked up before the first byte: a batch may be over before the first check.
        run.limiter.look()

    def check(self) -> None:
        """See BatchWitness.

        Raises: Cancelled, Interrupted.
        """
        self._run.progress.check()
        if time.monotonic() - self._asked >= PUBLISH_SECONDS:
            self._asked = time.monotonic()
            self._run.limiter.look()

    def ready(self) -> None:
        """See BatchWitness.

        Raises: DriveGone, WrongDrive, DriveReadOnly.
        """
        self._run.opened.check()

    def moved(self, amount: int, check: Callable[[], None]) -> None:
        """See BatchWitness."""
        self._run.limiter.moved(amount, check=check)

    def dropped(self) -> Collection[int]:
        """See BatchWitness."""
        wishes = {copy.queue_item_id for copy in self._copies.values()}
        copying = set(
            QueueItem.objects.filter(
                pk__in=wishes, state=QueueItem.State.COPYING
            ).values_list("pk", flat=True)
        )
        return {
            pk for pk, copy in self._copies.items() if copy.queue_item_id not in copying
        }

    def durable(self, staged: Sequence[Staged]) -> None:
        """See BatchWitness. A worker that lost its drive to another may not journal.

        Raises: NotTheWriter.
        """
        for each in staged:
            self._copies[each.file.key].size_bytes = each.identity.size
        with transaction.atomic():
            recording.check_fence(drive=self._run.drive, fence=self._run.row.fence)
            _remember_sources(staged)
            insert_rows(
                CopyBlock,
                ("copy", "length", "digest"),
                [
                    (each.file.key, each.identity.size, each.digest)
                    for each in staged
                    if each.identity.size
                ],
                number=0,
                offset=0,
            )


def _remember_sources(staged: Sequence[Staged]) -> None:
    """Write what each source is; `bulk_update` takes twenty times as long."""
    table = connection.ops.quote_name(Copy._meta.db_table)  # noqa: SLF001 - Django's own name
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET source_identity = %s, size_bytes = %s WHERE id = %s",  # noqa: S608 - the name is ours
            [
                (json.dumps(asdict(each.identity)), each.identity.size, each.file.key)
                for each in staged
            ],
        )
