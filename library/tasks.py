"""Background work of the library app: ids in, one service call."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.jobs.running import RunningJob, job_task
from drivearr.jobs.services import enqueue
from library.jobs import AGE, IDENTIFY, PROBE, REFRESH, SCAN
from library.models import Root
from library.services import (
    afterwards,
    aging,
    identifying,
    probing,
    refreshing,
    scanning,
    shelving,
)
from library.services.aging import AgeSummary
from library.services.identifying import IdentifySummary
from library.services.probing import ProbeSummary
from library.services.refreshing import RefreshSummary
from library.services.scanning import ScanSummary


@job_task(SCAN)
def scan_library(
    run: RunningJob, *, root_id: int, deep: bool = False, confirmed: bool = False
) -> ScanSummary:
    """Bring library root `root_id` in line with what is on disk."""
    began = timezone.now()
    summary = scanning.scan_root(
        root_id=root_id, deep=deep, confirmed=confirmed, progress=run, job=run.job
    )
    identifying.start_if_waiting(root_id=root_id, since=began)
    probing.start_if_waiting()
    afterwards.tell(summary)
    scanning.check_summary(summary)
    return summary


@job_task(IDENTIFY)
def identify_library(
    run: RunningJob,
    *,
    root_id: int | None = None,
    again: bool = False,
    file_ids: list[int] | None = None,
) -> IdentifySummary:
    """Match the files of root `root_id`, of all, or `file_ids` alone, to titles."""
    return identifying.identify_files(
        root_id=root_id, again=again, file_ids=file_ids, progress=run, job=run.job
    )


@job_task(REFRESH)
def refresh_library(
    run: RunningJob, *, title_id: int | None = None, changes: bool = False
) -> RefreshSummary:
    """Fetch facts and pictures of title `title_id`, or of all titles that are due."""
    return refreshing.refresh_titles(
        title_ids=None if title_id is None else [title_id],
        changes=changes,
        progress=run,
        job=run.job,
    )


@shared_task(name="library.tasks.start_refresh", ignore_result=True)
def start_refresh() -> None:
    """Queue the daily look at what the metadata sources have changed."""
    refreshing.start_refresh(changes=True, trigger=Job.Trigger.SCHEDULE)


@job_task(PROBE)
def probe_library(run: RunningJob) -> ProbeSummary:
    """Read what is in the files whose facts are not known."""
    summary = probing.probe_files(progress=run)
    identifying.start_for_ties()
    return summary


@job_task(AGE)
def age_library(run: RunningJob) -> AgeSummary:
    """Forget the files that are missing longer than the owner wants to know."""
    return aging.forget_old(
        days=settings.MISSING_KEPT_DAYS, now=timezone.now(), progress=run
    )


@shared_task(name="library.tasks.start_aging", ignore_result=True)
def start_aging() -> None:
    """Queue the forgetting of what is long gone, when the owner wants it.

    Daily, so that it also sets right what the shelf may be wrong about.
    """
    shelving.settle()
    if settings.MISSING_KEPT_DAYS:
        enqueue(AGE, subject="", trigger=Job.Trigger.SCHEDULE)


@shared_task(name="library.tasks.start_polls", ignore_result=True)
def start_polls() -> None:
    """Queue a scan of every library folder whose changes are not told to the watcher."""
    for root in Root.objects.unwatched().in_order():
        scanning.start_scan(root_id=root.pk, trigger=Job.Trigger.SCHEDULE)


@shared_task(name="library.tasks.start_scans", ignore_result=True)
def start_scans(*, deep: bool = False) -> None:
    """Queue a scan of every library folder that is due; deep reads all files again."""
    for root in Root.objects.in_order():
        scanning.start_scan(root_id=root.pk, deep=deep, trigger=Job.Trigger.SCHEDULE)
