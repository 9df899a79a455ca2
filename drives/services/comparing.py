"""What the library has against what drives hold: counted by the database, not by loops."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from drives.completeness import Completeness, Count
from drives.models import Drive

# An item counts as wanted while the library knows a file of it: also one that is missing
# now, so that a library disk that fails does not make drives look more complete; an
# item that only the drive holds counts as wanted and present.
_ITEMS = """
WITH wanted AS (
    SELECT DISTINCT i.id AS item_id, i.title_id, i.season_id
    FROM library_item i
    JOIN library_mediafileitem mi ON mi.item_id = i.id
    {title_filter}
),
held AS (
    SELECT f.drive_id, fi.item_id,
           MAX(CASE WHEN m.id IS NULL OR f.source_fingerprint = ''
                      OR m.fingerprint = '' OR m.fingerprint = f.source_fingerprint
                    THEN 1 ELSE 0 END) AS is_current
    FROM drives_drivefile f
    JOIN drives_drivefileitem fi ON fi.drive_file_id = f.id
    LEFT JOIN library_mediafile m ON m.id = f.media_file_id
    WHERE f.state = 'PRESENT' AND f.kind = 'VIDEO' {drive_filter}
    GROUP BY f.drive_id, fi.item_id
)
SELECT d.id AS drive_id, w.{group} AS group_id, COUNT(*) AS want,
       COUNT(h.item_id) AS have,
       COALESCE(SUM(CASE WHEN h.is_current = 0 THEN 1 ELSE 0 END), 0) AS outdated
FROM wanted w
CROSS JOIN drives_drive d
LEFT JOIN held h ON h.item_id = w.item_id AND h.drive_id = d.id
{where}
GROUP BY d.id, w.{group}
"""


@dataclass(frozen=True, slots=True)
class Held:
    """How complete one title (season, item) is on one drive."""

    drive_id: int
    group_id: int
    count: Count

    @property
    def state(self) -> Completeness:
        """Return the state."""
        return self.count.state


def _counts(
    *, group: str, drive_ids: list[int] | None, title_ids: list[int] | None
) -> list[Held]:
    """Ask once; `None` means all."""
    parameters: list[Any] = []
    title_filter, drive_filter, where = "", "", ""
    if title_ids is not None:
        title_filter = f"WHERE i.title_id IN ({_marks(title_ids)})"
        parameters += title_ids
    if drive_ids is not None:
        drive_filter = f"AND f.drive_id IN ({_marks(drive_ids)})"
        where = f"WHERE d.id IN ({_marks(drive_ids)})"
        parameters += drive_ids + drive_ids
    if title_ids == [] or drive_ids == []:
        return []
    query = _ITEMS.format(
        group=group, title_filter=title_filter, drive_filter=drive_filter, where=where
    )
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [
            Held(drive_id=row[0], group_id=row[1], count=Count(*map(int, row[2:])))
            for row in cursor.fetchall()
            if row[1] is not None
        ]


def _marks(values: list[int]) -> str:
    return ",".join(["%s"] * len(values))


def count_titles(
    *, drive: Drive, title_ids: Iterable[int] | None = None
) -> dict[int, Count]:
    """Return the count of each title of the library on one drive; one query."""
    ids = None if title_ids is None else list(title_ids)
    rows = _counts(group="title_id", drive_ids=[drive.pk], title_ids=ids)
    return {row.group_id: row.count for row in rows}


def count_titles_on_all(*, title_ids: Iterable[int]) -> dict[int, list[Held]]:
    """Return, for each title, its count on every drive; one query."""
    rows = _counts(group="title_id", drive_ids=None, title_ids=list(title_ids))
    return _grouped(rows)


def count_seasons(*, title_id: int) -> dict[int, list[Held]]:
    """Return, for each season of a title, its count on every drive; one query."""
    return _grouped(_counts(group="season_id", drive_ids=None, title_ids=[title_id]))


def count_items(*, title_id: int) -> dict[int, list[Held]]:
    """Return, for each item of a title, its count on every drive; one query."""
    return _grouped(_counts(group="item_id", drive_ids=None, title_ids=[title_id]))


def _grouped(rows: list[Held]) -> dict[int, list[Held]]:
    found: dict[int, list[Held]] = {}
    for row in sorted(rows, key=lambda row: row.drive_id):
        found.setdefault(row.group_id, []).append(row)
    return found


def current_items(*, drive: Drive) -> set[int]:
    """Return the items that are on a drive and current; one query."""
    rows = _counts(group="item_id", drive_ids=[drive.pk], title_ids=None)
    return {row.group_id for row in rows if row.state == Completeness.COMPLETE}
