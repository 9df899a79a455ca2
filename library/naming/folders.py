"""What the folders above a file say: show or film, year, season."""

import re
from dataclasses import dataclass
from functools import lru_cache

from library.naming.cleaning import (
    as_title,
    cut_release_marks,
    find_junk,
    take_ids,
    tidy,
)
from library.naming.numbering import SEASON_WORDS, find_numbers, read_number
from library.naming.titling import read_title, split_year
from library.naming.vocabulary import find_tail, find_words

FOLDERS_MOST = 16
"""How many of the nearest folders are read."""
_N = r"0*(?P<{}>\d{{1,4}})"
_SEASON = re.compile(
    rf"(?:(?:{SEASON_WORDS}|řada|seasong)[ ._-]*{_N.format('after')}"
    rf"|s[ ._-]?{_N.format('short')}|(?:series?|book|vol(?:ume)?)[ ._-]?0*(?P<series>[1-9]\d?)(?=[ ._)\]]*$)"
    rf"|0*(?P<before>\d{{1,2}})(?:st|nd|rd|th|ª|º|ος|-?й|-?ий)?[ ._-]*\.?[ ._]*(?:{SEASON_WORDS}|řada)"
    r"|第(?P<east>\d{1,3}|[一二三四五六七八九十]{1,3})[季期部]|(?P<korean>\d{1,2})기)(?![^\W_])(?P<rest>.*)",
    re.IGNORECASE,
)
_SPECIALS = re.compile(
    r"(?:specials?|extras?|bonus|sp|season[ ._-]*0+|s0+|ovas?|onas?|oads?|especiales|especiais|speciali|spesial|erikoisjaksot|specjalne"
    r"|spéciaux|hors[ ._-]s[ée]rie|sonderfolgen|спецвыпуски|спешлы|スペシャル|特典|特别篇|番外篇|스페셜)",
    re.IGNORECASE,
)
_TITLE_AND_SEASON = re.compile(
    rf"(?P<title>.+?)[ ._(\[-]+(?:(?:{SEASON_WORDS}|series)[ ._-]*0*(?P<words>\d{{1,4}})|s0*(?P<short>\d{{1,4}})"
    rf"|(?P<ordinal>\d{{1,2}})(?:st|nd|rd|th|ª|º)?[ ._-]*(?:{SEASON_WORDS}))(?![^\W_])",
    re.IGNORECASE,
)
_PLACES = (
    "movies movie films film tv shows series tv-shows tvshows video videos media downloads"
    " download anime animes cartoons kids documentaries docs complete completed incoming"
    " library serien filme series-tv home mnt srv data public share temp tmp unsorted test"
    " server mkv video_ts bdmv stream new done torrents usenet peliculas películas"
)
_NO_TITLES = frozenset(_PLACES.split()) | {
    "tv shows",
    "tv series",
    "tv drop",
    "home videos",
    "new folder",
}
_OWN_VIDEOS = re.compile(
    r"home|(?:our |my )?(?:home[ ._-]?(?:videos?|movies?)|camera(?: roll)?|phone|dcim|weddings?|birthdays?)"
    r"|family[ ._-](?:videos?|movies?)|personal(?: videos?)?|private?(?: videos?)?|trips|holiday videos?"
    r"|heim(?:videos?|filme)|familien(?:videos?|filme)|eigene (?:videos?|filme)|urlaub|hochzeiten|geburtstage"
    r"|vid[ée]os? (?:de famille|perso(?:nnelles)?)|mariages|anniversaires|v[ií]deos (?:caseros|familiares|caseiros)|bodas"
    r"|hemvideo|hemmafilmer|hjemmevideo|thuisvideo'?s|vakantie|kotivideot",
    re.IGNORECASE,
)
"""Where households keep what they filmed; words that are a genre too are left out."""
_SHELF = re.compile(r"[a-z]|[a-z]:|0-9|#|[a-z]-[a-z]", re.IGNORECASE)
_DISC = re.compile(r"(?:cd|dvd|dis[ck]|part)[ ._-]*\d{1,2}", re.IGNORECASE)
_NUMBERED = re.compile(r"\d{1,2}|(?:19|20)\d\d")
_SET = re.compile(r"collection|trilog|saga|anthology|boxset|quadrilogy", re.IGNORECASE)


def holds_own_videos(relpath: str) -> bool:
    """Whether one of the folders above a file is named as what a household filmed."""
    folders = relpath.split("/")[:-1]
    return any(_OWN_VIDEOS.fullmatch(tidy(folder)) for folder in folders)


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
    others: tuple[str, ...] = ()
    """Other readings of the title."""
    release: str | None = None
    """The folder that holds the file, when it is named as a release is."""

    @property
    def has_film(self) -> bool:
        """Whether the nearest folder is named as a film is: with its year at the end."""
        return self.title is not None and self.year is not None


def read_season(name: str) -> int | None:
    """Return the season that a folder's name is for; None if it is no season's."""
    name = name.strip(" ._-[]()")
    if _SPECIALS.fullmatch(name):
        return 0
    found = _SEASON.match(name)
    if not found or _is_more(found["rest"]):
        return None
    east = found["east"]
    if east:
        return read_number(east)
    keys = ("after", "short", "before", "korean", "series")
    return int(next(found[key] for key in keys if found[key]))


def _is_more(rest: str) -> bool:
    """Whether what follows a season's number makes it something else."""
    return bool(re.match(r"[ ._-]*(?:e|ep|episode)[ ._-]?\d", rest, re.IGNORECASE))


@lru_cache(maxsize=2048)
def read_folders(parts: tuple[str, ...]) -> Folders:
    """Read the folders from the outermost to the one that holds the file."""
    season: int | None = None
    in_season = False
    ids: dict[str, str] = {}
    release = _release(parts[-1]) if parts else None
    is_nearest = True
    outermost = max(len(parts) - FOLDERS_MOST, 0)
    for depth in range(len(parts), outermost, -1):
        name, found_ids = take_ids(cut_release_marks(tidy(parts[depth - 1])))
        ids = found_ids | ids
        if _DISC.fullmatch(name.strip()) or _is_nothing(name, depth, len(parts)):
            continue
        number = read_season(name)
        if number is None and depth > 1 and _NUMBERED.fullmatch(name.strip()):
            above = as_title(parts[depth - 2])
            if is_shows_name(above):
                number = int(name)
        if number is not None:
            season = number if season is None else season
            in_season, is_nearest = in_season or is_nearest, False
            continue
        found = _read_title(name)
        title, year, titled_season, others = found
        is_bare = year is None and titled_season is None
        if not title or (is_bare and _is_place(title)):
            break
        in_season = in_season or (titled_season is not None and is_nearest)
        season = titled_season if season is None else season
        return Folders(
            title, year, season, in_season, depth, tuple(ids.items()), others, release
        )
    return Folders(
        season=season, in_season=in_season, ids=tuple(ids.items()), release=release
    )


def is_shows_name(title: str) -> bool:
    """Whether a folder may be a show's: not a shelf, nor one that holds several films."""
    return bool(title) and not _is_place(title) and not _SET.search(title)


def _is_nothing(name: str, depth: int, depths: int) -> bool:
    """Whether a folder between says nothing: a hash, or the kind of files in it."""
    plain = name.strip().casefold()
    if plain in {"mkv", "mp4", "avi", "video_ts", "bdmv", "stream", "minisodes"}:
        return True
    if _is_all_tags(name):
        return True
    return depth < depths and find_junk(name).endswith("hash")


def _is_all_tags(name: str) -> bool:
    """Whether a folder is called by a quality alone: `4K`, `1080p HEVC`, `3D`."""
    words = find_words(name)
    if not any(word.is_strong or word.kind == "three_d" for word in words):
        return False
    left, at = "", 0
    for word in words:
        left, at = left + name[at : word.start], word.end
    return not (left + name[at:]).strip(" ._-+,&()[]")


def _is_place(title: str) -> bool:
    return title.casefold() in _NO_TITLES or bool(_SHELF.fullmatch(title))


def _release(name: str) -> str | None:
    text = cut_release_marks(tidy(name))
    has_tag = any(word.is_strong for word in find_words(text))
    return text if has_tag or find_numbers(text) else None


def _read_title(name: str) -> tuple[str, int | None, int | None, tuple[str, ...]]:
    titled = _TITLE_AND_SEASON.match(name)
    if titled:
        season = int(titled["words"] or titled["short"] or titled["ordinal"])
        found = read_title(titled["title"])
        return found.title, found.year, season, found.others
    numbers = find_numbers(name)
    if numbers and numbers.start:
        found = read_title(numbers.title or name[: numbers.start])
        return found.title, found.year, numbers.season, found.others
    return _read_film(name)


def _read_film(name: str) -> tuple[str, int | None, None, tuple[str, ...]]:
    found = re.match(
        r".+?[ ._]?[(\[](?:19|20)\d\d(?:[ ]?[-–][ ]?(?:\d{4})?)?[)\]]", name
    )
    text = found[0] if found else name[: find_tail(name)] or name
    read = read_title(text)
    if read.year is None and not found:
        year = re.match(r"(.+[ ._])((?:19|20)\d\d)(?:[ ._]|$)", text)
        if year:
            return as_title(year[1]), int(year[2]), None, read.others
    return read.title, read.year, None, read.others


__all__ = ["Folders", "read_folders", "read_season", "split_year"]
