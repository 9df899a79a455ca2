"""What the library has against what drives hold: counted by the database, not by loops."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from drives.completeness import Completeness, Count
from drives.models import Drive

# An item is wanted on a drive while the library has a file of it (a file of an
# unavailable root counts: its state does not change), or while that drive itself holds
# it: what the library gave away since is no gap, and what is kept there still counts.
#
# It is held when a file there holds all of it: of a film in parts, every part.
# It is current while the library still has the very file that was copied. A copy of a
# file that is missing now is current only as long as nothing else took its place.
_QUERY = """
WITH library AS (
    SELECT mi.item_id, i.title_id, i.season_id, m.fingerprint, m.state, m.part
    FROM library_mediafileitem mi
    JOIN library_mediafile m ON m.id = mi.media_file_id
    JOIN library_item i ON i.id = mi.item_id
    {titles}
),
present AS (
    SELECT item_id, COUNT(DISTINCT part) AS parts
    FROM library WHERE state = 'PRESENT' GROUP BY item_id
),
held AS (
    SELECT f.drive_id, fi.item_id, i.title_id, i.season_id,
           COUNT(DISTINCT own.part) AS parts,
           MAX(CASE WHEN own.part IS NULL THEN 1 ELSE 0 END) AS is_whole,
           MAX(CASE WHEN f.source_fingerprint = '' OR p.item_id IS NULL THEN 1
                    WHEN l.state = 'PRESENT'
                     AND l.fingerprint IN ('', f.source_fingerprint) THEN 1
                    ELSE 0 END) AS is_current
    FROM drives_drivefile f
    JOIN drives_drivefileitem fi ON fi.drive_file_id = f.id
    JOIN library_item i ON i.id = fi.item_id
    LEFT JOIN library_mediafile own ON own.id = f.media_file_id
    LEFT JOIN library l ON l.item_id = fi.item_id
    LEFT JOIN present p ON p.item_id = fi.item_id
    WHERE f.state = 'PRESENT' AND f.kind = 'VIDEO' {files}
    GROUP BY f.drive_id, fi.item_id, i.title_id, i.season_id
),
wanted AS (
    {wanted}
    SELECT drive_id, item_id, title_id, season_id FROM held
)
SELECT w.drive_id, w.{group}, COUNT(*) AS want,
       SUM(CASE WHEN h.is_whole = 1 OR h.parts >= COALESCE(p.parts, 0)
                THEN 1 ELSE 0 END) AS have,
       SUM(CASE WHEN (h.is_whole = 1 OR h.parts >= COALESCE(p.parts, 0))
                 AND h.is_current = 0 THEN 1 ELSE 0 END) AS outdated,
       SUM(CASE WHEN h.is_whole = 0 AND h.parts < COALESCE(p.parts, 0)
                THEN 1 ELSE 0 END) AS begun
FROM wanted w
LEFT JOIN held h ON h.item_id = w.item_id AND h.drive_id = w.drive_id
LEFT JOIN present p ON p.item_id = w.item_id
WHERE w.{group} IS NOT NULL
GROUP BY w.drive_id, w.{group}
"""

_WANTED = """SELECT d.id AS drive_id, l.item_id, l.title_id, l.season_id
    FROM (SELECT DISTINCT item_id, title_id, season_id FROM library
          WHERE state = 'PRESENT') l
    CROSS JOIN drives_drive d {drives}
    UNION
"""

IDS_MOST = 2000


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
    *,
    group: str,
    drive_ids: list[int] | None,
    title_ids: list[int] | None,
    is_held: bool = False,
) -> list[Held]:
    """Ask once; `None` means all; `is_held`: only what is there, at least in part."""
    if title_ids == [] or drive_ids == []:
        return []
    if title_ids is not None and len(title_ids) > IDS_MOST:
        # More than a query takes: ask for all, keep what was asked for.
        wanted = set(title_ids)
        rows = _counts(group=group, drive_ids=drive_ids, title_ids=None)
        return [row for row in rows if group != "title_id" or row.group_id in wanted]
    titles, files, drives = "", "", ""
    parameters: list[Any] = []
    if title_ids is not None:
        marks = _marks(title_ids)
        titles, files = f"WHERE i.title_id IN ({marks})", f"AND i.title_id IN ({marks})"
        parameters += title_ids + title_ids
    if drive_ids is not None:
        marks = _marks(drive_ids)
        files += f" AND f.drive_id IN ({marks})"
        drives = f"WHERE d.id IN ({marks})"
        parameters += drive_ids if is_held else drive_ids + drive_ids
    wanted_sql = "" if is_held else _WANTED.format(drives=drives)
    query = _QUERY.format(group=group, titles=titles, files=files, wanted=wanted_sql)
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [
            Held(drive_id=row[0], group_id=row[1], count=Count(*map(int, row[2:])))
            for row in cursor.fetchall()
        ]


def _marks(values: list[int]) -> str:
    return ",".join(["%s"] * len(values))


def count_titles(
    *, drive: Drive, title_ids: Iterable[int] | None = None
) -> dict[int, Count]:
    """Return the count of each title on one drive; one query.

    Titles that neither the library nor the drive has a file of are left out.
    """
    ids = None if title_ids is None else list(title_ids)
    rows = _counts(group="title_id", drive_ids=[drive.pk], title_ids=ids)
    return {row.group_id: row.count for row in rows}


def count_titles_on_all(*, title_ids: Iterable[int]) -> dict[int, list[Held]]:
    """Return, for each title, its count on every drive, plugged in or not; one query."""
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
    """Return the items that are on a drive, whole and current; one query."""
    rows = _counts(group="item_id", drive_ids=[drive.pk], title_ids=None, is_held=True)
    return {row.group_id for row in rows if row.state == Completeness.COMPLETE}
