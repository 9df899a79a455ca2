"""What the owner says of the sources: order, keys, episode orders, languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Min
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from drivearr.web.sealing import seal
from library.models import EpisodeOrder, MetadataSource, SourceReply, Title
from library.services.refreshing import start_refresh
from library.services.reordering import Followed, follow
from library.services.sourcing import (
    list_rows,
    make_source,
    read_access,
    read_precedence,
)

KEY_MOST = 2000


class SourceUnknown(Refused):
    """There is no source of that name."""

    code = "SOURCE_UNKNOWN"
    advice = gettext_noop("`drivearr sources list` shows which there are.")


class KeyRefused(Refused):
    """A key cannot be kept, or there is none to try."""

    code = "KEY_REFUSED"
    advice = gettext_noop("Copy it again from the page of the service.")


@dataclass(frozen=True, slots=True)
class Kept:
    """The replies of a source that are kept."""

    count: int
    oldest_at: datetime | None


def find_row(name: str) -> MetadataSource:
    """Return a source by its name.

    Raises:
        SourceUnknown: there is none.

    """
    row = next((each for each in list_rows() if each.name == name), None)
    if row is None:
        raise SourceUnknown(gettext("There is no source {name!r}.").format(name=name))
    return row


def arrange(*, names: Sequence[str]) -> Followed:
    """Let the sources be asked in this order; those not named follow as they were.

    What the order changes is looked at again in the background, from now on.

    Raises:
        SourceUnknown: a name is of none.

    """
    wanted = [find_row(name) for name in dict.fromkeys(names)]
    rest = [row for row in list_rows() if row not in wanted]
    before = read_precedence()
    with transaction.atomic():
        for place, row in enumerate([*wanted, *rest]):
            MetadataSource.objects.filter(pk=row.pk).update(position=place)
    return follow(before)


def move(*, name: str, places: int) -> Followed:
    """Move a source up (−1) or down (1) among the others; see `arrange`.

    Raises:
        SourceUnknown: there is none of that name.

    """
    row = find_row(name)
    names = [each.name for each in list_rows()]
    at = names.index(row.name)
    names.insert(max(0, min(len(names) - 1, at + places)), names.pop(at))
    return arrange(names=names)


def switch(*, name: str, is_on: bool) -> Followed:
    """Ask a source, or leave it alone; see `arrange`."""
    row, before = find_row(name), read_precedence()
    MetadataSource.objects.filter(pk=row.pk).update(is_on=is_on)
    return follow(before)


def keep_key(*, name: str, key: str, pin: str = "") -> None:
    """Keep a key, sealed; an empty one forgets it. Its token and troubles are forgotten.

    Raises:
        SourceUnknown: there is none of that name.
        KeyRefused: that is no key, or the source needs none.

    """
    row, key, pin = find_row(name), key.strip(), pin.strip()
    if not row.is_outside:
        raise KeyRefused(
            gettext("{label} need no key.").format(label=row.label),
            advice=gettext("Switch them on or off."),
        )
    if len(key) > KEY_MOST or not (key + pin).isascii() or len((key + pin).split()) > 1:
        raise KeyRefused(gettext("That does not look like a key."))
    MetadataSource.objects.filter(pk=row.pk).update(
        sealed_key=seal(key) if key else "",
        sealed_pin=seal(pin) if pin and key else "",
        sealed_token="",
        token_at=None,
        troubles=0,
        rests_until=None,
        trouble="",
    )


def check(*, name: str) -> None:
    """Ask a source whether it takes our key; one request.

    Raises:
        SourceUnknown: there is none of that name.
        KeyRefused: there is no key to try.
        SourceTrouble: it does not, or cannot be reached.

    """
    row = find_row(name)
    access = read_access(row)
    if not row.is_outside:
        return
    if not access.key:
        raise KeyRefused(
            gettext("There is no key for {label}.").format(label=row.label),
            advice=gettext("Enter one first."),
        )
    # A person wants to know now: whatever failed before.
    MetadataSource.objects.filter(pk=row.pk).update(troubles=0, rests_until=None)
    make_source(row, access).check_key()


def choose_order(*, name: str, order: str) -> None:
    """Say in which order a source counts episodes; its shows are fetched anew.

    Raises:
        SourceUnknown: there is none of that name.
        KeyRefused: that order is none.

    """
    row = find_row(name)
    if order not in EpisodeOrder.values:
        raise KeyRefused(
            gettext("{order!r} is no order.").format(order=order),
            advice=gettext("Take one of the list."),
        )
    changed = MetadataSource.objects.filter(pk=row.pk).exclude(episode_order=order)
    if changed.update(episode_order=order):
        shows = Title.objects.of_kind(Title.Kind.SHOW).filter(facts_from=row.name)
        shows.filter(episode_order="").update(facts_at=None)


def choose_order_of_show(*, title: Title, order: str) -> bool:
    """Say in which order one show counts, "" for as its source; returns if it changed.

    Its episodes are fetched anew. Files keep the numbers that their names say.

    Raises:
        KeyRefused: that order is none.

    """
    if order and order not in EpisodeOrder.values:
        raise KeyRefused(
            gettext("{order!r} is no order.").format(order=order),
            advice=gettext("Take one of the list."),
        )
    rows = Title.objects.filter(pk=title.pk).exclude(episode_order=order)
    if not rows.update(episode_order=order, facts_at=None):
        return False
    start_refresh(title_id=title.pk)
    return True


def count_replies() -> dict[str, Kept]:
    """Return how many replies of each source are kept, and since when; one query."""
    rows = SourceReply.objects.order_by().values_list("source")
    told = rows.annotate(count=Count("pk"), oldest=Min("fetched_at"))
    return {source: Kept(count, oldest) for source, count, oldest in told}
