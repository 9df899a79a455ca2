"""Failed jobs, alike ones together, with their trend."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max
from django.db.models.functions import TruncDate
from django.utils.translation import gettext, ngettext

from drivearr.jobs.kinds import find_kind
from drivearr.jobs.models import Job

DAYS = 14
SORTS_MOST = 60


@dataclass(frozen=True, slots=True)
class ErrorSort:
    """Failures of one kind of work with one code."""

    kind: str
    code: str
    label: str
    count: int
    last_at: datetime
    last_pk: int
    message: str
    advice: str
    per_day: tuple[float, ...]
    """Failures on each of the last DAYS days, resolved ones too."""

    @property
    def trend_words(self) -> str:
        """Return the trend in words, for those who do not see it."""
        number = round(sum(self.per_day))
        said = ngettext(
            "{n} failure in {days} days", "{n} failures in {days} days", number
        )
        return said.format(n=number, days=DAYS)


@dataclass(frozen=True, slots=True)
class ErrorList:
    """All sorts of unresolved failures, the latest first."""

    sorts: tuple[ErrorSort, ...]

    @classmethod
    def build(cls, *, today: date) -> "ErrorList":
        """Make it; three queries."""
        groups = list(
            Job.objects.failing()
            .order_by()
            .values_list("kind", "error_code")
            .annotate(Count("pk"), Max("pk"))
            .order_by("-pk__max")[:SORTS_MOST]
        )
        jobs = Job.objects.in_bulk([last for *_, last in groups])
        trends = _trends(today)
        return cls(
            tuple(
                _sort(jobs[last], count, trends[kind, code])
                for kind, code, count, last in groups
            )
        )


def _trends(today: date) -> dict[tuple[str, str], tuple[float, ...]]:
    first = today - timedelta(days=DAYS - 1)
    rows = (
        Job.objects.filter(state=Job.State.FAILED, finished_at__date__gte=first)
        .annotate(day=TruncDate("finished_at"))
        .order_by()
        .values_list("kind", "error_code", "day")
        .annotate(Count("pk"))
    )
    found: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for kind, code, day, count in rows:
        found[kind, code][(day - first).days] += count
    nothing = (0.0,) * DAYS
    trends: dict[tuple[str, str], tuple[float, ...]] = defaultdict(lambda: nothing)
    for key, days in found.items():
        trends[key] = tuple(float(days[number]) for number in range(DAYS))
    return trends


def _sort(job: Job, count: int, per_day: tuple[float, ...]) -> ErrorSort:
    kind = find_kind(job.kind)
    return ErrorSort(
        kind=job.kind,
        code=job.error_code,
        label=gettext(kind.label) if kind else job.kind,
        count=count,
        last_at=job.finished_at or job.queued_at,
        last_pk=job.pk,
        message=job.error_message,
        advice=job.error_advice,
        per_day=per_day,
    )
