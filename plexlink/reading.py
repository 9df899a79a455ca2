"""What Plex's rows say, in the catalogue's words; and when they say something new.

Source: https://developer.plex.tv/pms/
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from library.facts import EpisodeFacts, PersonFacts, SeasonFacts, TitleFacts, read_date
from plexlink.answers import (
    Row,
    flag_of,
    number_of,
    ratio_of,
    rows_of,
    tags_of,
    text_of,
)

CAST_MOST = 40
_SMALLEST_YEAR, _LARGEST_YEAR = 1850, 2200
_LARGEST_NUMBER = 2**31 - 1
_LARGEST_EPOCH = 2**33
_KINDS = {"movie": "MOVIE", "show": "SHOW", "season": "SEASON", "episode": "EPISODE"}
_SOURCES = ("tmdb", "tvdb", "imdb")
_LEGACY = re.compile(r"com\.plexapp\.agents\.(\w+)://([\w-]+)((?:/\d+)*)")
_LEGACY_SOURCES = {"imdb": "imdb", "themoviedb": "tmdb", "thetvdb": "tvdb"}

_LISTED = (
    *("guid", "title", "titleSort", "originalTitle", "summary", "tagline", "studio"),
    *("year", "contentRating", "rating", "audienceRating", "originallyAvailableAt"),
    *("duration", "index", "parentIndex", "parentRatingKey", "grandparentRatingKey"),
    *("editionTitle", "thumb", "art", "addedAt", "updatedAt"),
)
"""What a listing says of an item that matters to us."""
_LISTED_TAGS = ("Genre", "Label", "Director", "Writer", "Collection", "Role", "Country")
_VOLATILE = frozenset(
    {
        *("viewCount", "viewOffset", "lastViewedAt", "skipCount", "lastRatedAt"),
        *("viewedLeafCount", "leafCount", "childCount", "updatedAt", "addedAt"),
        *("ratingCount", "userRating", "Session", "User", "Player", "key"),
        *("librarySectionID", "librarySectionKey", "librarySectionTitle"),
    }
)
"""What details say that is no fact: it changes while the item stays the same."""


@dataclass(frozen=True, slots=True)
class ListedPart:
    """A file of an item."""

    part_id: str
    version: int
    position: int
    file: str
    size_bytes: int
    duration_ms: int
    container: str
    edition: str
    streams: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a listing."""

    rating_key: str
    guid: str
    kind: str
    show_key: str
    season_number: int | None
    number: int | None
    name: str
    year: int | None
    etag: str
    watch_mark: str
    added_epoch: int
    updated_epoch: int
    viewed_epoch: int
    thumb: str
    art: str


@dataclass(frozen=True, slots=True)
class Watched:
    """How far somebody is with an item."""

    is_watched: bool
    position_seconds: int
    viewed_at: datetime | None


def read_listed(row: Row, *, kind: str = "") -> Listed | None:
    """Read a row of a listing; None when it is nothing we know."""
    rating_key = text_of(row, "ratingKey", most=51)
    found = _KINDS.get(text_of(row, "type")) or kind
    if found == "MOVIE" and kind == "VIDEO":
        found = "VIDEO"
    if not rating_key or len(rating_key) > 50 or not found:  # noqa: PLR2004 - as stored
        return None
    is_episode, is_season = found == "EPISODE", found == "SEASON"
    above = "grandparentRatingKey" if is_episode else "parentRatingKey"
    number = _small(row, "index")
    return Listed(
        rating_key=rating_key,
        guid=text_of(row, "guid", most=300),
        kind=found,
        show_key=text_of(row, above, most=50) if is_episode or is_season else "",
        season_number=_small(row, "parentIndex") if is_episode else number,
        number=number if is_episode else None,
        name=text_of(row, "title", most=500),
        year=_year(row),
        etag=etag_of(row),
        watch_mark=_watch_mark(row),
        added_epoch=_epoch(row, "addedAt"),
        updated_epoch=_epoch(row, "updatedAt"),
        viewed_epoch=_epoch(row, "lastViewedAt"),
        thumb=text_of(row, "thumb", most=500),
        art=text_of(row, "art", most=500),
    )


# --- Whether it is something new ------------------------------------------------------


def etag_of(row: Row) -> str:
    """Return a mark of what a listing says; the same for the same, whatever the order."""
    said = [text_of(row, name) for name in _LISTED]
    tags = [sorted(tags_of(row, name)) for name in _LISTED_TAGS]
    guids = sorted(text_of(each, "id") for each in rows_of(row, "Guid"))
    media = [
        (text_of(each, "id"), [_part_mark(part) for part in rows_of(each, "Part")])
        for each in rows_of(row, "Media")
    ]
    return _digest([said, tags, guids, sorted(media)])


def _part_mark(part: Row) -> list[str]:
    return [
        text_of(part, name) for name in ("id", "file", "size", "duration", "container")
    ]


def facts_etag_of(row: Row) -> str:
    """Return a mark of what details say of an item, without what is no fact."""
    return _digest(_without_volatile(row))


def _without_volatile(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_volatile(each)
            for name, each in value.items()
            if name not in _VOLATILE
        }
    if isinstance(value, list):
        return [_without_volatile(each) for each in value]
    return value if isinstance(value, str) else str(value)


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


# --- Facts ----------------------------------------------------------------------------


def read_title(row: Row, *, kind: str) -> TitleFacts:
    """Return what details say of a movie, show or other video."""
    is_show = kind == "SHOW"
    studios = tags_of(row, "Studio") or tuple(
        filter(None, [text_of(row, "studio", most=200)])
    )
    rating = ratio_of(row, "audienceRating") or ratio_of(row, "rating")
    return TitleFacts(
        kind={"VIDEO": "OTHER"}.get(kind, kind),
        name=text_of(row, "title", most=500) or "?",
        ids=read_ids(row),
        original_name=text_of(row, "originalTitle", most=500),
        year=_year(row),
        overview=text_of(row, "summary"),
        tagline=text_of(row, "tagline", most=500),
        runtime_minutes=_minutes(row),
        rating=rating if rating is not None and 0 <= rating <= 10 else None,  # noqa: PLR2004 - its scale
        content_rating=text_of(row, "contentRating", most=50),
        release_date=read_date(text_of(row, "originallyAvailableAt")),
        genres=_short(tags_of(row, "Genre"), 100),
        studios=() if is_show else _short(studios, 200),
        networks=_short(tags_of(row, "Network") or studios, 200) if is_show else (),
        collections=tags_of(row, "Collection"),
        people=tuple(_people(row)),
        poster=text_of(row, "thumb", most=500),
        backdrop=text_of(row, "art", most=500),
    )


def read_season(row: Row) -> SeasonFacts | None:
    """Return what details say of a season; None without a number."""
    number = _small(row, "index")
    if number is None:
        return None
    name = text_of(row, "title", most=500)
    return SeasonFacts(
        number,
        "" if name in {f"Season {number}", "Specials"} else name,
        text_of(row, "summary"),
        text_of(row, "thumb", most=500),
    )


def read_episode(row: Row) -> EpisodeFacts:
    """Return what details say of an episode."""
    return EpisodeFacts(
        season=_small(row, "parentIndex"),
        number=_small(row, "index"),
        name=text_of(row, "title", most=500),
        overview=text_of(row, "summary"),
        air_date=read_date(text_of(row, "originallyAvailableAt")),
        runtime_minutes=_minutes(row),
        ids=tuple(read_ids(row).items()),
    )


def read_ids(row: Row) -> dict[str, str]:
    """Return what other catalogues call it, out of new and old guids."""
    found: dict[str, str] = {}
    for guid in [text_of(each, "id") for each in rows_of(row, "Guid")]:
        source, _, value = guid.partition("://")
        if source in _SOURCES and value:
            found.setdefault(source, value[:50])
    old = _LEGACY.match(text_of(row, "guid"))
    # One of a show with numbers behind it is the show's, not the episode's.
    if old and old[1] in _LEGACY_SOURCES and not old[3]:
        found.setdefault(_LEGACY_SOURCES[old[1]], old[2][:50])
    return found


def read_watched(watch_mark: str) -> Watched | None:
    """Return how far somebody is, from an item's mark; None: never looked at."""
    if not watch_mark:
        return None
    views, offset, epoch = (int(each) for each in watch_mark.split(":"))
    return Watched(views > 0, min(offset // 1000, _LARGEST_NUMBER), moment_of(epoch))


def moment_of(epoch: int) -> datetime | None:
    """Return the moment of a Unix time; None for none."""
    return datetime.fromtimestamp(epoch, tz=UTC) if 0 < epoch < _LARGEST_EPOCH else None


def locations_of(row: Row) -> tuple[str, ...]:
    """Return a show's folders as the server sees them."""
    return tuple(
        filter(None, (text_of(each, "path") for each in rows_of(row, "Location")))
    )


def read_extras(row: Row) -> dict[str, Any]:
    """Return chapters and markers, small enough to keep."""
    chapters = [
        _span(each, text_of(each, "tag", most=200)) for each in rows_of(row, "Chapter")
    ]
    markers = [
        _span(each, text_of(each, "type", most=50)) for each in rows_of(row, "Marker")
    ]
    found = {"chapters": chapters[:500], "markers": markers[:50]}
    return {name: spans for name, spans in found.items() if spans}


def _span(row: Row, name: str) -> list[Any]:
    return [
        name,
        number_of(row, "startTimeOffset") or 0,
        number_of(row, "endTimeOffset") or 0,
    ]


def read_parts(row: Row) -> list[ListedPart]:
    """Return the files of an item: all versions, and all parts of each."""
    found: list[ListedPart] = []
    for version, media in enumerate(rows_of(row, "Media")):
        for position, part in enumerate(rows_of(media, "Part")):
            file = text_of(part, "file", most=2000)
            if not file:
                continue
            found.append(
                ListedPart(
                    text_of(part, "id", most=50) or f"{version}.{position}",
                    min(version, 30_000),
                    min(position, 30_000),
                    file,
                    number_of(part, "size") or 0,
                    number_of(part, "duration") or number_of(media, "duration") or 0,
                    text_of(part, "container", most=50)
                    or text_of(media, "container", most=50),
                    text_of(row, "editionTitle", most=200),
                    [_stream(each) for each in rows_of(part, "Stream")][:100],
                )
            )
    return list({part.part_id: part for part in found}.values())


_STREAM_TYPES = {1: "VIDEO", 2: "AUDIO", 3: "SUBTITLE", 4: "LYRICS"}
_STREAM_WORDS = ("codec", "languageTag", "profile", "displayTitle", "colorTrc", "title")
_STREAM_NUMBERS = ("width", "height", "channels", "bitDepth", "bitrate")
_STREAM_FLAGS = ("default", "forced", "hearingImpaired")


def _stream(row: Row) -> dict[str, Any]:
    stream: dict[str, Any] = {
        "type": _STREAM_TYPES.get(number_of(row, "streamType") or 0, "")
    }
    stream |= {name: text_of(row, name, most=100) for name in _STREAM_WORDS}
    stream |= {name: number_of(row, name) for name in _STREAM_NUMBERS}
    stream |= {name: flag_of(row, name) for name in _STREAM_FLAGS}
    stream["external"] = bool(text_of(row, "key"))
    return {name: value for name, value in stream.items() if value}


def _people(row: Row) -> list[PersonFacts]:
    people: list[PersonFacts] = []
    for tag, role in (
        ("Role", "ACTOR"),
        ("Director", "DIRECTOR"),
        ("Writer", "WRITER"),
    ):
        for each in rows_of(row, tag)[:CAST_MOST]:
            name = text_of(each, "tag", most=300)
            if name:
                character = text_of(each, "role", most=300)
                people.append(PersonFacts(name, role, character))
    return people


def _short(words: tuple[str, ...], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word[:most] for word in words))


def _minutes(row: Row) -> int | None:
    duration_ms = number_of(row, "duration")
    if not duration_ms:
        return None
    return min(max(1, round(duration_ms / 60_000)), _LARGEST_NUMBER)


def _year(row: Row) -> int | None:
    year = number_of(row, "year")
    return year if year and _SMALLEST_YEAR < year < _LARGEST_YEAR else None


def _small(row: Row, name: str) -> int | None:
    number = number_of(row, name)
    return number if number is not None and number <= _LARGEST_NUMBER else None


def _epoch(row: Row, name: str) -> int:
    epoch = number_of(row, name) or 0
    return epoch if epoch < _LARGEST_EPOCH else 0


def _watch_mark(row: Row) -> str:
    views = min(number_of(row, "viewCount") or 0, _LARGEST_NUMBER)
    offset = min(number_of(row, "viewOffset") or 0, 10**12)
    viewed = _epoch(row, "lastViewedAt")
    return f"{views}:{offset}:{viewed}" if views or offset or viewed else ""
