"""PlexSync: what one run over a Plex library did, and where it stands."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from drivearr.jobs.models import Job
from plexlink.models.library import PlexLibrary


class PlexSync(models.Model):
    """One run: RUNNING → DONE | FAILED | CANCELLED; RUNNING that stopped is taken up.

    `cursor` says what is finished, so that a run that was cut off goes on from there.
    """

    class Kind(models.TextChoices):
        INCREMENTAL = "INCREMENTAL", gettext_lazy("What changed")
        DEEP = "DEEP", gettext_lazy("Everything again")
        ITEMS = "ITEMS", gettext_lazy("Single items")

    class State(models.TextChoices):
        RUNNING = "RUNNING", gettext_lazy("Running")
        DONE = "DONE", gettext_lazy("Done")
        FAILED = "FAILED", gettext_lazy("Failed")
        CANCELLED = "CANCELLED", gettext_lazy("Cancelled")

    library = models.ForeignKey(
        PlexLibrary, on_delete=models.CASCADE, related_name="syncs"
    )
    job = models.ForeignKey(
        Job, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    kind = models.CharField(max_length=11, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.RUNNING)
    phase = models.CharField(max_length=60, blank=True)
    cursor = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    resumed = models.PositiveIntegerField(default=0)
    """How often it was taken up after being cut off."""

    listed = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    writes = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    peak_rss_bytes = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["library", "-started_at"], name="plex_sync_newest")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="RUNNING", finished_at__isnull=True)
                | (~Q(state="RUNNING") & Q(finished_at__isnull=False)),
                name="plex_sync_finished_at_pairs_with_state",
            ),
            models.UniqueConstraint(
                fields=["library"],
                condition=Q(state="RUNNING"),
                name="plex_sync_one_running_per_library",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind} of library {self.library_id}"
