"""The files of Plex items: kept in line with what details say, and tied to ours."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from library.models import MediaFile
from plexlink.models import PlexItem, PlexPart
from plexlink.reading import ListedPart
from plexlink.services.counting import Tally
from plexlink.services.locating import Locator
from plexlink.services.storing import insert_rows, update_rows

_FIELDS = (
    *("version", "position", "file", "local_path", "media_file_id", "size_bytes"),
    *("duration_ms", "container", "edition", "streams"),
)


@dataclass(slots=True)
class Files:
    """Where an item's files are."""

    files: list[MediaFile] = field(default_factory=list)
    """Ours among them, in order."""
    state: str = PlexItem.State.REMOTE_ONLY


def store_parts(
    wanted: dict[int, list[ListedPart]], locator: Locator, tally: Tally
) -> dict[int, Files]:
    """Bring the parts of these items in line; writes only what is new or changed."""
    paths = {
        part.file: locator.locate(part.file)
        for parts in wanted.values()
        for part in parts
    }
    ours = locator.find_files(path for path in paths.values() if path)
    known: dict[int, dict[str, PlexPart]] = defaultdict(dict)
    for row in PlexPart.objects.filter(plex_item__in=list(wanted)):
        known[row.plex_item_id][row.part_id] = row
    new: list[PlexPart] = []
    changed: list[PlexPart] = []
    kept: set[tuple[int, str]] = set()
    found: dict[int, Files] = {}
    for item_id, parts in wanted.items():
        found[item_id] = Files(state=_state(parts, paths, ours, locator))
        for part in parts:
            file = ours.get(paths[part.file])
            if file is not None and file not in found[item_id].files:
                found[item_id].files.append(file)
            values = _values(part, paths[part.file], file)
            old = known[item_id].get(part.part_id)
            kept.add((item_id, part.part_id))
            if old is None:
                new.append(
                    PlexPart(plex_item_id=item_id, part_id=part.part_id, **values)
                )
            elif any(getattr(old, name) != values[name] for name in _FIELDS):
                for name, value in values.items():
                    setattr(old, name, value)
                changed.append(old)
    gone = [
        row.pk
        for item_id, rows in known.items()
        for part_id, row in rows.items()
        if (item_id, part_id) not in kept
    ]
    insert_rows(new)
    if changed:
        update_rows(changed, [name.removesuffix("_id") for name in _FIELDS])
    if gone:
        PlexPart.objects.filter(pk__in=gone).delete()
    tally.writes += len(new) + len(changed) + len(gone)
    return found


def _values(
    part: ListedPart, local_path: str, file: MediaFile | None
) -> dict[str, Any]:
    return {
        "version": part.version,
        "position": part.position,
        "file": part.file,
        "local_path": local_path,
        "media_file_id": file.pk if file else None,
        "size_bytes": part.size_bytes,
        "duration_ms": part.duration_ms,
        "container": part.container,
        "edition": part.edition,
        "streams": part.streams,
    }


def _state(
    parts: list[ListedPart],
    paths: dict[str, str],
    ours: dict[str, MediaFile],
    locator: Locator,
) -> str:
    """Return the state of an item: NORMAL once one of its versions is whole here."""
    by_version: dict[int, list[str]] = defaultdict(list)
    for part in parts:
        path = paths[part.file]
        by_version[part.version].append(locator.state_of(path, ours.get(path)))
    normal = PlexItem.State.NORMAL
    if any(all(state == normal for state in states) for states in by_version.values()):
        return normal
    all_states = {state for states in by_version.values() for state in states}
    if PlexItem.State.UNAVAILABLE in all_states:
        return PlexItem.State.UNAVAILABLE
    return PlexItem.State.REMOTE_ONLY
