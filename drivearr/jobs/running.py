"""One run: claim, heartbeat, progress, and the one place where a job ends."""

import logging
import os
import socket
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from typing import Any, Concatenate, ParamSpec

from celery import Task, shared_task
from django.conf import settings
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.kinds import JobKind
from drivearr.jobs.models import Job, JobIssue
from drivearr.lib.errors import DrivearrError, Refused, SkipFile
from drivearr.lib.progress import Cancelled, Interrupted, Progress, Unit
from drivearr.logging import about_job

logger = logging.getLogger(__name__)
P = ParamSpec("P")

PUBLISH_SECONDS = 0.25
ISSUES_KEPT = 1000
"""More issues than this are counted, not kept."""

shutting_down = threading.Event()
"""Set when this process is asked to end; running work stops at its next check."""


class RunningJob:
    """A Progress that writes to a Job's row, at most a few times a second.

    Safe to call from the threads of one run.
    """

    def __init__(
        self, job: Job, *, worker: str, listener: Progress | None = None
    ) -> None:
        self.job = job
        self.worker = worker
        self._listener = listener
        self._lock = threading.Lock()
        self._done = 0
        self._total: int | None = None
        self._unit: Unit = "ITEMS"
        self._note = ""
        self._issues = 0
        self._dirty = False
        self._published = 0.0
        self._asked = 0.0
        self._stop: type[Cancelled | Interrupted] | None = None

    def expect(self, total: int | None, unit: Unit) -> None:
        """See Progress."""
        with self._lock:
            self._total, self._unit, self._done, self._dirty = total, unit, 0, True
        if self._listener:
            self._listener.expect(total, unit)
        self.publish()

    def advance(self, amount: int = 1) -> None:
        """See Progress."""
        with self._lock:
            self._done += amount
            self._dirty = True
        if self._listener:
            self._listener.advance(amount)
        if time.monotonic() - self._published >= PUBLISH_SECONDS:
            self.publish()

    def note(self, text: str) -> None:
        """See Progress."""
        with self._lock:
            self._note, self._dirty = text[:300], True
        if self._listener:
            self._listener.note(text)

    def report(self, error: SkipFile, *, path: str = "") -> None:
        """See Progress; becomes a JobIssue."""
        self._issues += 1
        if self._listener:
            self._listener.report(error, path=path)
        if self._issues <= ISSUES_KEPT:
            JobIssue.objects.create(
                job=self.job,
                code=error.code,
                path=path,
                message=error.message,
                advice=error.advice,
            )

    def check(self) -> None:
        """See Progress. Asks the database at most four times a second."""
        if shutting_down.is_set():
            raise Interrupted
        if self._stop is not None:
            raise self._stop
        if self._listener:
            self._listener.check()
        if time.monotonic() - self._asked < PUBLISH_SECONDS:
            return
        self._asked = time.monotonic()
        self._look()
        if self._stop is not None:
            raise self._stop

    def _look(self) -> None:
        row = (
            Job.objects.filter(pk=self.job.pk)
            .values_list("state", "worker", "cancel_requested_at")
            .first()
        )
        if row is None or row[0] != Job.State.RUNNING or row[1] != self.worker:
            self._stop = Interrupted
        elif row[2] is not None:
            self._stop = Cancelled

    def publish(self) -> None:
        """Write done, total and note now."""
        with self._lock:
            if not self._dirty:
                return
            self._dirty = False
            self._published = time.monotonic()
            values = {
                "done": self._done,
                "total": self._total,
                "unit": self._unit,
                "note": self._note,
            }
        now = timezone.now()
        Job.objects.filter(
            pk=self.job.pk, state=Job.State.RUNNING, worker=self.worker
        ).update(progressed_at=now, heartbeat_at=now, **values)

    def beat(self) -> None:
        """Say that we live; learn that the job was taken away or shall stop."""
        if not self.job.beat(worker=self.worker, now=timezone.now()):
            self._stop = Interrupted


def worker_name() -> str:
    """Return a name no other run has: host, process, and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@contextmanager
def _heartbeat(run: RunningJob):  # type: ignore[no-untyped-def]
    ended = threading.Event()

    def live() -> None:
        while not ended.wait(settings.JOB_HEARTBEAT_SECONDS):
            try:
                run.beat()
                run.publish()
            except Exception:
                logger.warning("Heartbeat of %s failed", run.job, exc_info=True)
            finally:
                connection.close()

    thread = threading.Thread(target=live, name=f"heartbeat-{run.job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=5)


def run_job(
    job: Job,
    body: Callable[..., Any],
    *,
    worker: str | None = None,
    listener: Progress | None = None,
) -> bool:
    """Claim `job`, do `body(run, **job.arguments)`, end the row; False if not ours.

    `listener` hears the same progress (a bar in the terminal). A dataclass returned by
    the body is kept as the job's metrics.

    Raises: whatever the body raises that is a bug, after the row says FAILED.
    """
    worker = worker or worker_name()
    if not job.claim(worker=worker, now=timezone.now()):
        return False
    run = RunningJob(job, worker=worker, listener=listener)
    with about_job(job.pk), _heartbeat(run):
        _do(run, body)
    return True


class AlreadyWorkedOn(Refused):
    """Another run of the same kind and subject is queued or running."""

    code = "ALREADY_WORKED_ON"
    advice = gettext_noop("Wait for it to end, or cancel it.")


def run_here(
    kind: JobKind,
    body: Callable[..., Any],
    *,
    subject: str = "",
    trigger: str = Job.Trigger.PERSON,
    listener: Progress | None = None,
    takes_queued: bool = False,
    **arguments: Any,
) -> Job:
    """Do one run in this process, now, and return its ended job (for commands).

    `takes_queued`: do the job that waits for a worker already, if there is one.

    Raises:
        AlreadyWorkedOn: that subject has an active job.

    """
    waiting = Job.objects.active().of(kind.name, subject).first()
    if takes_queued and waiting and run_job(waiting, body, listener=listener):
        waiting.refresh_from_db()
        return waiting
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind.name, subject=subject, trigger=trigger, arguments=arguments
            )
    except IntegrityError:
        active = Job.objects.active().of(kind.name, subject).first()
        raise AlreadyWorkedOn(
            gettext("{label} is already {state}.").format(
                label=gettext(kind.label),
                state=active.get_state_display().lower()
                if active
                else gettext("running"),
            )
        ) from None
    if not run_job(job, body, listener=listener):
        raise AlreadyWorkedOn(
            gettext("{label} was taken over by a worker just now.").format(
                label=gettext(kind.label)
            )
        )
    job.refresh_from_db()
    return job


def _do(run: RunningJob, body: Callable[..., Any]) -> None:
    job, worker = run.job, run.worker
    try:
        result = body(run, **job.arguments)
    except Cancelled:
        run.publish()
        job.cancel(now=timezone.now(), worker=worker)
    except Interrupted:
        run.publish()
        job.put_back(worker=worker)
    except KeyboardInterrupt:
        run.publish()
        job.cancel(now=timezone.now(), worker=worker)
        raise
    except DrivearrError as error:
        run.publish()
        job.fail(
            worker=worker,
            now=timezone.now(),
            code=error.code,
            message=error.message,
            advice=error.advice,
        )
    except Exception as error:
        logger.exception("A bug ended %s", job)
        job.fail(
            worker=worker,
            now=timezone.now(),
            code="BUG",
            message=f"{type(error).__name__}: {error}",
            advice=gettext(
                "This is a fault in Drivearr. The details below help to mend it."
            ),
            traceback=traceback.format_exc(),
        )
        raise
    else:
        run.publish()
        metrics = (
            asdict(result)
            if is_dataclass(result) and not isinstance(result, type)
            else {}
        )
        job.finish(worker=worker, now=timezone.now(), metrics=metrics)


def job_task(
    kind: JobKind,
) -> Callable[[Callable[Concatenate[RunningJob, P], Any]], "Task[[int], None]"]:
    """Make the Celery task of `kind` from its body; the only maker of such tasks.

    The message carries the job's id alone. It is acknowledged early: the row, not the
    broker, says who runs and what was lost.
    """

    def decorate(
        body: Callable[Concatenate[RunningJob, P], Any],
    ) -> "Task[[int], None]":
        def task(job_id: int) -> None:
            close_old_connections()
            job = Job.objects.filter(pk=job_id).first()
            if job is None or not run_job(job, body):
                logger.info("Job %s was taken already", job_id)

        task.__doc__, task.__name__ = body.__doc__, body.__name__
        return shared_task(name=kind.task, acks_late=False, ignore_result=True)(task)

    return decorate
