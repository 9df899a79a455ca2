"""Background work of the queue: ids in, one service call."""

from celery import shared_task

from drivearr.jobs.models import Job
from drivearr.jobs.running import RunningJob, job_task
from syncqueue.jobs import COPY, RENAME
from syncqueue.services import draining, renaming, renewing, starting


@job_task(COPY)
def copy_to_drive(run: RunningJob, *, drive_id: int) -> draining.DrainSummary:
    """Work off the wishes of drive `drive_id`."""
    return draining.copy_to_drive(
        drive_id=drive_id, progress=run, job=run.job, is_patient=True
    )


@job_task(RENAME)
def rename_on_drive(run: RunningJob, *, drive_id: int) -> renaming.Renamed:
    """Give the files on drive `drive_id` the names their titles have today."""
    return renaming.rename_on_drive(drive_id=drive_id, progress=run, job=run.job)


@shared_task(name="syncqueue.tasks.start_due_copies", ignore_result=True)
def start_due_copies() -> None:
    """Start copying to every attached drive with something to do."""
    starting.tidy_dead_runs()
    renewing.renew_what_changed()
    for drive in starting.drives_due():
        if starting.has_work(drive=drive):
            starting.start_copying(drive=drive, trigger=Job.Trigger.SCHEDULE)
