"""One title: facts, seasons with their gaps, files with the evidence of their match."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext, gettext_noop

from drivearr.web.http import HtmxHttpRequest
from drivearr.web.reading import read_id
from drivearr.web.slots import Panel, fill
from library.contexts.posters import Poster, posters_of
from library.contexts.seasons import SeasonBlock, list_seasons
from library.contexts.sources import NOTICES
from library.contexts.title_files import TitleFiles
from library.models import EpisodeOrder, Title

TITLE_SLOT = "library.title"
"""Slot on the title page; its subject is the Title."""

ID_PAGES = {
    "tmdb": ("TMDb", "https://www.themoviedb.org/{kind}/{value}"),
    "imdb": ("IMDb", "https://www.imdb.com/title/{value}/"),
    "tvdb": ("TheTVDB", "https://thetvdb.com/dereferrer/{series}/{value}"),
}
CAST_SHOWN = 12
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
    files: TitleFiles
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
        asked = request.GET
        people = _people(title)
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
            cast=tuple(people["ACTOR"][:CAST_SHOWN]),
            directors=tuple(people["DIRECTOR"][:CAST_SHOWN]),
            seasons=list_seasons(
                title, today=today, opened=read_id(asked.get("season"))
            )
            if is_show
            else (),
            files=TitleFiles.build(title, asked=asked.get("page")),
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


def _people(title: Title) -> dict[str, list[Named]]:
    """Return who took part, by role; one query."""
    found: dict[str, list[Named]] = defaultdict(list)
    credits_ = title.credits.order_by("position", "pk").values_list(
        "role", "person_id", "person__name", "character"
    )
    for role, pk, name, character in credits_:
        found[role].append(Named(pk, name, character))
    return found


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
