"""What the pages on background work show."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.kinds import all_kinds, find_kind
from drivearr.jobs.models import Job, JobIssue
from drivearr.jobs.subjects import name_subjects
from drivearr.lib.counting import count_words
from drivearr.web.paging import Span
from drivearr.web.reading import read_choice

PER_PAGE = 30
ISSUES_SHOWN = 200

FILTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": (gettext_noop("All"), ()),
    "active": (gettext_noop("Under way"), tuple(Job.ACTIVE_STATES)),
    "failed": (gettext_noop("Failed"), (Job.State.FAILED, Job.State.LOST)),
    "done": (gettext_noop("Done"), (Job.State.SUCCEEDED,)),
}


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job in a list."""

    pk: int
    label: str
    about: str
    state: str
    is_active: bool
    is_stopping: bool
    percent: int | None
    done: str
    """"1,204 of 20,000 files", or empty."""
    note: str
    error: str
    issues: int
    at: datetime
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter."""

    value: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class JobList:
    """A page of jobs."""

    rows: tuple[JobRow, ...]
    filters: tuple[Chip, ...]
    kinds: tuple[Chip, ...]
    span: Span
    is_live: bool
    """Whether anything shown can still change by itself."""

    @classmethod
    def build(cls, asked: QueryDict) -> "JobList":
        """Make it from the query of the address; about four queries."""
        state = read_choice(asked.get("state"), FILTERS)
        kind = read_choice(asked.get("kind"), [each.name for each in all_kinds()])
        jobs = Job.objects.all()
        if state:
            jobs = jobs.filter(state__in=FILTERS[state][1])
        if kind:
            jobs = jobs.of(kind)
        span = Span.of(asked=asked.get("page"), total=jobs.count(), per_page=PER_PAGE)
        rows = list_rows(jobs.newest_first()[span.start : span.stop])
        return cls(
            rows=rows,
            filters=tuple(
                Chip(value, gettext(label), value == state)
                for value, (label, _states) in FILTERS.items()
            ),
            kinds=(
                Chip("", gettext("All kinds"), not kind),
                *(
                    Chip(each.name, gettext(each.label), each.name == kind)
                    for each in all_kinds()
                ),
            ),
            span=span,
            is_live=any(row.is_active for row in rows),
        )


def list_rows(jobs: QuerySet[Job]) -> tuple[JobRow, ...]:
    """Return rows for a list of jobs; one query, and one for each sort of subject."""
    found = list(jobs.annotate(issue_count=Count("issues")))
    names = name_subjects(job.subject for job in found)
    return tuple(_row(job, names, job.issue_count) for job in found)


def list_active(kinds: Iterable[str] | None = None) -> tuple[JobRow, ...]:
    """Return the work under way, of some kinds only if they are named."""
    jobs = Job.objects.active()
    if kinds is not None:
        jobs = jobs.filter(kind__in=list(kinds))
    return list_rows(jobs.order_by("queued_at", "pk"))


def _row(job: Job, names: dict[str, str], issues: int) -> JobRow:
    kind = find_kind(job.kind)
    begun, ended = job.started_at, job.finished_at
    return JobRow(
        pk=job.pk,
        label=gettext(kind.label) if kind else job.kind,
        about=names.get(job.subject, ""),
        state=job.state,
        is_active=job.is_active,
        is_stopping=job.is_active and job.cancel_requested_at is not None,
        percent=job.percent,
        done=count_words(job.done, job.total, job.unit),
        note=job.note,
        error=job.error_message,
        issues=issues,
        at=ended or begun or job.queued_at,
        seconds=(ended - begun).total_seconds() if begun and ended else None,
    )


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that the work left behind."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class JobPage:
    """One job with all that is known of it."""

    job: Job
    row: JobRow
    kind_page: str
    trigger: str
    issues: tuple[JobIssue, ...]
    issues_left: int
    metrics: tuple[Metric, ...]
    traceback: str
    """Only for staff."""

    @classmethod
    def build(cls, job: Job, *, is_staff: bool) -> "JobPage":
        """Make it; about four queries."""
        issues = tuple(job.issues.order_by("at", "pk")[:ISSUES_SHOWN])
        total = job.issues.count() if len(issues) == ISSUES_SHOWN else len(issues)
        kind = find_kind(job.kind)
        return cls(
            job=job,
            row=_row(job, name_subjects([job.subject]), total),
            kind_page=kind.page if kind else "",
            trigger=job.get_trigger_display(),
            issues=issues,
            issues_left=total - len(issues),
            metrics=tuple(
                Metric(gettext(name.replace("_", " ").capitalize()), str(value))
                for name, value in job.metrics.items()
                if isinstance(value, int | float | str) and name not in {"id", "path"}
            ),
            traceback=job.traceback if is_staff else "",
        )
