"""What a Plex library lists no longer: since when, and when it is forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from drivearr.web.paging import Span
from plexlink.models import PlexItem, PlexLibrary

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class GoneItem:
    """One item that the server lists no longer."""

    pk: int
    name: str
    where: str
    """Show, season and number of an episode; the year of a movie."""
    kind: str
    title_id: int | None
    gone_since: datetime
    forgotten_at: datetime


@dataclass(frozen=True, slots=True)
class GoneList:
    """A page of them."""

    library: PlexLibrary
    rows: tuple[GoneItem, ...]
    span: Span
    kept_days: int

    @classmethod
    def build(cls, library: PlexLibrary, asked: str | None) -> "GoneList":
        """Make it; two queries."""
        items = PlexItem.objects.filter(library=library).gone().select_related("title")
        span = Span.of(asked=asked, total=items.count(), per_page=PER_PAGE)
        rows = items.order_by(
            "-gone_since", "show_key", "season_number", "number", "pk"
        )
        return cls(
            library=library,
            rows=tuple(_row(item) for item in rows[span.start : span.stop]),
            span=span,
            kept_days=settings.PLEX_GONE_KEPT_DAYS,
        )


def _row(item: PlexItem) -> GoneItem:
    since = item.gone_since or item.server.added_at
    return GoneItem(
        pk=item.pk,
        name=item.name or "Without a name",
        where=_where(item),
        kind=item.get_kind_display(),
        title_id=item.title_id,
        gone_since=since,
        forgotten_at=since + timedelta(days=settings.PLEX_GONE_KEPT_DAYS),
    )


def _where(item: PlexItem) -> str:
    if item.kind == PlexItem.Kind.EPISODE and item.season_number is not None:
        show = item.title.name if item.title else ""
        return f"{show} S{item.season_number:02}E{item.number or 0:02}".strip()
    return str(item.year or "")
