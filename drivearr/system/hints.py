"""What would make the house run better, from what its work took so far."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext
from django_celery_beat.models import PeriodicTask

from drivearr.jobs.kinds import all_schedules
from drivearr.system.services.scheduling import usual_seconds
from drivearr.web.checking import Finding
from drivearr.web.templatetags.ui import duration

NUDGE = timedelta(minutes=10)
"""Schedules that begin more often only see to it that work goes on."""


def hint_at_rhythm() -> Iterator[Finding]:
    """Say which schedules begin their work more often than it can be done."""
    kinds = {each.name: each.kind for each in all_schedules() if each.kind}
    took = usual_seconds()
    tasks = PeriodicTask.objects.filter(enabled=True, name__in=kinds)
    for task in tasks.exclude(interval=None).select_related("interval"):
        every = timedelta(**{task.interval.period: task.interval.every})
        seconds = took.get(kinds[task.name], 0.0)
        if every >= NUDGE and seconds > every.total_seconds():
            yield Finding(
                gettext("schedules"),
                ok=True,
                is_hint=True,
                message=gettext(
                    "“{name}” takes {took}, but begins every {every}."
                ).format(
                    name=gettext(task.name),
                    took=duration(seconds),
                    every=duration(every.total_seconds()),
                ),
                advice=gettext("Let it run less often."),
                page="schedule_list",
            )
