"""What a server lists no longer: only after a whole and plausible listing."""

from array import array
from collections.abc import Iterator

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import SkipFile
from plexlink.answers import text_of
from plexlink.client import DETAILS_ROWS, Listing, PlexClient
from plexlink.models import PlexItem, PlexLibrary
from plexlink.services.absorbing import mark_gone
from plexlink.services.counting import Tally

CHUNK = 500
_OWN = frozenset({"id", "title", "season", "item", "match_reason", "scanned_at"})
"""What a record that follows its item to another key keeps."""
HELD_FROM_ITEMS = 10
"""Fewer than this may go without a question, whatever their share is."""


class RemovalHeld(SkipFile):
    """So much is gone from a listing that a person must say whether it is meant."""

    code = "PLEX_REMOVAL_HELD"
    advice = gettext_noop(
        "Look at the library in Plex. If it is right, confirm it on the Plex page."
    )


def remove_unlisted(
    *,
    library: PlexLibrary,
    kind: str,
    listing: Listing,
    client: PlexClient,
    tally: Tally,
    confirmed: bool = False,
) -> None:
    """Mark what a whole listing did not hold; nothing is deleted.

    A key that moved keeps its record. What the server still gives by its key, stays.

    Raises:
        RemovalHeld: too much is gone; nothing was marked.

    """
    known = PlexItem.objects.filter(library=library, kind=kind).listed()
    count = known.count()
    unseen = array(
        "q",
        (
            pk
            for pk, key in known.values_list("pk", "rating_key").iterator()
            if not listing.has_seen(key)
        ),
    )
    if not unseen:
        return
    _check(library, gone=len(unseen), known=count, seen=listing.seen, ok=confirmed)
    for start in range(0, len(unseen), CHUNK):
        rows = known.filter(pk__in=list(unseen[start : start + CHUNK]))
        _let_go(library, list(rows.order_by("pk")), client, tally)


def _let_go(
    library: PlexLibrary, items: list[PlexItem], client: PlexClient, tally: Tally
) -> None:
    """Let those that moved follow, and mark those gone that the server does not give."""
    news = _news(items)
    left = [item for item in items if not _follow_move(item, news, tally)]
    still_there = set(_ask(client, [item.rating_key for item in left], library.key))
    gone = [item.pk for item in left if item.rating_key not in still_there]
    tally.removed += mark_gone(gone)
    tally.writes += len(gone)


def _news(items: list[PlexItem]) -> dict[str, PlexItem]:
    """Return what was listed for the first time and has a guid of one of these."""
    guids = {item.guid for item in items if item.guid and not _is_own(item.guid)}
    rows = PlexItem.objects.filter(
        server__in={item.server_id for item in items},
        library__in={item.library_id for item in items},
        kind__in={item.kind for item in items},
        guid__in=guids,
        state=PlexItem.State.SCANNING,
        scanned_at__isnull=True,
    )
    return {row.guid: row for row in rows.order_by("pk")}


def _check(library: PlexLibrary, *, gone: int, known: int, seen: int, ok: bool) -> None:
    if ok:
        return
    if not seen:
        raise RemovalHeld(
            gettext(
                "“{name}” is suddenly empty: Plex lists none of its {known} items."
            ).format(name=library.name, known=known)
        )
    share = settings.PLEX_GONE_SHARE_PERCENT
    if gone >= HELD_FROM_ITEMS and gone * 100 > share * known:
        raise RemovalHeld(
            gettext(
                "Plex lists {gone} of the {known} items of “{name}” no longer."
            ).format(gone=gone, known=known, name=library.name)
        )


@transaction.atomic
def _follow_move(old: PlexItem, news: dict[str, PlexItem], tally: Tally) -> bool:
    """Let a record follow its item to a new key; False when it went nowhere."""
    new = news.pop(old.guid, None)
    if new is None or new.pk == old.pk:
        return False
    old_key = old.rating_key
    old.parts.all().delete()
    new.parts.update(plex_item=old)
    for field in PlexItem._meta.concrete_fields:  # noqa: SLF001 - Django's own name
        if field.name not in _OWN:
            setattr(old, field.attname, getattr(new, field.attname))
    new.delete()
    old.save()
    PlexItem.objects.filter(server=old.server_id, show_key=old_key).update(
        show_key=old.rating_key
    )
    tally.moved += 1
    tally.added = max(0, tally.added - 1)
    tally.writes += 2
    return True


def _is_own(guid: str) -> bool:
    """Whether a guid is no name the world knows: such ones may be given twice."""
    return guid.startswith(("local://", "com.plexapp.agents.none"))


def _ask(client: PlexClient, keys: list[str], section: str) -> Iterator[str]:
    """Yield those keys that the server gives when asked for them by name."""
    for start in range(0, len(keys), DETAILS_ROWS):
        for row in client.details(keys[start : start + DETAILS_ROWS]):
            lies_in = text_of(row, "librarySectionID")
            if not lies_in or lies_in == section:
                yield text_of(row, "ratingKey")
