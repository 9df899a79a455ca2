"""MetadataSource: how this home uses a catalogue outside, and how that one fares."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from library.models.title import EpisodeOrder


class MetadataSourceQuerySet(models.QuerySet["MetadataSource"]):
    """Metadata sources."""

    def in_use(self) -> "MetadataSourceQuerySet":
        """Those that may be asked, in the order in which they are."""
        return self.filter(is_on=True).order_by("position", "pk")


class MetadataSource(models.Model):
    """Where facts come from: its place in the order, its sealed key, its pace and fuse.

    Whoever asks it goes through `next_at` and `rests_until`, so that all processes and
    hosts together keep the pace, and a service in trouble is left in peace by all.
    """

    class Name(models.TextChoices):
        TMDB = "tmdb", "TMDb"
        TVDB = "tvdb", "TheTVDB"
        NFO = "nfo", gettext_lazy(".nfo files")

    name = models.CharField(max_length=10, choices=Name, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_on = models.BooleanField(default=True)
    sealed_key = models.TextField(blank=True)
    """See drivearr.web.sealing; empty: the environment's key, if there is one."""
    sealed_pin = models.TextField(blank=True)
    sealed_token = models.TextField(blank=True)
    token_at = models.DateTimeField(null=True, blank=True)
    episode_order = models.CharField(
        max_length=10, choices=EpisodeOrder, default=EpisodeOrder.DEFAULT
    )
    next_at = models.DateTimeField(default=timezone.now)
    """When the next request may leave; runs ahead while requests are handed out."""
    troubles = models.PositiveIntegerField(default=0)
    """Failures in a row."""
    rests_until = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)
    """What the last failure was, in a sentence; empty when the last answer was good."""
    languages = models.CharField(max_length=200, blank=True)
    """In which languages it was asked last; another choice makes its facts old."""
    changes_read_at = models.DateTimeField(null=True, blank=True)
    """Up to when its feed of changes has been read."""

    objects = MetadataSourceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(sealed_token="", token_at__isnull=True)
                | (~Q(sealed_token="") & Q(token_at__isnull=False)),
                name="metadata_source_token_pairs_with_time",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"

    @property
    def label(self) -> str:
        """Return its name as people write it."""
        return str(self.Name(self.name).label)

    @property
    def is_outside(self) -> bool:
        """Whether it is a service to be asked, rather than files beside the videos."""
        return self.name != self.Name.NFO
