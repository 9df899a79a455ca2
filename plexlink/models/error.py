"""PlexError: trouble with Plex, counted where it repeats, and whether it is over."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from plexlink.models.library import PlexLibrary
from plexlink.models.server import PlexServer


class PlexErrorQuerySet(models.QuerySet["PlexError"]):
    """Trouble with Plex."""

    def open(self) -> "PlexErrorQuerySet":
        """Trouble that is not over."""
        return self.filter(resolved_at__isnull=True)

    def newest_first(self) -> "PlexErrorQuerySet":
        """Order: the last to happen first."""
        return self.order_by("-last_at", "-pk")


class PlexError(models.Model):
    """One sort of trouble at one place: open → resolved; counted while it is open."""

    class Kind(models.TextChoices):
        NETWORK = "NETWORK", gettext_lazy("Network")
        SIGN_IN = "SIGN_IN", gettext_lazy("Sign-in")
        DATA = "DATA", gettext_lazy("Data")
        FILES = "FILES", gettext_lazy("Files")

    server = models.ForeignKey(
        PlexServer,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="errors",
    )
    library = models.ForeignKey(
        PlexLibrary,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="errors",
    )
    kind = models.CharField(max_length=8, choices=Kind)
    code = models.CharField(max_length=60)
    about = models.CharField(max_length=300, blank=True)
    """What exactly failed: a rating key, an address without its query."""
    message = models.TextField()
    advice = models.TextField(blank=True)
    recovery = models.CharField(max_length=300, blank=True)
    """What Drivearr does about it by itself."""
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = PlexErrorQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["server", "-last_at"], name="plex_error_newest")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(count__gte=1), name="plex_error_happened"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.code}"
