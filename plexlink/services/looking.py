"""Single items of a library, asked for by their keys: there, changed, new or gone."""

from collections.abc import Sequence

from plexlink.answers import Row, text_of
from plexlink.client import DETAILS_ROWS, PlexClient
from plexlink.models import PlexItem, PlexLibrary
from plexlink.reading import read_listed
from plexlink.services.absorbing import Absorber, mark_gone
from plexlink.services.counting import Tally
from plexlink.services.running import KINDS


def look_at_items(
    *,
    library: PlexLibrary,
    client: PlexClient,
    keys: Sequence[str],
    absorber: Absorber,
    tally: Tally,
) -> None:
    """Mark those gone that the server does not have; let the others' details be due.

    Of a show its seasons and episodes are looked at too.
    """
    wanted = _with_children(library, keys)
    there: dict[str, Row] = {}
    for start in range(0, len(wanted), DETAILS_ROWS):
        for row in client.details(wanted[start : start + DETAILS_ROWS]):
            there[text_of(row, "ratingKey", most=50)] = row
    known = PlexItem.objects.filter(library=library, rating_key__in=wanted).listed()
    gone = [pk for pk, key in known.values_list("pk", "rating_key") if key not in there]
    tally.removed += mark_gone(gone)
    tally.writes += len(gone)
    _take_new(library, there, absorber)
    PlexItem.objects.filter(library=library, rating_key__in=list(there)).update(
        details_etag=""
    )


def _with_children(library: PlexLibrary, keys: Sequence[str]) -> list[str]:
    below = PlexItem.objects.filter(library=library, show_key__in=list(keys)).listed()
    children = below.order_by("pk").values_list("rating_key", flat=True)
    return list(dict.fromkeys([*keys, *children]))


def _take_new(library: PlexLibrary, there: dict[str, Row], absorber: Absorber) -> None:
    """Take over what no listing of changes brought: an item with an old time stamp."""
    rows = PlexItem.objects.filter(library=library, rating_key__in=list(there)).listed()
    known = set(rows.values_list("rating_key", flat=True))
    for kind in KINDS[library.kind]:
        new = [
            row
            for key, row in there.items()
            if key not in known and _belongs(row, library, kind)
        ]
        if new:
            absorber.absorb(new, kind=kind)


def _belongs(row: Row, library: PlexLibrary, kind: str) -> bool:
    section = text_of(row, "librarySectionID", most=50)
    listed = read_listed(row, kind=kind if kind == "VIDEO" else "")
    return section in {"", library.key} and listed is not None and listed.kind == kind
