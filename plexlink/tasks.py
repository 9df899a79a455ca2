"""Background work of the link to Plex: ids in, one service call."""

from collections.abc import Sequence

from celery import shared_task

from drivearr.jobs.models import Job
from drivearr.jobs.running import RunningJob, job_task
from plexlink.jobs import PICTURES, REFRESH, SYNC, TIE
from plexlink.services import keeping, picturing, refreshing, syncing, tying
from plexlink.services.picturing import PicturesSummary
from plexlink.services.refreshing import RefreshSummary
from plexlink.services.running import Summary
from plexlink.services.tying import TieSummary


@job_task(SYNC)
def sync_library(
    run: RunningJob,
    *,
    library_id: int,
    deep: bool = False,
    confirmed: bool = False,
    keys: Sequence[str] = (),
) -> Summary:
    """Bring what we know of Plex library `library_id` in line with its server."""
    return syncing.sync_library(
        library_id=library_id,
        deep=deep,
        confirmed=confirmed,
        keys=keys,
        progress=run,
        job=run.job,
    )


@job_task(TIE)
def tie_files(
    run: RunningJob, *, server_id: int, root_id: int | None = None
) -> TieSummary:
    """Look which files of Plex server `server_id` are ours now."""
    return tying.tie_files(server_id=server_id, root_id=root_id, progress=run)


@job_task(PICTURES)
def fetch_pictures(run: RunningJob) -> PicturesSummary:
    """Fetch the pictures that Plex servers have and we do not."""
    return picturing.fetch_pictures(progress=run)


@job_task(REFRESH)
def tell_of_new_files(run: RunningJob, *, server_id: int) -> RefreshSummary:
    """Ask Plex server `server_id` to look for files that came."""
    return refreshing.tell(server_id=server_id, progress=run)


@shared_task(name="plexlink.tasks.sync_due", ignore_result=True)
def sync_due() -> None:
    """Queue the libraries whose interval has passed."""
    for library, deep in syncing.due_libraries():
        syncing.start_sync(
            library_id=library.pk, deep=deep, trigger=Job.Trigger.SCHEDULE
        )
    picturing.start_if_due(trigger=Job.Trigger.SCHEDULE)
    refreshing.start_those_that_wait()


@shared_task(name="plexlink.tasks.check_servers", ignore_result=True)
def check_servers() -> None:
    """Check sign-ins and connections."""
    keeping.check_all()


@shared_task(name="plexlink.tasks.clean_up", ignore_result=True)
def clean_up() -> None:
    """Let go of what is gone for long, and of old records."""
    keeping.clean_up()
