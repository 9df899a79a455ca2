"""Background work of the drives app: ids in, one service call."""

from datetime import datetime

from celery import shared_task
from django.contrib.auth import get_user_model

from drivearr.jobs.running import RunningJob, job_task
from drives.jobs import DELETE, SCAN, VERIFY
from drives.services import (
    attaching,
    checking,
    following,
    removing,
    scanning,
    verifying,
)


@job_task(SCAN)
def scan_drive(run: RunningJob, *, drive_id: int) -> None:
    """Bring what we know of drive `drive_id` in line with what is on it."""
    scanning.scan_drive(drive_id=drive_id, progress=run, job=run.job)


@job_task(VERIFY)
def verify_drive(run: RunningJob, *, drive_id: int, since: str | None = None) -> None:
    """Read back every file of drive `drive_id` whose hash is known."""
    moment = datetime.fromisoformat(since) if since else None
    verifying.verify_drive(drive_id=drive_id, progress=run, job=run.job, since=moment)


@job_task(DELETE)
def delete_from_drive(
    run: RunningJob,
    *,
    drive_id: int,
    file_ids: list[int],
    by_id: int | None = None,
    is_sure: bool = False,
) -> removing.Deleted:
    """Delete files that we wrote from drive `drive_id`."""
    by = get_user_model().objects.filter(pk=by_id).first() if by_id else None
    return removing.delete_files(
        drive_id=drive_id,
        file_ids=file_ids,
        progress=run,
        job=run.job,
        by=by,
        is_sure=is_sure,
    )


@shared_task(name="drives.tasks.look_for_drives", ignore_result=True)
def look_for_drives() -> None:
    """Notice drives that came or went, and titles that were chosen anew."""
    attaching.look_for_drives(scan=True)
    following.follow_new_matches()


@shared_task(name="drives.tasks.check_health", ignore_result=True)
def check_health() -> None:
    """Ask the disks of attached drives how they are."""
    checking.check_all()


@shared_task(name="drives.tasks.verify_due", ignore_result=True)
def verify_due() -> None:
    """Queue the verification of drives whose profile asks for it by now."""
    verifying.start_due()
