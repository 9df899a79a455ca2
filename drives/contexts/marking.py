"""Marks on the library's titles: how complete they are on each drive."""

from collections.abc import Iterable

from drives.completeness import Completeness
from drives.models import Drive
from drives.services import comparing
from drives.services.comparing import Held
from library.marks import Mark, Marks
from library.models import Title

FEW_DRIVES = 4
"""With more drives than this, only those that hold something of a title are marked."""


class DriveMarker:
    """Knows every drive, also those in the drawer."""

    def mark_titles(self, title_ids: Iterable[int]) -> Marks:
        """Return marks by title; at most three queries."""
        names = _names()
        if not names:
            return {}
        ids = list(title_ids)
        shows = set(
            Title.objects.filter(pk__in=ids, kind=Title.Kind.SHOW).values_list(
                "pk", flat=True
            )
        )
        held = comparing.count_titles_on_all(title_ids=ids)
        return {
            pk: _marks(rows, names, "episodes" if pk in shows else "")
            for pk, rows in held.items()
        }

    def mark_seasons(self, title_id: int) -> Marks:
        """Return marks by season."""
        names = _names()
        held = comparing.count_seasons(title_id=title_id) if names else {}
        return {pk: _marks(rows, names, "episodes") for pk, rows in held.items()}

    def mark_items(self, title_id: int) -> Marks:
        """Return marks by item."""
        names = _names()
        held = comparing.count_items(title_id=title_id) if names else {}
        return {pk: _marks(rows, names, "") for pk, rows in held.items()}


def _names() -> dict[int, str]:
    return dict(Drive.objects.by_name().values_list("pk", "name"))


def _marks(rows: list[Held], names: dict[int, str], unit: str) -> tuple[Mark, ...]:
    by_drive = {row.drive_id: row for row in rows}
    found = tuple(
        _mark(by_drive[pk], name, unit) for pk, name in names.items() if pk in by_drive
    )
    held = tuple(mark for mark in found if mark.state != Completeness.MISSING)
    return found if held and len(names) <= FEW_DRIVES else held


def _mark(row: Held, name: str, unit: str) -> Mark:
    return Mark(name, row.state, row.count.have, row.count.want, unit)
