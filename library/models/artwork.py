"""Artwork: a picture of a title, season or item, kept in our own cache."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from library.models.title import Season, Title


class Artwork(models.Model):
    """A picture; `file` names it in the artwork folder, made by us."""

    class Role(models.TextChoices):
        POSTER = "POSTER", gettext_lazy("Poster")
        BACKDROP = "BACKDROP", gettext_lazy("Backdrop")

    class Origin(models.TextChoices):
        LOCAL = "LOCAL", gettext_lazy("Beside the file")
        TMDB = "TMDB", "TMDb"
        TVDB = "TVDB", "TheTVDB"

    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="artwork")
    season = models.ForeignKey(
        Season, on_delete=models.CASCADE, related_name="artwork", null=True, blank=True
    )
    role = models.CharField(max_length=10, choices=Role)
    origin = models.CharField(max_length=10, choices=Origin)
    source = models.CharField(max_length=1000)
    """The local file's path, or the source's path of the picture."""
    source_version = models.CharField(max_length=100, blank=True)
    """Size and time of the local file; changes when the picture does."""
    file = models.CharField(max_length=200, blank=True)
    """Name in the artwork folder; empty until fetched."""
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    fetched_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            # Two, for SQLite knows no `nulls_distinct`.
            models.UniqueConstraint(
                fields=["title", "role"],
                condition=models.Q(season__isnull=True),
                name="artwork_once_per_role_of_title",
            ),
            models.UniqueConstraint(
                fields=["season", "role"], name="artwork_once_per_role_of_season"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.role}"
