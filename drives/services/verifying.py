"""Verifying a drive: every file with a recorded hash is read back and compared."""

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.errors import SkipFile, StopRun
from drivearr.lib.progress import Progress
from drivearr.lib.rootfolder import UnsafePath
from drives import detection
from drives.jobs import VERIFY
from drives.models import (
    Drive,
    DriveFile,
    DriveFileQuerySet,
    DriveScan,
    SyncRecord,
)
from drives.reading import Device, FileUnreadable, ReadBack, read_back
from drives.services.manifesting import flush_manifest
from drives.services.opening import DriveGone, OpenDrive, host_name, open_drive
from drives.services.partway import Keeper, find_place, read_place
from drives.services.recording import (
    record_event,
    record_failed,
    record_health,
)

_GONE = frozenset({errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.ESHUTDOWN})


class ContentDiffers(SkipFile):
    """A file's bytes on the drive are not those that were written."""

    code = "CONTENT_DIFFERS"
    advice = gettext_noop(
        "Have it replaced from the library: `drivearr drives repair`, or its page."
    )


class ChangedSince(SkipFile):
    """A file is not the one that was written; somebody changed it."""

    code = "CHANGED_SINCE"
    advice = gettext_noop("Scan the drive; nothing was done to the file.")


@dataclass(slots=True)
class _Run:
    drive: Drive
    opened: OpenDrive
    scan: DriveScan
    progress: Progress
    device: Device
    place: dict[str, Any]
    """Where the last one was stopped within a file."""
    good: int = 0
    good_bytes: int = 0
    did_change: bool = False


def start_verify(
    *, drive_id: int, trigger: str = Job.Trigger.PERSON, afresh: bool = False
) -> Job:
    """Queue a verification of a drive; it goes on where one was stopped, or `afresh`."""
    return enqueue(
        VERIFY,
        subject=f"drive:{drive_id}",
        trigger=trigger,
        drive_id=drive_id,
        since=timezone.now().isoformat() if afresh else None,
    )


def start_due() -> list[Drive]:
    """Queue the verification of drives plugged in here that are due; return those."""
    here = Drive.objects.filter(
        attachments__detached_at__isnull=True, attachments__host=host_name()
    )
    due = [drive for drive in here.by_name() if is_due(drive)]
    for drive in due:
        start_verify(drive_id=drive.pk, trigger=Job.Trigger.SCHEDULE)
    return due


def is_due(drive: Drive) -> bool:
    """Whether a drive holds files that nobody read for as long as its profile says.

    What a person stopped is not begun again by itself before that time is over either.
    """
    if not drive.verify_days:
        return False
    since = timezone.now() - timedelta(days=drive.verify_days)
    rested = drive.scans.filter(kind=DriveScan.Kind.VERIFY, started_at__gt=since)
    was_told = Q(is_complete=True) | Q(job__state=Job.State.CANCELLED)
    return (
        not rested.filter(was_told).exists()
        and _readable(drive)
        .filter(Q(verified_at=None) | Q(verified_at__lte=since))
        .filter(Q(copied_at=None) | Q(copied_at__lte=since))
        .exists()
    )


def find_unfinished(drive: Drive) -> datetime | None:
    """Return when the verification began that was stopped; None when none waits."""
    last = (
        drive.scans.filter(kind=DriveScan.Kind.VERIFY)
        .order_by("-started_at", "-pk")
        .first()
    )
    return last.pass_began_at if last is not None and not last.is_complete else None


def verify_drive(
    *,
    drive_id: int,
    progress: Progress,
    job: Job | None = None,
    since: datetime | None = None,
) -> DriveScan:
    """Read back every file whose hash is known and compare; writes only the manifest.

    Goes on with the last one if that was stopped, and began `since` then. A file that
    differs counts as altered from then on, also when size and time are still the same.

    Raises: NotAttached, DriveGone, WrongDrive.
    """
    drive = Drive.objects.get(pk=drive_id)
    now = timezone.now()
    unfinished = find_unfinished(drive)
    goes_on = unfinished is not None and (since is None or unfinished >= since)
    began = unfinished if unfinished is not None and goes_on else now
    place = find_place(drive=drive) if goes_on else {}
    # The same job comes again when its process was asked to end.
    DriveScan.objects.filter(job=job, job__isnull=False).update(job=None)
    with open_drive(drive=drive, for_writing=False) as opened:
        scan = DriveScan.objects.create(
            drive=drive,
            job=job,
            kind=DriveScan.Kind.VERIFY,
            started_at=now,
            pass_began_at=began,
            partway=place,
        )
        run = _Run(drive, opened, scan, progress, _device_of(opened), place)
        try:
            _verify_all(run, list(_left(drive, began)))
            scan.is_complete = True
        finally:
            _conclude(run, job)
    return scan


def _readable(drive: Drive) -> DriveFileQuerySet:
    rows = DriveFile.objects.filter(drive=drive).exclude(sha256="")
    return rows.exclude(state=DriveFile.State.VANISHED)


def _left(drive: Drive, began: datetime) -> DriveFileQuerySet:
    """Return the files that a verification begun then has not looked at yet."""
    rows = _readable(drive).select_related("title").in_order()
    looked_at = Q(verified_at__gte=began) | Q(damaged_at__gte=began)
    return rows.exclude(pk__in=_readable(drive).filter(looked_at).values("pk"))


def _verify_all(run: _Run, files: Iterable[DriveFile]) -> None:
    rows = list(files)
    run.progress.expect(sum(row.size_bytes for row in rows), "BYTES")
    for row in rows:
        run.progress.check()
        run.opened.check(for_writing=False)
        _verify(run, row)


def _device_of(opened: OpenDrive) -> Device:
    options = opened.attachment.mount_options
    is_fuse = "user_id=" in options
    return Device(opened.device, opened.attachment.device_node, is_fuse)


def _verify(run: _Run, row: DriveFile) -> None:
    run.progress.note(row.relpath)
    run.scan.seen += 1
    run.scan.ours += row.origin == DriveFile.Origin.OURS
    told = 0

    def tell(amount: int) -> None:
        nonlocal told
        told += amount
        run.progress.advance(amount)
        run.progress.check()

    keeper = Keeper(run.scan, row)
    try:
        found = read_back(
            run.opened.root,
            row.relpath,
            device=run.device,
            tell=tell,
            goes_on=read_place(run.place, row),
            reached=keeper.reached,
        )
    except (FileNotFoundError, NotADirectoryError):
        run.scan.vanished += 1
        DriveFile.objects.filter(pk=row.pk).update(state=DriveFile.State.VANISHED)
        return
    except (FileUnreadable, UnsafePath) as error:
        _report(run, row, FileUnreadable(error.message))
        return
    except OSError as error:
        _handle(run, row, error)
        return
    keeper.ended()
    run.progress.advance(max(row.size_bytes - told, 0))
    if _is_as_recorded(row, found):
        _note_good(run, row, found)
    elif _is_still(row):
        _note_bad(run, row, found)


def _is_as_recorded(row: DriveFile, found: ReadBack) -> bool:
    if found.size_bytes != row.size_bytes:
        return False
    if found.sha256:
        return found.sha256 == row.sha256
    # Gone on with within: each block is as it was recorded with that hash.
    return list(found.block_digests) == list(row.block_digests)


def _is_still(row: DriveFile) -> bool:
    """Whether the row is as it was: a copy may have replaced the file meanwhile."""
    return DriveFile.objects.filter(
        pk=row.pk, sha256=row.sha256, size_bytes=row.size_bytes
    ).exists()


def _note_good(run: _Run, row: DriveFile, found: ReadBack) -> None:
    run.good += 1
    run.good_bytes += row.size_bytes
    run.did_change = True
    DriveFile.objects.filter(pk=row.pk, sha256=row.sha256).update(
        verified_by=found.verified_by,
        verified_at=timezone.now(),
        block_digests=list(found.block_digests),
        damaged_at=None,
    )
    if row.damaged_at is not None:
        # It read wrong once and reads right now: the next scan says what it is.
        DriveFile.objects.filter(pk=row.pk).update(state=DriveFile.State.PRESENT)


def _note_bad(run: _Run, row: DriveFile, found: ReadBack) -> None:
    run.scan.altered += 1
    if row.state != DriveFile.State.PRESENT and row.damaged_at is None:
        _report(
            run,
            row,
            ChangedSince(gettext("Somebody changed the file since it was written.")),
        )
        return
    _mark_damaged(run, row)
    error = ContentDiffers(
        gettext("The drive gives back other bytes{where}.").format(
            where=_where(row, found)
        )
    )
    _report(run, row, error)
    record_health(
        drive=run.drive,
        source="read-back",
        verdict=Drive.Health.FAILING,
        message=f"{row.relpath}: {error.message}",
    )


def _mark_damaged(run: _Run, row: DriveFile) -> None:
    run.did_change = True
    DriveFile.objects.filter(pk=row.pk, sha256=row.sha256).update(
        state=DriveFile.State.ALTERED,
        damaged_at=timezone.now(),
        verified_by=DriveFile.VerifiedBy.NONE,
        verified_at=None,
    )


def _where(row: DriveFile, found: ReadBack) -> str:
    """Say which blocks are bad, where the digests tell."""
    known = list(row.block_digests)
    if not known or len(known) != len(found.block_digests):
        return ""
    bad = [
        str(number + 1)
        for number, (was, now) in enumerate(
            zip(known, found.block_digests, strict=True)
        )
        if was != now
    ]
    if not bad:
        return ""
    return gettext(" in block {numbers} of {n}").format(
        numbers=", ".join(bad), n=len(known)
    )


def _handle(run: _Run, row: DriveFile, error: OSError) -> None:
    """Tell a file that cannot be read from a drive that is gone.

    Raises: DriveGone.
    """
    is_there = detection.device_is_there(run.opened.device)
    if error.errno in _GONE or not is_there:
        raise DriveGone(
            gettext("“{drive}” was unplugged.").format(drive=run.drive.name)
        ) from error
    if error.errno == errno.EIO:
        _mark_damaged(run, row)
        record_health(
            drive=run.drive,
            source="io-error",
            verdict=Drive.Health.FAILING,
            message=f"{row.relpath}: {error.strerror}",
        )
    _report(
        run,
        row,
        FileUnreadable(
            gettext("It cannot be read: {strerror}.").format(strerror=error.strerror)
        ),
    )


def _report(run: _Run, row: DriveFile, error: SkipFile) -> None:
    run.scan.errors += 1
    run.progress.report(error, path=row.relpath)
    record_failed(
        drive=run.drive,
        error=error,
        relpath=row.relpath,
        title=row.title,
        job=run.scan.job,
    )


def _praise(run: _Run) -> None:
    """Keep as evidence that all of a drive read back as it was written."""
    passed = DriveScan.objects.filter(
        drive=run.drive,
        kind=DriveScan.Kind.VERIFY,
        pass_began_at=run.scan.pass_began_at,
    )
    good = _readable(run.drive).filter(verified_at__gte=run.scan.pass_began_at).count()
    if run.scan.is_complete and good and not passed.filter(errors__gt=0).exists():
        record_health(
            drive=run.drive,
            source="read-back",
            verdict=Drive.Health.GOOD,
            message="Every file read back as it was written",
        )


def _conclude(run: _Run, job: Job | None) -> None:
    run.scan.finished_at = timezone.now()
    run.scan.save()
    _praise(run)
    if not run.did_change:
        return
    if run.good:
        record_event(
            drive=run.drive,
            action=SyncRecord.Action.VERIFIED,
            job=job,
            size_bytes=run.good_bytes,
            seconds=(run.scan.finished_at - run.scan.started_at).total_seconds(),
            message=f"{run.good} files read back, {run.scan.altered} differ",
        )
    Drive.objects.filter(pk=run.drive.pk).update(
        manifest_is_due=True, manifest_whole_is_due=True
    )
    try:
        flush_manifest(drive=run.drive, open_drive=run.opened)
    except (OSError, StopRun):
        # Read-only, or gone: the manifest follows with the next write.
        return
