"""What every metadata source offers, and how it may fail."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from drivearr.lib.errors import DrivearrError

TitleKind = Literal["MOVIE", "SHOW"]


class SourceError(DrivearrError):
    """A metadata source did not give what was asked."""

    code = "SOURCE_ERROR"


class SourceUnreachable(SourceError):
    """No answer came, or an answer that says the service is broken."""

    code = "SOURCE_UNREACHABLE"
    advice = "Check the network; titles are looked up again at the next run."
    retryable = True


class SourceBusy(SourceError):
    """The service asks to come back later."""

    code = "SOURCE_BUSY"
    advice = "Nothing to do: titles are looked up again at the next run."
    retryable = True


class SourceRefusedKey(SourceError):
    """The key is wrong, expired or suspended."""

    code = "SOURCE_REFUSED_KEY"
    advice = "Enter a valid key (DRIVEARR_TMDB_KEY)."


class SourceConfused(SourceError):
    """The answer is no answer to the question: HTML, cut short, of wrong types."""

    code = "SOURCE_CONFUSED"
    advice = "Usually passes; titles are looked up again at the next run."
    retryable = True


class NotInSource(SourceError):
    """The source knows no such thing."""

    code = "NOT_IN_SOURCE"


@dataclass(frozen=True, slots=True)
class FoundTitle:
    """A search result."""

    source: str
    id: str
    kind: TitleKind
    name: str
    original_name: str = ""
    year: int | None = None
    overview: str = ""
    poster: str = ""
    """The source's own path of the picture; empty when there is none."""
    popularity: float = 0.0
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EpisodeFacts:
    """One episode."""

    number: int
    name: str = ""
    overview: str = ""
    air_date: date | None = None
    runtime_minutes: int | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class SeasonFacts:
    """One season with its episodes."""

    number: int
    name: str = ""
    overview: str = ""
    poster: str = ""
    episodes: tuple[EpisodeFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Somebody's part in a title."""

    name: str
    role: str
    """ACTOR, DIRECTOR or WRITER."""
    character: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class TitleFacts:
    """All that a source knows of a title."""

    source: str
    id: str
    kind: TitleKind
    name: str
    original_name: str = ""
    year: int | None = None
    overview: str = ""
    tagline: str = ""
    runtime_minutes: int | None = None
    rating: float | None = None
    content_rating: str = ""
    release_date: date | None = None
    status: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    poster: str = ""
    backdrop: str = ""
    genres: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    collection: str = ""
    people: tuple[PersonFacts, ...] = ()
    seasons: tuple[SeasonFacts, ...] = ()


class MetadataSource(Protocol):
    """A source of facts. Every call may raise SourceError's kinds."""

    name: str

    def search(
        self, *, kind: TitleKind, query: str, year: int | None = None
    ) -> tuple[FoundTitle, ...]:
        """Return what the source finds, in its own order; empty when nothing."""

    def find_by_id(self, *, kind: TitleKind, ids: dict[str, str]) -> FoundTitle | None:
        """Return the title that one of `ids` (tmdb, tvdb, imdb) names."""

    def fetch(self, *, kind: TitleKind, id: str) -> TitleFacts:  # noqa: A002
        """Return all facts; raises NotInSource for an unknown id."""

    def fetch_picture(self, *, path: str, width: int) -> bytes:
        """Return a picture's bytes, at least `width` pixels wide where there is one."""
