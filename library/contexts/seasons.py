"""A show's seasons with their gaps; episodes of those that are open."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext

from library import marks
from library.marks import Mark, Marks
from library.models import Item, MediaFile, Season, Title


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode, there or not."""

    pk: int
    number: int
    name: str
    facts: str
    is_present: bool
    gap: str
    """Why it is not there, in a word; empty when it is."""
    marks: tuple[Mark, ...]
    is_to_come: bool = False
    """Not aired yet, so nobody misses it."""


@dataclass(frozen=True, slots=True)
class SeasonBlock:
    """A season and its episodes."""

    pk: int
    label: str
    have: int
    want: int
    episodes: tuple[Episode, ...]
    """Empty while it is closed: they are asked for when it is opened."""
    marks: tuple[Mark, ...]
    is_open: bool

    @property
    def is_whole(self) -> bool:
        """Whether no aired episode is missing in the library."""
        return self.have >= self.want


def list_seasons(
    title: Title, *, today: date, opened: int | None = None
) -> tuple[SeasonBlock, ...]:
    """Return its seasons, specials last; of a single one or `opened` the episodes too.

    A fixed number of queries, whatever the number of episodes.
    """
    seasons = list(Season.objects.filter(title=title).order_by("number", "pk"))
    # Specials last, as on a shelf.
    seasons.sort(key=lambda each: (each.number == 0, each.number))
    if len(seasons) == 1:
        opened = seasons[0].pk
    items = Item.objects.filter(title=title, season__isnull=False)
    season_of: dict[int, int] = {}
    aired: set[int] = set()
    for pk, season, air_date in items.values_list("pk", "season_id", "air_date"):
        season_of[pk] = season
        if air_date is None or air_date <= today:
            aired.add(pk)
    present = set(
        items.filter(media_files__state=MediaFile.State.PRESENT)
        .order_by()
        .values_list("pk", flat=True)
    )
    by_season, by_item = marks.mark_parts(title.pk, season_of)
    episodes = tuple(
        _episode(item, present, by_item, today)
        for item in items.filter(season=opened).order_by("number", "pk")
    )
    grouped: dict[int, set[int]] = defaultdict(set)
    for pk, season in season_of.items():
        grouped[season].add(pk)
    return tuple(
        SeasonBlock(
            pk=each.pk,
            label=each.label,
            have=len(grouped[each.pk] & present),
            want=len(grouped[each.pk] & (aired | present)),
            episodes=episodes if each.pk == opened else (),
            marks=by_season.get(each.pk, ()),
            is_open=each.pk == opened,
        )
        for each in seasons
    )


@dataclass(frozen=True, slots=True)
class OpenedSeason:
    """One season with its episodes, asked for when it is opened."""

    title: Title
    season: SeasonBlock

    @classmethod
    def build(
        cls, title: Title, season_id: int, *, today: date
    ) -> "OpenedSeason | None":
        """Make it; None when the title has no such season."""
        seasons = list_seasons(title, today=today, opened=season_id)
        found = next((each for each in seasons if each.pk == season_id), None)
        return cls(title, found) if found else None


def _episode(
    item: Item, present: Collection[int], by_item: Marks, today: date
) -> Episode:
    is_present = item.pk in present
    is_to_come = item.air_date is not None and item.air_date > today
    gap = gettext("not aired yet") if is_to_come else gettext("not in the library")
    facts = [date_format(item.air_date, "j F Y")] if item.air_date else []
    if item.runtime_minutes:
        facts.append(gettext("{minutes} min").format(minutes=item.runtime_minutes))
    return Episode(
        pk=item.pk,
        number=item.number or 0,
        name=item.name or gettext("Episode {number}").format(number=item.number),
        facts=" · ".join(facts),
        is_present=is_present,
        gap="" if is_present else gap,
        is_to_come=is_to_come and not is_present,
        marks=by_item.get(item.pk, ()) if is_present else (),
    )
