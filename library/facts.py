"""What is known of a title, whoever says it; empty where nothing is known."""

import datetime
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person's part."""

    name: str
    role: str = "ACTOR"
    """ACTOR, DIRECTOR or WRITER."""
    character: str = ""
    tmdb_id: int | None = None


@dataclass(frozen=True, slots=True)
class EpisodeFacts:
    """An episode."""

    season: int | None
    number: int | None
    name: str = ""
    overview: str = ""
    air_date: datetime.date | None = None
    runtime_minutes: int | None = None
    absolute_number: int | None = None
    """As the source counts through all seasons; None: it does not say."""
    ids: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SeasonFacts:
    """A season and its episodes."""

    number: int
    name: str = ""
    overview: str = ""
    poster: str = ""
    episodes: tuple[EpisodeFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class TitleFacts:
    """A movie or a show."""

    kind: str
    """MOVIE or SHOW."""
    name: str
    ids: dict[str, str] = field(default_factory=dict)
    """`{"tmdb": "603", "imdb": "tt0133093"}`."""
    original_name: str = ""
    aliases: tuple[str, ...] = ()
    year: int | None = None
    overview: str = ""
    tagline: str = ""
    runtime_minutes: int | None = None
    rating: float | None = None
    content_rating: str = ""
    release_date: datetime.date | None = None
    status: str = ""
    genres: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    people: tuple[PersonFacts, ...] = ()
    poster: str = ""
    """The source's path of the picture."""
    backdrop: str = ""
    seasons: tuple[SeasonFacts, ...] = ()
    order: str = ""
    """In which order the seasons count, when it was asked for; empty: the usual one."""
    is_whole: bool = True
    """False: only what a search says; people, genres and the like are not known yet."""


def read_date(text: object) -> datetime.date | None:
    """Read an ISO date out of foreign data; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        day = datetime.date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
    return day if day.year > 1800 else None  # noqa: PLR2004 - before there was film
