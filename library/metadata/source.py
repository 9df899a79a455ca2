"""What every metadata source offers, and how it fails."""

from dataclasses import dataclass
from typing import Any, Protocol

from drivearr.lib.errors import SkipFile
from library.facts import TitleFacts


class SourceTrouble(SkipFile):
    """A metadata source did not answer as it should."""

    code = "SOURCE_TROUBLE"


class SourceUnreachable(SourceTrouble):
    """The source cannot be reached, or broke off."""

    code = "SOURCE_UNREACHABLE"
    advice = "Check the internet connection. Names are looked up again later."
    retryable = True


class SourceRefusedKey(SourceTrouble):
    """The source does not take our key."""

    code = "SOURCE_REFUSED_KEY"
    advice = "Check DRIVEARR_TMDB_KEY: an API key or a read access token of TMDb."


class SourceBusy(SourceTrouble):
    """The source asks for patience longer than we wait."""

    code = "SOURCE_BUSY"
    advice = "Nothing to do: names are looked up again later."
    retryable = True


class SourceConfused(SourceTrouble):
    """The source answered with something that is no answer."""

    code = "SOURCE_CONFUSED"
    advice = "Check DRIVEARR_TMDB_URL. Names are looked up again later."


class SourceLacks(SourceTrouble):
    """The source has nothing under that id."""

    code = "SOURCE_LACKS"
    advice = "Check the id in the name or in the .nfo file."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A title that a source offers."""

    source: str
    """`tmdb`; `library` for a title of our own."""
    id: str
    kind: str
    """MOVIE or SHOW."""
    name: str
    original_name: str = ""
    year: int | None = None
    overview: str = ""
    poster: str = ""
    aliases: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


class Source(Protocol):
    """A catalogue of movies and shows. Every call may raise SourceTrouble."""

    name: str
    requests: int
    """How often the service itself was asked; cached replies do not count."""

    def search(
        self, *, kind: str, query: str, year: int | None = None
    ) -> tuple[Candidate, ...]:
        """Return what the source finds, best first as it thinks."""

    def find(self, *, kind: str, catalogue: str, value: str) -> tuple[Candidate, ...]:
        """Return the titles that another catalogue (`imdb`, `tvdb`) knows by `value`."""

    def fetch(self, *, kind: str, id: str) -> TitleFacts:  # noqa: A002 - it is one
        """Return all that is known of a title, a show with seasons and episodes."""

    def fetch_aliases(self, *, kind: str, id: str) -> tuple[str, ...]:  # noqa: A002
        """Return the other names of a title."""

    def fetch_picture(self, *, path: str, width: int) -> bytes:
        """Return a picture that the source named, at least `width` pixels wide."""


class ReplyCache(Protocol):
    """Keeps replies, so that a service is not asked twice."""

    def get(self, path: str, params: dict[str, str]) -> dict[str, Any] | None:
        """Return a kept reply that is still good."""

    def put(self, path: str, params: dict[str, str], reply: dict[str, Any]) -> None:
        """Keep a reply; `params` hold no secret."""
