"""From a name to a ParsedName: the file's own name first, its folders second."""

import re
from dataclasses import replace

from library.naming.cleaning import (
    as_title,
    cut_extension,
    cut_site,
    find_junk,
    like,
    take_ids,
    tidy,
)
from library.naming.folders import Folders, read_folders, read_season, split_year
from library.naming.guessing import guess
from library.naming.numbering import Numbers, find_bare_number, find_numbers
from library.naming.parsed import ParsedName
from library.naming.tagging import find_edition, find_tags

_WINDOWS = re.compile(r"[A-Za-z]:\\|\\\\")
_PACK = re.compile(
    r"(?<![^\W_])(?:(?:season|staffel|saison|temporada|stagione)[ ._-]*\d{1,2}|s\d{2}(?:d\d{1,2})?)(?![^\W_])",
    re.IGNORECASE,
)
_EDITION_AT_END = re.compile(
    r"[ ._(]+(?:(?i:(?:extended|special|criterion|ultimate|collector'?s|unrated|theatrical"
    r"|director'?s)[ ._](?:edition|cut))|EXTENDED|UNRATED|UNCUT|REMASTERED|THEATRICAL|3D|SE|DC)"
    r"[ ._)(]*$"
)
_GROUP_IN_FRONT = re.compile(r"^\s*\[[^\]]*\]\s*(?=\S)")
_YEARS = re.compile(r"(?<![\dA-Za-z])(?:19|20)\d\d(?![\dA-Za-z])")
_IN_BRACKETS = re.compile(r"[(\[]((?:19|20)\d\d)[)\]]")


def parse(name: str, root_kind: str | None = None) -> ParsedName:
    """Say what a file's name or relative path says; never raises.

    `root_kind`: MOVIES, SHOWS or OTHER, when the folder it lies in is known to be that.
    """
    path = name.replace("\\", "/") if _WINDOWS.match(name) else name
    parts = tuple(part for part in path.split("/") if part.strip())
    if not parts:
        return ParsedName(name, reason="there is no name")
    own, ids = take_ids(tidy(cut_extension(parts[-1])))
    folders = read_folders(parts[:-1])
    found = _read(name, cut_site(own), folders, root_kind)
    return _finish(found, parts[:-1], folders, ids)


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
    )


def _read(name: str, own: str, folders: Folders, root_kind: str | None) -> ParsedName:
    numbers = None if root_kind == "MOVIES" else find_numbers(own)
    if numbers is None and folders.in_season and root_kind != "MOVIES":
        numbers = find_bare_number(own, folders.season or 0)
    if numbers:
        return _episode(name, own, numbers, folders, root_kind)
    junk = find_junk(own)
    if junk:
        return _from_folder(name, own, folders, junk, root_kind)
    season = read_season(own)
    if season is not None and root_kind is None:
        reason = "the name of a season's folder"
        return ParsedName(
            name, "season", folders.title, folders.year, season, reason=reason
        )
    if root_kind != "SHOWS" and not (root_kind is None and _PACK.search(own)):
        film = _film(name, own)
        if film:
            return film
    if root_kind in {"MOVIES", "OTHER"}:
        return _plain(name, own, folders, root_kind)
    return _guessed(name, own, folders, root_kind)


# --- Episodes -------------------------------------------------------------------------


def _episode(
    name: str, own: str, numbers: Numbers, folders: Folders, root_kind: str | None
) -> ParsedName:
    tags = find_tags(own, after=numbers.end)
    title: str | None
    title, year = _show_title(own, numbers)
    reason = f"{numbers.how}; title before it"
    if not title:
        title, year = folders.title, folders.year
        reason = f"{numbers.how}; title from the folder"
    if root_kind == "OTHER" or (numbers.air_date and not title):
        # A dated home video is no episode of a show.
        return _other(name, own, numbers.air_date)
    season = numbers.season
    if season is None and not numbers.air_date and folders.in_season:
        season = folders.season
    return ParsedName(
        name,
        kind="episode",
        title=title or None,
        year=year or _folder_year(title, folders),
        season=season,
        episodes=numbers.episodes,
        absolute=numbers.absolute,
        air_date=numbers.air_date,
        episode_title=as_title(own[numbers.end : tags.start]) or None,
        alt_titles=_other_readings(title, folders),
        resolution=tags.resolution or find_tags(own).resolution,
        source=tags.source,
        edition=None,
        group=tags.group,
        reason=reason if title else f"{numbers.how}; no title anywhere",
    )


def _show_title(own: str, numbers: Numbers) -> tuple[str, int | None]:
    before = numbers.title or own[: numbers.start]
    before = _GROUP_IN_FRONT.sub("", before)
    title, year = split_year(before.rstrip(" ._-")) if before.strip() else ("", None)
    title = as_title(title)
    if read_season(title) is not None:
        return "", year
    return title, year


def _folder_year(title: str | None, folders: Folders) -> int | None:
    """Take the folder's year for a show that the folder names alike."""
    if not title or not folders.title:
        return None
    return folders.year if like(title) == like(folders.title) else None


def _other_readings(title: str | None, folders: Folders) -> tuple[str, ...]:
    if not folders.title or not title or like(title) == like(folders.title):
        return ()
    return (folders.title,)


# --- Films ----------------------------------------------------------------------------


def _film(name: str, own: str) -> ParsedName | None:
    """Read `Title (Year)` and `Title.Year.tags`; None when no year is there."""
    text = _GROUP_IN_FRONT.sub("", own)
    year = _find_year(text)
    if year is None:
        return None
    tags = find_tags(text, after=year.end())
    before = text[: year.start()]
    edition = (
        find_edition(found[0]) if (found := _EDITION_AT_END.search(before)) else None
    )
    title = as_title(before[: found.start()] if found else before) or as_title(before)
    if not title or find_junk(title) == "holds no letter or digit":
        return None
    return ParsedName(
        name,
        kind="movie",
        title=title,
        year=int(year[0].strip("()[]")),
        alt_titles=_halves(title),
        resolution=tags.resolution,
        source=tags.source,
        edition=tags.edition or edition,
        part=tags.part,
        group=tags.group,
        reason="title and year in the name",
    )


def _find_year(text: str) -> re.Match[str] | None:
    """Return the year: the last in brackets, else the last before the technical words.

    One at the very beginning is the title: `2012 (2009)`, `1917.2019.1080p`.
    """
    bracketed = [m for m in _IN_BRACKETS.finditer(text) if m.start() > 0]
    if bracketed:
        return bracketed[-1]
    end = find_tags(text).start
    bare = [m for m in _YEARS.finditer(text) if 0 < m.start() < end]
    return bare[-1] if bare else None


def _halves(title: str) -> tuple[str, ...]:
    """Offer the part before a dash too: `Title - Subtitle`."""
    before, dash, _ = title.partition(" - ")
    return (before,) if dash and before else ()


def _plain(name: str, own: str, folders: Folders, root_kind: str) -> ParsedName:
    """Read a name without a year where every file is a film or a video."""
    if root_kind == "OTHER":
        return _other(name, own, None)
    text = _GROUP_IN_FRONT.sub("", own)
    tags = find_tags(text)
    title = as_title(text[: tags.start])
    found = ParsedName(
        name,
        kind="movie",
        title=title or None,
        alt_titles=_halves(title),
        resolution=tags.resolution,
        source=tags.source,
        edition=find_edition(text) if tags.start < len(text) else tags.edition,
        part=tags.part,
        group=tags.group,
        reason="the name, without a year",
    )
    if not title or folders.has_film:
        return _with_film_folder(found, folders)
    return found


def _with_film_folder(found: ParsedName, folders: Folders) -> ParsedName:
    """Let a folder named `Title (Year)` say which film it is."""
    if not folders.title:
        return found
    own = (found.title,) if found.title and found.title != folders.title else ()
    return replace(
        found,
        kind="movie",
        title=folders.title,
        year=folders.year,
        alt_titles=own,
        reason="title and year of the folder"
        if folders.year
        else "title of the folder",
    )


# --- The rest -------------------------------------------------------------------------


def _other(name: str, own: str, air_date: str | None) -> ParsedName:
    tags = find_tags(own)
    title, year = split_year(own[: tags.start] or own)
    return ParsedName(
        name,
        kind="other",
        title=as_title(title) or None,
        year=year,
        air_date=air_date,
        resolution=tags.resolution,
        source=tags.source,
        group=tags.group,
        reason="the name as it stands",
    )


def _from_folder(
    name: str, own: str, folders: Folders, junk: str, root_kind: str | None
) -> ParsedName:
    """Fall back on the folder when the name itself says nothing."""
    refused = ParsedName(name, reason=f"the name {junk}")
    if root_kind == "OTHER":
        return refused if junk != "was made by a camera" else _other(name, own, None)
    if not folders.title:
        return refused
    release = find_numbers(folders.title)
    if release and root_kind != "MOVIES":
        found = _episode(name, folders.title, release, Folders(), root_kind)
        return replace(found, reason=f"{found.reason}; all of it from the folder")
    if root_kind != "SHOWS" and folders.has_film and not folders.in_season:
        return _with_film_folder(refused, folders)
    return refused


def _guessed(
    name: str, own: str, folders: Folders, root_kind: str | None
) -> ParsedName:
    is_show = True if root_kind == "SHOWS" or folders.in_season else None
    guessed = guess(own, is_show=is_show)
    tags = find_tags(own)
    has_number = bool(guessed.episodes or guessed.absolute or guessed.air_date)
    title, year = guessed.title, guessed.year
    reason = "guessed from the name"
    if not title and folders.title:
        title, year = folders.title, folders.year
        reason = "numbers guessed from the name; title from the folder"
    found = ParsedName(
        name,
        kind="other",
        title=title,
        year=year or _folder_year(title, folders),
        season=guessed.season,
        episodes=guessed.episodes,
        absolute=guessed.absolute,
        air_date=guessed.air_date,
        episode_title=guessed.episode_title,
        alt_titles=guessed.alt_titles or _other_readings(title, folders),
        resolution=tags.resolution,
        source=tags.source,
        edition=tags.edition,
        part=tags.part,
        group=tags.group,
        reason=reason,
    )
    return _with_kind(found, guessed.is_episode, has_number, folders, root_kind)


def _with_kind(
    found: ParsedName,
    is_episode: bool,  # noqa: FBT001 - private, named at its one call
    has_number: bool,  # noqa: FBT001 - as above
    folders: Folders,
    root_kind: str | None,
) -> ParsedName:
    if has_number and (is_episode or root_kind == "SHOWS"):
        season = found.season
        if season is None and folders.in_season and not found.air_date:
            season = folders.season
        return replace(found, kind="episode", season=season)
    if found.season is not None:
        return replace(found, kind="season")
    if root_kind == "SHOWS":
        return replace(found, kind="other", reason="no episode number in the name")
    return replace(found, kind="movie" if found.title else "other", season=None)
