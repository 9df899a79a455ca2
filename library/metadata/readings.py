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
_FILM_FOLDER = re.compile(rf"^(?P<title>.*\S)\s*[(\[]{_YEAR}[)\]]")


def read_titles(
    titles: tuple[str, ...], year: int | None, *, folder: str = "", stem: str = ""
) -> tuple[Reading, ...]:
    """Return the readings of a name.

    `titles` are what the parser took for the title, the likeliest first; `folder` is the
    name of the folder that the file has to itself, "" when it shares one; `stem` is the
    file's own name.
    """
    found: list[Reading] = []
    front = _YEAR_IN_FRONT.match(stem) if year is None else None
    if front and titles and normalise(titles[0]) in normalise(front["title"]):
        number = int(front["year"] or front["year2"])
        found.append(Reading(turn_article(titles[0]), number))
    for rank, title in enumerate(each for each in titles if each.strip()):
        malus = _HALF if rank and _is_half(titles[0], title) else _SECOND * min(rank, 1)
        found.append(Reading(turn_article(title), year, malus))
    for title in titles[:1]:
        found += _turned(title, year)
    own = _FILM_FOLDER.match(folder)
    if own:
        found.append(Reading(turn_article(own["title"]), int(own["year"]), _SECOND))
    return _unique(found)


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
