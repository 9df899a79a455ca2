"""ParsedName: everything a name says, and why it was read so."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal

Kind = Literal["movie", "episode", "season", "other"]


@dataclass(frozen=True, slots=True)
class ParsedName:
    """What a name says; what it does not say is None or empty."""

    input: str
    kind: Kind = "other"
    title: str | None = None
    """None: neither the name nor its folders hold a title."""
    year: int | None = None
    season: int | None = None
    """0: specials."""
    episodes: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    air_date: str | None = None
    """ISO."""
    episode_title: str | None = None
    alt_titles: tuple[str, ...] = ()
    """Other readings of the title, to be tried when the first finds nothing."""
    resolution: str | None = None
    """`1080p`."""
    source: str | None = None
    """`bluray`, `webdl`, `webrip`, `tv`, `dvd`, …"""
    edition: str | None = None
    part: int | None = None
    group: str | None = None
    languages: tuple[str, ...] = ()
    """Two-letter codes of the spoken languages that the name speaks of."""
    hdr: str | None = None
    """`HDR10`, `Dolby Vision`, …"""
    is_3d: bool = False
    is_proper: bool = False
    """A release mended after a first one."""
    tmdb: str | None = None
    tvdb: str | None = None
    imdb: str | None = None
    show_folder: str | None = None
    """Relpath of the folder that a show or film lives in, when one can be told."""
    reason: str = ""
    """In one phrase, how the title was found, or why there is none."""
    evidence: tuple[str, ...] = ()
    """What each part of it rests on: `season and episodes: S01E02 in the name`."""

    @property
    def ids(self) -> dict[str, str]:
        """The ids in the name: `{"tmdb": "603"}`."""
        found = {"tmdb": self.tmdb, "tvdb": self.tvdb, "imdb": self.imdb}
        return {source: value for source, value in found.items() if value}

    def as_json(self) -> dict[str, Any]:
        """Return it for JSON; unknown is null, also for lists."""
        return {
            key: list(value) if isinstance(value, tuple) and value else value or None
            for key, value in self._values()
            if key not in {"season", "part", "kind", "input", *_FLAGS}
        } | {
            "input": self.input,
            "kind": self.kind,
            "season": self.season,
            "part": self.part,
            "is_3d": self.is_3d,
            "is_proper": self.is_proper,
        }

    def _values(self) -> Iterator[tuple[str, Any]]:
        return ((name, getattr(self, name)) for name in _NAMES)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ParsedName":
        """Return what `as_json` wrote; keys of other versions are left out."""
        known = set(_NAMES)
        lists = {"episodes", "absolute", "alt_titles", "languages", "evidence"}
        values: dict[str, Any] = {
            key: tuple(value or ()) if key in lists else value
            for key, value in data.items()
            if key in known
        }
        values["reason"] = values.get("reason") or ""
        return cls(**({"input": ""} | values))


_NAMES = tuple(each.name for each in fields(ParsedName))
_FLAGS = frozenset({"is_3d", "is_proper"})
