"""What every metadata source offers, and how it fails."""

import datetime
from dataclasses import dataclass
from typing import Any, Protocol

from drivearr.lib.errors import SkipFile
from drivearr.lib.wording import gettext_noop
from library.facts import TitleFacts

ORDERS = ("default", "official", "dvd", "absolute")
"""In which episodes may be counted; `official` is as aired."""
CATALOGUES = frozenset({"tmdb", "tvdb", "imdb"})


class SourceTrouble(SkipFile):
    """A metadata source did not answer as it should."""

    code = "SOURCE_TROUBLE"


class SourceUnreachable(SourceTrouble):
    """The source cannot be reached, or broke off."""

    code = "SOURCE_UNREACHABLE"
    advice = gettext_noop(
        "Check the internet connection. Names are looked up again later."
    )
    retryable = True


class SourceRefusedKey(SourceTrouble):
    """The source does not take our key."""

    code = "SOURCE_REFUSED_KEY"
    advice = gettext_noop(
        "Check its key: on the page Metadata sources, or in "
        "DRIVEARR_TMDB_KEY and DRIVEARR_TVDB_KEY."
    )


class SourceBusy(SourceTrouble):
    """The source asks for patience longer than we wait."""

    code = "SOURCE_BUSY"
    advice = gettext_noop("Nothing to do: names are looked up again later.")
    retryable = True


class SourceResting(SourceTrouble):
    """The source failed so often that it is left in peace for a while."""

    code = "SOURCE_RESTING"
    advice = gettext_noop(
        "Nothing to do: it is asked again later. Or press Look again."
    )
    retryable = True


class SourceConfused(SourceTrouble):
    """The source answered with something that is no answer."""

    code = "SOURCE_CONFUSED"
    advice = gettext_noop(
        "Check the address of this source. Names are looked up again later."
    )


class SourceLacks(SourceTrouble):
    """The source has nothing under that id."""

    code = "SOURCE_LACKS"
    advice = gettext_noop("Check the id in the name or in the .nfo file.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A title that a source offers."""

    source: str
    """`tmdb`, `tvdb`; `library` for a title of our own."""
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
    """Two-letter codes."""
    ids: tuple[tuple[str, str], ...] = ()
    """What other catalogues call it, as far as the source says so."""
    rating: float | None = None
    release_date: datetime.date | None = None

    @property
    def all_ids(self) -> dict[str, str]:
        """Its ids, the source's own among them."""
        own = {self.source: self.id} if self.source in CATALOGUES and self.id else {}
        return dict(self.ids) | own

    @classmethod
    def of(cls, source: str, facts: TitleFacts) -> "Candidate":
        """Return a title's facts as a candidate."""
        return cls(
            source=source,
            id=facts.ids.get(source, ""),
            kind=facts.kind,
            name=facts.name,
            original_name=facts.original_name,
            year=facts.year,
            overview=facts.overview,
            poster=facts.poster,
            aliases=facts.aliases,
            ids=tuple(facts.ids.items()),
            rating=facts.rating,
            release_date=facts.release_date,
        )

    def as_facts(self) -> TitleFacts:
        """Return what a search alone says of the title."""
        return TitleFacts(
            kind=self.kind,
            name=self.name,
            ids=self.all_ids,
            original_name=self.original_name,
            aliases=self.aliases,
            year=self.year,
            overview=self.overview,
            rating=self.rating,
            release_date=self.release_date,
            poster=self.poster,
            is_whole=False,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """That a source knows something new of a title, or has taken it away."""

    id: str
    kind: str
    merged_into: str = ""
    """The id it goes by from now on; empty: it keeps its own."""


class Source(Protocol):
    """A catalogue of movies and shows. Every call may raise SourceTrouble."""

    name: str
    label: str
    """As people write it."""
    finds: frozenset[str]
    """The other catalogues whose ids it can look up."""
    tells_names: bool
    """Whether a search already brings all names of a title."""
    needs_all_words: bool
    """Whether a search finds only titles with each of its words."""

    def search(
        self, *, kind: str, query: str, year: int | None = None
    ) -> tuple[Candidate, ...]:
        """Return what the source finds, best first as it thinks."""

    def find(self, *, kind: str, catalogue: str, value: str) -> tuple[Candidate, ...]:
        """Return the titles that another catalogue (of `finds`) knows by `value`."""

    def fetch(
        self,
        *,
        kind: str,
        id: str,  # noqa: A002 - it is one
        order: str = "",
    ) -> TitleFacts:
        """Return all that is known of a title, a show with seasons and episodes.

        `order`: in which the episodes are counted (ORDERS); empty: as the home prefers.
        An order that the source does not have of a show is its usual one.
        """

    def fetch_episodes(self, *, id: str) -> TitleFacts:  # noqa: A002
        """Return what one request tells of a show, its episodes at least."""

    def fetch_picture(self, *, path: str, width: int) -> bytes:
        """Return a picture that the source named, at least `width` pixels wide."""

    def list_changes(
        self, *, kind: str, since: datetime.datetime
    ) -> tuple[Change, ...]:
        """Return which titles changed since then; only days can be looked back."""

    @property
    def requests(self) -> int:
        """How often the service itself was asked; cached replies do not count."""

    def check_key(self) -> None:
        """Return when the source takes our key; else raise SourceRefusedKey."""


class ReplyCache(Protocol):
    """Keeps replies, so that a service is not asked twice."""

    def get(self, path: str, params: dict[str, str]) -> dict[str, Any] | None:
        """Return a kept reply that is still good."""

    def put(self, path: str, params: dict[str, str], reply: dict[str, Any]) -> None:
        """Keep a reply; `params` hold no secret."""
