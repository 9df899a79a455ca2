"""Working off a drive's wishes: one writer, file by file, each whole or not at all."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.lib.errors import DrivearrError, StopRun
from drivearr.lib.progress import Progress
from drives.models import Drive
from drives.services import recording
from drives.services.locking import DriveBusy, write_lock
from drives.services.opening import NotAttached, OpenDrive, open_drive
from library.services.afterwards import tell_copied
from syncqueue.copying import faults
from syncqueue.copying.task import partial_of
from syncqueue.models import Copy, CopyRun, QueueItem
from syncqueue.planning import LeftOut, Plan, Reason
from syncqueue.services import retiring, sending, starting
from syncqueue.services.fulfilling import fulfil
from syncqueue.services.planning import plan_drive
from syncqueue.services.sending import Run

_State, _Copy = QueueItem.State, Copy.State
_NEEDS_PERSON = {Reason.TOO_LARGE_FOR_FAT32, Reason.NAME_CLASH}
_NOBODYS_FAULT = (DriveBusy, NotAttached, recording.NotTheWriter)
_ASK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class DrainSummary:
    """What one run did."""

    files_done: int = 0
    files_failed: int = 0
    bytes_done: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Pass:
    """What one pass over the wishes did."""

    files_done: int = 0
    files_failed: int = 0
    bytes_done: int = 0
    next_try_at: datetime | None = None


def copy_to_drive(
    *,
    drive_id: int,
    progress: Progress,
    job: Job | None = None,
    is_patient: bool = False,
) -> DrainSummary:
    """Work off a drive's due wishes until none is left that can be fulfilled now.

    `is_patient`: wait for files that are to be tried again; the drive is let go of
    meanwhile. Writes nothing at all to the drive when nothing is to be copied.

    Raises: NotAttached, DriveGone, WrongDrive, DriveReadOnly, DriveBusy, and the
        StopRun kinds of copying; wishes not begun stay.
    """
    begun = time.monotonic()
    done = failed = size = 0
    while True:
        drive = Drive.objects.get(pk=drive_id)
        try:
            one = _pass(drive, progress, job)
        except StopRun as error:
            _tell_waiting(drive, error)
            _note_protected(drive, error)
            raise
        done, size = done + one.files_done, size + one.bytes_done
        failed += one.files_failed
        if is_patient and one.next_try_at is not None:
            _rest(one.next_try_at, progress)
        elif not is_patient or not one.files_done:
            return DrainSummary(done, failed, size, time.monotonic() - begun)
        # Somebody may have wished for more meanwhile.


def _rest(until: datetime, progress: Progress) -> None:
    # By a clock that nobody sets.
    end = time.monotonic() + starting.seconds_until(until)
    progress.note("Waiting to try again")
    while (left := end - time.monotonic()) > 0:
        progress.check()
        time.sleep(min(_ASK_SECONDS, left))


def _pass(drive: Drive, progress: Progress, job: Job | None) -> _Pass:
    if drive.is_paused or not _is_asked_for(drive):
        return _Pass()
    with (
        open_drive(drive=drive, for_writing=False) as opened,
        _writing(opened, progress),
    ):
        starting.tidy(drive=drive)
        _refresh_room(opened)
        plan = plan_drive(drive=drive, partials=_partials(opened))
        _settle(plan)
        if not plan.copies and not starting.has_leftovers(drive=drive):
            return _Pass()
        opened.check()
        row = _row_of(drive, job)
        before = _Pass(row.files_done, row.files_failed, row.bytes_done)
        run = Run(drive, opened, row, progress, job)
        try:
            _drain(run, plan)
        finally:
            row.finished_at = timezone.now()
            row.save()
        if row.files_done > before.files_done:
            tell_copied(opened.attachment.path)
    return _Pass(
        files_done=row.files_done - before.files_done,
        files_failed=row.files_failed - before.files_failed,
        bytes_done=row.bytes_done - before.bytes_done,
        next_try_at=run.next_try_at,
    )


def _row_of(drive: Drive, job: Job | None) -> CopyRun:
    """Return the run's row, one for all passes of a job, with the fence that holds."""
    fence = drive.take_fence()
    if job is None:
        return CopyRun.objects.create(drive=drive, fence=fence)
    row, _ = CopyRun.objects.update_or_create(
        job=job, defaults={"drive": drive, "fence": fence, "finished_at": None}
    )
    return row


def _is_asked_for(drive: Drive) -> bool:
    return QueueItem.objects.due().filter(
        drive=drive
    ).exists() or starting.has_leftovers(drive=drive)


@contextlib.contextmanager
def _writing(opened: OpenDrive, progress: Progress) -> Iterator[None]:
    """Be the drive's one writer; errors of its calls outside of a copy are named.

    Raises: DriveBusy, and the kinds in `faults`.
    """
    # Where nobody can write, nobody needs to be kept from it.
    lock = (
        contextlib.nullcontext()
        if opened.is_read_only()
        else write_lock(opened, progress=progress)
    )
    try:
        with lock:
            yield
    except OSError as error:
        raise faults.on_drive(error, is_there=opened.is_there()) from error


def _tell_waiting(drive: Drive, error: StopRun) -> None:
    """Write to all wishes that wait why nothing is copied now."""
    if isinstance(error, _NOBODYS_FAULT):
        return
    QueueItem.objects.filter(drive=drive, state=_State.WAITING).update(
        **sending.error_facts(error)
    )


def _note_protected(drive: Drive, error: StopRun) -> None:
    """Keep as evidence that a drive takes nothing any more, though it is mounted so.

    The mount table need not say it: ext4 refuses writes after an error and stays as it was.
    """
    if isinstance(error, faults.DriveWriteProtected):
        recording.record_health(
            drive=drive,
            source="read-only",
            verdict=Drive.Health.LIMITED,
            message="It became read-only while it was in use: the system met errors on "
            "it, or somebody remounted it.",
        )


def _refresh_room(opened: OpenDrive) -> None:
    sizes = opened.root.statvfs()
    opened.attachment.free_bytes = sizes.f_bavail * sizes.f_frsize
    opened.attachment.total_bytes = sizes.f_blocks * sizes.f_frsize
    opened.attachment.save(update_fields=["free_bytes", "total_bytes"])


def _settle(plan: Plan) -> None:
    """End wishes that need nothing, and write to the others why they wait."""
    now = timezone.now()
    QueueItem.objects.move_all(
        plan.complete_wishes,
        to=_State.DONE,
        among=(_State.WAITING, _State.COPYING),
        now=now,
    )
    reasons: dict[int, LeftOut] = {}
    for left in plan.left_out:
        reasons.setdefault(left.wanted.wish_id, left)
    due = QueueItem.objects.due().filter(pk__in=reasons)
    for wish in due:
        left = reasons[wish.pk]
        if left.reason in _NEEDS_PERSON:
            wish.fail(
                code=left.reason, message=left.sentence, advice=left.advice, now=now
            )
        else:
            QueueItem.objects.filter(pk=wish.pk).update(
                error_code=left.reason,
                error_message=left.sentence,
                error_advice=left.advice,
            )


def _partials(opened: OpenDrive) -> dict[str, int]:
    """Return what earlier tries take on the drive: they make room for themselves."""
    found = {}
    relpaths = Copy.objects.open().filter(drive=opened.drive)
    for relpath in relpaths.values_list("relpath", flat=True):
        with contextlib.suppress(OSError):
            found[relpath] = opened.root.stat(partial_of(relpath)).st_blocks * 512
    return found


def _drain(run: Run, plan: Plan) -> None:
    _remove_abandoned(run)
    run.progress.expect(plan.bytes_to_copy, "BYTES")
    try:
        fulfil(run, plan)
        retiring.retire_old(opened=run.opened, progress=run.progress, job=run.job)
    except BaseException:
        # What ends the run is told, not that the manifest could not be written too.
        with contextlib.suppress(DrivearrError):
            sending.flush_manifest(run, now=True)
        raise
    sending.flush_manifest(run, now=True)


def _remove_abandoned(run: Run) -> None:
    for copy in starting.abandoned_copies(drive=run.drive):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            run.opened.root.unlink(partial_of(copy.relpath))
        Copy.objects.filter(pk=copy.pk).update(
            state=_Copy.CANCELLED, finished_at=timezone.now()
        )
