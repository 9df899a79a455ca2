"""Writing back to Plex what was watched, where the owner allows it."""

from collections import defaultdict

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from library.models import Item, Title
from plexlink.models import PlexItem, PlexLibrary
from plexlink.reading import Watched
from plexlink.services import connecting
from plexlink.services.absorbing import store_watched
from plexlink.services.running import viewer_of


class NotWrittenBack(Refused):
    """No server of the title may be told."""

    code = "PLEX_NOT_WRITTEN_BACK"
    advice = gettext_noop("Allow it on the page of the server.")


def keys_of(title: Title) -> dict[PlexLibrary, list[str]]:
    """Return what a title is called at Plex: movies, shows, videos, by library."""
    kinds = [PlexItem.Kind.MOVIE, PlexItem.Kind.SHOW, PlexItem.Kind.VIDEO]
    rows = PlexItem.objects.filter(title=title, kind__in=kinds).listed()
    found: dict[PlexLibrary, list[str]] = defaultdict(list)
    for row in rows.select_related("library__server__account").order_by("pk"):
        found[row.library].append(row.rating_key)
    return found


def mark_title(*, title: Title, is_watched: bool) -> None:
    """Mark a title at Plex, with all its episodes, and then here.

    Raises:
        NotWrittenBack: no server of it may be told.
        PlexTrouble: one could not be told; here nothing is changed for it.

    """
    told = 0
    for library, keys in keys_of(title).items():
        if not library.server.writes_watched:
            continue
        client = connecting.open_client(server=library.server)
        try:
            for key in keys:
                client.mark_watched(key, is_watched=is_watched)
        finally:
            client.close()
        _mark_here(title, viewer_of(library.server), is_watched=is_watched)
        told += 1
    if not told:
        raise NotWrittenBack(gettext("Plex may not be told what was watched."))


def _mark_here(title: Title, viewer: str, *, is_watched: bool) -> None:
    now = timezone.now() if is_watched else None
    state = Watched(is_watched=is_watched, position_seconds=0, viewed_at=now)
    items = Item.objects.filter(title=title).order_by("pk")
    pks = list(items.values_list("pk", flat=True))
    store_watched(dict.fromkeys(pks, state), viewer)
