"""Says kept reasons in the reader's language: they are kept in English, which code reads.

A phrase that is not known here, such as one of an older version, is said as it was kept.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from drivearr.lib.wording import gettext, gettext_noop

_PHRASES = (
    # What speaks for or against a candidate (library.metadata.matching).
    gettext_noop("title equal"),
    gettext_noop("title {share} alike"),
    gettext_noop("original title equal"),
    gettext_noop("original title {share} alike"),
    gettext_noop("alternative title equal"),
    gettext_noop("alternative title {share} alike"),
    gettext_noop("title without its country equal"),
    gettext_noop("title without its country {share} alike"),
    gettext_noop("nothing alike"),
    gettext_noop("no year in the name"),
    gettext_noop("its year unknown"),
    gettext_noop("same year"),
    gettext_noop("year off by one"),
    gettext_noop("year off by {n}"),
    gettext_noop("made in {country}"),
    gettext_noop("not made in {country}"),
    gettext_noop("has these episodes"),
    gettext_noop("has {have} of {n} episodes"),
    gettext_noop("has none of these episodes"),
    gettext_noop("has only {n} episodes"),
    gettext_noop("has {n} episodes"),
    gettext_noop("episode titles agree"),
    gettext_noop("no episode title agrees"),
    gettext_noop("air date agrees"),
    gettext_noop("nothing aired that day"),
    gettext_noop("runs {n} minutes, as the file does"),
    gettext_noop("runs {n} minutes, the file {file}"),
    # Why no answer would be sure (library.services.asking).
    gettext_noop("it lies among a household's own videos"),
    gettext_noop("the file was made by a camera"),
    gettext_noop("only the folder says so"),
    gettext_noop("and it holds other videos too"),
    gettext_noop("and the file's own name says something else"),
    gettext_noop("a camera's file"),
    gettext_noop("one word"),
    gettext_noop("without a year"),
    # What it came to.
    gettext_noop("no candidate fits"),
    gettext_noop("nothing found"),
    gettext_noop("not sure: {why}"),
    gettext_noop("several fit equally well: {names}"),
    gettext_noop("no title: {why}"),
    gettext_noop("no title in the name"),
    gettext_noop("no episode number: {why}"),
    gettext_noop("no source asked"),
    gettext_noop("in the folder of {title}"),
    gettext_noop("name of the file"),
    gettext_noop(".nfo file"),
    gettext_noop("as it was before"),
    gettext_noop("chosen by a person"),
    gettext_noop("chosen by {person}"),
    gettext_noop("ignored by a person"),
    gettext_noop("ignored by {person}"),
    # What a name says, and what that rests on (library.naming).
    gettext_noop("there is no name"),
    gettext_noop("the name holds no letter or digit"),
    gettext_noop("the name is a bare number"),
    gettext_noop("the name says nothing"),
    gettext_noop("the name is a hash"),
    gettext_noop("the name was made by a camera"),
    gettext_noop("the name of a season's folder"),
    gettext_noop("the name is of a whole show"),
    gettext_noop("the name as it stands"),
    gettext_noop("the name, without a year"),
    gettext_noop("title and year in the name"),
    gettext_noop("title and year of the folder"),
    gettext_noop("title from the folder"),
    gettext_noop("all of it from the folder"),
    gettext_noop("no episode number in the name"),
    gettext_noop("a date in the name"),
    gettext_noop("year {n}: in the folder"),
    gettext_noop("year {n}: in the name"),
    gettext_noop("season {n}: the folder says so too"),
    gettext_noop("id {source} {id}: in the name or folder"),
    gettext_noop("other readings: {names}"),
)
_INSIDE = frozenset({"why"})
"""What stands in these places is a reason itself."""
_MARKS = ("; ", ", ")
_PLACE = re.compile(r"\{(\w+)\}")
_LONGEST = 2000
"""A longer text is no reason of ours."""


def say(kept: str) -> str:
    """Return a reason as it was kept, said in the language of whoever reads it."""
    if not kept or len(kept) > _LONGEST:
        return kept
    whole = _say_phrase(kept)
    if whole is not None:
        return whole
    for mark in _MARKS:
        if mark in kept:
            return mark.join(say(part) for part in kept.split(mark))
    return kept


def _say_phrase(kept: str) -> str | None:
    for form, text in _forms():
        found = form.fullmatch(kept)
        if found:
            told = {
                name: say(value) if name in _INSIDE else value
                for name, value in found.groupdict().items()
            }
            return gettext(text).format(**told)
    return None


@lru_cache(maxsize=1)
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile("".join(_pieces(text))), text) for text in _PHRASES)


def _pieces(text: str) -> Iterator[str]:
    """Yield the parts of a pattern; what stands in a place holds no mark, but at the end."""
    ends = 0
    for place in _PLACE.finditer(text):
        yield re.escape(text[ends : place.start()])
        ends = place.end()
        is_last = ends == len(text) and text[: place.start()].endswith(": ")
        yield f"(?P<{place[1]}>{'.+' if is_last else '[^,;]+'})"
    yield re.escape(text[ends:])
