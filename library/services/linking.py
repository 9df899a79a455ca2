"""Saying which items of a title a file holds."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from library.facts import EpisodeFacts
from library.metadata.likeness import normalise
from library.models import Item, MediaFile, MediaFileItem, Season, Title
from library.naming import ParsedName
from library.services.filing import find_movie_item


@dataclass(frozen=True, slots=True)
class Numbers:
    """Which episodes of a show a file says it holds."""

    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    air_date: str | None = None
    name: str = ""

    @classmethod
    def of(cls, parsed: ParsedName, nfo: tuple[EpisodeFacts, ...] = ()) -> "Numbers":
        """Take the name's word; that of its .nfo only where the name says nothing."""
        has_numbers = parsed.episodes or parsed.absolute or parsed.air_date
        told = [each for each in nfo if each.season is not None and each.number]
        if not has_numbers and told:
            return cls(
                told[0].season,
                tuple(each.number for each in told if each.number),
                name=told[0].name,
            )
        name = next((each.name for each in nfo if each.name), parsed.episode_title)
        return cls(
            parsed.season,
            parsed.episodes,
            # Episode 00 of those counted through is a special: which, nobody says.
            tuple(number for number in parsed.absolute if number),
            parsed.air_date,
            name or "",
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing says which episode it is."""
        return not (self.episodes or self.absolute or self.air_date)


def settle_numbers(title: Title | None, numbers: Numbers) -> Numbers:
    """Return the number of the one episode that goes by the name, where no number is told.

    Of a season, if one is told. Nothing is settled when several go by it, or none.
    """
    is_show = title is not None and title.kind == Title.Kind.SHOW
    if not is_show or not numbers.is_empty or not numbers.name:
        return numbers
    rows = Item.objects.filter(title=title, number__isnull=False)
    if numbers.season is not None:
        rows = rows.filter(season__number=numbers.season)
    wanted = normalise(numbers.name)
    told = rows.values_list("season__number", "number", "name")
    found = [
        (season, number)
        for season, number, name in told
        if number is not None and name and normalise(name) == wanted
    ]
    if len(found) != 1:
        return numbers
    season, number = found[0]
    return replace(numbers, season=season, episodes=(number,))


def find_items(*, title: Title, numbers: Numbers) -> list[Item]:
    """Return the items of a title that these numbers mean, made where missing."""
    if title.kind != Title.Kind.SHOW:
        return [find_movie_item(title=title)]
    numbers = settle_numbers(title, numbers)
    if numbers.episodes:
        season = numbers.season if numbers.season is not None else 1
        return [_episode(title, season, n, numbers.name) for n in numbers.episodes]
    if numbers.absolute:
        return [_by_absolute(title, number, numbers) for number in numbers.absolute]
    if numbers.air_date:
        day = datetime.date.fromisoformat(numbers.air_date)
        return [_by_date(title, day, numbers.name)]
    return []


def link_items(*, file: MediaFile, items: list[Item]) -> None:
    """Let a file hold these items, in this order; writes only a change."""
    link_files({file.pk: items})


@transaction.atomic
def link_files(held: Mapping[int, Sequence[Item]]) -> None:
    """Let each file, by id, hold these items in this order; writes only changes."""
    known: dict[int, list[int]] = {pk: [] for pk in held}
    rows = MediaFileItem.objects.filter(media_file__in=held)
    for file_id, item_id in rows.order_by("position", "pk").values_list(
        "media_file_id", "item_id"
    ):
        known[file_id].append(item_id)
    wanted = {
        pk: list(dict.fromkeys(item.pk for item in items)) for pk, items in held.items()
    }
    changed = [pk for pk in held if known[pk] != wanted[pk]]
    rows.filter(media_file__in=[pk for pk in changed if known[pk]]).delete()
    MediaFileItem.objects.bulk_create(
        MediaFileItem(media_file_id=pk, item_id=item, position=position)
        for pk in changed
        for position, item in enumerate(wanted[pk])
    )


class ItemFinder:
    """Finds the items of some titles by their numbers; loads them all at once.

    Memory: the items of these titles.
    """

    def __init__(self, titles: Iterable[Title]) -> None:
        self._numbered: dict[tuple[int, int, int], Item] = {}
        self._absolute: dict[tuple[int, int], Item] = {}
        self._aired: dict[tuple[int, datetime.date], Item] = {}
        self._films: dict[int, Item] = {}
        rows = Item.objects.filter(title__in=[title.pk for title in titles])
        rows = rows.select_related("season").order_by(
            "-season__number", "-number", "-pk"
        )
        for item in rows:
            self._keep(item)

    def _keep(self, item: Item) -> None:
        if item.season is None:
            self._films[item.title_id] = item
            return
        self._numbered[item.title_id, item.season.number, item.number or 0] = item
        if item.absolute_number is not None:
            self._absolute[item.title_id, item.absolute_number] = item
        if item.air_date is not None:
            self._aired[item.title_id, item.air_date] = item

    def make_missing(self, wanted: Iterable[tuple[Title, Numbers]]) -> None:
        """Make the episodes that are numbered and not here yet; four statements."""
        missing: dict[tuple[int, int, int], str] = {}
        for title, numbers in wanted:
            if title.kind != Title.Kind.SHOW:
                continue
            season = numbers.season if numbers.season is not None else 1
            for number in numbers.episodes:
                place = (title.pk, season, number)
                if place not in self._numbered:
                    missing.setdefault(place, numbers.name)
        if not missing:
            return
        seasons = _make_seasons({(title, season) for title, season, _ in missing})
        Item.objects.bulk_create(
            (
                Item(
                    title_id=title,
                    season_id=seasons[title, season],
                    number=number,
                    name=name[:500],
                )
                for (title, season, number), name in missing.items()
            ),
            ignore_conflicts=True,
        )
        rows = Item.objects.filter(season__in=seasons.values())
        for item in rows.select_related("season").order_by("-number", "-pk"):
            self._keep(item)

    def find(self, title: Title, numbers: Numbers) -> list[Item]:
        """Return the items that these numbers mean, made where missing."""
        known = self._find_known(title, numbers)
        if known:
            return known
        made = find_items(title=title, numbers=numbers)
        for item in made:
            self._keep(item)
        return made

    def _find_known(self, title: Title, numbers: Numbers) -> list[Item]:
        """Return them when all are there; else nothing."""
        found: list[Item | None] = []
        if title.kind != Title.Kind.SHOW:
            found = [self._films.get(title.pk)]
        elif numbers.episodes:
            season = numbers.season if numbers.season is not None else 1
            some = [self._numbered.get((title.pk, season, n)) for n in numbers.episodes]
            # One that has no name yet may learn it from the file.
            found = [
                each if each and (each.name or not numbers.name) else None
                for each in some
            ]
        elif numbers.absolute and numbers.season in {None, 1}:
            found = [self._absolute.get((title.pk, n)) for n in numbers.absolute]
        elif numbers.air_date and not numbers.absolute:
            day = datetime.date.fromisoformat(numbers.air_date)
            found = [self._aired.get((title.pk, day))]
        return [each for each in found if each] if all(found) else []


def _make_seasons(wanted: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Return the ids of seasons by title and number, made where missing."""
    Season.objects.bulk_create(
        (Season(title_id=title, number=number) for title, number in sorted(wanted)),
        ignore_conflicts=True,
    )
    rows = Season.objects.filter(title__in={title for title, _ in wanted})
    return {
        (title, number): pk
        for title, number, pk in rows.values_list("title_id", "number", "pk")
        if (title, number) in wanted
    }


def _episode(title: Title, season: int, number: int, name: str = "") -> Item:
    row, _ = Season.objects.get_or_create(title=title, number=season)
    item, is_new = Item.objects.get_or_create(
        season=row, number=number, defaults={"title": title, "name": name[:500]}
    )
    if not is_new and name and not item.name:
        Item.objects.filter(pk=item.pk).update(name=name[:500])
    return item


def _by_absolute(title: Title, number: int, numbers: Numbers) -> Item:
    if numbers.season is not None and numbers.season != 1:
        return _episode(title, numbers.season, number, numbers.name)
    item = title.items.filter(absolute_number=number).order_by("pk").first()
    if item:
        return item
    item = _episode(title, 1, number, numbers.name)
    Item.objects.filter(pk=item.pk, absolute_number=None).update(absolute_number=number)
    return item


def _by_date(title: Title, day: datetime.date, name: str) -> Item:
    item = title.items.filter(air_date=day).order_by("season__number", "number").first()
    if item:
        return item
    # No catalogue numbers it: the year is its season, month and day its number.
    item = _episode(title, day.year, day.month * 100 + day.day, name or day.isoformat())
    Item.objects.filter(pk=item.pk).update(air_date=day)
    return item
