"""Title, Season, Item: what one can watch; ExternalId: what others call it."""

import unicodedata
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Substr
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

FEW_FOUND = 2000
"""So many keys are handed back to the database sooner than it finds them anew."""


def fold(text: str) -> str:
    """Return `text` without case and accents, for searching."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold().strip()


class EpisodeOrder(models.TextChoices):
    """In which order the episodes of a show are counted."""

    DEFAULT = "default", gettext_lazy("As the source prefers")
    OFFICIAL = "official", gettext_lazy("As aired")
    DVD = "dvd", gettext_lazy("As on DVD")
    ABSOLUTE = "absolute", gettext_lazy("Counted through")


class TitleQuerySet(models.QuerySet["Title"]):
    """Titles."""

    def of_kind(self, kind: str) -> "TitleQuerySet":
        """Titles of one kind."""
        return self.filter(kind=kind)

    def matching(self, query: str) -> "TitleQuerySet":
        """Titles whose names hold every word of `query`, in any case and accent.

        A number of four figures may be the year. Looks the words up at once, with one
        query, so that whoever counts titles and then lists them reads them once.
        """
        words = [_named(word) for word in fold(query).split()]
        if not words:
            return self
        # Of its own, so that the words are read from an index of words alone.
        found = Title.objects.filter(*words).order_by().values_list("pk", flat=True)
        keys = list(found[: FEW_FOUND + 1])
        return self.filter(pk__in=keys if len(keys) <= FEW_FOUND else found)

    def with_files(self) -> "TitleQuerySet":
        """Titles of which the library has at least one file that is not missing."""
        return self.filter(is_here=True)

    def by_name(self) -> "TitleQuerySet":
        """Order: as on a shelf."""
        return self.order_by("sort_name", "year", "pk")


def _named(word: str) -> Q:
    named = Q(search_text__contains=word)
    if len(word) == len("1999") and word.isascii() and word.isdigit():
        named |= Q(year=int(word))
    return named


class Title(models.Model):
    """What has a poster: a movie, a show, another video."""

    class Kind(models.TextChoices):
        MOVIE = "MOVIE", gettext_lazy("Movie")
        SHOW = "SHOW", gettext_lazy("Show")
        OTHER = "OTHER", gettext_lazy("Other video")

    kind = models.CharField(max_length=5, choices=Kind)
    identity_key = models.CharField(max_length=400, unique=True)
    """`movie:tmdb:603`, else `movie:name:the matrix:1999`: what makes it this title."""
    name = models.CharField(max_length=500)
    original_name = models.CharField(max_length=500, blank=True)
    sort_name = models.CharField(max_length=500)
    first_letter = models.GeneratedField(
        expression=Substr("sort_name", 1, 1),
        output_field=models.CharField(max_length=1),
        db_persist=True,
    )
    search_text = models.TextField(blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    overview = models.TextField(blank=True)
    tagline = models.CharField(max_length=500, blank=True)
    runtime_minutes = models.PositiveIntegerField(null=True, blank=True)
    rating = models.FloatField(null=True, blank=True)
    """0 to 10, as the source says."""
    content_rating = models.CharField(max_length=50, blank=True)
    release_date = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=50, blank=True)
    facts_from = models.CharField(max_length=20, blank=True)
    """Where the facts came from: `tmdb`, `tvdb`, `nfo`, `plex`, `name`."""
    fact_sources = models.JSONField(default=dict, blank=True)
    """Fields that another source than that one said: `{"overview": "plex"}`."""
    facts_at = models.DateTimeField(null=True, blank=True)
    """When all that the source knows was stored; None: only what a search says."""
    locked_fields = models.JSONField(default=list, blank=True)
    """Names of fields that a person edited: no source writes them any more."""
    episode_order = models.CharField(
        max_length=10, choices=EpisodeOrder, blank=True, default=""
    )
    """Of a show: in which order its files count; empty: as its source is asked to."""
    added_at = models.DateTimeField(default=timezone.now)
    is_here = models.BooleanField(default=False, editable=False)
    """Whether a file of it is PRESENT: the database keeps it (library.services.shelving)."""
    genres = models.ManyToManyField("library.Genre", related_name="titles", blank=True)
    studios = models.ManyToManyField(
        "library.Studio", related_name="titles", blank=True
    )
    collections = models.ManyToManyField(
        "library.Collection", related_name="titles", blank=True
    )

    objects = TitleQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["kind", "sort_name", "year"], name="title_shelf"),
            models.Index(fields=["sort_name", "year"], name="title_by_name"),
            models.Index(fields=["-year", "sort_name"], name="title_by_year"),
            models.Index(fields=["kind", "first_letter"], name="title_by_letter"),
            models.Index(fields=["-added_at"], name="title_newest"),
            models.Index(
                fields=["kind", "sort_name", "year"],
                name="title_here_shelf",
                condition=Q(is_here=True),
            ),
            models.Index(
                fields=["sort_name", "year"],
                name="title_here_by_name",
                condition=Q(is_here=True),
            ),
            models.Index(
                fields=["-year", "sort_name"],
                name="title_here_by_year",
                condition=Q(is_here=True),
            ),
            models.Index(
                fields=["-added_at", "-id"],
                name="title_here_newest",
                condition=Q(is_here=True),
            ),
            models.Index(
                fields=["kind", "first_letter", "year"],
                name="title_here_by_letter",
                condition=Q(is_here=True),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="title_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.label}"

    @property
    def label(self) -> str:
        """Return the name with its year: "The Matrix (1999)"."""
        return f"{self.name} ({self.year})" if self.year else self.name


class Season(models.Model):
    """A season of a show; specials are season 0."""

    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="seasons")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=500, blank=True)
    overview = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["title", "number"], name="season_once_per_title"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} season {self.number}"

    @property
    def label(self) -> str:
        """Return "Season 2", or "Specials"."""
        if not self.number:
            return gettext("Specials")
        return gettext("Season {number}").format(number=self.number)


class Item(models.Model):
    """One thing to watch: the movie itself, one episode, one video."""

    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="items")
    season = models.ForeignKey(
        Season, on_delete=models.CASCADE, related_name="items", null=True, blank=True
    )
    number = models.PositiveIntegerField(null=True, blank=True)
    absolute_number = models.PositiveIntegerField(null=True, blank=True)
    air_date = models.DateField(null=True, blank=True)
    name = models.CharField(max_length=500, blank=True)
    overview = models.TextField(blank=True)
    runtime_minutes = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["season", "number"], name="item_once_per_season"
            ),
            models.UniqueConstraint(
                fields=["title"],
                condition=Q(season__isnull=True),
                name="item_one_without_season",
            ),
            models.CheckConstraint(
                condition=Q(season__isnull=True, number__isnull=True)
                | Q(season__isnull=False, number__isnull=False),
                name="item_season_pairs_with_number",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"


class ExternalId(models.Model):
    """What another catalogue calls a title or an item."""

    class Source(models.TextChoices):
        TMDB = "tmdb", "TMDb"
        TVDB = "tvdb", "TheTVDB"
        IMDB = "imdb", gettext_lazy("IMDb")

    title = models.ForeignKey(
        Title,
        on_delete=models.CASCADE,
        related_name="external_ids",
        null=True,
        blank=True,
    )
    item = models.ForeignKey(
        Item,
        on_delete=models.CASCADE,
        related_name="external_ids",
        null=True,
        blank=True,
    )
    source = models.CharField(max_length=10, choices=Source)
    value = models.CharField(max_length=50)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["source", "value"], name="external_id_value")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["title", "source"], name="external_id_once_per_title"
            ),
            models.UniqueConstraint(
                fields=["item", "source"], name="external_id_once_per_item"
            ),
            models.CheckConstraint(
                condition=Q(title__isnull=False, item__isnull=True)
                | Q(title__isnull=True, item__isnull=False),
                name="external_id_of_title_or_item",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.source}-{self.value}"
