"""Episodes and seasons: whose they are, and which."""

import re
from dataclasses import replace

from library.naming import absolutes, dating, numbering
from library.naming.cleaning import (
    as_title,
    find_junk,
    like,
)
from library.naming.folders import Folders, read_season
from library.naming.named import YEAR_IN_BRACKETS, Name, read_other, with_tags
from library.naming.numbering import Numbers
from library.naming.parsed import ParsedName
from library.naming.tagging import Tags, find_tags
from library.naming.titling import Title, read_title

_PART = re.compile(r"[ ]-[ ]part(\d{1,2})(?=[ ]-[ ]|$)")
_ABSOLUTE_AFTER = re.compile(
    r"[ ._]*[-–(\[]?[ ._(\[]*(?P<first>\d{3,4})(?:-(?P<last>\d{3,4}))?[)\]]?(?=$|[ ._]*[\[(]|[ ._]+-|\.[A-Z])"
)


_ABSOLUTE_BEFORE = re.compile(
    r"[ ._]+[-–][ ._]+(?P<first>\d{2,4})(?P<half>\.\d)?(?:-(?P<last>\d{2,4}))?[ ._]*[-–(\[][ ._(\[]*$"
)


def read_episode(name: Name, numbers: Numbers) -> ParsedName:
    """Read title, tags and the rest around `numbers`."""
    own = name.own
    tags = find_tags(own, after=numbers.end)
    if tags.start >= len(own):
        tags = replace(find_tags(own), start=len(own))
    before = _absolute_before(own, numbers)
    numbers = _with_absolute(own, before, numbers)
    show, reason = _show_of(name, numbers, before)
    if name.root_kind == "OTHER":
        return read_other(name, numbers.air_date)
    season = numbers.season
    if season is None and not numbers.air_date and name.folders.in_season:
        season = name.folders.season
    kind = "season" if numbers.is_whole else "episode"
    part = _PART.match(own, numbers.end)
    name_text = own[part.end() if part else numbers.end : tags.start]
    date = dating.find_date(own[numbers.end :]) if not numbers.air_date else None
    return with_tags(
        ParsedName(
            name.whole,
            kind=kind,  # type: ignore[arg-type]  # one of two literals
            title=show.title or None,
            year=show.year
            or _year_within(own[numbers.start : numbers.end])
            or _folder_year(show.title, name.folders),
            season=season,
            episodes=numbers.episodes,
            absolute=numbers.absolute,
            air_date=numbers.air_date or (date.day if date else None),
            episode_title=as_title(name_text) or None,
            part=int(part[1]) if part else None,
            alt_titles=_other_readings(show, name.folders),
            reason=reason,
        ),
        replace(tags, edition=None),
    )


def _absolute_before(own: str, numbers: Numbers) -> re.Match[str] | None:
    if numbers.season is None or not numbers.episodes:
        return None
    return _ABSOLUTE_BEFORE.search(own[: numbers.start])


def _with_absolute(own: str, before: re.Match[str] | None, numbers: Numbers) -> Numbers:
    """Add the absolute number that stands beside season and episode."""
    if numbers.absolute or numbers.season is None or not numbers.episodes:
        return numbers
    found = before or _ABSOLUTE_AFTER.match(own[numbers.end :])
    if not found or (before and before["half"]):
        return numbers
    is_fansub = bool(absolutes.cut_group(own)[1])
    if not before and not is_fansub and not found["first"].startswith("0"):
        return numbers
    shown = [int(found[key]) for key in ("first", "last") if found[key]]
    end = numbers.end + (0 if before else found.end())
    absolute = numbering.fill(shown, most=numbering.ABSOLUTE_MOST)
    if numbers.season >= 1900:  # noqa: PLR2004 - years as seasons repeat their number
        absolute = ()
    return replace(numbers, absolute=absolute, end=end)


def _show_of(
    name: Name, numbers: Numbers, before: re.Match[str] | None
) -> tuple[Title, str]:
    text = numbers.title or name.own[: before.start() if before else numbers.start]
    if numbers.air_date:
        text = dating.cut_lead(text)
    after = name.own[numbers.end :]
    if "／" in after and not absolutes.has_latin(text):
        text = re.split(r"[(\[]|(?i:s\d)", after.partition("／")[2])[0] or text
    is_group = numbers.title is None and absolutes.cut_group(text + "-")[0] == "-"
    is_fansub = absolutes.cut_group(name.own)[1] is not None
    show = Title("")
    if text.strip(" ._-[(") and not is_group:
        show = read_title(_cut_date(text), halves=is_fansub)
    if show.title and (
        read_season(show.title) is not None
        or find_junk(show.title) == "holds no letter or digit"
    ):
        show = Title("", show.year)
    if show.title and _is_lead(show.title, name.folders):
        show = Title("", show.year)
    if show.title:
        return show, f"{numbers.how}; title before it"
    trailing = _title_after(name, numbers)
    if trailing:
        return trailing, f"{numbers.how}; title after it"
    folders = name.folders
    if folders.title:
        reason = f"{numbers.how}; title from the folder"
        return Title(folders.title, folders.year, folders.others), reason
    group = absolutes.cut_group(text + " .")[1]
    if group and numbers.season is None:
        return read_title(group), f"{numbers.how}; title in brackets before it"
    return Title("", show.year), f"{numbers.how}; no title anywhere"


def _is_lead(title: str, folders: Folders) -> bool:
    """Whether a number alone stands before the episode's number in a show's folder."""
    return title.isdecimal() and bool(folders.title) and title != folders.title


def _title_after(name: Name, numbers: Numbers) -> Title | None:
    """Read `003. Show - Episode`: where no folder and nothing before says a title."""
    is_seasoned = numbers.season is not None or numbers.air_date is not None
    if name.folders.title or is_seasoned:
        return None
    if absolutes.cut_group(name.own[: numbers.start] + "-")[0] != "-":
        return None
    title, _, _ = name.own[numbers.end :].strip(" ._-").partition(" - ")
    return read_title(title) if as_title(title) else None


def _cut_date(text: str) -> str:
    """Return the text before a date that stands before the numbers."""
    date = dating.find_date(text)
    if not date or not date.start or not date.day:
        return text
    # `11 11 11` may as well be a title.
    has_year = date.day[:4] in text[date.start : date.end]
    return text[: date.start] if has_year else text


def _year_within(text: str) -> int | None:
    """Return the year in brackets among words for season and episode."""
    found = YEAR_IN_BRACKETS.search(text)
    return int(found[1]) if found else None


def _folder_year(title: str | None, folders: Folders) -> int | None:
    """Take the folder's year for a show that the folder names alike."""
    if not title or not folders.title:
        return None
    return folders.year if like(title) == like(folders.title) else None


def _other_readings(show: Title, folders: Folders) -> tuple[str, ...]:
    others = list(show.others)
    if folders.title and show.title and like(show.title) != like(folders.title):
        others.append(folders.title)
    return tuple(dict.fromkeys(others))


def read_pack(name: Name, pack: Numbers, tags: Tags) -> ParsedName:
    """Read the name of a whole season."""
    text = name.own[: pack.start]
    show = read_title(text)
    if not show.title:
        folders = name.folders
        show = Title(folders.title or "", folders.year, folders.others)
    return with_tags(
        ParsedName(
            name.whole,
            kind="season",
            title=show.title or None,
            year=show.year,
            season=pack.season,
            alt_titles=_other_readings(show, name.folders),
            reason=f"{pack.how}, no episode",
        ),
        tags,
    )
