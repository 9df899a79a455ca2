"""Episode numbers that only their surroundings make sure."""

import re
from dataclasses import dataclass, replace

from library.naming import absolutes, dating, numbering
from library.naming.cleaning import (
    like,
)
from library.naming.episodes import read_episode
from library.naming.folders import is_shows_name
from library.naming.named import YEAR, Name, find_year, moved
from library.naming.numbering import Numbers
from library.naming.parsed import ParsedName
from library.naming.tagging import Tags, find_tags
from library.naming.vocabulary import find_tail

_BARE = re.compile(
    r"(?:(?:e|ep|episode|folge|#)[ ._-]?)?(?P<first>\d{1,4})(?:(?:[-&+]|[ ._]?&[ ._]?)(?:e?)(?P<last>\d{1,4}))?(?:v\d)?"
    r"(?:[ ._-]+(?P<rest>\S.*))?",
    re.IGNORECASE | re.DOTALL,
)


_EASTERN = "\u3040"
"""From here on are the scripts that are written without blanks."""
_GLUED = re.compile(r"(?P<first>\d{1,4})(?:v\d)?[ ._-]*")
_LISTED = re.compile(r"0\d{1,2}(?:-\d{2,3})?(?:\.[ ]|[ ]?-[ ]?)(?=[^\W\d])")


_HUNDRED = 100


_PACKED_DIGITS = (3, 4)


_TV = frozenset({"tv"})


def is_numbered_folder(name: Name) -> bool:
    """Whether bare numbers in this folder are episodes: a show's, not a release's."""
    folders = name.folders
    if not folders.title or name.root_kind == "OTHER" or folders.release:
        return False
    number = name.own.strip(" ._-")
    if not number.isdecimal() or len(number) > 4:  # noqa: PLR2004 - digits
        return False
    if number.lstrip("0") == folders.title.lstrip("0"):
        return False
    return name.root_kind == "SHOWS" or (
        folders.year is None and is_shows_name(folders.title)
    )


@dataclass(frozen=True, slots=True)
class _Looked:
    """A name looked at once for all the readings below."""

    name: Name
    text: str
    """Without the group in front."""
    offset: int
    """How much was cut off in front."""
    group: str | None
    head: int
    """Where in `text` the technical words begin."""
    year: re.Match[str] | None
    source: str | None

    @property
    def is_show(self) -> bool:
        return self.name.root_kind == "SHOWS"


def find_loose_numbers(name: Name, tags: Tags) -> Numbers | None:
    """Read a number that only what stands around it makes an episode's."""
    text, group = absolutes.cut_group(name.own)
    looked = _Looked(
        name=name,
        text=text,
        offset=len(name.own) - len(text),
        group=group,
        head=find_tail(text),
        year=None if dating.find_date(text) else find_year(text),
        source=tags.source,
    )
    for read in (_fansub, _worded, _part, _last, _padded, _beginning, _glued, _packed):
        found = read(looked)
        if found:
            return found
    return None


def _fansub(looked: _Looked) -> Numbers | None:
    """Read `[Group] Show - 12` or `[Group][Show][12]`, whichever comes first."""
    own, year = looked.name.own, looked.year
    bracketed = (
        absolutes.find_bracketed(own) if any(sign in own for sign in "[{(") else None
    )
    dashed = absolutes.find_dashed(
        looked.text,
        is_fansub=bool(looked.group) or looked.is_show,
        has_year=year is not None and year[0][0] in "([",
    )
    if not dashed:
        return bracketed
    dashed = moved(dashed, looked.offset)
    return dashed if not bracketed or dashed.start < bracketed.start else bracketed


def _worded(looked: _Looked) -> Numbers | None:
    own = looked.name.own
    word = numbering.find_episode_word(own)
    if word and word.is_weak and not looked.is_show and _is_film_after(own, word):
        return None
    return word


def _part(looked: _Looked) -> Numbers | None:
    own = looked.name.own
    part = numbering.find_part(own[: max(looked.head + looked.offset, 1)])
    if not part or _follows_year(own, part):
        return None
    return part if looked.is_show or looked.source in _TV else None


def _last(looked: _Looked) -> Numbers | None:
    is_broadcast = looked.source in _TV and not looked.year and " " not in looked.text
    if not looked.group and not looked.is_show and not is_broadcast:
        return None
    last = absolutes.find_last(looked.text, looked.head)
    if not last or (not looked.group and _is_packed(last, looked.text)):
        return None
    return moved(last, looked.offset)


def _is_packed(last: Numbers, text: str) -> bool:
    return last.absolute[0] >= _HUNDRED and text[last.start] == "."


def _padded(looked: _Looked) -> Numbers | None:
    padded = absolutes.find_padded(looked.text, looked.head)
    if not padded or (looked.year and looked.year.start() >= padded.end):
        return None
    return moved(padded, looked.offset)


def _beginning(looked: _Looked) -> Numbers | None:
    name = looked.name
    if _LISTED.match(looked.text) and not looked.year:
        return moved(read_beginning(looked.text), looked.offset)
    if not name.folders.title or not _BARE.fullmatch(name.own):
        return None
    is_episode = looked.is_show or _is_bare_episode(name)
    return read_beginning(name.own) if is_episode else None


def _glued(looked: _Looked) -> Numbers | None:
    """Read `甄嬛传05` in the folder `甄嬛传`: a script without blanks sets none there."""
    title = looked.name.folders.title
    text = looked.text[: looked.head]
    if not title or title[-1] < _EASTERN or not text.startswith(title):
        return None
    found = _GLUED.fullmatch(text, len(title))
    if not found:
        return None
    numbers = Numbers(
        len(title),
        found.end(),
        absolute=(int(found["first"]),),
        how=f"{found['first']} after the folder's title",
    )
    return moved(numbers, looked.offset)


def _packed(looked: _Looked) -> Numbers | None:
    """Read `Show.103`: where something beside the number says that it is a show."""
    text, head, year = looked.text, looked.head, looked.year
    found = numbering.find_packed(text, head)
    if not found or (year and year.end() > found.end):
        return None
    title = looked.name.folders.title
    is_named = title is not None and like(text[: found.start]) == like(title)
    if looked.source in _TV or looked.is_show or is_named:
        return moved(found, looked.offset)
    if looked.source == "bluray":
        return None
    is_dotted = " " not in text.strip()
    is_end = found.end >= head or not text[found.end : head].strip(" ._-")
    is_likely = is_end or year is not None or "_" in text[:head]
    return moved(found, looked.offset) if is_dotted and is_likely else None


def _is_film_after(own: str, word: Numbers) -> bool:
    """Whether a year follows `Episode 4`: then it is a film's."""
    rest = own[word.end :]
    return bool(YEAR.search(rest[: find_tail(rest) + 1]))


def _follows_year(own: str, part: Numbers) -> bool:
    """Whether the year stands after the part, as films have it."""
    rest = own[part.end :]
    return bool(YEAR.match(rest.lstrip(" ._-([")))


def _is_bare_episode(name: Name) -> bool:
    """Whether `02 - Name` in this folder is an episode: not in a film's folder."""
    folders = name.folders
    found = _BARE.fullmatch(name.own)
    if not found or not folders.title or folders.year or folders.release:
        return False
    if folders.depth == 0 or not is_shows_name(folders.title):
        return False
    if not found["rest"]:
        return is_numbered_folder(name)
    is_padded = found["first"].startswith("0")
    has_mark = bool(re.match(rf"\D*{found['first']}[ ._]*[-.]", name.own))
    return (is_padded or has_mark) and not find_year(name.own)


def read_beginning(own: str) -> Numbers:
    """Read the number that a name is known to begin with."""
    found = _BARE.fullmatch(own.strip())
    numbers = [int(found[key]) for key in ("first", "last") if found and found[key]]
    end = found.start("rest") if found and found["rest"] else len(own)
    return Numbers(
        0, end, absolute=numbering.fill(numbers), how="the number it begins with"
    )


def read_in_season(name: Name) -> ParsedName | None:
    """Read `06 - Title` and `Show 06` in the folder of a season."""
    own, season = name.own, name.folders.season or 0
    found = _BARE.fullmatch(own.strip())
    if found and not absolutes.cut_group(own)[1]:
        numbers = read_beginning(own)
    else:
        loose = find_loose_numbers(name, find_tags(own))
        if not loose:
            return None
        numbers = loose
    if numbers.season is None and not numbers.air_date:
        shown = numbers.episodes or numbers.absolute
        packed = found["first"] if found else str(shown[0]) if shown else ""
        hundreds, rest = divmod(shown[0], _HUNDRED) if shown else (0, 0)
        is_packed = len(packed) in _PACKED_DIGITS and not packed.startswith("0")
        if len(shown) == 1 and is_packed and hundreds == season and rest:
            shown = (rest,)
        numbers = replace(numbers, season=season, episodes=shown, absolute=())
    how = f"{numbers.how}, in the folder of season {season}"
    return read_episode(name, replace(numbers, how=how))
