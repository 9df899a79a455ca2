"""Sending one file of a wish: its row, the engine, what is recorded of it."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.lib.errors import DrivearrError, SkipFile, StopRun
from drivearr.lib.progress import Progress
from drives.detection import find_mount_of
from drives.models import Drive
from drives.rsyncflags import read_flags
from drives.services import manifesting, recording
from drives.services.opening import OpenDrive
from library.models import Root
from syncqueue.backoff import ATTEMPTS_MOST, CEILING_SECONDS, wait_seconds
from syncqueue.copying import faults
from syncqueue.copying.copier import copy_file
from syncqueue.copying.filesystem import DriveFilesystem
from syncqueue.copying.task import Block, CopyTask, SourceIdentity
from syncqueue.copying.task import Copied as CopiedFile
from syncqueue.models import Copy, CopyRun, QueueItem
from syncqueue.planning import PlannedCopy
from syncqueue.services.settling import settle
from syncqueue.services.watching import CopyWitness, Limiter

MANIFEST_SECONDS = 10
HUNG_SOURCE_SECONDS = 60
"""After so long a file whose library folder gives no answer is tried again."""
_LEAST_MEASURED_BYTES = 8 * 1024**2
_Copy = Copy.State


class Sent(Enum):
    """How it went with one file."""

    DONE = "done"
    LATER = "later"
    LOST = "lost"
    """A person must help; the row says why."""


@dataclass(slots=True)
class Run:
    """One pass over a drive's wishes, under the drive's lock."""

    drive: Drive
    opened: OpenDrive
    row: CopyRun
    progress: Progress
    job: Job | None
    manifest_at: float = field(default_factory=time.monotonic)
    roots: list[str] = field(default_factory=list)
    driver: str | None = None
    """The file system's kind as the mount table has it; None: not looked up yet."""
    limiter: Limiter = field(init=False)
    next_try_at: datetime | None = None
    """When the first of the files that wait for another try is due."""

    def __post_init__(self) -> None:
        self.limiter = Limiter(self.drive)

    def try_again_at(self, moment: datetime) -> None:
        """Hear that some file waits until `moment`."""
        self.next_try_at = min(moment, self.next_try_at or moment)


def send_file(
    run: Run, wish: QueueItem, planned: PlannedCopy
) -> tuple[Sent, Copy | None]:
    """Copy one file.

    Raises: WishStopped, StopRun kinds, Cancelled, Interrupted.
    """
    run.progress.check()
    run.opened.check()
    copy = _row_for(wish, planned)
    now = timezone.now()
    # A wait that is longer than any can be was set by a clock that was wrong.
    if copy.retry_at and now < copy.retry_at <= now + timedelta(
        seconds=CEILING_SECONDS
    ):
        if copy.error_code != faults.SourceHangs.code:
            run.try_again_at(copy.retry_at)
        return Sent.LATER, copy
    run.progress.note(f"Copying {copy.relpath}")
    try:
        done = _do_copy(run, copy, planned)
    except SkipFile as error:
        return _note_failure(run, wish, copy, error), copy
    except StopRun as error:
        _note_stop(run, wish, copy, error)
        raise
    except BaseException:
        put_back(copy)
        raise
    _note_success(run, copy, planned, done)
    return Sent.DONE, copy


def put_back(copy: Copy) -> None:
    """Say that nobody works on a copy now; its journal stays."""
    Copy.objects.filter(pk=copy.pk, state__in=Copy.OPEN_STATES).update(
        state=_Copy.QUEUED, bytes_per_second=None, durable_bytes=copy.durable_bytes
    )


def _row_for(wish: QueueItem, planned: PlannedCopy) -> Copy:
    """Return the open copy of this target, with its journal, or make one."""
    wanted = planned.wanted
    same = Copy.objects.open().filter(drive=wish.drive_id, relpath=wanted.relpath)
    copy = same.first()
    if copy is not None and copy.source_path == wanted.source_path:
        if copy.queue_item_id != wish.pk:
            copy.queue_item = wish
            copy.save(update_fields=["queue_item"])
        return copy
    if copy is not None:
        same.update(state=_Copy.CANCELLED, finished_at=timezone.now())
    return Copy.objects.create(
        queue_item=wish,
        drive_id=wish.drive_id,
        media_file_id=wanted.media_file_id,
        side_file_id=wanted.side_file_id,
        source_path=wanted.source_path,
        relpath=wanted.relpath,
        size_bytes=wanted.size_bytes,
    )


def _do_copy(run: Run, copy: Copy, planned: PlannedCopy) -> CopiedFile:
    identity = copy.source_identity
    journal = [
        Block(number=b.number, offset=b.offset, length=b.length, digest=b.digest)
        for b in (copy.blocks.order_by("number", "pk") if identity else ())
    ]
    task = CopyTask(
        source=Path(copy.source_path),
        relpath=copy.relpath,
        place=place_of(run, copy),
        may_replace=planned.replaces,
        verify=run.drive.verification != Drive.Verification.NONE,
        engine="RSYNC" if run.drive.engine == Drive.Engine.RSYNC else "OWN",
        rsync_flags=read_flags(run.drive.rsync_flags),
        identity=SourceIdentity(**identity) if identity else None,
        journal=journal,
    )
    witness = CopyWitness(
        copy,
        drive=run.drive,
        fence=run.row.fence,
        progress=run.progress,
        limiter=run.limiter,
        had_blocks=bool(journal),
    )
    return copy_file(task, filesystem_of(run), witness)


def filesystem_of(run: Run) -> DriveFilesystem:
    """Return the disk calls on a run's drive."""
    if run.driver is None:
        mount = find_mount_of(Path(run.opened.attachment.path))
        run.driver = mount.filesystem if mount else ""
    return DriveFilesystem(
        run.opened.root,
        device=run.opened.device,
        device_node=run.opened.attachment.device_node,
        driver=run.driver,
    )


def place_of(run: Run, copy: Copy) -> str:
    """Return the library folder a source is in: its disk answers or hangs as one."""
    if not run.roots:
        run.roots = list(Root.objects.values_list("path", flat=True))
    holding = [
        path for path in run.roots if Path(copy.source_path).is_relative_to(path)
    ]
    return max(holding, key=len, default="")


# --- It went well -----------------------------------------------------------------


def _note_success(run: Run, copy: Copy, planned: PlannedCopy, done: CopiedFile) -> None:
    settle(
        drive=run.drive,
        fence=run.row.fence,
        job=run.job,
        went=[(copy, planned, done)],
    )
    run.row.files_done += 1
    run.row.bytes_done += done.size_bytes
    _learn_speed(run.drive, done)
    note_wear(
        run.drive,
        copy.relpath,
        mended_blocks=done.mended_blocks,
        io_errors=done.io_errors,
    )
    flush_manifest(run, now=False)


def _learn_speed(drive: Drive, done: CopiedFile) -> None:
    if done.size_bytes < _LEAST_MEASURED_BYTES or done.seconds <= 0 or done.resumed_at:
        return
    measured = done.size_bytes / done.seconds
    before = drive.write_bytes_per_second
    smooth = measured if before is None else 0.7 * before + 0.3 * measured
    drive.write_bytes_per_second = int(smooth)
    Drive.objects.filter(pk=drive.pk).update(write_bytes_per_second=int(smooth))


def note_wear(
    drive: Drive, relpath: str, *, mended_blocks: int, io_errors: int
) -> None:
    """Keep what the drive got wrong in a copy that ended well all the same."""
    if mended_blocks:
        noun = "block" if mended_blocks == 1 else "blocks"
        recording.record_health(
            drive=drive,
            source="read-back",
            verdict=Drive.Health.LIMITED,
            message=f"{mended_blocks} {noun} came back wrong and had to be written "
            f"again: {relpath}",
        )
    if io_errors:
        recording.record_health(
            drive=drive,
            source="io-error",
            verdict=Drive.Health.LIMITED,
            message=f"It reported an error that was gone at the second try: {relpath}",
        )


# --- It did not -------------------------------------------------------------------


def _note_failure(run: Run, wish: QueueItem, copy: Copy, error: SkipFile) -> Sent:
    """Keep one file's failure; the wish's other files go on."""
    run.progress.report(error, path=copy.relpath)
    run.row.files_failed += 1
    facts = error_facts(error)
    if isinstance(error, faults.SourceHangs):
        # Nobody knows for how long: no try is used up, and no run waits for it.
        wait = timedelta(seconds=HUNG_SOURCE_SECONDS)
        _put_off(copy, timezone.now() + wait, facts)
        QueueItem.objects.filter(pk=wish.pk).update(**facts)
        return Sent.LATER
    if error.retryable and _plan_another_try(run, copy, facts):
        QueueItem.objects.filter(pk=wish.pk).update(**facts)
        return Sent.LATER
    _give_up(run, wish, copy, error)
    return Sent.LOST


def error_facts(error: DrivearrError) -> dict[str, str]:
    """Return an error as the columns of a wish or a copy."""
    return {
        "error_code": error.code,
        "error_message": error.message,
        "error_advice": error.advice,
    }


def _plan_another_try(run: Run, copy: Copy, facts: dict[str, str]) -> bool:
    """Let a copy wait for another try; False when it has had all of them."""
    copy.attempts += 1
    if copy.attempts >= ATTEMPTS_MOST:
        return False
    again_at = timezone.now() + timedelta(seconds=wait_seconds(copy.attempts))
    _put_off(copy, again_at, facts)
    run.try_again_at(again_at)
    return True


def _put_off(copy: Copy, again_at: datetime, facts: dict[str, str]) -> None:
    Copy.objects.filter(pk=copy.pk).update(
        state=_Copy.QUEUED,
        attempts=copy.attempts,
        retry_at=again_at,
        bytes_per_second=None,
        **facts,
    )


def _give_up(run: Run, wish: QueueItem, copy: Copy, error: DrivearrError) -> None:
    facts = error_facts(error)
    Copy.objects.filter(pk=copy.pk).update(
        state=_Copy.FAILED,
        attempts=copy.attempts,
        finished_at=timezone.now(),
        bytes_per_second=None,
        **facts,
    )
    for name, value in facts.items():
        setattr(copy, name, value)
    recording.record_failed(
        drive=run.drive,
        error=error,
        relpath=copy.relpath,
        title=wish.title,
        job=run.job,
    )


def _note_stop(run: Run, wish: QueueItem, copy: Copy, error: StopRun) -> None:
    """Keep what ended the run in the middle of this file."""
    if isinstance(error, recording.NotTheWriter):
        # Copy, wish and history are in other hands now.
        return
    facts = error_facts(error)
    if isinstance(error, faults.DriveFailing):
        _note_failing_drive(run, wish, copy, error)
        return
    Copy.objects.filter(pk=copy.pk, state__in=Copy.OPEN_STATES).update(
        state=_Copy.QUEUED,
        bytes_per_second=None,
        durable_bytes=copy.durable_bytes,
        **facts,
    )
    recording.record_failed(
        drive=run.drive, error=error, relpath=copy.relpath, job=run.job
    )


def _note_failing_drive(
    run: Run, wish: QueueItem, copy: Copy, error: faults.DriveFailing
) -> None:
    """Count an error of the drive against the file; the last one condemns the drive."""
    hopeless = isinstance(error, faults.BlocksStayBad)
    if hopeless or not _plan_another_try(run, copy, error_facts(error)):
        _give_up(run, wish, copy, error)
        hopeless = True
    else:
        recording.record_failed(
            drive=run.drive, error=error, relpath=copy.relpath, job=run.job
        )
    recording.record_health(
        drive=run.drive,
        source="read-back" if isinstance(error, faults.BlocksStayBad) else "io-error",
        verdict=Drive.Health.FAILING if hopeless else Drive.Health.LIMITED,
        message=error.message,
    )


# --- The manifest -----------------------------------------------------------------


def flush_manifest(run: Run, *, now: bool) -> None:
    """Write the manifest when something was recorded and it is time.

    Raises: DriveGone, WrongDrive, DriveReadOnly, and the kinds in `faults`; our rows
        are the third copy then, and the next run writes it.
    """
    late = time.monotonic() - run.manifest_at >= MANIFEST_SECONDS
    if not now and not late:
        return
    run.drive.refresh_from_db(fields=["manifest_is_due"])
    if not run.drive.manifest_is_due:
        return
    run.opened.check()
    try:
        manifesting.flush_manifest(drive=run.drive, open_drive=run.opened)
    except OSError as error:
        raise faults.on_drive(error, is_there=True) from error
    run.manifest_at = time.monotonic()
