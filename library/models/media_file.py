"""MediaFile: one video under a root; SideFile: what belongs to it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from library.models.root import Root
from library.models.title import Item, Title


class MediaFileQuerySet(models.QuerySet["MediaFile"]):
    """Media files."""

    def present(self) -> "MediaFileQuerySet":
        """Files that the last good scan of their root saw."""
        return self.filter(state=MediaFile.State.PRESENT)

    def missing(self) -> "MediaFileQuerySet":
        """Files that a good scan of their root did not find any more."""
        return self.filter(state=MediaFile.State.MISSING)

    def undecided(self) -> "MediaFileQuerySet":
        """Files that wait for identifying or for a person."""
        return self.filter(
            match_state__in=[
                MediaFile.Match.PENDING,
                MediaFile.Match.SUGGESTED,
                MediaFile.Match.UNMATCHED,
            ]
        )

    def in_order(self) -> "MediaFileQuerySet":
        """Order: as in the folders."""
        return self.order_by("root", "relpath", "pk")


class MediaFile(models.Model):
    """One video file under a root.

    PRESENT ⇄ MISSING (`missing_since`); its match is remembered all the while.

    Match: PENDING → MATCHED | SUGGESTED | UNMATCHED, and IGNORED by a person. What a
    person chose (`matched_by` PERSON) is never undone by a scan.
    """

    class State(models.TextChoices):
        PRESENT = "PRESENT", gettext_lazy("Present")
        MISSING = "MISSING", gettext_lazy("Missing")

    class Match(models.TextChoices):
        PENDING = "PENDING", gettext_lazy("Not looked at yet")
        MATCHED = "MATCHED", gettext_lazy("Matched")
        SUGGESTED = "SUGGESTED", gettext_lazy("Ambiguous")
        UNMATCHED = "UNMATCHED", gettext_lazy("Unmatched")
        IGNORED = "IGNORED", gettext_lazy("Ignored")

    class MatchedBy(models.TextChoices):
        AUTO = "AUTO", "Drivearr"
        PERSON = "PERSON", gettext_lazy("A person")

    root = models.ForeignKey(Root, on_delete=models.CASCADE, related_name="media_files")
    relpath = models.CharField(max_length=1000)
    size_bytes = models.BigIntegerField()
    mtime_ns = models.BigIntegerField()
    device = models.BigIntegerField(default=0)
    inode = models.BigIntegerField(default=0)
    """As `library.walking.as_signed` writes it: the system's number may be unsigned."""
    fingerprint = models.CharField(max_length=80, blank=True)
    """`<size>-<digest of head, middle and tail>`: the same content wherever it lies."""
    state = models.CharField(max_length=10, choices=State, default=State.PRESENT)
    missing_since = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    parsed = models.JSONField(default=dict, blank=True)
    """What the name says (library.naming)."""
    resolution = models.CharField(max_length=20, blank=True)
    edition = models.CharField(max_length=100, blank=True)
    part = models.PositiveSmallIntegerField(null=True, blank=True)

    title = models.ForeignKey(
        Title,
        on_delete=models.SET_NULL,
        related_name="media_files",
        null=True,
        blank=True,
    )
    items: "models.ManyToManyField[Item, MediaFileItem]" = models.ManyToManyField(
        Item, through="MediaFileItem", related_name="media_files"
    )
    match_state = models.CharField(max_length=10, choices=Match, default=Match.PENDING)
    match_score = models.FloatField(null=True, blank=True)
    match_reason = models.TextField(blank=True)
    match_evidence = models.JSONField(default=list, blank=True)
    """What speaks for the match: `[words, points]` each."""
    match_candidates = models.JSONField(default=list, blank=True)
    """Runners-up: `{source, id, kind, name, year, score, overview, poster}` each."""
    matched_by = models.CharField(max_length=10, choices=MatchedBy, blank=True)
    matched_at = models.DateTimeField(null=True, blank=True)

    objects = MediaFileQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["title", "state"], name="media_file_title_state"),
            models.Index(
                fields=["resolution", "title"],
                name="media_file_quality",
                condition=Q(state="PRESENT"),
            ),
            models.Index(fields=["size_bytes"], name="media_file_size"),
            models.Index(fields=["fingerprint"], name="media_file_fingerprint"),
            models.Index(
                # Also all that is told of a library folder, so that no row is read.
                fields=["match_state", "state", "root", "size_bytes"],
                name="media_file_match",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["root", "relpath"], name="media_file_once_per_root"
            ),
            models.CheckConstraint(
                condition=Q(state="PRESENT", missing_since__isnull=True)
                | Q(state="MISSING", missing_since__isnull=False),
                name="media_file_missing_since_pairs_with_state",
            ),
            models.CheckConstraint(
                condition=~Q(relpath="") & ~Q(relpath__startswith="/"),
                name="media_file_relpath_is_relative",
            ),
            models.CheckConstraint(
                condition=Q(size_bytes__gte=0), name="media_file_size_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.relpath}"


class MediaFileItem(models.Model):
    """That a file holds an item, and in which order (S01E01E02)."""

    media_file = models.ForeignKey(MediaFile, on_delete=models.CASCADE)
    item = models.ForeignKey(Item, on_delete=models.CASCADE)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["media_file", "item"], name="media_file_item_once"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.media_file_id} holds {self.item_id}"


class SideFile(models.Model):
    """What belongs to a media file, or to a folder of them: subtitles, .nfo, artwork.

    Extras (trailers, deleted scenes) are known and shown, and not copied.
    """

    class Kind(models.TextChoices):
        SUBTITLE = "SUBTITLE", gettext_lazy("Subtitles")
        NFO = "NFO", gettext_lazy(".nfo")
        ARTWORK = "ARTWORK", gettext_lazy("Artwork")
        EXTRA = "EXTRA", gettext_lazy("Extra")

    root = models.ForeignKey(Root, on_delete=models.CASCADE, related_name="side_files")
    relpath = models.CharField(max_length=1000)
    kind = models.CharField(max_length=10, choices=Kind)
    media_file = models.ForeignKey(
        MediaFile,
        on_delete=models.SET_NULL,
        related_name="side_files",
        null=True,
        blank=True,
    )
    """None: it belongs to its folder (poster.jpg, tvshow.nfo)."""
    suffix = models.CharField(max_length=200, blank=True)
    """What follows the video's name: `.en.forced.srt`."""
    language = models.CharField(max_length=20, blank=True)
    role = models.CharField(max_length=30, blank=True)
    """Artwork: POSTER, BACKDROP, …; subtitles: FORCED, SDH; extras: TRAILER, …"""
    size_bytes = models.BigIntegerField()
    mtime_ns = models.BigIntegerField()
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["root", "relpath"], name="side_file_once_per_root"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.relpath}"
