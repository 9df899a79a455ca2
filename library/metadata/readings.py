"""In which ways a name can be read, the likeliest first; plain."""

import re

from library.metadata.likeness import normalise, turn_article
from library.metadata.matching import Reading

READINGS_MOST = 6
_SECOND = 0.01
_LESS = 0.02
_HALF = 0.05

_YEAR = r"(?P<year>(?:19|20)\d\d)"
_YEAR_IN_FRONT = re.compile(
    rf"^(?:{_YEAR}\s*[-–._ ]\s*|[(\[]\s*{_YEAR.replace('year', 'year2')}\s*[)\]]\s*[-–]?\s*)(?P<title>\S.*)$"
)
_YEAR_BEHIND = re.compile(rf"^(?P<title>.*\S)[\s,-]+[(\[]?{_YEAR}[)\]]?$")
_LISTED = re.compile(
    r"^(?:0\d[\s._-]+(?=\D)|\d{1,2}(?:\.\s+|\s+-\s+))(?P<title>\S.{2,})$"
)
"""A place in a list before the title: `03 - Title`, `7. Title`."""
_COUNTED = re.compile(r"^\d{1,2}\s+(?P<title>\D.{3,})$")
"""`7 Title`: a place in a list, or a title with a number (`12 Angry Men`)."""
_LANGUAGE_BEHIND = re.compile(
    r"^(?P<title>.*[a-z].*\S)\s+(?:TRUE)?(?:GERMAN|FRENCH|ITALIAN|SPANISH|DUTCH|SWEDISH|"
    r"DANISH|NORWEGIAN|FINNISH|POLISH|CZECH|RUSSIAN|HUNGARIAN|TURKISH|JAPANESE|KOREAN|"
    r"CHINESE|PORTUGUESE|MULTI)$"
)
"""A language in capitals behind a title that is not: of the release, not the title."""
_YEAR_IN_BRACKETS = re.compile(r"[(\[](?:19|20)\d\d[)\]]")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\d)(?=[A-Z])")
_HUMPS_LEAST = 2
_SITE_KEY = re.compile(
    r"(?:^|\s*[\[(])(?=[\w-]*\d[A-Za-z])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{11}(?:$|[\])]$)"
)
_FILM_FOLDER = re.compile(rf"^(?P<title>.*\S)\s*[(\[]{_YEAR}[)\]]")


def read_titles(
    titles: tuple[str, ...],
    year: int | None,
    *,
    folder: str = "",
    stem: str = "",
    year_around: int | None = None,
) -> tuple[Reading, ...]:
    """Return the readings of a name.

    `titles` are what the parser took for the title, the likeliest first; `folder` is the
    name of the folder that the file has to itself, "" when it shares one; `stem` is the
    file's own name; `year_around` the year that a folder around it is named by.
    """
    year = year or year_around
    titles = _without_language(_without_places(_without_keys(titles)))
    found: list[Reading] = []
    front = _YEAR_IN_FRONT.match(stem) if year is None else None
    if front and titles and normalise(titles[0]) in normalise(front["title"]):
        number = int(front["year"] or front["year2"])
        found.append(Reading(turn_article(titles[0]), number))
    for rank, title in enumerate(each for each in titles if each.strip()):
        malus = _HALF if rank and _is_half(titles[0], title) else _SECOND * min(rank, 1)
        found.append(Reading(turn_article(title), year, malus))
    for title in titles[:1]:
        found += [Reading(each, year, _LESS) for each in _respaced(title)]
        # In brackets it is surely the year, and no part of the title.
        is_apart = bool(_YEAR_IN_BRACKETS.search(stem)) or bool(year_around)
        found += [] if is_apart and year else _turned(title, year)
    own = _FILM_FOLDER.match(folder)
    if own:
        found.append(Reading(turn_article(own["title"]), int(own["year"]), _SECOND))
    return _unique(found)


def _without_keys(titles: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the key that a video site's downloads have behind their names."""
    cut = (_SITE_KEY.sub("", title) for title in titles)
    return tuple(dict.fromkeys(title for title in cut if title)) or titles


def _without_places(titles: tuple[str, ...]) -> tuple[str, ...]:
    """Read a title without its place in a list; which of the two first, its form says."""
    if not titles:
        return titles
    listed, counted = _LISTED.match(titles[0]), _COUNTED.match(titles[0])
    if listed:
        return (listed["title"], *titles)
    if counted:
        return (titles[0], counted["title"], *titles[1:])
    return titles


def _without_language(titles: tuple[str, ...]) -> tuple[str, ...]:
    """Read a title first without the language of the release."""
    found = _LANGUAGE_BEHIND.match(titles[0]) if titles else None
    return (found["title"], *titles) if found else titles


def _respaced(title: str) -> tuple[str, ...]:
    """Give words that are written in one their blanks: `PiecesOfApril`."""
    if " " in title.strip():
        return ()
    apart = _HUMP.sub(" ", title)
    return (apart,) if apart.count(" ") >= _HUMPS_LEAST - 1 and apart != title else ()


def _is_half(whole: str, part: str) -> bool:
    return normalise(whole).startswith(f"{normalise(part)} ")


def _turned(title: str, year: int | None) -> list[Reading]:
    """Read a year in front of or behind the title, or the year as part of it."""
    front = _YEAR_IN_FRONT.match(title)
    if front and year is None:
        number = int(front["year"] or front["year2"])
        return [Reading(turn_article(front["title"]), number, _SECOND)]
    behind = _YEAR_BEHIND.match(title)
    if behind and year is None:
        return [Reading(turn_article(behind["title"]), int(behind["year"]), _SECOND)]
    if year is not None:
        # `Death Race 2000`, `Blade Runner 2049`: the number may belong to the title.
        return [Reading(f"{title} {year}", None, _LESS)]
    return []


def _unique(found: list[Reading]) -> tuple[Reading, ...]:
    seen: dict[tuple[str, int | None], Reading] = {}
    for each in found:
        seen.setdefault((normalise(each.title), each.year), each)
    return tuple(seen.values())[:READINGS_MOST]
