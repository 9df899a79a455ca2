"""Background work of the system: one service call each."""

from celery import shared_task

from drivearr.jobs.models import Job
from drivearr.jobs.running import RunningJob, job_task
from drivearr.jobs.services import enqueue
from drivearr.system.jobs import BACKUP
from drivearr.system.services import backing_up, checking, cleaning, telling


@job_task(BACKUP)
def make_backup(run: RunningJob) -> backing_up.Made:
    """Make a backup and drop the oldest ones."""
    return backing_up.make_and_prune(progress=run)


@shared_task(name="drivearr.system.tasks.start_backup", ignore_result=True)
def start_backup() -> None:
    """Queue a backup."""
    enqueue(BACKUP, trigger=Job.Trigger.SCHEDULE)


@shared_task(name="drivearr.system.tasks.look_at_health", ignore_result=True)
def look_at_health() -> None:
    """Run the checks for the health page and its badge."""
    checking.look()


@shared_task(name="drivearr.system.tasks.tell_news", ignore_result=True)
def tell_news() -> None:
    """Find what happened and send on what is wanted."""
    telling.gather_news()
    telling.send_waiting()


@shared_task(name="drivearr.system.tasks.clean_up", ignore_result=True)
def clean_up() -> None:
    """Drop what nobody will look at any more."""
    cleaning.clean_up()
