"""Job: one run of background work by one worker; JobIssue: one file's trouble in it."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs."""

    def active(self) -> "JobQuerySet":
        """Jobs that are not over."""
        return self.filter(state__in=Job.ACTIVE_STATES)

    def running(self) -> "JobQuerySet":
        """Jobs a worker has claimed."""
        return self.filter(state=Job.State.RUNNING)

    def of(self, kind: str, subject: str | None = None) -> "JobQuerySet":
        """Jobs of one kind, and of one subject if it is named."""
        found = self.filter(kind=kind)
        return found if subject is None else found.filter(subject=subject)

    def silent_since(self, moment: datetime) -> "JobQuerySet":
        """Running jobs whose process has not been heard of since `moment`."""
        return self.running().filter(heartbeat_at__lt=moment)

    def stalled_since(self, moment: datetime) -> "JobQuerySet":
        """Running jobs that live but have not moved since `moment`."""
        return self.running().filter(heartbeat_at__gte=moment, progressed_at__lt=moment)

    def unsent_since(self, moment: datetime) -> "JobQuerySet":
        """Queued jobs whose last message to the broker is older than `moment`."""
        return self.filter(state=Job.State.QUEUED).filter(
            Q(sent_at__isnull=True) | Q(sent_at__lt=moment)
        )

    def failing(self) -> "JobQuerySet":
        """Failed jobs that nobody has resolved."""
        return self.filter(state=Job.State.FAILED, resolved_at__isnull=True)

    def newest_first(self) -> "JobQuerySet":
        """Order: the latest queued first."""
        return self.order_by("-queued_at", "-pk")


class Job(models.Model):
    """One run of background work by one worker.

    QUEUED → RUNNING → SUCCEEDED | FAILED | CANCELLED | LOST
    QUEUED → CANCELLED
    RUNNING → QUEUED      (its process ended in an orderly way; the work goes on)

    LOST: the process was not heard of for too long; the sweep queues the work anew.
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED", gettext_lazy("Queued")
        RUNNING = "RUNNING", gettext_lazy("Running")
        SUCCEEDED = "SUCCEEDED", gettext_lazy("Succeeded")
        FAILED = "FAILED", gettext_lazy("Failed")
        CANCELLED = "CANCELLED", gettext_lazy("Cancelled")
        LOST = "LOST", gettext_lazy("Lost")

    class Trigger(models.TextChoices):
        PERSON = "PERSON", gettext_lazy("A person")
        SCHEDULE = "SCHEDULE", gettext_lazy("Schedule")
        SYSTEM = "SYSTEM", gettext_lazy("Drivearr itself")

    class Unit(models.TextChoices):
        BYTES = "BYTES", gettext_lazy("Bytes")
        FILES = "FILES", gettext_lazy("Files")
        ITEMS = "ITEMS", gettext_lazy("Items")

    ACTIVE_STATES = (State.QUEUED, State.RUNNING)

    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=100, blank=True)
    arguments = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.SYSTEM)

    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    progressed_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)

    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True, blank=True)
    unit = models.CharField(max_length=5, choices=Unit, default=Unit.ITEMS)
    note = models.CharField(max_length=300, blank=True)

    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    error_advice = models.TextField(blank=True)
    traceback = models.TextField(blank=True)
    metrics = models.JSONField(default=dict, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    """When a person said that its failure needs no more attention."""

    worker = models.CharField(max_length=200, blank=True)
    attempt = models.PositiveIntegerField(default=1)

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "heartbeat_at"], name="job_state_heartbeat"),
            models.Index(fields=["-queued_at"], name="job_newest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(state__in=["QUEUED", "RUNNING"]),
                name="job_one_active_per_subject",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["QUEUED", "RUNNING"], finished_at__isnull=True)
                | Q(
                    state__in=["SUCCEEDED", "FAILED", "CANCELLED", "LOST"],
                    finished_at__isnull=False,
                ),
                name="job_finished_at_pairs_with_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="RUNNING")
                | Q(
                    started_at__isnull=False,
                    heartbeat_at__isnull=False,
                ),
                name="job_running_has_started",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind} {self.subject} {self.state}"

    @property
    def is_active(self) -> bool:
        """Whether it is queued or running."""
        return self.state in self.ACTIVE_STATES

    @property
    def percent(self) -> int | None:
        """How much is done, 0 to 100; None while the total is unknown."""
        if self.total is None:
            return None
        return min(100, self.done * 100 // self.total) if self.total else 100

    def _rows(self, *states: str) -> "JobQuerySet":
        return Job.objects.filter(pk=self.pk, state__in=states)

    def _held_by(self, worker: str) -> "JobQuerySet":
        return self._rows(self.State.RUNNING).filter(worker=worker)

    def _move(self, rows: JobQuerySet, **to: Any) -> bool:
        """Change the row if it is still among `rows`; say whether we won."""
        won = bool(rows.update(**to))
        if won:
            self.refresh_from_db()
        return won

    def claim(self, *, worker: str, now: datetime) -> bool:
        """Take a queued job for `worker`; False when somebody was faster."""
        return self._move(
            self._rows(self.State.QUEUED),
            state=self.State.RUNNING,
            worker=worker,
            started_at=now,
            heartbeat_at=now,
            progressed_at=now,
            done=0,
            total=None,
            note="",
        )

    def finish(self, *, worker: str, now: datetime, metrics: dict[str, Any]) -> bool:
        """End well."""
        return self._move(
            self._held_by(worker),
            state=self.State.SUCCEEDED,
            finished_at=now,
            note="",
            metrics=metrics,
        )

    def fail(
        self,
        *,
        worker: str,
        now: datetime,
        code: str,
        message: str,
        advice: str = "",
        traceback: str = "",
    ) -> bool:
        """End badly; `traceback` only for a bug."""
        return self._move(
            self._held_by(worker),
            state=self.State.FAILED,
            finished_at=now,
            error_code=code,
            error_message=message,
            error_advice=advice,
            traceback=traceback,
        )

    def cancel(self, *, now: datetime, worker: str = "") -> bool:
        """End because a person asked: a queued job at once, a running one by its worker."""
        rows = self._held_by(worker) if worker else self._rows(self.State.QUEUED)
        return self._move(rows, state=self.State.CANCELLED, finished_at=now)

    def put_back(self, *, worker: str) -> bool:
        """Hand a running job back to the queue; its process is ending."""
        rows = self._held_by(worker)
        return bool(rows.update(state=self.State.QUEUED, worker="", sent_at=None))

    def lose(self, *, now: datetime, silent_since: datetime) -> bool:
        """Mark a running job whose process fell silent before `silent_since`."""
        won = (
            self._rows(self.State.RUNNING)
            .filter(heartbeat_at__lt=silent_since)
            .update(
                state=self.State.LOST,
                finished_at=now,
                error_code="WORKER_LOST",
                error_message="The process that did this work ended without a word.",
                error_advice="Nothing to do: the work is queued again by itself.",
            )
        )
        return bool(won)

    def request_cancel(self, *, now: datetime) -> bool:
        """Ask the running work to stop at its next check."""
        rows = self._rows(*self.ACTIVE_STATES).filter(cancel_requested_at__isnull=True)
        return bool(rows.update(cancel_requested_at=now))

    def beat(self, *, worker: str, now: datetime) -> bool:
        """Say that the worker lives; False when the job is no longer its own."""
        rows = self._held_by(worker)
        return bool(rows.update(heartbeat_at=now))

    def add_progress(self, *, worker: str, now: datetime, amount: int) -> bool:
        """Add to what is done; False when the job is no longer the worker's own."""
        rows = self._held_by(worker)
        return bool(rows.update(done=F("done") + amount, progressed_at=now))


class JobIssue(models.Model):
    """One file that went wrong while the run went on."""

    class Severity(models.TextChoices):
        WARNING = "WARNING", gettext_lazy("Warning")
        ERROR = "ERROR", gettext_lazy("Error")

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="issues")
    severity = models.CharField(
        max_length=10, choices=Severity, default=Severity.WARNING
    )
    code = models.CharField(max_length=60)
    path = models.TextField(blank=True)
    message = models.TextField()
    advice = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["job", "at"], name="job_issue_at")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.code} {self.path}"
