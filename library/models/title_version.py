"""TitleVersion: what was written of a title before something else was."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from library.models.title import Title


class TitleVersion(models.Model):
    """The former values of what one write changed."""

    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="versions")
    at = models.DateTimeField(default=timezone.now)
    """When it was written over."""
    by = models.CharField(max_length=20)
    """Who wrote over it: a source such as `tmdb`, or `person`."""
    was = models.JSONField()
    """Field → former value."""

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at"], name="title_version_at")]

    def __str__(self) -> str:
        return f"#{self.pk} of title {self.title_id}"
