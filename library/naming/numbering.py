"""Season and episode numbers, dates and absolute numbers in a file's own name."""

import datetime
import re
from dataclasses import dataclass

EPISODES_MOST = 60
"""A longer range is a misreading."""

_MORE = r"(?:(?:[ ._]*(?:[-&+~,]|and)[ ._]*|[ ._]*)(?:s\d{1,4}[ ._]*)?e(?:p[ ._]?)?\d{1,4}|[-+]\d{1,3}(?![\dpi]))*"
_SXXEYY = re.compile(
    rf"(?<![^\W_])s(?P<season>\d{{1,4}})[ ._-]*(?:e|ep|x|episode[ ._]?)[ ._]?(?P<first>\d{{1,5}})(?P<more>{_MORE})(?:v\d)?(?![^\W_])",
    re.IGNORECASE,
)
_NXNN = re.compile(
    r"(?<![^\W_])(?P<season>\d{1,2})x(?P<first>\d{1,3})(?P<more>(?:[ ._]*-[ ._]*(?:\d{1,2}x)?\d{1,3}(?![\dpi])|x\d{1,3})*)(?:v\d)?(?![^\W_])",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"(?<![^\W_])(?:season|staffel|saison|temporada)[ ._-]*(?P<season>\d{1,3})[ ._,-]*(?:episode|ep|folge|capitulo|cap|e)[ ._-]*(?P<first>\d{1,4})(?P<more>)(?![^\W_])",
    re.IGNORECASE,
)
_ANIME = re.compile(
    r"^\[(?P<group>[^\]]{1,40})\][ ._]*(?P<title>[^\[\]]+?)[ ._]+-[ ._]+(?:s(?P<season>\d{1,2})[ ._]?)?"
    r"(?P<first>\d{1,4})(?:[ ._]*[-~][ ._]*(?P<last>\d{1,4}))?(?:[ ._]?v\d)?(?=[ ._\[(]|$)",
    re.IGNORECASE,
)
_AFTER_YEAR = re.compile(
    r"^(?P<title>.+?[ ._]\((?:19|20)\d\d\))[ ._]*-[ ._]*(?P<first>\d{2,4})(?:[ ._]?v\d)?(?=[ ._]+[-\[(]|$)"
)
_DATE = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)[ ._-](?P<m>\d{1,2})[ ._-](?P<d>\d{1,2})(?!\d)"
)
_DATE_BACKWARD = re.compile(
    r"(?<!\d)(?P<d>\d{1,2})[ ._-](?P<m>\d{1,2})[ ._-](?P<y>(?:19|20)\d\d)(?!\d)"
)
_BARE = re.compile(
    r"^(?:(?:e|ep|episode|folge|#)[ ._-]?)?(?P<first>\d{1,3})(?:[ ._]?[-&][ ._]?(?:e?)(?P<last>\d{1,3}))?(?:v\d)?(?:[ ._-]+(?P<rest>\D.*))?$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Which episode a name says it is."""

    start: int
    """Before it stands the title."""
    end: int
    """After it stand the episode's title and the technical words."""
    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    air_date: str | None = None
    title: str | None = None
    how: str = ""


def find_numbers(stem: str) -> Numbers | None:
    """Read the first surely numbered shape in a name; None when there is none."""
    for shape in (_SXXEYY, _NXNN, _WORDS):
        found = shape.search(stem)
        if found:
            return Numbers(
                found.start(),
                found.end(),
                season=int(found["season"]),
                episodes=_episodes(int(found["first"]), found["more"], found),
                how=f"{found[0].strip()} in the name",
            )
    return _find_anime(stem) or _find_date(stem)


def find_bare_number(stem: str, season: int) -> Numbers | None:
    """Read `06 - Title` in the folder of a season."""
    found = _BARE.match(stem.strip())
    if not found:
        return None
    first, last = int(found["first"]), int(found["last"] or 0)
    hundreds, rest = divmod(first, 100)
    if not last and hundreds == season and rest and len(found["first"]) == 3:  # noqa: PLR2004 - 101 is S1E01
        first = rest
    start = found.start("rest") if found["rest"] else len(stem)
    return Numbers(
        0,
        start,
        season=season,
        episodes=_fill([first, last] if last else [first]),
        how="a number in the folder of a season",
    )


def _episodes(first: int, more: str, found: re.Match[str]) -> tuple[int, ...]:
    # `S01E01-S01E03` and `1x01-1x03`: the season's number is none of an episode.
    more = re.sub(r"s\d{1,4}[ ._]*(?=e)|\d{1,2}x(?=\d)", "", more, flags=re.IGNORECASE)
    if found.re is _NXNN:
        more = more.replace("x", "-")
    return _fill([first, *map(int, _NUMBER.findall(more))])


def _fill(numbers: list[int]) -> tuple[int, ...]:
    """Return 1, 2, 3 for 1 and 3; several numbers stay as they are."""
    if len(numbers) != 2:  # noqa: PLR2004 - a pair is a range
        return tuple(dict.fromkeys(numbers))
    first, last = numbers
    if last < first or last - first >= EPISODES_MOST:
        return (first,)
    return tuple(range(first, last + 1))


def _find_anime(stem: str) -> Numbers | None:
    found = _ANIME.match(stem)
    if not found:
        return _find_after_year(stem)
    numbers = _fill([int(found[key]) for key in ("first", "last") if found[key]])
    season = int(found["season"]) if found["season"] else None
    return Numbers(
        found.start("title"),
        found.end(),
        season=season,
        episodes=numbers if season is not None else (),
        absolute=numbers if season is None else (),
        title=found["title"],
        how="a number after the title",
    )


def _find_after_year(stem: str) -> Numbers | None:
    """Read `Show (2011) - 141 - Name`: a film has no number there."""
    found = _AFTER_YEAR.match(stem)
    if not found:
        return None
    return Numbers(
        0,
        found.end(),
        absolute=(int(found["first"]),),
        title=found["title"],
        how="a number after title and year",
    )


def _find_date(stem: str) -> Numbers | None:
    for shape in (_DATE, _DATE_BACKWARD):
        found = shape.search(stem)
        day = _day(int(found["y"]), int(found["m"]), int(found["d"])) if found else None
        if found and day:
            return Numbers(
                found.start(), found.end(), air_date=day, how="a date in the name"
            )
    return None


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None
