"""Another order of the sources takes hold at once: who looks again at what."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext

from drivearr.jobs.models import Job
from drivearr.lib.counting import counted
from library.models import ExternalId, MediaFile, Title
from library.models.title import TitleQuerySet
from library.precedence import Precedence
from library.services.refreshing import start_refresh
from library.services.sourcing import list_askable, read_precedence

Follower = Callable[[], int]
"""Queues what takes hold of the order; returns how much, say libraries."""
_followers: list[Follower] = []


@dataclass(frozen=True, slots=True)
class Followed:
    """What looks again now."""

    libraries: int = 0
    """Of services that give their facts by the library, such as Plex."""
    titles: int = 0
    """Of which a service that is believed more now is asked."""

    @property
    def sentence(self) -> str:
        """What takes hold now; empty when nothing has to."""
        said = []
        if self.libraries:
            said.append(
                gettext("Plex is asked again, library by library: {count}.").format(
                    count=self.libraries
                )
            )
        if self.titles:
            said.append(
                gettext("Asked for again: {titles}.").format(
                    titles=counted(self.titles, "title")
                )
            )
        return " ".join(said)


def register_follower(follower: Follower) -> None:
    """Let it take hold of each new order of the sources."""
    if follower not in _followers:
        _followers.append(follower)


def follow(before: Precedence) -> Followed:
    """Queue what an order that is another now than `before` asks for."""
    now = read_precedence()
    if now.order == before.order:
        return Followed()
    return Followed(
        libraries=sum(follower() for follower in _followers),
        titles=_ask_better(before, now),
    )


def _ask_better(before: Precedence, now: Precedence) -> int:
    """Ask the services that are believed more than Plex since now; returns how many titles."""
    askable = list_askable()
    risen = {*now.outranking("plex")} - {*before.outranking("plex")}
    count = _held_by_plex([name for name in askable if name in risen]).update(
        facts_at=None
    )
    if count:
        start_refresh(trigger=Job.Trigger.PERSON)
    return count


def _held_by_plex(better: list[str]) -> TitleQuerySet:
    """Return files' titles of which Plex says something, and one of `better` knows."""
    known = ExternalId.objects.filter(title=OuterRef("pk"), source__in=better)
    files = MediaFile.objects.filter(title=OuterRef("pk"))
    says = Title.objects.annotate(says=Cast("fact_sources", TextField()))
    by_plex = Q(facts_from="plex") | Q(facts_from__in=better, says__contains='"plex"')
    return says.filter(by_plex, Exists(known), Exists(files))
