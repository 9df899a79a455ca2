"""Titles: which part of a text is the title, and which other readings there are."""

import re
from dataclasses import dataclass

from library.naming.absolutes import cut_group, has_latin
from library.naming.cleaning import as_title, like
from library.naming.numbering import SEASON_WORDS
from library.naming.vocabulary import AFTER, BEFORE, find_tail, find_words

_AKA = re.compile(r"[ ._]+\(?(?:a\.?k\.?a\.?|aka)[ ._]+(?=\S)", re.IGNORECASE)
_SLASH = re.compile(r"\s*[/|／｜]\s*")
_MIXED_SLASH = re.compile(r"\s*[/|／｜·]\s*|(?<=[^\x00-\u024f])_+|_+(?=[^\x00-\u024f])")
_YEAR_AT_END = re.compile(
    r"(?P<title>.*\S)[ ._-]*(?:\((?P<in>(?:19|20)\d\d)\)|\[(?P<on>(?:19|20)\d\d)\]"
    r"|[ ._-]\(?(?P<bare>(?:19|20)\d\d)\)?)(?:[-–](?:(?:19|20)\d\d)?\)?)?[ ._-]*",
    re.DOTALL,
)
_SPAN_AT_END = re.compile(
    r"(?P<title>.*\S)[ ._-]*\((?P<in>(?:19|20)\d\d)[ ]?[-–][ ]?(?:(?:19|20)\d\d)?\)[ ._-]*"
)
_YEAR_IN_FRONT = re.compile(r"\s*[(\[](?P<in>(?:19|20)\d\d)[)\]][ ._-]*(?P<title>\S.*)")
_PARENTHESIS = re.compile(
    r"(?P<title>[^()]*[^()\s._-])[ ._-]*\((?P<in>[^()]{4,})\)[ ._-]*"
)
_SEASON_AT_END = re.compile(
    rf"[ ._-]*(?:[-–(\[][ ._-]*)?{BEFORE}(?:(?:{SEASON_WORDS}|temp?)[ ._-]*\d{{1,3}}|complete){AFTER}[ ._)\]-]*$",
    re.IGNORECASE,
)
_STAMP_IN_FRONT = re.compile(r"^\d\d[01]\d[0-3]\d[ ._-]+(?=[^\W\d])")
_EPISODE_AT_END = re.compile(r"[ ._-]+(?:ep|episode|nr|№|n°)[ ._-]*$", re.IGNORECASE)
_NETWORK = re.compile(r"[ ._](?!(?:[IVX]+|US|UK|AU|NZ|CA|TV)[ ._]*$)[A-Z]{2,5}[ ._]*$")
"""A broadcaster's letters; no Roman number, no country."""
_VERSION_AT_END = re.compile(r"[ ._-]+v\d$", re.IGNORECASE)
_CJK_TAIL = re.compile(r"[\s　][^\x00-\u024f]+$")
_LEADING_NUMBER = re.compile(r"^\d{1,3}\.?\s*-\s+|^\d{3}\.\s+")
_OPEN = re.compile(r"[\[({][^\])}]*$")


@dataclass(frozen=True, slots=True)
class Title:
    """A title, its year and other readings of it."""

    title: str
    year: int | None = None
    others: tuple[str, ...] = ()


def split_year(text: str) -> tuple[str, int | None]:
    """Split `Title (Year)` or `Title.Year`; the year is None when there is none."""
    found = _SPAN_AT_END.fullmatch(text) or _YEAR_AT_END.fullmatch(text)
    if not found:
        found = _YEAR_IN_FRONT.fullmatch(text)
        return (found["title"], int(found["in"])) if found else (text, None)
    groups = found.groupdict()
    year = groups["in"] or groups.get("on") or groups.get("bare")
    return found["title"], int(year or 0)


def read_title(text: str, *, halves: bool = True) -> Title:
    """Read the text before a show's numbers, or before a film's tags.

    `halves`: what stands before a dash may be the whole title.
    """
    text = _strip_front(text)
    text = text[: find_tail(text)]
    text = _EPISODE_AT_END.sub("", text.rstrip(" ._-"))
    text = _VERSION_AT_END.sub("", _SEASON_AT_END.sub("", text))
    text, year = split_year(text.strip(" ._-"))
    text = _SEASON_AT_END.sub("", text)
    return _choose(text, year, halves=halves)


def _strip_front(text: str) -> str:
    text, _ = cut_group(text)
    return _STAMP_IN_FRONT.sub("", text)


def _choose(text: str, year: int | None, *, halves: bool) -> Title:
    """Choose among titles in several scripts, with A.K.A., or in parentheses."""
    parts = [part for part in _AKA.split(text, maxsplit=1) if as_title(part)]
    if len(parts) > 1:
        names = [as_title(part.strip("() ._")) for part in parts]
        return Title(names[0], year, _others(names[0], [*names[1:], as_title(text)]))
    chosen = choose_script(text)
    title = as_title(chosen)
    others = [as_title(text)] if chosen != text else []
    others += _without_tags(chosen)
    if _cut_tail(chosen) != chosen:
        others.append(as_title(_cut_tail(chosen)))
    inside = _PARENTHESIS.fullmatch(title)
    if inside and not title.startswith("("):
        others += [as_title(inside["title"]), as_title(inside["in"])]
    before, dash, after = title.partition(" - ")
    if halves and dash and before and after:
        others.append(before)
    return Title(title, year, _others(title, others))


def _without_tags(text: str) -> list[str]:
    """Offer a title without the weak technical words at its end: `Immersion French`."""
    end = len(text)
    network = _NETWORK.search(text)
    if network and not text.isupper():
        end = network.start()
    for word in reversed(find_words(text[:end])):
        if text[word.end : end].strip(" ._-()[]"):
            break
        end = word.start
    shorter = as_title(text[:end])
    return [shorter] if 0 < end < len(text) and shorter else []


def choose_script(text: str) -> str:
    """Return the Latin title of `地方 / Latin`; the text where there is one only."""
    is_mixed = has_latin(text) and not text.isascii() and not is_wholly_latin(text)
    parts = [
        each for each in (_MIXED_SLASH if is_mixed else _SLASH).split(text) if each
    ]
    if len(parts) > 1:
        wholly = [part for part in parts if is_wholly_latin(part)]
        latin = wholly or [part for part in parts if has_latin(part)]
        if is_mixed and latin:
            return _cut_tail(latin[0])
        return wholly[0] if wholly else parts[0]
    return text


def _cut_tail(text: str) -> str:
    found = _CJK_TAIL.search(text)
    return text[: found.start()] if found and has_latin(text[: found.start()]) else text


def is_wholly_latin(text: str) -> bool:
    """Whether every letter is Latin, and there is one."""
    letters = [c for c in text if c.isalpha()]
    return bool(letters) and all(
        c < "\u0250" or "\uff00" <= c <= "\uff5e" for c in letters
    )


def _others(title: str, readings: list[str]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for each in readings:
        key = like(each)
        if key and key != like(title):
            kept.setdefault(key, each)
    return tuple(kept.values())
