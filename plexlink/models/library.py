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
    concurrency = models.PositiveSmallIntegerField(null=True, blank=True)
    """Requests at the same time; None: as the server's others."""
    timeout_seconds = models.PositiveSmallIntegerField(null=True, blank=True)
    """How long an answer may take; None: as the server's others."""

    # What the last sync saw
    hints = models.JSONField(default=dict, blank=True)
    """The section's own time stamps at the last sync."""
    watermark = models.BigIntegerField(default=0)
    """The newest `updatedAt` seen, in Unix seconds of the server's clock."""
    viewed_watermark = models.BigIntegerField(default=0)
    """The newest `lastViewedAt` seen."""
    refresh_wanted_at = models.DateTimeField(null=True, blank=True)
    """When a file came that Plex shall look for; None: none, or it was told."""
    refresh_asked_at = models.DateTimeField(null=True, blank=True)
    """When Plex was last asked to look into its folders."""
    believed_less_than = models.CharField(max_length=100, blank=True)
    """Which sources went before Plex when its facts were last taken over as a whole, as
    `tmdb/tvdb`; `-` for none, `off` where Plex was off, empty: not known."""
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
                condition=Q(concurrency__isnull=True)
                | Q(concurrency__gte=1, concurrency__lte=16),
                name="plex_library_concurrency_in_range",
            ),
            models.CheckConstraint(
                condition=Q(timeout_seconds__isnull=True) | Q(timeout_seconds__gte=1),
                name="plex_library_timeout_is_some_time",
            ),
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

    @property
    def requests_at_once(self) -> int:
        """How many requests may be under way for it; needs `server` loaded."""
        return self.concurrency or self.server.concurrency

    @property
    def patience_seconds(self) -> int:
        """How long an answer about it may take; needs `server` loaded."""
        return self.timeout_seconds or self.server.timeout_seconds

    def is_due(self, *, now: datetime) -> bool:
        """Whether its interval has passed since the last good sync."""
        if not self.refresh_hours:
            return False
        return _passed(self.last_sync_at, self.refresh_hours, now)

    def is_of_another_order(self, standing: str) -> bool:
        """Whether its facts were taken over under another order of the sources."""
        return bool(self.believed_less_than) and self.believed_less_than != standing

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
