"""Queue work, ask it to stop, find what fell silent."""

import logging
import socket
from datetime import timedelta
from typing import Any

import psutil
from celery import current_app
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from drivearr.jobs.kinds import JobKind, find_kind
from drivearr.jobs.models import Job

logger = logging.getLogger(__name__)

RESEND_AFTER = timedelta(seconds=60)
"""A queued job's message is sent again after this: the broker may have lost it."""


def enqueue(
    kind: JobKind,
    *,
    subject: str = "",
    trigger: str = Job.Trigger.SYSTEM,
    **arguments: Any,
) -> Job:
    """Queue one run of `kind`; return the active job of that subject if there is one.

    The message leaves when the transaction commits. A broker that cannot be reached is
    no error: the row is the truth, and the sweep sends it later.
    """
    job = _find_active(kind, subject)
    if job is not None:
        return job
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind.name, subject=subject, trigger=trigger, arguments=arguments
            )
    except IntegrityError:
        # Somebody was faster between the look and the insert.
        return Job.objects.active().get(kind=kind.name, subject=subject)
    transaction.on_commit(lambda: send(job))
    return job


def _find_active(kind: JobKind, subject: str) -> Job | None:
    return Job.objects.active().of(kind.name, subject).first()


def send(job: Job) -> bool:
    """Send a queued job's id to its Celery queue; False when the broker is away."""
    kind = find_kind(job.kind)
    if kind is None:
        logger.error("No app knows the kind of job %s", job)
        return False
    try:
        current_app.send_task(
            kind.task, args=[job.pk], queue=kind.queue, retry=False, ignore_result=True
        )
    except (KombuError, RedisError, OSError) as error:
        logger.warning("Broker away, %s waits for the sweep: %s", job, error)
        return False
    Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(sent_at=timezone.now())
    return True


def broker_answers() -> bool:
    """Whether the broker can be reached now; costs a moment, never more than a second."""
    try:
        with current_app.connection_for_write(connect_timeout=1) as link:
            link.ensure_connection(max_retries=1, timeout=1)
    except (KombuError, RedisError, OSError):
        return False
    return True


def request_cancel(*, job: Job) -> bool:
    """Cancel a queued job at once, or ask a running one to stop; False if it is over."""
    now = timezone.now()
    return job.cancel(now=now) or job.request_cancel(now=now)


def resolve(*, kind: str, code: str) -> int:
    """Say that the failures of one sort need no more attention; return how many."""
    alike = Job.objects.failing().filter(kind=kind, error_code=code)
    return alike.update(resolved_at=timezone.now())


def sweep_lost() -> int:
    """Mark silent jobs LOST, queue their work anew, send what the broker lost.

    Returns how many were lost.
    """
    now = timezone.now()
    silent_since = now - timedelta(seconds=settings.JOB_SILENT_SECONDS)
    lost = 0
    for job in Job.objects.silent_since(silent_since).order_by("pk"):
        if job.lose(now=now, silent_since=silent_since):
            lost += 1
            logger.warning("Lost: %s", job)
            start_again(job)
    for job in Job.objects.unsent_since(now - RESEND_AFTER).order_by("pk"):
        send(job)
    return lost


def lose_dead_workers() -> int:
    """Lose jobs held by processes of this machine that are dead; return how many."""
    now = timezone.now()
    lost = 0
    mine = Job.objects.running().filter(worker__startswith=f"{socket.gethostname()}:")
    for job in mine.order_by("pk"):
        if _is_dead(job) and job.lose(now=now, silent_since=now):
            lost += 1
            logger.warning("Lost with its process: %s", job)
            start_again(job)
    return lost


def _is_dead(job: Job) -> bool:
    """Whether the process that holds a job is gone, or its number is another's now."""
    try:
        process = psutil.Process(int(job.worker.split(":")[1]))
        born = process.create_time()
    except (psutil.NoSuchProcess, ValueError, IndexError):
        return True
    except psutil.AccessDenied:
        return False
    return job.started_at is not None and born > job.started_at.timestamp() + 1


def start_again(job: Job) -> Job | None:
    """Queue a lost job's work anew; None when it was asked to stop or tried too often."""
    kind = find_kind(job.kind)
    if kind is None or job.cancel_requested_at or job.attempt >= kind.attempts:
        return None
    again = enqueue(kind, subject=job.subject, trigger=job.trigger, **job.arguments)
    Job.objects.filter(pk=again.pk).update(attempt=job.attempt + 1)
    return again
