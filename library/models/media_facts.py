"""MediaFacts: what is in a video file, as its own bytes say."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from library.models.media_file import MediaFile


class MediaFacts(models.Model):
    """Container, picture, sound and subtitles of one file, read once per size and time."""

    media_file = models.OneToOneField(
        MediaFile, on_delete=models.CASCADE, related_name="facts", primary_key=True
    )
    size_bytes = models.BigIntegerField()
    mtime_ns = models.BigIntegerField()
    """With the size: which state of the file was read."""
    container = models.CharField(max_length=60, blank=True)
    duration_seconds = models.FloatField(null=True, blank=True)
    video_codec = models.CharField(max_length=60, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    frame_rate = models.FloatField(null=True, blank=True)
    hdr = models.CharField(max_length=120, blank=True)
    """`HDR10`, `Dolby Vision`, …; empty: none."""
    audio = models.JSONField(default=list, blank=True)
    """`{codec, channels, language, title, is_default}` of each sound track."""
    subtitles = models.JSONField(default=list, blank=True)
    """`{codec, language, title, is_forced, is_sdh}` of each subtitle track."""
    chapters = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)
    """Why nothing could be read; empty: it could."""
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = gettext_lazy("media facts")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(duration_seconds__isnull=True) | Q(duration_seconds__gte=0),
                name="media_facts_duration_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.container}"
