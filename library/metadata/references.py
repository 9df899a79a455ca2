"""What a person types or pastes to name one title: an id or an address."""

import re
from dataclasses import dataclass

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "imdb",
        re.compile(r"(?:https?://)?(?:[a-z]+\.)?imdb\.com/title/(?P<value>tt\d{7,9})"),
    ),
    ("imdb", re.compile(r"(?:imdb[:=-]\s*)?(?P<value>tt\d{7,9})$")),
    (
        "tmdb",
        re.compile(
            r"(?:https?://)?(?:www\.)?themoviedb\.org/(?P<kind>movie|tv)/(?P<value>\d{1,9})"
        ),
    ),
    ("tmdb", re.compile(r"tmdb(?:id)?[:=-]\s*(?P<value>\d{1,9})$")),
    (
        "tvdb",
        re.compile(
            r"(?:https?://)?(?:www\.)?thetvdb\.com/dereferrer/(?P<kind>series|movie)/"
            r"(?P<value>\d{1,9})"
        ),
    ),
    (
        "tvdb",
        re.compile(
            r"(?:https?://)?(?:www\.)?thetvdb\.com/(?:index\.php)?\?"
            r"(?:[\w=%-]+&)*?tab=(?P<kind>series)&(?:[\w=%-]+&)*?id=(?P<value>\d{1,9})"
        ),
    ),
    (
        "tvdb-slug",
        re.compile(
            r"(?:https?://)?(?:www\.)?thetvdb\.com/(?P<kind>series|movies)/"
            r"(?P<value>[a-z0-9]+(?:-[a-z0-9]+)*)(?=$|[/?#])"
        ),
    ),
    ("tvdb", re.compile(r"tvdb(?:id)?[:=-]\s*(?P<value>\d{1,9})$")),
)
_KINDS = {"movie": "MOVIE", "movies": "MOVIE", "tv": "SHOW", "series": "SHOW"}


@dataclass(frozen=True, slots=True)
class Reference:
    """One title as a catalogue numbers it."""

    catalogue: str
    """`imdb`, `tmdb`, `tvdb`, or `tvdb-slug` for the word in an address of TheTVDB."""
    value: str
    kind: str = ""
    """MOVIE or SHOW; "" when the address does not say."""


def read_reference(typed: str) -> Reference | None:
    """Read `tt0133093`, `tmdb:603`, or the address of a page; None for a name.

    Source: the sites' own addresses.
    """
    for catalogue, pattern in _PATTERNS:
        found = pattern.match(typed.strip().lower())
        if found:
            told = found.groupdict()
            return Reference(
                catalogue, told["value"], _KINDS.get(told.get("kind") or "", "")
            )
    return None
