"""What Plex says on a title's own page, and on the shelf."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext

from drivearr.web.http import HtmxHttpRequest
from library.models import Root, Title, WatchState
from library.models.title import TitleQuerySet
from plexlink.contexts.files import PlexFile, list_files
from plexlink.models import PlexItem, PlexLibrary, PlexPart, PlexServer, PlexTag


@dataclass(frozen=True, slots=True)
class Place:
    """A title in one library of Plex."""

    server_id: int
    library: str
    items: int
    here: int
    """How many of them have their file here."""
    reason: str


@dataclass(frozen=True, slots=True)
class TitlePanel:
    """What Plex knows of a title."""

    places: tuple[Place, ...]
    labels: tuple[str, ...]
    watched: tuple[str, ...]
    """"olga: 3 of 10 watched"."""
    title_id: int
    can_send: bool
    """Files of it lie in library folders, though no scan has seen one yet."""
    elsewhere: str
    """Where else its file lies here, in no library folder; empty when nowhere."""
    server_id: int
    can_mark: bool
    is_watched: bool
    is_staff: bool
    files: tuple[PlexFile, ...]


def build_panel(request: HtmxHttpRequest, title: Title) -> TitlePanel | None:
    """Return what Plex knows of a title; None when nothing. Five queries."""
    rows = list(
        PlexItem.objects.filter(title=title)
        .listed()
        .select_related("library__server")
        .order_by("library__server__name", "library__name", "pk")
    )
    if not rows:
        return None
    by_library: dict[PlexLibrary, list[PlexItem]] = {}
    for row in rows:
        by_library.setdefault(row.library, []).append(row)
    labels = PlexTag.objects.filter(kind=PlexTag.Kind.LABEL, titles=title)
    can_send, elsewhere = _files_apart(title)
    is_staff = bool(request.user.is_staff)
    return TitlePanel(
        title_id=title.pk,
        can_send=can_send,
        elsewhere=elsewhere,
        server_id=rows[0].library.server_id,
        can_mark=is_staff and any(each.server.writes_watched for each in by_library),
        is_watched=_is_watched(title),
        is_staff=is_staff,
        places=tuple(_place(library, items) for library, items in by_library.items()),
        labels=tuple(labels.order_by("name").values_list("name", flat=True)),
        watched=tuple(_watched(title)),
        files=list_files(title),
    )


def _place(library: PlexLibrary, rows: list[PlexItem]) -> Place:
    kinds = {PlexItem.Kind.SHOW, PlexItem.Kind.SEASON}
    items = [row for row in rows if row.kind not in kinds]
    return Place(
        library.server_id,
        f"{library.server.name}: {library.name}",
        len(items),
        sum(row.state == PlexItem.State.NORMAL for row in items),
        next((row.match_reason for row in rows if row.match_reason), ""),
    )


def _files_apart(title: Title) -> tuple[bool, str]:
    """Return whether files in library folders wait, and where others lie."""
    if title.media_files.exists():
        return False, ""
    parts = PlexPart.objects.filter(
        plex_item__title=title, plex_item__state=PlexItem.State.NORMAL
    ).exclude(local_path="")
    roots = [
        f"{path.rstrip('/')}/" for path in Root.objects.values_list("path", flat=True)
    ]
    elsewhere = ""
    for path in parts.order_by("pk").values_list("local_path", flat=True)[:200]:
        if any(path.startswith(root) for root in roots):
            return True, ""
        elsewhere = elsewhere or path
    return False, elsewhere


def _is_watched(title: Title) -> bool:
    items = title.items.count()
    seen = WatchState.objects.filter(item__title=title, is_watched=True)
    return items > 0 and seen.values("item").distinct().count() >= items


def _watched(title: Title) -> list[str]:
    items = title.items.count()
    rows = (
        WatchState.objects.filter(item__title=title, is_watched=True)
        .order_by("viewer")
        .values_list("viewer")
        .annotate(Count("pk"))
    )
    if items == 1:
        said = gettext("watched by {viewer}")
        return [said.format(viewer=viewer) for viewer, _ in rows]
    said = gettext("{viewer}: {n} of {items} watched")
    return [said.format(viewer=viewer, n=n, items=items) for viewer, n in rows]


def pick_titles(titles: TitleQuerySet) -> TitleQuerySet:
    """Return those titles that a Plex server lists now."""
    rows = PlexItem.objects.filter(title=OuterRef("pk")).listed()
    return titles.filter(Exists(rows))


def find_newest(most: int) -> list[int]:
    """Return the ids of the titles that came to Plex last; one query."""
    kinds = [PlexItem.Kind.MOVIE, PlexItem.Kind.EPISODE, PlexItem.Kind.VIDEO]
    rows = (
        PlexItem.objects.listed()
        .filter(kind__in=kinds, title__isnull=False)
        .order_by("-added_epoch", "-pk")
        .values_list("title_id", flat=True)[: most * 20]
    )
    return list(dict.fromkeys(pk for pk in rows if pk))[:most]


def is_offered() -> bool:
    """Whether there is any Plex server to speak of."""
    return PlexServer.objects.exists()


def name_libraries(pks: Iterable[int]) -> dict[int, str]:
    """Return names of Plex libraries for the jobs' pages."""
    rows = PlexLibrary.objects.filter(pk__in=pks).select_related("server")
    return {row.pk: f"{row.server.name}: {row.name}" for row in rows}
