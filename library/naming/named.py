"""A name made ready for reading, and what every kind of name needs."""

import re
from dataclasses import dataclass, replace

from library.naming.cleaning import (
    as_title,
)
from library.naming.folders import Folders
from library.naming.numbering import Numbers
from library.naming.parsed import ParsedName
from library.naming.tagging import Tags, find_tags
from library.naming.titling import split_year
from library.naming.vocabulary import find_tail

YEAR = re.compile(r"(?<![\dA-Za-z])(?:19|20)\d\d(?![\dA-Za-z])")


YEAR_IN_BRACKETS = re.compile(r"[(\[]((?:19|20)\d\d)(?:[ ]?[-–][ ]?(?:\d{4})?)?[)\]]")


@dataclass(frozen=True, slots=True)
class Name:
    """A name made ready: its own text and what its folders say."""

    whole: str
    """As it came."""
    own: str
    """Of the file, without extension, ids and site names."""
    folders: Folders
    root_kind: str | None
    has_extension: bool = True
    """None may be a folder's name."""


def with_tags(found: ParsedName, tags: Tags) -> ParsedName:
    """Return `found` with what the technical words say."""
    return replace(
        found,
        resolution=tags.resolution,
        source=tags.source,
        edition=found.edition or tags.edition,
        part=tags.part if found.kind != "episode" else found.part,
        group=tags.group,
        languages=tags.languages,
        hdr=tags.hdr,
        is_3d=tags.is_3d,
        is_proper=tags.is_proper,
    )


def find_year(text: str) -> re.Match[str] | None:
    """Return the year: the last in brackets, else the last before the technical words.

    One at the very beginning is the title: `2012 (2009)`, `1917.2019.1080p`.
    """
    bracketed = list(YEAR_IN_BRACKETS.finditer(text))
    if bracketed:
        return bracketed[-1]
    end = find_tail(text)
    bare = [m for m in YEAR.finditer(text) if m.start() > 0]
    inside = [m for m in bare if m.start() < end]
    if inside:
        return inside[-1]
    return bare[0] if bare else None


def is_in_bracket(text: str, at: int) -> bool:
    """Whether what stands at `at` is in a bracket after other words."""
    return (
        "(" in text[:at]
        and ")" in text[at:]
        and ")" not in text[text.rfind("(", 0, at) : at]
    )


def moved(numbers: Numbers, offset: int) -> Numbers:
    """Return `numbers` as they stand in a text with `offset` more in front."""
    return replace(numbers, start=numbers.start + offset, end=numbers.end + offset)


def read_other(name: Name, air_date: str | None) -> ParsedName:
    """Read a home video: its name as it stands."""
    tags = find_tags(name.own)
    title, year = split_year(name.own[: tags.start] or name.own)
    return with_tags(
        ParsedName(
            name.whole,
            kind="other",
            title=as_title(title) or None,
            year=year,
            air_date=air_date,
            reason="the name as it stands",
        ),
        tags,
    )
