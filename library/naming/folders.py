"""What the folders above a file say: show or film, year, season."""

import re
from dataclasses import dataclass

from library.naming.cleaning import as_title, take_ids, tidy
from library.naming.tagging import find_tags

_SEASON_WORDS = (
    r"season|series|staffel|saison|temporada|stagione|seizoen|sæson|säsong|sesong|kausi"
    r"|sezon(?:a|ul)?|serie|сезон|시즌|сезона|évad|tempo|season-"
)
_SEASON = re.compile(
    rf"^(?:(?:{_SEASON_WORDS})[ ._-]*0*(\d{{1,4}})|s0*(\d{{1,4}})|0*(\d{{1,2}})[ ._-]*(?:\.?\s*)(?:{_SEASON_WORDS}))(?:\b.*)?$",
    re.IGNORECASE,
)
_SPECIALS = re.compile(r"^(?:specials?|season[ ._-]*0+|s0+|ova|ovas)$", re.IGNORECASE)
_TITLE_AND_SEASON = re.compile(
    rf"^(?P<title>.+?)[ ._-]+(?:(?:{_SEASON_WORDS})[ ._-]*0*(\d{{1,4}})|s0*(\d{{1,2}}))(?![^\W_])",
    re.IGNORECASE,
)
_YEAR_AT_END = re.compile(
    r"^(?P<title>.*\S)[ ._-]*(?:\((?P<in>(?:19|20)\d\d)\)|\[(?P<on>(?:19|20)\d\d)\]"
    r"|[ ._-](?P<bare>(?:19|20)\d\d))(?![\dp])"
)
_PLACES = (
    "movies movie films film tv shows series tv-shows tvshows video videos media downloads"
    " download anime animes cartoons kids documentaries docs complete completed incoming"
    " library serien filme series-tv home mnt srv data public share"
)
_NO_TITLES = frozenset(_PLACES.split()) | {
    "tv shows",
    "tv series",
    "home videos",
    "new folder",
}
_DISC = re.compile(r"^(?:cd|dvd|dis[ck]|part)[ ._-]*\d{1,2}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Folders:
    """What the folders say together; the nearest one that says it wins."""

    title: str | None = None
    year: int | None = None
    season: int | None = None
    in_season: bool = False
    """The file lies directly in a season's folder."""
    depth: int = 0
    """How many leading folders lead to the one that gave the title."""
    ids: tuple[tuple[str, str], ...] = ()

    @property
    def has_film(self) -> bool:
        """Whether the nearest folder is named as a film is: with its year at the end."""
        return self.title is not None and self.year is not None


def read_season(name: str) -> int | None:
    """Return the season that a folder's name is for; None if it is no season's."""
    name = name.strip()
    if _SPECIALS.match(name):
        return 0
    found = _SEASON.match(name)
    if not found:
        return None
    return int(found[1] or found[2] or found[3])


def split_year(text: str) -> tuple[str, int | None]:
    """Split `Title (Year)` or `Title.Year.more`; the year is None when there is none."""
    found = _YEAR_AT_END.match(text)
    if not found:
        return text, None
    return found["title"], int(found["in"] or found["on"] or found["bare"])


def read_folders(parts: tuple[str, ...]) -> Folders:
    """Read the folders from the outermost to the one that holds the file."""
    season: int | None = None
    in_season = False
    ids: dict[str, str] = {}
    for depth in range(len(parts), 0, -1):
        name, found_ids = take_ids(tidy(parts[depth - 1]))
        ids = found_ids | ids
        if _DISC.match(name.strip()):
            continue
        number = read_season(name)
        if number is not None:
            season = number if season is None else season
            in_season = in_season or depth == len(parts)
            continue
        title, year, titled_season = _read_title(name)
        is_bare = year is None and titled_season is None
        if not title or (is_bare and title.casefold() in _NO_TITLES):
            break
        in_season = in_season or (titled_season is not None and depth == len(parts))
        season = titled_season if season is None else season
        return Folders(title, year, season, in_season, depth, tuple(ids.items()))
    return Folders(season=season, in_season=in_season, ids=tuple(ids.items()))


def _read_title(name: str) -> tuple[str, int | None, int | None]:
    titled = _TITLE_AND_SEASON.match(name)
    if titled:
        title, year = split_year(titled["title"])
        return as_title(title), year, int(titled[2] or titled[3])
    title, year = split_year(name)
    if year is None:
        title = name[: find_tags(name).start] or name
    return as_title(title), year, None
