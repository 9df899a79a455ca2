"""What the library has against what drives hold: counted by the database, not by loops."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from drives.completeness import Completeness, Count
from drives.models import Drive

# An item is wanted on a drive while the library has a file of it (a file of an
# unavailable root counts: its state does not change), or while that drive itself holds
# it: what the library gave away since is no gap, and what is kept there still counts.
#
# It is held when a file there holds all of it: of a film in parts, every part.
# It is current while the library still has the very file that was copied. A copy of a
# file that is missing now is current only as long as nothing else took its place.
#
# Items are looked up one by one through indexes and never joined with all drives: what
# the library wants is summed once, each drive adds what it alone holds.
_QUERY = """
WITH held AS (
    SELECT f.drive_id, fi.item_id, i.title_id, i.season_id,
           COUNT(DISTINCT own.part) AS parts,
           MAX(CASE WHEN own.part IS NULL THEN 1 ELSE 0 END) AS is_whole,
           MAX(CASE WHEN f.source_fingerprint = '' THEN 1
                    WHEN EXISTS (
                        SELECT 1 FROM library_mediafileitem mi
                        JOIN library_mediafile m ON m.id = mi.media_file_id
                        WHERE mi.item_id = fi.item_id AND m.state = 'PRESENT'
                          AND m.fingerprint IN ('', f.source_fingerprint)) THEN 1
                    ELSE 0 END) AS is_same
    FROM drives_drivefile f
    JOIN drives_drivefileitem fi ON fi.drive_file_id = f.id
    JOIN library_item i ON i.id = fi.item_id
    LEFT JOIN library_mediafile own ON own.id = f.media_file_id
    WHERE f.state = 'PRESENT' AND f.kind = 'VIDEO' {files}
    GROUP BY f.drive_id, fi.item_id, i.title_id, i.season_id
),
present AS (
    SELECT h.*, CASE WHEN EXISTS (
               SELECT 1 FROM library_mediafileitem mi
               JOIN library_mediafile m ON m.id = mi.media_file_id
               WHERE mi.item_id = h.item_id AND m.state = 'PRESENT')
           THEN 1 ELSE 0 END AS is_present,
           CASE WHEN h.is_whole = 1 THEN 1
                WHEN h.parts >= (
                    SELECT COUNT(DISTINCT m.part) FROM library_mediafileitem mi
                    JOIN library_mediafile m ON m.id = mi.media_file_id
                    WHERE mi.item_id = h.item_id AND m.state = 'PRESENT') THEN 1
                ELSE 0 END AS is_all
    FROM held h
)
SELECT drive_id, group_id, SUM(want), SUM(have), SUM(outdated), SUM(begun) FROM (
    {wanted}
    SELECT drive_id, {group} AS group_id, {alone} AS want, is_all AS have,
           is_all * is_present * (1 - is_same) AS outdated, 1 - is_all AS begun
    FROM present WHERE {group} IS NOT NULL
) counted
GROUP BY drive_id, group_id
"""

_WANTED = """SELECT d.id AS drive_id, l.group_id, l.want,
           0 AS have, 0 AS outdated, 0 AS begun
    FROM (SELECT {column} AS group_id, COUNT(DISTINCT i.id) AS want
          FROM library_item i
          JOIN library_mediafileitem mi ON mi.item_id = i.id
          JOIN library_mediafile m ON m.id = mi.media_file_id
          WHERE m.state = 'PRESENT' AND {column} IS NOT NULL {titles}
          GROUP BY {column}) l
    CROSS JOIN drives_drive d {drives}
    UNION ALL
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
) -> list[Held]:
    """Ask once; `None` means all."""
    if title_ids == [] or drive_ids == []:
        return []
    if title_ids is not None and len(title_ids) > IDS_MOST:
        # More than a query takes: ask for all, keep what was asked for.
        wanted = set(title_ids)
        rows = _counts(group=group, drive_ids=drive_ids, title_ids=None)
        return [row for row in rows if group != "title_id" or row.group_id in wanted]
    titles, files, drives = "", "", ""
    of_titles: list[Any] = title_ids or []
    of_drives: list[Any] = drive_ids or []
    if title_ids is not None:
        titles = files = f"AND i.title_id IN ({_marks(title_ids)})"
    if drive_ids is not None:
        marks = _marks(drive_ids)
        # The plus keeps SQLite from reading a whole drive where titles are named.
        files += f" AND {'+' if titles else ''}f.drive_id IN ({marks})"
        drives = f"WHERE d.id IN ({marks})"
    column = "i.id" if group == "item_id" else f"i.{group}"
    query = _QUERY.format(
        group=group,
        files=files,
        wanted=_WANTED.format(column=column, titles=titles, drives=drives),
        alone="1 - is_present",
    )
    return [
        Held(drive_id=row[0], group_id=row[1], count=Count(*map(int, row[2:])))
        for row in _ask(query, 2 * (of_titles + of_drives))
    ]


def _ask(query: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


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


def current_items(
    *, drive: Drive, titles: "QuerySet[Any, Any] | None" = None
) -> set[int]:
    """Return the items that are on a drive, whole and current; one query.

    `titles`: a query of the ids of those asked for; None: all.
    """
    return whole_items(drive=drive, titles=titles).current


@dataclass(frozen=True, slots=True)
class Whole:
    """Items of which a drive has all that makes them."""

    current: set[int]
    outdated: set[int]
    """Those whose library file was replaced since."""


def whole_items(*, drive: Drive, titles: "QuerySet[Any, Any] | None" = None) -> Whole:
    """Return the items that are whole on a drive, by whether they are current; one query.

    `titles`: a query of the ids of those asked for; None: all.
    """
    files, parameters = "AND f.drive_id = %s", [drive.pk]
    if titles is not None:
        chosen, values = titles.query.sql_with_params()
        files += f" AND i.title_id IN ({chosen})"
        parameters += values
    query = _QUERY.format(group="item_id", files=files, wanted="", alone="1")
    rows = [row for row in _ask(query, parameters) if row[3]]
    return Whole(
        current={row[1] for row in rows if not row[4]},
        outdated={row[1] for row in rows if row[4]},
    )
