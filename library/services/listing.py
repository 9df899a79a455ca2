"""Roots, files and titles as rows for programs: the shapes are contracts.

What drives hold is known above this app: it registers a source here, once, from its
AppConfig.ready: `register_drive_states(source)`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Prefetch, Sum
from django.utils.translation import gettext

from drivearr.lib.errors import Refused
from library.models import (
    ExternalId,
    MediaFacts,
    MediaFile,
    MediaFileItem,
    Root,
    Title,
)

CHUNK_ROWS = 1000
_MEDIA = (
    *("container", "duration_seconds", "video_codec", "width", "height", "hdr"),
    *("audio", "subtitles", "chapters"),
)


class FilterRefused(Refused):
    """A list was asked for by something that does not exist."""

    code = "FILTER_REFUSED"
    advice = ""


@dataclass(frozen=True, slots=True)
class DriveState:
    """How complete one title is on one drive."""

    id: int
    """Of the drive."""
    state: str
    have: int
    want: int


DriveStates = Callable[[Collection[int]], Mapping[int, Sequence[DriveState]]]
"""Ids of titles in, their states on every known drive out."""

_sources: list[DriveStates] = []


def register_drive_states(source: DriveStates) -> None:
    """Name the one source of what drives hold."""
    _sources[:] = [source]


def list_roots() -> list[dict[str, Any]]:
    """Return all roots with the number of their files that are there."""
    counts = dict(
        MediaFile.objects.present()
        .order_by()
        .values_list("root")
        .annotate(files=Count("pk"))
    )
    return [
        {
            "id": root.pk,
            "path": root.path,
            "kind": root.kind,
            "state": root.state,
            "files": counts.get(root.pk, 0),
            "last_scan_at": root.last_scan_at,
        }
        for root in Root.objects.in_order()
    ]


def list_files(
    *, root_id: int | None = None, state: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield media files in the order of their folders.

    `state` is one of the file (PRESENT, MISSING) or of its match (MATCHED, …).

    Raises:
        FilterRefused: no such root or state.

    """
    rows = MediaFile.objects.in_order()
    if root_id is not None:
        if not Root.objects.filter(pk=root_id).exists():
            raise FilterRefused(
                gettext("There is no library folder {root_id}.").format(root_id=root_id)
            )
        rows = rows.filter(root=root_id)
    if state is not None:
        rows = rows.filter(**{_state_field(state): state})
    held = MediaFileItem.objects.select_related("item__season").order_by("position")
    rows = rows.select_related("title", "facts").prefetch_related(
        "title__external_ids", Prefetch("mediafileitem_set", held)
    )
    return (_file_row(row) for row in rows.iterator(chunk_size=CHUNK_ROWS))


def _state_field(state: str) -> str:
    if state in MediaFile.State.values:
        return "state"
    if state in MediaFile.Match.values:
        return "match_state"
    known = ", ".join([*MediaFile.State.values, *MediaFile.Match.values])
    raise FilterRefused(
        gettext("{state!r} is no state.").format(state=state),
        advice=gettext("States are {known}.").format(known=known),
    )


def _file_row(row: MediaFile) -> dict[str, Any]:
    items = [held.item for held in row.mediafileitem_set.all()]
    season = items[0].season if items else None
    title = row.title
    return {
        "id": row.pk,
        "root": row.root_id,
        "relpath": row.relpath,
        "size_bytes": row.size_bytes,
        "state": row.state,
        "match": {
            "state": row.match_state,
            "score": row.match_score,
            "reason": row.match_reason,
            "title_id": row.title_id,
            "kind": title.kind if title else None,
            "title": title.name if title else None,
            "year": title.year if title else None,
            "ids": _ids(title.external_ids.all() if title else ()),
            "season": season.number if season else None,
            "episodes": [item.number for item in items if item.number is not None],
        },
        "media": _media(getattr(row, "facts", None)),
    }


def _media(facts: MediaFacts | None) -> dict[str, Any] | None:
    """Return what is in a file; None while it was not read, or cannot be."""
    if facts is None or facts.problem:
        return None
    return {name: getattr(facts, name) for name in _MEDIA}


def _ids(rows: Iterable[ExternalId]) -> dict[str, str | None]:
    found = {row.source: row.value for row in rows}
    return {source: found.get(source) for source in ("tmdb", "tvdb", "imdb")}


def list_titles(
    *, kind: str | None = None, search: str = "", drive_id: int | None = None
) -> list[dict[str, Any]]:
    """Return the titles of which there are files, as on a shelf.

    `items` counts the items that there are files of. With `drive_id`, only titles of
    which something is on that drive.

    Raises:
        FilterRefused: no such kind.

    """
    if kind is not None and kind not in Title.Kind.values:
        known = ", ".join(Title.Kind.values)
        raise FilterRefused(
            gettext("{kind!r} is no kind of title.").format(kind=kind),
            advice=f"Kinds: {known}.",
        )
    titles = Title.objects.with_files().matching(search).by_name()
    if kind is not None:
        titles = titles.of_kind(kind)
    rows = list(titles.prefetch_related("external_ids"))
    files, items = _count_files(), _count_items()
    states = find_drive_states([title.pk for title in rows])
    if drive_id is not None:
        rows = [each for each in rows if _is_on(drive_id, states.get(each.pk, ()))]
    return [
        _title_row(
            title, files[title.pk], items.get(title.pk, 0), states.get(title.pk, ())
        )
        for title in rows
        if title.pk in files
    ]


def find_drive_states(
    title_ids: Collection[int],
) -> Mapping[int, Sequence[DriveState]]:
    """Return what drives hold of these titles; empty while no app knows drives."""
    return _sources[0](title_ids) if _sources else {}


def _is_on(drive_id: int, drives: Sequence[DriveState]) -> bool:
    return any(each.id == drive_id and each.have for each in drives)


def _count_files() -> dict[int, tuple[int, int]]:
    """Return number and bytes of the files that are there, by title."""
    rows = MediaFile.objects.present().filter(title__isnull=False).order_by()
    counted = rows.values_list("title").annotate(n=Count("pk"), size=Sum("size_bytes"))
    return {title: (number, size) for title, number, size in counted}


def _count_items() -> dict[int, int]:
    rows = MediaFileItem.objects.filter(media_file__state=MediaFile.State.PRESENT)
    counted = rows.order_by().values_list("item__title")
    return dict(counted.annotate(n=Count("item", distinct=True)))


def _title_row(
    title: Title, files: tuple[int, int], items: int, drives: Sequence[DriveState]
) -> dict[str, Any]:
    return {
        "id": title.pk,
        "kind": title.kind,
        "title": title.name,
        "year": title.year,
        "ids": _ids(title.external_ids.all()),
        "items": items,
        "files": files[0],
        "size_bytes": files[1],
        "drives": [asdict(each) for each in drives],
    }
