"""Films, and names that say less than their folder."""

import re
from dataclasses import replace

from library.naming import absolutes, numbering
from library.naming.cleaning import (
    as_title,
    find_junk,
)
from library.naming.episodes import read_episode
from library.naming.folders import Folders
from library.naming.named import Name, find_year, read_other, with_tags
from library.naming.parsed import ParsedName
from library.naming.tagging import Tags, cut_plain_edition, find_edition, find_tags
from library.naming.titling import Title, read_title
from library.naming.vocabulary import find_tail, find_words

_EXTRA_WORDS = re.compile(
    r"(?<![^\W_])(?:nc(?:op|ed)\d{0,2}|creditless|trailers?|pv\d?|cm\d?|menu|preview)(?![^\W_])",
    re.IGNORECASE,
)

_ARTICLE = re.compile(
    r"(?:the|an?|der|die|das|le|la|les|el|los|las|il|lo)", re.IGNORECASE
)
_SEASON_AT_END = re.compile(r"[^\W_][ ._-]+season[ ._-]*\d{1,2}[ ._-]*$", re.IGNORECASE)
_YEAR_IN_BRACKETS = re.compile(r"[\s._-]*[\[(](?:19|20)\d\d[\])]")


def read_without_number(name: Name, tags: Tags) -> ParsedName:
    """Read a video of a show that says no episode."""
    title = as_title(name.own[: tags.start])
    is_extra = bool(_EXTRA_WORDS.search(name.own))
    folder = _from_release(name)
    if folder and not is_extra:
        return folder
    if name.folders.in_season and name.folders.title and title and not is_extra:
        return with_tags(_by_its_title(name, title), tags)
    return with_tags(
        ParsedName(
            name.whole,
            title=title or name.folders.title,
            reason="no episode number in the name",
        ),
        tags,
    )


def _by_its_title(name: Name, title: str) -> ParsedName:
    """Read `Show/Season 1/The Pilot.mkv`: which number that is, a catalogue may know."""
    folders = name.folders
    show = folders.title or ""
    own = title[len(show) :].lstrip(" -") if title.startswith(f"{show} ") else title
    return ParsedName(
        name.whole,
        kind="episode",
        title=show,
        year=folders.year,
        season=folders.season,
        episode_title=own or title,
        alt_titles=folders.others,
        reason="no episode number in the name",
    )


def read_film(name: Name) -> ParsedName:
    """Read a film; its folder helps where the name has no year."""
    own = name.own
    junk = find_junk(own)
    if (
        junk
        and name.root_kind == "MOVIES"
        and not (junk == "is a bare number" and not name.folders.title)
    ):
        return read_folder_instead(name, junk)
    text, group = absolutes.cut_group(own)
    if group and _YEAR_IN_BRACKETS.match(text):
        # `[Title] [1999]`: what stands before the year is no group.
        text, group = f"{group} {text}", None
    text = _cut_leading_tags(text)
    if not find_year(text) and name.root_kind is None:
        release = _from_release(name)
        if release:
            return release
    found = _film(name, text)
    if found.group is None and group:
        found = replace(found, group=group)
    if found.year is None and (name.folders.has_film or not found.title):
        return _with_film_folder(found, name.folders)
    return found


def _cut_leading_tags(text: str) -> str:
    """Return a name without tags in front: `h265 - HEVC Title`."""
    at = 0
    for word in find_words(text):
        if not word.is_strong or text[at : word.start].strip(" ._-[("):
            break
        at = word.end
    rest = text[at:].lstrip(" ._-])")
    return rest or text


def _film(name: Name, text: str) -> ParsedName:
    year = find_year(text)
    tags = find_tags(text, after=year.end() if year else 0)
    stop = find_tail(text)
    before = text[: min(year.start(), stop)] if year and year.start() else text[:stop]
    if year and (year.start() == 0 or not as_title(before)):
        before = text[year.end() : tags.start] or before
    if year and _ARTICLE.fullmatch(before.strip(" ._-")):
        # `The.Remux.2015`: no title is an article alone.
        before = text[: year.start()]
    before = _cut_open_bracket(before)
    before, edition = _cut_edition(before, has_year=bool(year))
    title = read_title(before) if before.strip() else Title("")
    if not title.title:
        title = Title(as_title(before))
    if year and _says_too_little(title.title, before):
        title = replace(title, title=as_title(_plain(before)), others=(title.title,))
    if year and title.year and title.title:
        # `Film 2049 (2017)`: the first year is of the title.
        title = replace(title, title=as_title(_plain(before)))
    tags = tags if tags.start < len(text) else find_tags(text)
    is_year = year is not None
    found = ParsedName(
        name.whole,
        kind="movie",
        title=title.title or None,
        year=int(re.sub(r"\D", "", year[0])[:4]) if year else title.year,
        alt_titles=title.others,
        edition=edition,
        reason="title and year in the name" if is_year else "the name, without a year",
    )
    return with_tags(found, tags)


def _says_too_little(title: str, before: str) -> bool:
    """Whether words were cut off that belong to a film's title.

    `The Remux (2015)`, `Open Season 2 (2008)`: no film's title is an article alone, and a
    film has no seasons.
    """
    return bool(_ARTICLE.fullmatch(title) or _SEASON_AT_END.search(before))


def _cut_open_bracket(before: str) -> str:
    """Cut a bracket off that holds the year among other words: `[Director.1987]`."""
    at = max(before.rfind("["), before.rfind("("))
    is_open = at > 0 and not re.search(r"[\])]", before[at:])
    return before[:at] if is_open and as_title(before[:at]) else before


def _plain(text: str) -> str:
    return absolutes.cut_group(text)[0]


def _cut_edition(before: str, *, has_year: bool) -> tuple[str, str | None]:
    """Cut words for an edition off the end of a title; `SE` and `DC` only in capitals."""
    if not has_year:
        return cut_plain_edition(before)
    words = [word for word in find_words(before) if word.kind in {"edition", "three_d"}]
    cut, at = None, len(before)
    for word in reversed(words):
        if before[word.end : at].strip(" ._-()[]"):
            break
        rest = before[: word.start].strip(" ._-([")
        if not rest or _ARTICLE.fullmatch(rest):
            break
        is_short = len(word.text) < 4  # noqa: PLR2004 - letters
        is_plain = word.text.islower() or (not is_short and word.text.istitle())
        if is_short and not word.text.isupper():
            break
        if (
            is_plain
            and " " not in word.text
            and "." not in word.text
            and word.text.casefold() != "extended"
        ):
            break
        cut = at = word.start
    if cut is None:
        return before, None
    return before[:cut], find_edition(" " + before[cut:])


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
        alt_titles=tuple(dict.fromkeys((*own, *found.alt_titles, *folders.others))),
        reason="title and year of the folder"
        if folders.year
        else "title of the folder",
    )


def _from_release(name: Name) -> ParsedName | None:
    """Read the folder's name where it is a release's and says more than the file's."""
    release = name.folders.release
    if not release or name.root_kind in {"MOVIES", "OTHER"}:
        return None
    own = name.own
    if any(word.is_strong for word in find_words(own)) and name.folders.has_film:
        return None
    numbers = numbering.find_numbers(release)
    if numbers and not numbers.is_whole:
        plain = Name(name.whole, release, Folders(), name.root_kind)
        found = read_episode(plain, numbers)
        return replace(found, reason=f"{found.reason}; all of it from the folder")
    is_short = " " not in own and "." not in own
    if (
        is_short
        and name.folders.has_film is False
        and name.folders.title
        and not name.folders.in_season
    ):
        return _with_film_folder(ParsedName(name.whole), name.folders)
    return None


def read_within_release(name: Name) -> ParsedName | None:
    """Read a file whose own name says nothing in a release's folder."""
    release = name.folders.release
    if not release or not find_junk(name.own) or name.root_kind in {"MOVIES", "OTHER"}:
        return None
    found = _from_release(name)
    if found and found.kind == "episode":
        return found
    numbers = absolutes.find_last(release, find_tail(release))
    number = name.own.strip(" ._-")
    if not numbers or not number.isdecimal() or int(number) not in numbers.absolute:
        return None
    one = replace(numbers, absolute=(int(number),), how=f"{number} of the folder's")
    plain = Name(name.whole, release, Folders(), name.root_kind)
    return read_episode(plain, one)


def read_folder_instead(name: Name, junk: str) -> ParsedName:
    """Fall back on the folder when the name itself says nothing."""
    refused = ParsedName(name.whole, reason=f"the name {junk}")
    if name.root_kind == "OTHER":
        return refused if junk != "was made by a camera" else read_other(name, None)
    found = _from_release(name)
    if found and found.kind == "episode":
        return found
    folders = name.folders
    is_film = folders.has_film or bool(folders.release)
    if name.root_kind == "SHOWS" or folders.in_season or not is_film:
        return refused
    tags = find_tags(folders.release) if folders.release else None
    film = _with_film_folder(refused, folders)
    return with_tags(film, tags) if tags and film.title else film
