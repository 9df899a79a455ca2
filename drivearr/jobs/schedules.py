"""The default schedules in Celery Beat's tables; what a person edited is kept."""

import json
from datetime import timedelta

from django.conf import settings
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from drivearr.jobs.kinds import Schedule, all_schedules

OURS = "drivearr:"
"""Begins the description of entries made here; others are never removed."""


def sweep_schedule() -> Schedule:
    """Return the schedule of the sweep for lost work."""
    return Schedule(
        name="Jobs: find lost work",
        task="drivearr.jobs.tasks.sweep_lost",
        every=timedelta(seconds=settings.JOB_SWEEP_SECONDS),
        description="Queues work anew whose process ended without a word.",
    )


def install_schedules() -> int:
    """Make missing entries, remove those of ours that are gone; return how many made."""
    wanted = {one.name: one for one in (*all_schedules(), sweep_schedule())}
    ours = PeriodicTask.objects.filter(description__startswith=OURS)
    ours.exclude(name__in=wanted).delete()
    known = set(
        PeriodicTask.objects.filter(name__in=wanted).values_list("name", flat=True)
    )
    missing = [one for name, one in wanted.items() if name not in known]
    for schedule in missing:
        _install(schedule)
    return len(missing)


def _install(schedule: Schedule) -> None:
    seconds = int(schedule.every.total_seconds())
    every, period = seconds, IntervalSchedule.SECONDS
    for length, name in (
        (86_400, IntervalSchedule.DAYS),
        (3_600, IntervalSchedule.HOURS),
        (60, IntervalSchedule.MINUTES),
    ):
        if seconds % length == 0:
            every, period = seconds // length, name
            break
    interval, _ = IntervalSchedule.objects.get_or_create(every=every, period=period)
    PeriodicTask.objects.create(
        name=schedule.name,
        task=schedule.task,
        interval=interval,
        kwargs=json.dumps(schedule.arguments or {}),
        description=f"{OURS} {schedule.description}",
        # A message nobody took in one period is worth nothing in the next.
        expire_seconds=max(seconds, 10),
    )
