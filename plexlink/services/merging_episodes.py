"""Details of seasons and episodes, taken into the catalogue in batches."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from library.facts import EpisodeFacts
from library.models import Item, MediaFile, Season, Title
from library.services.artwork import Place, note_pictures
from library.services.merging import merge_titles
from plexlink.answers import Row
from plexlink.models import PlexItem
from plexlink.reading import read_episode, read_extras, read_season
from plexlink.services.merging import Case, Merger, link_files
from plexlink.services.parting import Files
from plexlink.services.relating import store_ids
from plexlink.services.storing import insert_rows

_EPISODE_FACTS = ("name", "overview", "air_date", "runtime_minutes")


class ShowUnknown(Exception):
    """Seasons or episodes whose show was not taken over yet."""

    def __init__(self, keys: set[str]) -> None:
        super().__init__("shows unknown")
        self.keys = keys


class EpisodeMerger(Merger):
    """Takes seasons and episodes of one library over; their shows come first."""

    @transaction.atomic
    def merge(self, pairs: Sequence[tuple[PlexItem, Row]], *, kind: str) -> None:
        """See Merger.

        Raises:
            ShowUnknown: nothing was done; take these shows over first.

        """
        if kind not in {"SEASON", "EPISODE"}:
            super().merge(pairs, kind=kind)
            return
        cases = [Case(item, row, self.mark_of(row)) for item, row in pairs]
        shows = self._shows(cases)
        files = self._store_parts(cases, kind)
        new = [case for case in cases if not case.is_known]
        self.settle([case for case in cases if case.is_known], files)
        if kind == "SEASON":
            self._take_seasons(new, shows)
        else:
            self._take_episodes(new, shows, files)
        self.settle(new, files)

    def _shows(self, cases: list[Case]) -> dict[str, Title]:
        keys = {case.item.show_key for case in cases}
        rows = PlexItem.objects.filter(
            server_id=self.library.server_id,
            rating_key__in=keys,
            kind=PlexItem.Kind.SHOW,
            title__isnull=False,
        ).select_related("title")
        shows = {row.rating_key: row.title for row in rows if row.title is not None}
        if keys - set(shows):
            raise ShowUnknown(keys - set(shows))
        return shows

    # --- Seasons -----------------------------------------------------------------

    def _take_seasons(self, cases: list[Case], shows: dict[str, Title]) -> None:
        wanted = {
            (shows[case.item.show_key].pk, facts.number): facts
            for case in cases
            if (facts := read_season(case.row)) is not None
        }
        seasons = self._seasons(set(wanted))
        for (title_id, number), facts in wanted.items():
            season = seasons[title_id, number]
            said = {"name": facts.name, "overview": facts.overview}
            changes = {
                name: value
                for name, value in said.items()
                if value and not getattr(season, name)
            }
            if changes:
                Season.objects.filter(pk=season.pk).update(**changes)
                self.tally.writes += 1
        pictures = {
            Place(title_id, seasons[title_id, number].pk, "POSTER"): facts.poster
            for (title_id, number), facts in wanted.items()
        }
        self._note_season_pictures(pictures, shows)
        for case in cases:
            title = shows[case.item.show_key]
            place = (title.pk, case.item.season_number)
            case.item.title = title
            case.item.season = seasons.get(place)  # type: ignore[arg-type] # None is no key
            case.item.match_reason = "of its show"

    def _note_season_pictures(
        self, posters: dict[Place, str], shows: dict[str, Title]
    ) -> None:
        shown = {title.pk for title in shows.values() if self.may_show(title)}
        pictures = {
            place: self.picture(path)
            for place, path in posters.items()
            if place.title_id in shown
        }
        self.tally.writes += note_pictures(pictures=pictures, origin="PLEX")

    def _seasons(self, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], Season]:
        titles = {title_id for title_id, _ in wanted}
        rows = Season.objects.filter(title__in=titles)
        known = {(row.title_id, row.number): row for row in rows}
        missing = [
            Season(title_id=title_id, number=number)
            for title_id, number in sorted(wanted - set(known))
        ]
        if missing:
            Season.objects.bulk_create(missing, ignore_conflicts=True)
            self.tally.writes += len(missing)
            known = {(row.title_id, row.number): row for row in rows.all()}
        return known

    # --- Episodes ----------------------------------------------------------------

    def _take_episodes(
        self, cases: list[Case], shows: dict[str, Title], files: dict[int, Files]
    ) -> None:
        self._follow_files(cases, shows, files)
        facts = [read_episode(case.row) for case in cases]
        places = [
            (shows[case.item.show_key], *_number(said))
            for case, said in zip(cases, facts, strict=True)
        ]
        seasons = self._seasons(
            {
                (title.pk, season)
                for title, season, number in places
                if number is not None
            }
        )
        items = self._items(
            {
                (seasons[title.pk, season].pk, number): (title, said)
                for (title, season, number), said in zip(places, facts, strict=True)
                if number is not None
            }
        )
        ids: dict[tuple[str, int], dict[str, str]] = {}
        for case, said, (title, season, number) in zip(
            cases, facts, places, strict=True
        ):
            case.item.title = title
            case.item.match_reason = "of its show"
            case.item.extras = read_extras(case.row)
            if number is None:
                continue
            case.item.season = seasons[title.pk, season]
            case.item.item = items[seasons[title.pk, season].pk, number]
            ids["item", case.item.item.pk] = dict(said.ids)
        store_ids(ids, self.tally)
        self._link(cases, files)

    def _follow_files(
        self, cases: list[Case], shows: dict[str, Title], files: dict[int, Files]
    ) -> None:
        """Let a show of our making become the one that its files belong to here."""
        for case in cases:
            show = shows[case.item.show_key]
            for file in files[case.item.pk].files:
                if file.title is not None and _is_better(file.title, show):
                    self._become(show, file.title, shows)
                    break

    def _become(self, show: Title, title: Title, shows: dict[str, Title]) -> None:
        was = show.pk
        merge_titles(keep=title, drop=show)
        self.tally.writes += 1
        for key, each in shows.items():
            # The row that was merged has lost its number.
            if each is show or each.pk == was:
                shows[key] = title

    def _items(
        self, wanted: dict[tuple[int, int], tuple[Title, EpisodeFacts]]
    ) -> dict[tuple[int, int], Item]:
        seasons = {season for season, _ in wanted}
        rows = Item.objects.filter(season__in=seasons)
        known = _by_place(rows)
        new, changed = [], []
        for (season, number), (title, said) in wanted.items():
            values = _episode_values(said)
            row = known.get((season, number))
            if row is None:
                new.append(Item(title=title, season_id=season, number=number, **values))
                continue
            is_ours = title.facts_from == "plex"
            changes = {
                name: value
                for name, value in values.items()
                if getattr(row, name) != value and value
                if is_ours or not getattr(row, name)
            }
            for name, value in changes.items():
                setattr(row, name, value)
            if changes:
                changed.append(row)
        if new:
            insert_rows(new, ignore_conflicts=True)
            known = _by_place(rows.all())
        if changed:
            Item.objects.bulk_update(changed, _EPISODE_FACTS, batch_size=200)
        self.tally.writes += len(new) + len(changed)
        return known

    def _link(self, cases: list[Case], files: dict[int, Files]) -> None:
        """Tie our files to the episodes they hold; one file may hold two."""
        held: dict[int, tuple[MediaFile, int, list[tuple[int, int]]]] = {}
        for case in cases:
            item, title_id = case.item.item, case.item.title_id
            if item is None or title_id is None:
                continue
            for file in files[case.item.pk].files:
                entry = held.setdefault(file.pk, (file, title_id, []))
                entry[2].append((item.number or 0, item.pk))
        links = [
            (file, title_id, [pk for _, pk in sorted(items)], self.reason)
            for file, title_id, items in held.values()
        ]
        link_files(links, self.tally)


def _by_place(rows: Iterable[Item]) -> dict[tuple[int, int], Item]:
    return {(row.season_id or 0, row.number or 0): row for row in rows}


def _number(facts: EpisodeFacts) -> tuple[int, int | None]:
    """Return season and number; of a daily show its year, and month and day."""
    if facts.number is not None:
        return facts.season if facts.season is not None else 1, facts.number
    day = facts.air_date
    if day is not None:
        return day.year, day.month * 100 + day.day
    return facts.season or 0, None


def _episode_values(facts: EpisodeFacts) -> dict[str, Any]:
    return {
        "name": facts.name[:500],
        "overview": facts.overview,
        "air_date": facts.air_date,
        "runtime_minutes": facts.runtime_minutes,
    }


def _is_better(title: Title, show: Title) -> bool:
    """Whether a show of our making is this title, which has files."""
    if title.kind != show.kind or title.pk == show.pk or show.facts_from != "plex":
        return False
    return not show.media_files.exists() and not _contradict(title, show)


def _contradict(one: Title, other: Title) -> bool:
    ids: dict[str, set[str]] = defaultdict(set)
    for title in (one, other):
        for source, value in title.external_ids.values_list("source", "value"):
            ids[source].add(value)
    return any(len(values) > 1 for values in ids.values())
