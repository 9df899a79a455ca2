"""The first Plex page: who is signed in, which servers there are, what is new."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from library.contexts.posters import Poster, posters_of
from library.models import Title
from plexlink.contexts.titles import find_newest
from plexlink.models import PlexAccount, PlexError, PlexItem, PlexServer, PlexSync
from plexlink.searching import FoundServer

NEWEST_SHOWN = 20
ERRORS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ServerCard:
    """A server in a list."""

    pk: int
    name: str
    state: str
    detail: str
    error: str
    libraries: int
    enabled: int
    items: int
    latency_ms: int | None
    running: str
    """What is under way, in a word; empty when nothing is."""

    @property
    def element(self) -> str:
        """Id of its element on the page."""
        return f"plex-card-{self.pk}"


@dataclass(frozen=True, slots=True)
class NewTitle:
    """A title that came to Plex lately."""

    pk: int
    name: str
    facts: str
    poster: Poster
    marks: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the first Plex page shows."""

    accounts: tuple[PlexAccount, ...]
    servers: tuple[ServerCard, ...]
    errors: tuple[PlexError, ...]
    newest: tuple[NewTitle, ...]

    @classmethod
    def build(cls) -> "Overview":
        """Make it; a fixed number of queries."""
        return cls(
            accounts=tuple(PlexAccount.objects.by_name()),
            servers=tuple(_cards()),
            errors=tuple(
                PlexError.objects.open()
                .select_related("server", "library")
                .newest_first()[:ERRORS_SHOWN]
            ),
            newest=list_newest(NEWEST_SHOWN),
        )

    @property
    def is_live(self) -> bool:
        """Whether anything shown changes by itself."""
        return any(card.running for card in self.servers)


def _cards() -> list[ServerCard]:
    servers = list(PlexServer.objects.by_name())
    libraries: dict[int, tuple[int, int]] = {
        row[0]: (row[1], row[2])
        for row in PlexServer.objects.order_by()
        .annotate(
            all_of_it=Count("libraries"),
            taking_part=Count("libraries", filter=Q(libraries__is_enabled=True)),
        )
        .values_list("pk", "all_of_it", "taking_part")
    }
    items = dict(
        PlexItem.objects.listed().order_by().values_list("server").annotate(Count("pk"))
    )
    ways = {
        row[0]: row[1]
        for row in PlexServer.objects.filter(connections__is_current=True).values_list(
            "pk", "connections__latency_ms"
        )
    }
    running = dict(
        PlexSync.objects.filter(state=PlexSync.State.RUNNING)
        .order_by("pk")
        .values_list("library__server", "phase")
    )
    return [
        ServerCard(
            pk=server.pk,
            name=server.name,
            state=server.state,
            detail=" · ".join(filter(None, [server.platform, server.version])),
            error=server.last_error,
            libraries=libraries[server.pk][0],
            enabled=libraries[server.pk][1],
            items=items.get(server.pk, 0),
            latency_ms=ways.get(server.pk),
            running=running.get(server.pk, ""),
        )
        for server in servers
    ]


def list_newest(most: int) -> tuple[NewTitle, ...]:
    """Return the titles that came to Plex last; three queries."""
    pks = find_newest(most)
    titles = Title.objects.in_bulk(pks)
    found = [titles[pk] for pk in pks if pk in titles]
    posters = posters_of(found)
    return tuple(
        NewTitle(each.pk, each.name, str(each.year or ""), posters[each.pk])
        for each in found
    )


@dataclass(frozen=True, slots=True)
class SignInPage:
    """A sign-in under way."""

    pk: int
    link: str
    is_waiting: bool
    is_expired: bool
    trouble: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FormPage:
    """A form, and why it was refused."""

    form: object
    refusal: str = ""
    advice: str = ""
    found: tuple[FoundServer, ...] = ()
    """Servers that answered in the network."""
    known: frozenset[str] = frozenset()
    """Machines that are known already."""
    has_looked: bool = False
