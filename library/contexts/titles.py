"""One title: facts, seasons with their gaps, files with the evidence of their match."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop

from drivearr.web.http import HtmxHttpRequest
from drivearr.web.slots import Panel, fill
from library import marks
from library.contexts.beside import Beside, group_sides, list_folder_sides
from library.contexts.evidence import (
    CandidateRow,
    EvidenceRow,
    percent,
    read_candidate,
    read_evidence,
    read_told,
)
from library.contexts.media import name_facts, name_tracks
from library.contexts.posters import Poster, posters_of
from library.contexts.sources import NOTICES
from library.marks import Mark, Marks
from library.models import EpisodeOrder, Item, MediaFile, Season, Title
from library.phrases import say

TITLE_SLOT = "library.title"
"""Slot on the title page; its subject is the Title."""

ID_PAGES = {
    "tmdb": ("TMDb", "https://www.themoviedb.org/{kind}/{value}"),
    "imdb": ("IMDb", "https://www.imdb.com/title/{value}/"),
    "tvdb": ("TheTVDB", "https://thetvdb.com/dereferrer/{series}/{value}"),
}
CAST_SHOWN = 12
RUNNERS_UP_SHOWN = 4
_FACTS_FROM = {
    "tmdb": "TMDb",
    "tvdb": "TheTVDB",
    "nfo": gettext_noop("an .nfo file"),
    "name": gettext_noop("the name of a file"),
    "plex": "Plex",
}


def name_titles(ids: Iterable[int]) -> dict[int, str]:
    """Return titles with their years by id, for the pages on jobs."""
    return {row.pk: row.label for row in Title.objects.filter(pk__in=list(ids))}


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
    marks: tuple[Mark, ...]
    is_open: bool

    @property
    def is_whole(self) -> bool:
        """Whether no aired episode is missing in the library."""
        return self.have >= self.want


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of the title."""

    pk: int
    relpath: str
    root_path: str
    size_bytes: int
    state: str
    resolution: str
    edition: str
    part: int | None
    match_state: str
    score_percent: int | None
    reason: str
    is_by_person: bool
    beside: tuple[Beside, ...]
    holds: str
    facts: tuple[str, ...] = ()
    """What is in it: "1920 × 1080", "2 h 10 min", …"""
    tracks: tuple[str, ...] = ()
    """Its sound and subtitles, a sentence each."""
    problem: str = ""
    """Why nothing could be read of it."""
    decided_at: datetime | None = None
    evidence: tuple[EvidenceRow, ...] = ()
    told: tuple[str, ...] = ()
    runners_up: tuple[CandidateRow, ...] = ()


@dataclass(frozen=True, slots=True)
class IdLink:
    """What another catalogue calls it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Named:
    """A person or a collection, with a page of its own."""

    pk: int
    name: str
    part: str = ""
    """Whom a person plays."""


@dataclass(frozen=True, slots=True)
class TitlePage:
    """All that the page of a title shows."""

    title: Title
    poster: Poster
    is_show: bool
    genres: tuple[str, ...]
    studios: tuple[str, ...]
    collections: tuple[Named, ...]
    ids: tuple[IdLink, ...]
    cast: tuple[Named, ...]
    directors: tuple[Named, ...]
    seasons: tuple[SeasonBlock, ...]
    files: tuple[FileRow, ...]
    beside: tuple[Beside, ...]
    """What lies in its folders and belongs to no single file."""
    size_bytes: int
    panels: tuple[Panel, ...]
    facts_from: str = ""
    can_refresh: bool = False
    orders: tuple[tuple[str, str], ...] = ()
    """In which its episodes may be counted; nothing where there is no choice."""
    locked: tuple[str, ...] = ()
    credit: str = ""
    """Whose facts these are, as the service wants it said."""

    @classmethod
    def build(
        cls, request: HtmxHttpRequest, title: Title, *, today: date
    ) -> "TitlePage":
        """Make it; a fixed number of queries, whatever the number of episodes."""
        is_show = title.kind == Title.Kind.SHOW
        rows = _files(title)
        files = tuple(_file(row) for row in rows)
        return cls(
            title=title,
            poster=posters_of([title])[title.pk],
            is_show=is_show,
            genres=tuple(title.genres.order_by("name").values_list("name", flat=True)),
            studios=tuple(
                title.studios.order_by("name").values_list("name", flat=True)
            ),
            collections=tuple(
                Named(row.pk, row.name) for row in title.collections.order_by("name")
            ),
            ids=_ids(title),
            cast=_people(title, "ACTOR"),
            directors=_people(title, "DIRECTOR"),
            seasons=_seasons(title, today) if is_show else (),
            files=files,
            beside=list_folder_sides(title, rows),
            size_bytes=sum(each.size_bytes for each in files),
            panels=fill(TITLE_SLOT, request, title),
            facts_from=gettext(_FACTS_FROM[title.facts_from])
            if title.facts_from in _FACTS_FROM
            else title.facts_from,
            can_refresh=title.facts_from in NOTICES,
            orders=_orders(title),
            locked=tuple(each.replace("_", " ") for each in title.locked_fields),
            credit=NOTICES.get(title.facts_from, ("",))[0],
        )


def _orders(title: Title) -> tuple[tuple[str, str], ...]:
    if title.kind != Title.Kind.SHOW or title.facts_from not in NOTICES:
        return ()
    usual = ("", gettext("As set for its source"))
    return (usual, *((str(value), str(label)) for value, label in EpisodeOrder.choices))


def _people(title: Title, role: str) -> tuple[Named, ...]:
    credits_ = title.credits.filter(role=role).select_related("person")
    return tuple(
        Named(each.person.pk, each.person.name, each.character)
        for each in credits_.order_by("position", "pk")[:CAST_SHOWN]
    )


def _ids(title: Title) -> tuple[IdLink, ...]:
    is_show = title.kind == Title.Kind.SHOW
    links: list[IdLink] = []
    for row in title.external_ids.order_by("source"):
        label, url = ID_PAGES[row.source]
        address = url.format(
            kind="tv" if is_show else "movie",
            series="series" if is_show else "movie",
            value=row.value,
        )
        links.append(IdLink(label, address))
    return tuple(links)


def _seasons(title: Title, today: date) -> tuple[SeasonBlock, ...]:
    items = list(
        Item.objects.filter(title=title, season__isnull=False).order_by("number", "pk")
    )
    present = set(
        Item.objects.filter(
            title=title, media_files__state=MediaFile.State.PRESENT
        ).values_list("pk", flat=True)
    )
    by_item, by_season = marks.mark_items(title.pk), marks.mark_seasons(title.pk)
    grouped: dict[int | None, list[Episode]] = defaultdict(list)
    for item in items:
        grouped[item.season_id].append(_episode(item, present, by_item, today))
    seasons = list(Season.objects.filter(title=title).order_by("number", "pk"))
    # Specials last, as on a shelf.
    seasons.sort(key=lambda each: (each.number == 0, each.number))
    return tuple(
        _season(each, grouped[each.pk], by_season, is_open=len(seasons) == 1)
        for each in seasons
    )


def _season(
    season: Season, episodes: Sequence[Episode], by_season: Marks, *, is_open: bool
) -> SeasonBlock:
    return SeasonBlock(
        pk=season.pk,
        label=season.label,
        have=sum(each.is_present for each in episodes),
        want=sum(not each.is_to_come for each in episodes),
        episodes=tuple(episodes),
        marks=by_season.get(season.pk, ()),
        is_open=is_open,
    )


def _episode(item: Item, present: set[int], by_item: Marks, today: date) -> Episode:
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


def _files(title: Title) -> list[MediaFile]:
    return list(
        MediaFile.objects.filter(title=title)
        .select_related("root", "facts")
        .prefetch_related("items__season", "side_files")
        .in_order()
    )


def _file(row: MediaFile) -> FileRow:
    facts = getattr(row, "facts", None)
    return FileRow(
        facts=name_facts(facts) if facts else (),
        tracks=name_tracks(facts) if facts else (),
        problem=facts.problem if facts else "",
        decided_at=row.matched_at,
        evidence=read_evidence(row.match_evidence),
        told=read_told(row.parsed),
        runners_up=tuple(
            read_candidate(each) for each in row.match_candidates[:RUNNERS_UP_SHOWN]
        ),
        pk=row.pk,
        relpath=row.relpath,
        root_path=row.root.path,
        size_bytes=row.size_bytes,
        state=row.state,
        resolution=row.resolution,
        edition=row.edition,
        part=row.part,
        match_state=row.match_state,
        score_percent=percent(row.match_score),
        reason=say(row.match_reason),
        is_by_person=row.matched_by == MediaFile.MatchedBy.PERSON,
        beside=group_sides(row.side_files.all()),
        holds=", ".join(name_item(item) for item in row.items.all() if item.season_id),
    )


def name_item(item: Item) -> str:
    """Return "S01E02" of an episode whose season is loaded."""
    season = item.season.number if item.season else 0
    return f"S{season:02}E{item.number or 0:02}"
