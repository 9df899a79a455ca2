"""Changes schedules and starts them out of turn."""

import json
import statistics
from collections import defaultdict
from datetime import datetime, timedelta

from celery import current_app
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from drivearr.jobs.models import Job
from drivearr.lib.errors import Refused

UNITS = {
    "seconds": IntervalSchedule.SECONDS,
    "minutes": IntervalSchedule.MINUTES,
    "hours": IntervalSchedule.HOURS,
    "days": IntervalSchedule.DAYS,
}
LONGEST = timedelta(days=366)
SHORTEST = timedelta(seconds=10)
RUNS_LOOKED_AT = 200


class BrokerAway(Refused):
    """Nobody can be asked to do work now."""

    code = "BROKER_AWAY"
    advice = gettext_noop(
        "Start Drivearr (`drivearr up`), or check DRIVEARR_REDIS_URL."
    )


class BadRhythm(Refused):
    """A schedule cannot run that often or that seldom."""

    code = "BAD_RHYTHM"
    advice = gettext_noop("Choose something between ten seconds and a year.")


def run_now(schedule: PeriodicTask) -> None:
    """Ask a worker to do what a schedule does.

    Raises:
        BrokerAway: no message can be sent.

    """
    try:
        current_app.send_task(
            schedule.task,
            args=json.loads(schedule.args or "[]"),
            kwargs=json.loads(schedule.kwargs or "{}"),
            queue=schedule.queue,
            ignore_result=True,
            retry=False,
        )
    except (KombuError, RedisError, OSError) as error:
        raise BrokerAway(gettext("The broker does not answer.")) from error
    PeriodicTask.objects.filter(pk=schedule.pk).update(last_run_at=timezone.now())


def set_paused(schedule: PeriodicTask, *, is_paused: bool) -> None:
    """Pause a schedule, or let it go on."""
    PeriodicTask.objects.filter(pk=schedule.pk).update(enabled=not is_paused)
    PeriodicTasks.update_changed()


def change_rhythm(schedule: PeriodicTask, *, every: int, unit: str) -> None:
    """Let a schedule run every so many minutes, hours or days.

    Raises:
        BadRhythm: no such unit, or out of bounds.

    """
    length = timedelta(**{unit: every}) if unit in UNITS else timedelta()
    if not SHORTEST <= length <= LONGEST:
        raise BadRhythm(
            gettext("Every {every} {unit} is no rhythm for a schedule.").format(
                every=every, unit=unit
            )
        )
    interval, _ = IntervalSchedule.objects.get_or_create(
        every=every, period=UNITS[unit]
    )
    schedule.interval, schedule.crontab = interval, None
    schedule.expire_seconds = int(length.total_seconds())
    schedule.save()


def next_run(schedule: PeriodicTask) -> datetime | None:
    """Return when it is due; None while paused or before its first turn."""
    if not schedule.enabled or schedule.interval is None:
        return None
    if schedule.last_run_at is None:
        return None
    every = timedelta(**{schedule.interval.period: schedule.interval.every})
    last: datetime = schedule.last_run_at
    return last + every


def usual_seconds() -> dict[str, float]:
    """Return the usual seconds of each kind of job, of its latest runs."""
    ended = Job.objects.filter(state=Job.State.SUCCEEDED).exclude(started_at=None)
    rows = ended.newest_first().values_list("kind", "started_at", "finished_at")
    found: dict[str, list[float]] = defaultdict(list)
    for kind, begun, over in rows[:RUNS_LOOKED_AT]:
        if begun and over:
            found[kind].append((over - begun).total_seconds())
    return {kind: statistics.median(values) for kind, values in found.items()}
