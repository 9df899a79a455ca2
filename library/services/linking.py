"""Saying which items of a title a file holds."""

import datetime
from dataclasses import dataclass

from django.db import transaction

from library.facts import EpisodeFacts
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
            parsed.absolute,
            parsed.air_date,
            name or "",
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing says which episode it is."""
        return not (self.episodes or self.absolute or self.air_date)


def find_items(*, title: Title, numbers: Numbers) -> list[Item]:
    """Return the items of a title that these numbers mean, made where missing."""
    if title.kind != Title.Kind.SHOW:
        return [find_movie_item(title=title)]
    if numbers.episodes:
        season = numbers.season if numbers.season is not None else 1
        return [_episode(title, season, n, numbers.name) for n in numbers.episodes]
    if numbers.absolute:
        return [_by_absolute(title, number, numbers) for number in numbers.absolute]
    if numbers.air_date:
        day = datetime.date.fromisoformat(numbers.air_date)
        return [_by_date(title, day, numbers.name)]
    return []


@transaction.atomic
def link_items(*, file: MediaFile, items: list[Item]) -> None:
    """Let a file hold these items, in this order; writes only a change."""
    wanted = list(dict.fromkeys(item.pk for item in items))
    rows = MediaFileItem.objects.filter(media_file=file)
    if list(rows.order_by("position").values_list("item_id", flat=True)) == wanted:
        return
    rows.delete()
    MediaFileItem.objects.bulk_create(
        MediaFileItem(media_file=file, item_id=pk, position=position)
        for position, pk in enumerate(wanted)
    )


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
