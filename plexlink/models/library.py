"""PlexLibrary: a section of a server; PathMapping: where its files are for us."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from plexlink.models.server import PlexServer


class PlexLibraryQuerySet(models.QuerySet["PlexLibrary"]):
    """Plex libraries."""

    def enabled(self) -> "PlexLibraryQuerySet":
        """Libraries that take part and are there."""
        return self.filter(is_enabled=True, gone_since__isnull=True)

    def in_order(self) -> "PlexLibraryQuerySet":
        """Order: by server and name."""
        return self.order_by("server__name", "name", "pk")


class PlexLibrary(models.Model):
    """A library of a Plex server; a new one takes no part until somebody says so.

    `held_reason` is set when a listing was so much smaller than what we know that a
    person must say whether that is meant.
    """

    class Kind(models.TextChoices):
        MOVIES = "MOVIES", gettext_lazy("Movies")
        SHOWS = "SHOWS", gettext_lazy("Shows")
        OTHER = "OTHER", gettext_lazy("Other videos")

    server = models.ForeignKey(
        PlexServer, on_delete=models.CASCADE, related_name="libraries"
    )
    key = models.CharField(max_length=50)
    uuid = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    agent = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=20, blank=True)
    locations = models.JSONField(default=list, blank=True)
    """Folders as the server sees them."""
    is_enabled = models.BooleanField(default=False)
    gone_since = models.DateTimeField(null=True, blank=True)
    """Since when the server does not name it any more; nothing is deleted."""
    added_at = models.DateTimeField(default=timezone.now)

    refresh_hours = models.PositiveIntegerField(default=6)
    """0: only when asked."""
    deep_hours = models.PositiveIntegerField(default=7 * 24)

    # What the last sync saw
    hints = models.JSONField(default=dict, blank=True)
    """The section's own time stamps at the last sync."""
    watermark = models.BigIntegerField(default=0)
    """The newest `updatedAt` seen, in Unix seconds of the server's clock."""
    viewed_watermark = models.BigIntegerField(default=0)
    """The newest `lastViewedAt` seen."""
    keys_are_due = models.BooleanField(default=True)
    """Whether the next sync must list every key."""
    held_reason = models.TextField(blank=True)
    last_sync_at = models.DateTimeField(null=True, blank=True)
    last_deep_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    objects = PlexLibraryQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["server", "key"], name="plex_library_once_per_server"
            ),
            models.CheckConstraint(condition=~Q(key=""), name="plex_library_has_a_key"),
            models.CheckConstraint(
                condition=Q(watermark__gte=0),
                name="plex_library_watermark_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"

    @property
    def subject(self) -> str:
        """What a job about this library is about."""
        return f"plex_library:{self.pk}"

    def is_due(self, *, now: datetime) -> bool:
        """Whether its interval has passed since the last good sync."""
        if not self.refresh_hours:
            return False
        return _passed(self.last_sync_at, self.refresh_hours, now)

    def is_deep_due(self, *, now: datetime) -> bool:
        """Whether everything shall be looked at again."""
        if not self.deep_hours:
            return False
        return _passed(self.last_deep_at, self.deep_hours, now)


def _passed(since: datetime | None, hours: int, now: datetime) -> bool:
    return since is None or now - since >= timedelta(hours=hours)


class PathMapping(models.Model):
    """That what a server calls `plex_path` is `local_path` here."""

    server = models.ForeignKey(
        PlexServer, on_delete=models.CASCADE, related_name="mappings"
    )
    plex_path = models.CharField(max_length=1000)
    local_path = models.CharField(max_length=1000)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["server", "plex_path"], name="path_mapping_once_per_server"
            ),
            models.CheckConstraint(
                condition=Q(local_path__startswith="/"),
                name="path_mapping_local_is_absolute",
            ),
            models.CheckConstraint(
                condition=~Q(plex_path=""), name="path_mapping_has_a_plex_path"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.plex_path} → {self.local_path}"
