"""Working off a drive's wishes: one writer, file by file, each whole or not at all."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.errors import DrivearrError, SkipFile, StopRun
from drivearr.lib.progress import Progress
from drives import manifest
from drives.models import Drive, HealthReading, SyncRecord
from drives.services import recording
from drives.services.opening import OpenDrive, open_drive
from library.models import Item, MediaFile, SideFile, Title
from syncqueue.copying import faults
from syncqueue.copying.copier import copy_file
from syncqueue.copying.filesystem import DriveFilesystem
from syncqueue.copying.task import Block, CopyTask, SourceIdentity, partial_of
from syncqueue.copying.task import Copied as CopiedFile
from syncqueue.jobs import COPY
from syncqueue.models import Copy, CopyQuerySet, CopyRun, QueueItem
from syncqueue.planning import LeftOut, Plan, PlannedCopy, Reason
from syncqueue.services.planning import plan_drive
from syncqueue.services.watching import CopyWitness, WishStopped

ATTEMPTS_MOST = 5
BACKOFF_MOST_SECONDS = 300
MANIFEST_SECONDS = 10
_State, _Copy = QueueItem.State, Copy.State
_NEEDS_PERSON = {Reason.TOO_LARGE_FOR_FAT32, Reason.NAME_CLASH}


_NEED_PERSON = (faults.DriveFull, faults.DriveWriteProtected, faults.DriveFailing)


class DriveBusy(StopRun):
    """Another process writes to the drive."""

    code = "DRIVE_BUSY"
    advice = "Wait until it is done; the wishes stay."
    retryable = True


@dataclass(frozen=True, slots=True)
class DrainSummary:
    """What one run did."""

    files_done: int = 0
    files_failed: int = 0
    bytes_done: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Run:
    drive: Drive
    opened: OpenDrive
    row: CopyRun
    progress: Progress
    job: Job | None
    manifest_at: float = field(default_factory=time.monotonic)


def start_copying(*, drive: Drive, trigger: str = Job.Trigger.PERSON) -> Job:
    """Queue a run of copying to a drive."""
    return enqueue(COPY, subject=drive.subject, trigger=trigger, drive_id=drive.pk)


def copy_to_drive(
    *, drive_id: int, progress: Progress, job: Job | None = None
) -> DrainSummary:
    """Work off a drive's due wishes until none is left that can be fulfilled now.

    Writes nothing at all to the drive when nothing is to be copied.

    Raises: NotAttached, DriveGone, WrongDrive, DriveReadOnly, DriveBusy, and the
        StopRun kinds of copying; wishes not begun stay.
    """
    begun = time.monotonic()
    drive = Drive.objects.get(pk=drive_id)
    _tidy(drive)
    if drive.is_paused:
        return DrainSummary()
    with open_drive(drive=drive, for_writing=False) as opened:
        _refresh_room(opened)
        plan = plan_drive(drive=drive, partials=_partials(opened))
        _settle(plan)
        if not plan.copies and not _has_leftovers(drive):
            return DrainSummary(seconds=time.monotonic() - begun)
        opened.check()
        with _locked(opened):
            row = CopyRun.objects.create(drive=drive, job=job, fence=drive.take_fence())
            run = _Run(drive, opened, row, progress, job)
            try:
                _drain(run, plan)
            finally:
                row.finished_at = timezone.now()
                row.save()
    return DrainSummary(
        row.files_done, row.files_failed, row.bytes_done, time.monotonic() - begun
    )


def _tidy(drive: Drive) -> None:
    """Put what a dead run left half-done back to where it waits."""
    now = timezone.now()
    Copy.objects.filter(drive=drive, state__in=[_Copy.COPYING, _Copy.VERIFYING]).update(
        state=_Copy.QUEUED
    )
    QueueItem.objects.filter(drive=drive, state=_State.COPYING).update(
        state=_State.WAITING, changed_at=now
    )


def _has_leftovers(drive: Drive) -> bool:
    """Whether partials of withdrawn wishes, or an unwritten manifest, wait."""
    return drive.manifest_is_due or _abandoned(drive).exists()


def _abandoned(drive: Drive) -> CopyQuerySet:
    """Return open copies whose wish is over: their partials take room for nothing."""
    return Copy.objects.open().filter(
        drive=drive, queue_item__state__in=[_State.CANCELLED, _State.DONE]
    )


def _refresh_room(opened: OpenDrive) -> None:
    sizes = opened.root.statvfs()
    opened.attachment.free_bytes = sizes.f_bavail * sizes.f_frsize
    opened.attachment.total_bytes = sizes.f_blocks * sizes.f_frsize
    opened.attachment.save(update_fields=["free_bytes", "total_bytes"])


def _settle(plan: Plan) -> None:
    """End wishes that need nothing, and write to the others why they wait."""
    now = timezone.now()
    for wish in QueueItem.objects.filter(pk__in=plan.complete_wishes):
        wish.move(to=_State.DONE, among=(_State.WAITING, _State.COPYING), now=now)
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


@contextlib.contextmanager
def _locked(opened: OpenDrive) -> Iterator[None]:
    """Hold the drive's own lock: two installations, or two processes, never both write.

    Raises: DriveBusy.
    """
    opened.root.mkdirs(manifest.FOLDER)
    fd = opened.root.open(manifest.LOCK_NAME, os.O_RDWR | os.O_CREAT)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DriveBusy(
                f"Another process writes to “{opened.drive.name}”."
            ) from None
        yield
    finally:
        os.close(fd)


def _drain(run: _Run, plan: Plan) -> None:
    _remove_abandoned(run)
    by_wish: dict[int, list[PlannedCopy]] = {}
    for planned in plan.copies:
        by_wish.setdefault(planned.wanted.wish_id, []).append(planned)
    run.progress.expect(plan.bytes_to_copy, "BYTES")
    with_left_out = {left.wanted.wish_id for left in plan.left_out}
    try:
        for wish_id, copies in by_wish.items():
            _fulfil(run, wish_id, copies, is_all=wish_id not in with_left_out)
    finally:
        _flush_manifest(run, now=True)


def _remove_abandoned(run: _Run) -> None:
    for copy in _abandoned(run.drive):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            run.opened.root.unlink(partial_of(copy.relpath))
        Copy.objects.filter(pk=copy.pk).update(
            state=_Copy.CANCELLED, finished_at=timezone.now()
        )


def _fulfil(
    run: _Run, wish_id: int, planned: list[PlannedCopy], *, is_all: bool
) -> None:
    """Copy what one wish needs. Its failure is its own; a StopRun ends the run."""
    wish = QueueItem.objects.get(pk=wish_id)
    if not wish.move(to=_State.COPYING, among=(_State.WAITING,), now=timezone.now()):
        return
    waits, began = False, timezone.now()
    try:
        for one in planned:
            waits |= not _copy_one(run, wish, one)
    except WishStopped:
        return
    except BaseException as error:
        _end_stopped(wish, error)
        raise
    now = timezone.now()
    lost = wish.copies.filter(state=_Copy.FAILED, finished_at__gte=began).first()
    if lost is not None:
        wish.fail(
            code=lost.error_code,
            message=lost.error_message,
            advice=lost.error_advice,
            now=now,
        )
        return
    if waits or not is_all:
        wish.refresh_from_db()
        reason = (wish.error_code, wish.error_message, wish.error_advice)
        if wish.move(to=_State.WAITING, among=(_State.COPYING,), now=now):
            QueueItem.objects.filter(pk=wish.pk).update(
                error_code=reason[0], error_message=reason[1], error_advice=reason[2]
            )
        return
    _flush_manifest(run, now=False)
    wish.move(to=_State.DONE, among=(_State.COPYING,), now=now)


def _end_stopped(wish: QueueItem, error: BaseException) -> None:
    """Put a wish back where it waits; only what needs a person makes it fail."""
    now = timezone.now()
    if isinstance(error, recording.NotTheWriter):
        # The wish is in other hands now.
        return
    if isinstance(error, _NEED_PERSON):
        wish.fail(code=error.code, message=error.message, advice=error.advice, now=now)
    else:
        wish.move(to=_State.WAITING, among=(_State.COPYING,), now=now)


def _copy_one(run: _Run, wish: QueueItem, planned: PlannedCopy) -> bool:
    """Copy one file; False when it shall be tried again later.

    Raises: WishStopped, StopRun kinds, Cancelled, Interrupted.
    """
    run.progress.check()
    run.opened.check()
    copy = _row_for(wish, planned)
    if copy.retry_at and copy.retry_at > timezone.now():
        return False
    run.progress.note(f"Copying {copy.relpath}")
    Copy.objects.filter(pk=copy.pk).update(attempts=copy.attempts + 1, retry_at=None)
    copy.attempts += 1
    try:
        done = _do_copy(run, copy, planned)
    except SkipFile as error:
        return _note_failure(run, wish, copy, error)
    except StopRun as error:
        _note_stop(run, copy, error)
        raise
    except BaseException:
        Copy.objects.filter(pk=copy.pk, state__in=Copy.OPEN_STATES).update(
            state=_Copy.QUEUED
        )
        raise
    _note_success(run, copy, planned, done)
    return True


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


def _do_copy(run: _Run, copy: Copy, planned: PlannedCopy) -> CopiedFile:
    attachment = run.opened.attachment
    identity = copy.source_identity
    journal = [
        Block(number=b.number, offset=b.offset, length=b.length, digest=b.digest)
        for b in copy.blocks.order_by("number", "pk")
    ]
    task = CopyTask(
        source=Path(copy.source_path),
        relpath=copy.relpath,
        may_replace=planned.replaces,
        verify=run.drive.verification != Drive.Verification.NONE,
        identity=SourceIdentity(**identity) if identity else None,
        journal=journal,
    )
    filesystem = DriveFilesystem(
        run.opened.root,
        device=run.opened.device,
        device_node=attachment.device_node,
    )
    witness = CopyWitness(
        copy, drive=run.drive, fence=run.row.fence, progress=run.progress
    )
    return copy_file(task, filesystem, witness)


def _note_success(
    run: _Run, copy: Copy, planned: PlannedCopy, done: CopiedFile
) -> None:
    wanted = planned.wanted
    media = MediaFile.objects.filter(pk=wanted.media_file_id or 0).first()
    side = SideFile.objects.filter(pk=wanted.side_file_id or 0).first()
    row = recording.record_copied(
        drive=run.drive,
        fence=run.row.fence,
        job=run.job,
        copied=recording.Copied(
            relpath=copy.relpath,
            size_bytes=done.size_bytes,
            mtime_ns=done.mtime_ns,
            sha256=done.sha256,
            block_digests=done.block_digests,
            verified_by=done.verified_by,
            title=Title.objects.get(pk=wanted.title_id),
            items=list(Item.objects.filter(pk__in=wanted.item_ids)),
            media_file=media,
            side_file=side,
            source_fingerprint=_fingerprint(media, done),
            seconds=done.seconds,
        ),
    )
    now = timezone.now()
    Copy.objects.filter(pk=copy.pk).update(
        state=_Copy.DONE,
        finished_at=now,
        drive_file=row,
        durable_bytes=done.size_bytes,
        verified_bytes=done.size_bytes if done.verified_by != "NONE" else 0,
        error_code="",
        error_message="",
        error_advice="",
    )
    copy.blocks.all().delete()
    run.row.files_done += 1
    run.row.bytes_done += done.size_bytes
    _learn_speed(run.drive, done)
    if done.mended_blocks:
        _note_health(
            run.drive,
            source="read-back",
            message=f"{done.mended_blocks} blocks had to be written again: {copy.relpath}",
            verdict=Drive.Health.LIMITED,
        )
    _flush_manifest(run, now=False)


def _fingerprint(media: MediaFile | None, done: CopiedFile) -> str:
    """Return the library's mark of what was copied; empty when it is another by now."""
    return media.fingerprint if media and media.size_bytes == done.size_bytes else ""


def _learn_speed(drive: Drive, done: CopiedFile) -> None:
    if done.size_bytes < 8 * 1024**2 or done.seconds <= 0 or done.resumed_at:
        return
    measured = done.size_bytes / done.seconds
    before = drive.write_bytes_per_second
    smooth = measured if before is None else 0.7 * before + 0.3 * measured
    drive.write_bytes_per_second = int(smooth)
    Drive.objects.filter(pk=drive.pk).update(write_bytes_per_second=int(smooth))


def _note_failure(run: _Run, wish: QueueItem, copy: Copy, error: SkipFile) -> bool:
    """Keep one file's failure; the wish's other files go on. Returns False."""
    now = timezone.now()
    run.progress.report(error, path=copy.relpath)
    run.row.files_failed += 1
    facts = {
        "error_code": error.code,
        "error_message": error.message,
        "error_advice": error.advice,
    }
    if error.retryable and copy.attempts < ATTEMPTS_MOST:
        wait = min(2**copy.attempts, BACKOFF_MOST_SECONDS)
        Copy.objects.filter(pk=copy.pk).update(
            state=_Copy.QUEUED, retry_at=now + timedelta(seconds=wait), **facts
        )
        QueueItem.objects.filter(pk=wish.pk).update(**facts)
        return False
    Copy.objects.filter(pk=copy.pk).update(state=_Copy.FAILED, finished_at=now, **facts)
    recording.record_event(
        drive=run.drive,
        action=SyncRecord.Action.FAILED,
        job=run.job,
        title=wish.title,
        relpath=copy.relpath,
        code=error.code,
        message=error.message,
    )
    return False


def _note_stop(run: _Run, copy: Copy, error: StopRun) -> None:
    Copy.objects.filter(pk=copy.pk, state__in=Copy.OPEN_STATES).update(
        state=_Copy.QUEUED,
        error_code=error.code,
        error_message=error.message,
        error_advice=error.advice,
    )
    if isinstance(error, faults.DriveFailing):
        _note_health(run.drive, source="io-error", message=error.message)
    if not isinstance(error, recording.NotTheWriter):
        recording.record_event(
            drive=run.drive,
            action=SyncRecord.Action.FAILED,
            job=run.job,
            relpath=copy.relpath,
            code=error.code,
            message=error.message,
        )


def _note_health(
    drive: Drive,
    *,
    source: str,
    message: str,
    verdict: str = Drive.Health.FAILING,
) -> None:
    HealthReading.objects.create(
        drive=drive, source=source, verdict=verdict, message=message
    )
    Drive.objects.filter(pk=drive.pk).update(health=verdict, health_reason=message)


def _flush_manifest(run: _Run, *, now: bool) -> None:
    """Write the manifest when something was recorded and it is time."""
    late = time.monotonic() - run.manifest_at >= MANIFEST_SECONDS
    run.drive.refresh_from_db(fields=["manifest_is_due"])
    if not run.drive.manifest_is_due or not (now or late):
        return
    try:
        run.opened.check()
        recording.flush_manifest(drive=run.drive, open_drive=run.opened)
    except OSError as error:
        raise faults.on_drive(error, is_there=True) from error
    except DrivearrError:
        # The drive is gone: our rows are the third copy, the next run writes it.
        if now:
            return
        raise
    run.manifest_at = time.monotonic()


def drives_due() -> list[Drive]:
    """Return attached drives with wishes that could be worked on now."""
    found = (
        Drive.objects.attached()
        .filter(is_paused=False, wishes__state__in=[_State.WAITING, _State.COPYING])
        .exclude(health=Drive.Health.FAILING)
        .distinct()
        .order_by("pk")
    )
    return [drive for drive in found if not _is_backing_off(drive)]


def _is_backing_off(drive: Drive) -> bool:
    """Whether the last runs failed so that the next shall wait: base 2, ceiling 300 s."""
    ended = Job.objects.of(COPY.name, drive.subject).exclude(finished_at=None)
    failures = 0
    last = None
    for job in ended.newest_first()[:10]:
        last = last or job.finished_at
        if job.state != Job.State.FAILED:
            break
        failures += 1
    if not failures or last is None:
        return False
    wait = min(2 ** (failures + 2), BACKOFF_MOST_SECONDS)
    return last + timedelta(seconds=wait) > timezone.now()


def has_work(*, drive: Drive) -> bool:
    """Whether a run would copy something or end a wish."""
    plan = plan_drive(drive=drive)
    now = timezone.now()
    waiting = set(
        Copy.objects.open()
        .filter(drive=drive, retry_at__gt=now)
        .values_list("relpath", flat=True)
    )
    ready = any(one.wanted.relpath not in waiting for one in plan.copies)
    return ready or bool(plan.complete_wishes) or _has_leftovers(drive)
