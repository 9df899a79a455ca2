"""From a name to a ParsedName: the file's own name first, its folders second."""

import re
from dataclasses import replace

from library.naming import absolutes, dating, numbering
from library.naming.cleaning import (
    cut_extension,
    cut_release_marks,
    cut_site,
    find_junk,
    take_ids,
    tidy,
)
from library.naming.episodes import read_episode, read_pack
from library.naming.films import (
    read_film,
    read_folder_instead,
    read_within_release,
    read_without_number,
)
from library.naming.folders import Folders, is_shows_name, read_folders, read_season
from library.naming.loose import find_loose_numbers, is_numbered_folder, read_in_season
from library.naming.named import YEAR, Name, is_in_bracket, read_other
from library.naming.numbering import Numbers
from library.naming.packs import find_pack, is_complete_show
from library.naming.parsed import ParsedName
from library.naming.tagging import Tags, find_tags
from library.naming.vocabulary import find_tail

_WINDOWS = re.compile(r"[A-Za-z]:\\|\\\\")


FIRST_YEAR = 1900
"""Seasons may be called by years from then on; no season has such a number."""
_NUMBERED = re.compile(r"\d{1,2}")
_LOOSE_SLASH = re.compile(r"\s+/\s*|\s*/\s+")


def parse(name: str, root_kind: str | None = None) -> ParsedName:
    """Say what a file's name or relative path says; never raises.

    `root_kind`: MOVIES, SHOWS or OTHER, when the folder it lies in is known to be that.
    Pure: the same name gives the same answer, in any thread or process.
    """
    parts = _split(name)
    if not parts:
        return ParsedName(name, reason="there is no name")
    text = tidy(cut_extension(parts[-1]))
    own, ids = take_ids(cut_release_marks(text))
    folders = read_folders(parts[:-1])
    ready = Name(
        name,
        absolutes.cut_noise(cut_site(own)),
        folders,
        root_kind,
        has_extension=cut_extension(parts[-1]) != parts[-1],
    )
    return _finish(_read(ready), parts[:-1], folders, ids)


def _split(name: str) -> tuple[str, ...]:
    path = name.replace("\\", "/") if _WINDOWS.match(name) else name
    if " /" in path or "/ " in path:
        # No folder's name ends or begins with a blank: `Local / Latin`.
        path = _LOOSE_SLASH.sub("／", path)
    parts: list[str] = []
    for part in path.split("/"):
        if parts and _is_open(parts[-1]) and "]" in part:
            parts[-1] += "／" + part
        elif part.strip():
            parts.append(part)
    return tuple(parts)


def _is_open(part: str) -> bool:
    opened = part.rfind("[")
    return opened >= 0 and "]" not in part[opened:]


def _finish(
    found: ParsedName, above: tuple[str, ...], folders: Folders, ids: dict[str, str]
) -> ParsedName:
    ids = dict(folders.ids) | ids
    place = "/".join(above[: folders.depth]) if folders.depth else None
    if found.kind == "movie" and folders.depth != len(above):
        place = None
    return replace(
        found,
        tmdb=ids.get("tmdb"),
        tvdb=ids.get("tvdb"),
        imdb=ids.get("imdb"),
        show_folder=place,
        evidence=tuple(_evidence(found, folders, ids)),
    )


def _evidence(found: ParsedName, folders: Folders, ids: dict[str, str]) -> list[str]:
    """Say what each part of the answer rests on, a phrase a part."""
    lines = [found.reason]
    if found.year is not None:
        of_folder = (
            found.year == folders.year
            and str(found.year) not in found.input.rpartition("/")[2]
        )
        lines.append(f"year {found.year}: in the {'folder' if of_folder else 'name'}")
    if found.season is not None and found.season == folders.season:
        lines.append(f"season {found.season}: the folder says so too")
    lines += [
        f"id {source} {value}: in the name or folder" for source, value in ids.items()
    ]
    if found.alt_titles:
        lines.append("other readings: " + "; ".join(found.alt_titles))
    return lines


def _read(name: Name) -> ParsedName:
    if name.root_kind == "MOVIES":
        return read_film(name)
    sure = numbering.find_numbers(name.own) or absolutes.find_season_dashed(name.own)
    if sure:
        return read_episode(name, sure)
    found = _read_dated(name) or read_within_release(name)
    if not found and name.folders.in_season:
        found = read_in_season(name)
    return found or _read_unnumbered(name)


def _read_dated(name: Name) -> ParsedName | None:
    """Read a daily show; refuse a date that cannot be told."""
    own = name.own
    date = dating.find_date(own)
    if not date or _is_aside(own, date):
        return None
    if name.root_kind != "OTHER" and find_junk(own) == "was made by a camera":
        return None
    word = numbering.find_episode_word(own[: date.start])
    if word and word.start:
        return read_episode(name, word)
    is_sure = date.day is not None and date.day[:4] in own[date.start : date.end]
    if not is_sure and (name.root_kind == "OTHER" or _has_year_besides(own, date)):
        return None
    if date.day:
        return _dated(name, date)
    return ParsedName(name.whole, reason=f"the name {date.problem}")


def _is_aside(own: str, date: dating.Found) -> bool:
    """Whether a date stands among other words in a bracket."""
    is_alone = (
        bool(date.day)
        and own[: date.start].endswith("(")
        and own[date.end :].startswith(")")
    )
    return not is_alone and is_in_bracket(own, date.start)


def _read_unnumbered(name: Name) -> ParsedName:
    junk = find_junk(name.own)
    season = _season_of_folder(name)
    if (
        junk
        and season is None
        and not (junk == "is a bare number" and is_numbered_folder(name))
    ):
        return read_folder_instead(name, junk)
    if season is None:
        return _read_loosely(name)
    return ParsedName(
        name.whole,
        "season",
        name.folders.title,
        name.folders.year,
        season,
        reason="the name of a season's folder",
    )


def _season_of_folder(name: Name) -> int | None:
    """Return the season when the name is that of a season's folder."""
    if name.root_kind is not None:
        return None
    season = read_season(name.own)
    if season is not None and season >= FIRST_YEAR and name.has_extension:
        return None
    if season is not None or name.has_extension or not _NUMBERED.fullmatch(name.own):
        return season
    return int(name.own) if is_shows_name(name.folders.title or "") else None


def _read_pack(name: Name, tags: Tags) -> ParsedName | None:
    """Read a whole season's name, or `Show [S05] (12 of 32)`."""
    pack = find_pack(name.own)
    if not pack:
        return None
    one = numbering.find_of(name.own, pack.end)
    if one:
        one = replace(one, start=pack.start, season=pack.season)
        return read_episode(name, one)
    return None if _is_films(name, pack) else read_pack(name, pack, tags)


def _is_films(name: Name, pack: Numbers) -> bool:
    """Whether a file is called `Open.Season.2006` or `Open Season 2 (2008)`.

    One file with a year at its end is a film, sooner than all of a season.
    """
    if not name.has_extension or name.root_kind == "SHOWS":
        return False
    after = name.own[pack.end :]
    is_year = pack.season is not None and pack.season >= FIRST_YEAR
    return is_year or bool(YEAR.match(after.lstrip(" ._-([")))


def _has_year_besides(text: str, date: dating.Found) -> bool:
    """Whether the title has a year of its own beside a date: `Film 2013-12-09 2013`."""
    rest = text[date.end :]
    return bool(YEAR.search(rest[: find_tail(rest)]))


def _read_loosely(name: Name) -> ParsedName:
    """Read what has neither SxxEyy nor a date: absolute numbers, packs, films."""
    tags = find_tags(name.own)
    if name.root_kind != "OTHER":
        pack = _read_pack(name, tags)
        if pack:
            return pack
    if name.root_kind is None and is_complete_show(name.own, tags):
        return ParsedName(name.whole, reason="the name is of a whole show")
    if name.root_kind == "OTHER":
        return read_other(name, None)
    numbers = find_loose_numbers(name, tags)
    if numbers:
        return read_episode(name, numbers)
    if name.root_kind == "SHOWS":
        return read_without_number(name, tags)
    return read_film(name)


def _dated(name: Name, date: dating.Found) -> ParsedName:
    numbers = Numbers(date.start, date.end, air_date=date.day, how="a date in the name")
    if name.root_kind == "OTHER":
        return read_other(name, date.day)
    before = name.own[: date.start]
    year = YEAR.search(name.own[date.end :][: find_tail(name.own[date.end :])])
    if year and name.root_kind is None and _is_at_end(name.own, date.end + year.end()):
        return read_film(name)
    found = read_episode(name, numbers)
    if not found.title and name.root_kind == "SHOWS":
        # A dated home video is no episode of a show.
        return read_other(name, date.day)
    packed = numbering.find_packed(before, len(before.rstrip(" ._-")))
    if packed and name.root_kind is None and not packed.season:
        return replace(found, season=packed.season, episodes=packed.episodes)
    return found


def _is_at_end(text: str, at: int) -> bool:
    return not text[at:].strip(" ._-)]")
