"""When copying to a drive begins: asked for, due again, or left by a dead run."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.jobs.services import broker_answers, enqueue
from drives.models import Drive
from syncqueue.backoff import rest_seconds
from syncqueue.jobs import COPY
from syncqueue.models import Copy, CopyQuerySet, CopyRun, QueueItem
from syncqueue.services import retiring
from syncqueue.services.planning import plan_drive

_State, _Copy = QueueItem.State, Copy.State
_FAILURES_LOOKED_AT = 10


def start_copying(*, drive: Drive, trigger: str = Job.Trigger.PERSON) -> Job:
    """Queue a run of copying to a drive."""
    return enqueue(COPY, subject=drive.subject, trigger=trigger, drive_id=drive.pk)


def begin(*, drive: Drive) -> Job | None:
    """Start copying now if the drive is here; None: it starts when it comes."""
    if drive.is_paused or not drive.attachments.current().exists():
        return None
    return start_copying(drive=drive)


def begin_with_worker(*, drive: Drive) -> Job | None:
    """Do `begin` if a worker could hear of it; without one nothing is queued."""
    return begin(drive=drive) if broker_answers() else None


def go_on(drive: Drive) -> None:
    """Start copying to a drive that was plugged in now, if anything waits for it."""
    if drive in drives_due() and has_work(drive=drive):
        start_copying(drive=drive, trigger=Job.Trigger.SYSTEM)


def drives_to_finish() -> list[Drive]:
    """Return the attached drives that have anything left to do, backing off or not."""
    waits = Q(wishes__state__in=[_State.WAITING, _State.COPYING])
    old = Q(wishes__state=_State.DONE, wishes__renews=True)
    rows = Drive.objects.attached().filter(waits | old | Q(manifest_is_due=True))
    return list(rows.distinct().by_name())


def drives_due() -> list[Drive]:
    """Return attached drives with wishes, or a manifest, that could be worked on now."""
    found = (
        Drive.objects.attached()
        .filter(
            Q(wishes__state__in=[_State.WAITING, _State.COPYING])
            | Q(manifest_is_due=True)
            | Q(wishes__state=_State.DONE, wishes__renews=True),
            is_paused=False,
            attachments__detached_at__isnull=True,
            attachments__is_read_only=False,
        )
        .exclude(health=Drive.Health.FAILING)
        .distinct()
        .order_by("pk")
    )
    return [drive for drive in found if not is_backing_off(drive=drive)]


def is_backing_off(*, drive: Drive) -> bool:
    """Whether the last runs failed so that the next shall wait: the drive's breaker.

    Opens with the first failure, lets one run through after each wait, closes with one
    that ends well, or when the drive is plugged in anew. From the fifth failure on it
    waits as long as the settings say, at most five minutes unless they do.
    """
    attachment = drive.attachments.current().first()
    ended = Job.objects.of(COPY.name, drive.subject).exclude(finished_at=None)
    if attachment is not None:
        ended = ended.filter(finished_at__gte=attachment.attached_at)
    failures, last = 0, None
    for job in ended.newest_first()[:_FAILURES_LOOKED_AT]:
        if job.state != Job.State.FAILED:
            break
        failures, last = failures + 1, last or job.finished_at
    if last is None:
        return False
    rest = rest_seconds(failures, rest_minutes=settings.DRIVE_REST_MINUTES)
    now, wait = timezone.now(), timedelta(seconds=rest)
    # A clock that was set back must not keep a drive waiting for years.
    return last <= now < last + wait


def has_work(*, drive: Drive) -> bool:
    """Whether a run would copy something or end a wish."""
    if has_leftovers(drive=drive):
        return True
    plan = plan_drive(drive=drive)
    waiting = set(
        Copy.objects.open()
        .filter(drive=drive)
        .backing_off(now=timezone.now())
        .values_list("relpath", flat=True)
    )
    ready = any(one.wanted.relpath not in waiting for one in plan.copies)
    return ready or bool(plan.complete_wishes)


def has_leftovers(*, drive: Drive) -> bool:
    """Whether partials, old copies, a manifest, or a dead run wait to be tidied up."""
    return (
        drive.manifest_is_due
        or abandoned_copies(drive=drive).exists()
        or retiring.renewed(drive=drive).exists()
        or CopyRun.objects.filter(drive=drive, finished_at=None).exists()
    )


def abandoned_copies(*, drive: Drive) -> CopyQuerySet:
    """Return open copies whose wish is over: their partials take room for nothing."""
    return Copy.objects.open().filter(
        drive=drive, queue_item__state__in=[_State.CANCELLED, _State.DONE]
    )


def tidy(*, drive: Drive) -> bool:
    """Put what a dead run left half-done back to where it waits.

    Hold the drive's lock, or know that no run lives. Returns whether there was any.
    """
    now = timezone.now()
    copies = Copy.objects.filter(
        drive=drive, state__in=[_Copy.COPYING, _Copy.VERIFYING]
    ).update(state=_Copy.QUEUED, bytes_per_second=None)
    wishes = QueueItem.objects.filter(drive=drive, state=_State.COPYING).update(
        state=_State.WAITING, changed_at=now
    )
    runs = CopyRun.objects.filter(drive=drive, finished_at=None).update(finished_at=now)
    if runs:
        # It may have died while it wrote the manifest, which counted as written then.
        Drive.objects.filter(pk=drive.pk).update(
            manifest_is_due=True, manifest_whole_is_due=True
        )
        drive.manifest_is_due = True
    return bool(copies or wishes or runs)


def tidy_dead_runs() -> int:
    """Say “waiting” of wishes whose run is dead, also while their drive is away.

    The dead may only seem so: the fence keeps them from recording. Returns how many
    drives had such wishes.
    """
    unfinished = CopyRun.objects.filter(finished_at=None).values("drive")
    begun = Q(wishes__state=_State.COPYING) | Q(pk__in=unfinished)
    copying = Drive.objects.filter(begun).distinct()
    alive = set(Job.objects.running().of(COPY.name).values_list("subject", flat=True))
    dead = [drive for drive in copying if drive.subject not in alive]
    for drive in dead:
        drive.take_fence()
        tidy(drive=drive)
    return len(dead)


def seconds_until(moment: datetime) -> float:
    """Return how long it is until a moment that was set as a wait, in seconds."""
    return max(0.0, (moment - timezone.now()).total_seconds())
