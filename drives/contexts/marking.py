"""Marks on the library's titles: how complete they are on each drive."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet

from drives.completeness import NONE, Completeness, Count
from drives.models import Attachment, Drive, DriveFile
from drives.services import comparing
from drives.services.comparing import Held
from library.marks import Mark, Marks, Place
from library.models import Title

FEW_DRIVES = 4
"""With more drives than this, only those that hold something of a title are marked."""


class DriveMarker:
    """Knows every drive, also those in the drawer."""

    def list_places(self) -> tuple[Place, ...]:
        """Return all drives by name, with the room that was seen last; two queries."""
        seen = Attachment.objects.order_by("pk").only(
            "drive_id", "free_bytes", "total_bytes", "detached_at"
        )
        latest = {row.drive_id: row for row in seen}
        return tuple(_place(pk, name, latest.get(pk)) for pk, name in _names().items())

    def narrow(
        self, titles: QuerySet[Title], *, place_id: int | None, is_there: bool
    ) -> QuerySet[Title]:
        """Keep titles with (or without) a video on a drive; None: on any."""
        files = DriveFile.objects.filter(
            state=DriveFile.State.PRESENT, kind=DriveFile.Kind.VIDEO
        ).order_by()
        if place_id is None:
            there = Q(Exists(files.filter(title=OuterRef("pk"))))
        else:
            # Gathered once: asked for each of 100,000 titles, it takes four times as long.
            held = files.filter(drive=place_id, title__isnull=False)
            there = Q(pk__in=held.values("title"))
        return titles.filter(there if is_there else ~there)

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
            pk: _marks(rows, names, "episode" if pk in shows else "")
            for pk, rows in held.items()
        }

    def mark_parts(
        self, title_id: int, season_of: Mapping[int, int]
    ) -> tuple[Marks, Marks]:
        """Return marks by season and by item; two queries."""
        names = _names()
        held = comparing.count_items(title_id=title_id) if names else {}
        seasons: dict[int, dict[int, Count]] = defaultdict(dict)
        for item, rows in held.items():
            if item in season_of:
                counts = seasons[season_of[item]]
                for row in rows:
                    counts[row.drive_id] = counts.get(row.drive_id, NONE) + row.count
        by_season = {
            season: [Held(drive, season, count) for drive, count in counts.items()]
            for season, counts in seasons.items()
        }
        return (
            {pk: _marks(rows, names, "episode") for pk, rows in by_season.items()},
            {pk: _marks(rows, names, "") for pk, rows in held.items()},
        )


def _place(pk: int, name: str, seen: Attachment | None) -> Place:
    if seen is None or not seen.total_bytes:
        return Place(pk, name, is_here=False, free_bytes=None)
    return Place(pk, name, seen.detached_at is None, seen.free_bytes)


def _names() -> dict[int, str]:
    return dict(Drive.objects.by_name().values_list("pk", "name"))


def _marks(rows: list[Held], names: dict[int, str], unit: str) -> tuple[Mark, ...]:
    held = {row.drive_id: row for row in rows if row.state != Completeness.MISSING}
    if held and len(names) <= FEW_DRIVES:
        held = {row.drive_id: row for row in rows}
    # Only those of the few that hold something: most drives hold none of most titles.
    return tuple(
        _mark(held[pk], name, unit) for pk, name in names.items() if pk in held
    )


def _mark(row: Held, name: str, unit: str) -> Mark:
    return Mark(name, row.state, row.count.have, row.count.want, unit)
