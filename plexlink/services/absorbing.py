"""Taking over one page of a listing: what is new, changed, back, or as it was."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from library.models import WatchState
from plexlink.answers import Row
from plexlink.models import PlexItem, PlexLibrary
from plexlink.reading import Listed, Watched, read_listed, read_watched
from plexlink.services.counting import Tally
from plexlink.services.storing import insert_rows, update_rows

_FIELDS = (
    *("library", "guid", "kind", "show_key", "season_number", "number", "name"),
    *("year", "etag", "watch_mark", "added_epoch", "updated_epoch", "state"),
    *("gone_since", "thumb", "art", "details_etag"),
)
_WATCH_FIELDS = ("is_watched", "position_seconds", "viewed_at")


class Absorber:
    """Takes pages of one library over; remembers the newest time stamps it saw."""

    def __init__(self, library: PlexLibrary, tally: Tally, *, viewer: str) -> None:
        self.library = library
        self.tally = tally
        self.viewer = viewer
        self.watermark = library.watermark
        self.viewed_watermark = library.viewed_watermark

    def go_on_from(self, marks: list[int]) -> None:
        """Take over the newest time stamps that an earlier process saw."""
        self.watermark = max(self.watermark, marks[0])
        self.viewed_watermark = max(self.viewed_watermark, marks[1])

    @transaction.atomic
    def absorb(self, rows: list[Row], *, kind: str) -> None:
        """Take a page over; two queries when nothing is new."""
        listed = {row.rating_key: row for row in self._read(rows, kind)}
        self.tally.listed += len(rows)
        known = self._known(listed)
        new = [row for key, row in listed.items() if key not in known]
        changed = [
            row
            for key, row in listed.items()
            if key in known and _is_changed(row, known[key], self.library.pk)
        ]
        self._create(new)
        self._update(changed)
        self._watch(listed, known)
        self.tally.unchanged += len(listed) - len(new) - len(changed)

    def _read(self, rows: list[Row], kind: str) -> list[Listed]:
        found = []
        for row in rows:
            listed = read_listed(row, kind=kind)
            if listed is None or listed.kind != kind:
                self.tally.skipped += 1
                continue
            self.watermark = max(self.watermark, listed.updated_epoch)
            self.viewed_watermark = max(self.viewed_watermark, listed.viewed_epoch)
            found.append(listed)
        return found

    def _known(self, listed: dict[str, Listed]) -> dict[str, tuple[Any, ...]]:
        rows = PlexItem.objects.filter(
            server_id=self.library.server_id, rating_key__in=list(listed)
        ).values_list(
            "rating_key", "etag", "library_id", "state", "watch_mark", "pk", "item_id"
        )
        return {row[0]: row for row in rows}

    def _create(self, rows: list[Listed]) -> None:
        insert_rows([self._make(row) for row in rows])
        self.tally.added += len(rows)
        self.tally.writes += len(rows)

    def _make(self, row: Listed) -> PlexItem:
        return PlexItem(
            server_id=self.library.server_id,
            rating_key=row.rating_key,
            **_values(row, self.library),
        )

    def _update(self, rows: list[Listed]) -> None:
        if not rows:
            return
        by_key = {row.rating_key: row for row in rows}
        items = list(
            PlexItem.objects.filter(
                server_id=self.library.server_id, rating_key__in=list(by_key)
            )
        )
        for item in items:
            # Its details are those of before it was gone: look again.
            item.details_etag = "" if item.gone_since else item.details_etag
            for name, value in _values(by_key[item.rating_key], self.library).items():
                setattr(item, name, value)
        update_rows(items, _FIELDS)
        self.tally.changed += len(items)
        self.tally.writes += len(items)

    def _watch(
        self, listed: dict[str, Listed], known: dict[str, tuple[Any, ...]]
    ) -> None:
        """Take over who watched what: it changes without any other change."""
        for key, (_, _, _, _, mark, pk, item_id) in known.items():
            row = listed[key]
            if row.watch_mark == mark:
                continue
            PlexItem.objects.filter(pk=pk).update(watch_mark=row.watch_mark)
            self.tally.writes += 1
            if item_id is not None:
                watched = read_watched(row.watch_mark) or Watched(
                    is_watched=False, position_seconds=0, viewed_at=None
                )
                self.tally.writes += store_watched({item_id: watched}, self.viewer)


def _is_changed(row: Listed, known: tuple[Any, ...], library: int) -> bool:
    _, etag, library_id, state, *_rest = known
    is_back = state == PlexItem.State.FILE_NOT_FOUND
    return bool(row.etag != etag or library_id != library or is_back)


def _values(row: Listed, library: PlexLibrary) -> dict[str, Any]:
    return {
        "library": library,
        "guid": row.guid,
        "kind": row.kind,
        "show_key": row.show_key,
        "season_number": row.season_number,
        "number": row.number,
        "name": row.name,
        "year": row.year,
        "etag": row.etag,
        "watch_mark": row.watch_mark,
        "added_epoch": row.added_epoch,
        "updated_epoch": row.updated_epoch,
        "state": PlexItem.State.SCANNING,
        "gone_since": None,
        "thumb": row.thumb,
        "art": row.art,
    }


def store_watched(wanted: dict[int, Watched], viewer: str) -> int:
    """Write down how far `viewer` is with these items; returns the rows written."""
    if not wanted:
        return 0
    rows = WatchState.objects.filter(viewer=viewer, item__in=list(wanted))
    known = {row.item_id: row for row in rows}
    new, changed = [], []
    for item_id, watched in wanted.items():
        values = {name: getattr(watched, name) for name in _WATCH_FIELDS}
        row = known.get(item_id)
        if row is None:
            new.append(WatchState(item_id=item_id, viewer=viewer, **values))
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            changed.append(row)
    WatchState.objects.bulk_create(new, ignore_conflicts=True)
    if changed:
        WatchState.objects.bulk_update(changed, _WATCH_FIELDS, batch_size=200)
    return len(new) + len(changed)


def mark_gone(pks: list[int]) -> int:
    """Mark items that their server does not list any more; returns how many."""
    now = timezone.now()
    count = 0
    for start in range(0, len(pks), 500):
        count += PlexItem.objects.filter(pk__in=pks[start : start + 500]).update(
            state=PlexItem.State.FILE_NOT_FOUND, gone_since=now
        )
    return count
