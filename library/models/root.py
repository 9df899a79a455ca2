"""Root: a library folder the household named."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy


class RootQuerySet(models.QuerySet["Root"]):
    """Roots."""

    def available(self) -> "RootQuerySet":
        """Roots that were there when last looked at."""
        return self.filter(state=Root.State.AVAILABLE)

    def unwatched(self) -> "RootQuerySet":
        """Roots whose changes only looking tells: on a network, or too many folders."""
        return self.filter(
            watching__in=[
                Root.Watching.POLLED,
                Root.Watching.LIMITED,
                Root.Watching.FAILED,
            ]
        )

    def in_order(self) -> "RootQuerySet":
        """Order: by path."""
        return self.order_by("path", "pk")


class Root(models.Model):
    """A library folder of one kind.

    NEW → AVAILABLE ⇄ UNAVAILABLE
    AVAILABLE → HELD → AVAILABLE     (a person says what the shrunken root means)

    UNAVAILABLE (absent, unmounted, unreadable, suddenly empty) and HELD (a scan would
    have marked too many files missing) change no file's state.
    """

    class Kind(models.TextChoices):
        MOVIES = "MOVIES", gettext_lazy("Movies")
        SHOWS = "SHOWS", gettext_lazy("Shows")
        OTHER = "OTHER", gettext_lazy("Other videos")

    class State(models.TextChoices):
        NEW = "NEW", gettext_lazy("Not scanned yet")
        AVAILABLE = "AVAILABLE", gettext_lazy("Available")
        UNAVAILABLE = "UNAVAILABLE", gettext_lazy("Unavailable")
        HELD = "HELD", gettext_lazy("Waiting for your word")

    class Watching(models.TextChoices):
        UNKNOWN = "", gettext_lazy("Not watched yet")
        WATCHED = "WATCHED", gettext_lazy("Changes are seen at once")
        POLLED = "POLLED", gettext_lazy("Looked at by the schedule")
        LIMITED = "LIMITED", gettext_lazy("The system's limit of watches is reached")
        FAILED = "FAILED", gettext_lazy("Cannot be watched")

    path = models.CharField(max_length=1000, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=12, choices=State, default=State.NEW)
    state_reason = models.TextField(blank=True)
    device = models.CharField(max_length=100, blank=True)
    """`<st_dev>:<inode>` of the folder at its last good scan."""
    added_at = models.DateTimeField(default=timezone.now)
    last_scan_at = models.DateTimeField(null=True, blank=True)
    watching = models.CharField(
        max_length=10, choices=Watching, default=Watching.UNKNOWN, blank=True
    )
    """How changes are noticed, as the watcher last found."""
    watching_reason = models.TextField(blank=True)
    poll_minutes = models.PositiveIntegerField(default=30)
    """How often to look for changes that are not told; 0: only when asked."""
    polled_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When that was last due."""

    objects = RootQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(path__startswith="/"), name="root_path_is_absolute"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.path}"

    @property
    def folder(self) -> Path:
        """The folder itself."""
        return Path(self.path)

    @property
    def subject(self) -> str:
        """What a job about this root is about."""
        return f"root:{self.pk}"

    def mark_scanned(self, *, now: datetime, device: str) -> None:
        """Say that a scan saw the whole root."""
        Root.objects.filter(pk=self.pk).update(
            state=self.State.AVAILABLE, state_reason="", last_scan_at=now, device=device
        )
        self.refresh_from_db()

    def mark_unavailable(self, *, reason: str) -> None:
        """Say that the root is not there now; no file's state changes."""
        Root.objects.filter(pk=self.pk).update(
            state=self.State.UNAVAILABLE, state_reason=reason
        )
        self.refresh_from_db()

    def is_due(self, *, now: datetime) -> bool:
        """Whether it is time to look for changes that nobody tells of."""
        if not self.poll_minutes:
            return False
        # A minute early: who asks every few minutes never asks to the second.
        pause = timedelta(minutes=self.poll_minutes - 1)
        return self.polled_at is None or now - self.polled_at >= pause

    def claim_poll(self, *, now: datetime) -> bool:
        """Say that its changes are looked for now; False: somebody was faster."""
        rows = Root.objects.filter(pk=self.pk, polled_at=self.polled_at)
        return bool(rows.update(polled_at=now))

    def note_watching(self, watching: str, *, reason: str = "") -> None:
        """Say how changes in it are noticed, and why not at once."""
        Root.objects.filter(pk=self.pk).update(
            watching=watching, watching_reason=reason
        )

    def hold(self, *, reason: str) -> None:
        """Ask a person before more files are marked missing."""
        Root.objects.filter(pk=self.pk).update(
            state=self.State.HELD, state_reason=reason
        )
        self.refresh_from_db()
