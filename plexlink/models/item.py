"""PlexItem: what a library holds; PlexPart: its files; PlexTag: what they are sorted by."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from library.models import Item, MediaFile, Season, Title
from plexlink.models.library import PlexLibrary
from plexlink.models.server import PlexServer


class PlexItemQuerySet(models.QuerySet["PlexItem"]):
    """Items of Plex libraries."""

    def listed(self) -> "PlexItemQuerySet":
        """Items that their server listed when last asked."""
        return self.exclude(state=PlexItem.State.FILE_NOT_FOUND)

    def gone(self) -> "PlexItemQuerySet":
        """Items that their server does not list any more."""
        return self.filter(state=PlexItem.State.FILE_NOT_FOUND)

    def stale(self) -> "PlexItemQuerySet":
        """Items whose details are not those of their last listing."""
        return self.listed().exclude(details_etag=F("etag"))


class PlexItem(models.Model):
    """A movie, show, season, episode or other video of a Plex library.

    SCANNING → NORMAL | REMOTE_ONLY | UNAVAILABLE | ERROR
    NORMAL ⇄ REMOTE_ONLY ⇄ UNAVAILABLE      (the mapped file comes and goes)
    any → FILE_NOT_FOUND → any      (the server does not list it; it may come back)

    `etag` is of the listing, `details_etag` that whose details we have: a failed detail
    never counts as seen. `facts_etag` is of the details themselves.
    """

    class Kind(models.TextChoices):
        MOVIE = "MOVIE", gettext_lazy("Movie")
        SHOW = "SHOW", gettext_lazy("Show")
        SEASON = "SEASON", gettext_lazy("Season")
        EPISODE = "EPISODE", gettext_lazy("Episode")
        VIDEO = "VIDEO", gettext_lazy("Other video")

    class State(models.TextChoices):
        SCANNING = "SCANNING", gettext_lazy("Details to come")
        NORMAL = "NORMAL", gettext_lazy("Here")
        REMOTE_ONLY = "REMOTE_ONLY", gettext_lazy("Only on the server")
        UNAVAILABLE = "UNAVAILABLE", gettext_lazy("Its folder is not here now")
        FILE_NOT_FOUND = "FILE_NOT_FOUND", gettext_lazy("Gone from the server")
        ERROR = "ERROR", gettext_lazy("Details failed")

    server = models.ForeignKey(
        PlexServer, on_delete=models.CASCADE, related_name="items"
    )
    library = models.ForeignKey(
        PlexLibrary, on_delete=models.CASCADE, related_name="items"
    )
    rating_key = models.CharField(max_length=50)
    guid = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=7, choices=Kind)
    show_key = models.CharField(max_length=50, blank=True)
    """Rating key of the show of a season or episode."""
    season_number = models.PositiveIntegerField(null=True, blank=True)
    number = models.PositiveIntegerField(null=True, blank=True)
    name = models.CharField(max_length=500, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)

    etag = models.CharField(max_length=32)
    details_etag = models.CharField(max_length=32, blank=True)
    facts_etag = models.CharField(max_length=32, blank=True)
    watch_mark = models.CharField(max_length=60, blank=True)
    """`<views>:<offset>:<last viewed>` as listed; changes without `updatedAt`."""
    added_epoch = models.BigIntegerField(default=0)
    updated_epoch = models.BigIntegerField(default=0)

    state = models.CharField(max_length=14, choices=State, default=State.SCANNING)
    gone_since = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    error_count = models.PositiveIntegerField(default=0)
    scanned_at = models.DateTimeField(null=True, blank=True)
    """When its details were last taken over."""

    title = models.ForeignKey(
        Title,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="plex_items",
    )
    season = models.ForeignKey(
        Season, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    item = models.ForeignKey(
        Item,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="plex_items",
    )
    match_reason = models.CharField(max_length=300, blank=True)
    thumb = models.CharField(max_length=500, blank=True)
    art = models.CharField(max_length=500, blank=True)
    extras = models.JSONField(default=dict, blank=True)
    """Chapters and markers: `{"chapters": [[name, from_ms, to_ms]], "markers": …}`."""

    objects = PlexItemQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["library", "kind", "state"], name="plex_item_library_kind"
            ),
            models.Index(fields=["server", "guid"], name="plex_item_guid"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["server", "rating_key"], name="plex_item_once_per_server"
            ),
            models.CheckConstraint(
                condition=Q(state="FILE_NOT_FOUND", gone_since__isnull=False)
                | (~Q(state="FILE_NOT_FOUND") & Q(gone_since__isnull=True)),
                name="plex_item_gone_since_pairs_with_state",
            ),
            models.CheckConstraint(
                condition=~Q(rating_key=""), name="plex_item_has_a_key"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind} {self.name}"


class PlexPart(models.Model):
    """One file of an item, as the server names it; versions and parts are many."""

    plex_item = models.ForeignKey(
        PlexItem, on_delete=models.CASCADE, related_name="parts"
    )
    part_id = models.CharField(max_length=50)
    version = models.PositiveSmallIntegerField(default=0)
    """Which of the item's versions, from 0."""
    position = models.PositiveSmallIntegerField(default=0)
    """Which part of that version, from 0."""
    file = models.CharField(max_length=2000)
    local_path = models.CharField(max_length=2000, blank=True)
    """Where it is here, by the rules; empty when no rule reaches it."""
    media_file = models.ForeignKey(
        MediaFile,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="plex_parts",
    )
    size_bytes = models.BigIntegerField(default=0)
    duration_ms = models.BigIntegerField(default=0)
    container = models.CharField(max_length=50, blank=True)
    edition = models.CharField(max_length=200, blank=True)
    streams = models.JSONField(default=list, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["local_path"], name="plex_part_local_path")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["plex_item", "part_id"], name="plex_part_once_per_item"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.file}"


class PlexTag(models.Model):
    """A collection or label of a library, with the titles it holds there.

    Kept apart from the catalogue, so that what Plex takes away again is taken away and
    what others say stays.
    """

    class Kind(models.TextChoices):
        COLLECTION = "COLLECTION", gettext_lazy("Collection")
        LABEL = "LABEL", gettext_lazy("Label")

    library = models.ForeignKey(
        PlexLibrary, on_delete=models.CASCADE, related_name="tags"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=300)
    rating_key = models.CharField(max_length=50, blank=True)
    """Of a collection."""
    etag = models.CharField(max_length=32, blank=True)
    is_smart = models.BooleanField(default=False)
    titles = models.ManyToManyField(Title, related_name="plex_tags", blank=True)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["library", "kind", "name", "rating_key"],
                name="plex_tag_once_per_library",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind} {self.name}"
