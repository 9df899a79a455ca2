"""What the schedules page shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django_celery_beat.models import PeriodicTask

from drivearr.jobs.kinds import Schedule, all_schedules, find_kind
from drivearr.jobs.models import Job
from drivearr.jobs.schedules import OURS
from drivearr.system.services import scheduling

UNITS = ("seconds", "minutes", "hours", "days")
SOON = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Row:
    """One schedule."""

    pk: int
    name: str
    description: str
    every: int
    unit: str
    is_paused: bool
    last_at: datetime | None
    next_at: datetime | None
    is_due: bool
    """Whether its moment has passed; beat takes it up in seconds."""
    seconds: float | None
    """How long its work usually takes; None: never measured."""
    rhythm: str
    """How often, as one says it: "every day"."""
    conflict: str
    """Why running it now would change nothing; empty: nothing stands in the way."""


@dataclass(frozen=True, slots=True)
class SchedulesPage:
    """All schedules by name."""

    rows: tuple[Row, ...]
    units: tuple[str, ...]

    @classmethod
    def build(cls) -> "SchedulesPage":
        """Make it; three queries."""
        known = {each.name: each for each in all_schedules()}
        tasks = PeriodicTask.objects.exclude(interval=None).select_related("interval")
        active = set(Job.objects.active().values_list("kind", flat=True))
        took = scheduling.usual_seconds()
        rows = [
            _row(task, known.get(task.name), active, took)
            for task in tasks.order_by("name")
        ]
        return cls(tuple(rows), UNITS)


def _row(
    task: PeriodicTask,
    known: Schedule | None,
    active: set[str],
    took: dict[str, float],
) -> Row:
    kind = known.kind if known else ""
    next_at = scheduling.next_run(task)
    return Row(
        pk=task.pk,
        name=gettext(task.name),
        description=gettext(
            known.description if known else task.description.removeprefix(OURS)
        ),
        every=task.interval.every,
        unit=task.interval.period,
        is_paused=not task.enabled,
        last_at=task.last_run_at,
        next_at=next_at,
        is_due=next_at is not None and next_at <= timezone.now() + SOON,
        seconds=took.get(kind),
        rhythm=rhythm_words(task.interval.every, task.interval.period),
        conflict=_conflict(kind, active),
    )


def rhythm_words(every: int, unit: str) -> str:
    """Return "every day", "every 6 hours"."""
    said = {
        "seconds": ngettext("every second", "every {n} seconds", every),
        "minutes": ngettext("every minute", "every {n} minutes", every),
        "hours": ngettext("every hour", "every {n} hours", every),
        "days": ngettext("every day", "every {n} days", every),
    }
    # A scheduler's own microseconds: nobody chooses them.
    return said.get(unit, "{n} " + unit).format(n=every)


def _conflict(kind: str, active: set[str]) -> str:
    if kind not in active:
        return ""
    known = find_kind(kind)
    label = gettext(known.label) if known else kind
    return gettext(
        "{label} is under way already; what is running is not started twice."
    ).format(label=label)
