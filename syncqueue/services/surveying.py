"""What the library has of wished titles, and what is on the drive: read for a plan."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet

from drives.models import Drive, DriveFile, DriveFileItem
from drives.services.filling import source_ids, titles_of
from library.models import Item, MediaFile, MediaFileItem, Root, SideFile, Title
from syncqueue import naming
from syncqueue.models import QueueItem
from syncqueue.planning import OnDrive, Reason

_CHUNK = 5000
"""Rows read at once; the default of 100 costs more than the rows."""
_RESOLUTIONS = {"2160p": 5, "1080p": 4, "1080i": 4, "720p": 3, "576p": 2, "480p": 1}


@dataclass(slots=True)
class FileRow:
    """A library file, as planning needs it."""

    pk: int
    title_id: int
    root: Root
    relpath: str
    size_bytes: int
    is_present: bool
    resolution: str
    edition: str
    part: int | None
    item_ids: list[int] = field(default_factory=list)

    @property
    def trouble(self) -> Reason | None:
        """Why it cannot be read now."""
        if not self.is_present:
            return Reason.SOURCE_MISSING
        away = self.root.state == Root.State.UNAVAILABLE
        return Reason.SOURCE_UNAVAILABLE if away else None

    @property
    def merit(self) -> tuple[bool, int, int, int]:
        """What is chosen among versions: readable, then sharper, then larger."""
        rank = _RESOLUTIONS.get(self.resolution.lower(), 0)
        return (self.trouble is None, rank, self.size_bytes, -self.pk)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A thing to watch, as planning needs it."""

    pk: int
    title_id: int
    season_id: int | None
    season: int | None
    number: int
    name: str
    air_date: date | None


@dataclass(frozen=True, slots=True)
class TitleRow:
    """A title, as planning needs it."""

    pk: int
    kind: str
    name: str
    year: int | None

    @property
    def named(self) -> naming.Named:
        """What its folder's name is made of."""
        return naming.Named(kind=self.kind, title=self.name, year=self.year)


@dataclass(slots=True)
class Survey:
    """What the library has of the wished titles."""

    titles: dict[int, TitleRow]
    items: dict[int, list[ItemRow]]
    files: dict[int, FileRow]
    by_item: dict[int, list[FileRow]]
    episodes: dict[int, ItemRow]
    sides: dict[int, list[SideFile]]
    folder_sides: dict[tuple[int, str], list[SideFile]]
    neighbours: dict[int, TitleRow]
    """Titles that are on the drive already."""
    elsewhere: set[int]
    """Titles that no folder that fills the drive has a file of, but others do."""


def read_drive(drive: Drive) -> Iterator[OnDrive]:
    """Yield the files that are on a drive, as far as is known."""
    items: dict[int, set[int]] = defaultdict(set)
    rows = DriveFileItem.objects.filter(drive_file__drive=drive)
    links = rows.values_list("drive_file_id", "item_id").order_by()
    for file_id, item_id in links.iterator(chunk_size=_CHUNK):
        items[file_id].add(item_id)
    files = DriveFile.objects.filter(drive=drive).exclude(
        state=DriveFile.State.VANISHED
    )
    # Apart: of tens of thousands of moments each would be read as one, for nothing.
    damaged = set(files.filter(damaged_at__isnull=False).values_list("pk", flat=True))
    columns = (
        "pk", "relpath", "size_bytes", "origin", "state", "media_file_id",
        "side_file_id", "kind",
    )  # fmt: skip
    rows_there = files.values_list(*columns).iterator(chunk_size=_CHUNK)
    for pk, relpath, size, origin, state, media_id, side_id, kind in rows_there:
        # What somebody altered is not ours to replace any more; what the drive itself
        # damaged still is.
        is_as_written = state == DriveFile.State.PRESENT or pk in damaged
        ours = origin == DriveFile.Origin.OURS and is_as_written
        yield OnDrive(
            relpath=relpath,
            size_bytes=size,
            is_ours=ours,
            is_side=kind == DriveFile.Kind.SIDE,
            media_file_id=media_id,
            side_file_id=side_id,
            item_ids=frozenset(items[pk]),
        )


def read_library(drive: Drive, title_ids: "QuerySet[Any, Any]") -> Survey:
    """Read what the library has of some titles, and which are on the drive."""
    titles = _titles(Title.objects.filter(pk__in=title_ids))
    of_titles = {"title__in": title_ids}
    sources = source_ids(drive)
    only: dict[str, Any] = {"root__in": sources} if sources else {}
    files = {file.pk: file for file in _files(of_titles | only)}
    by_item: dict[int, list[FileRow]] = defaultdict(list)
    links = MediaFileItem.objects.filter(media_file__title__in=title_ids).order_by(
        "media_file", "position", "pk"
    )
    pairs = links.values_list("media_file_id", "item_id").iterator(chunk_size=_CHUNK)
    for file_id, item_id in pairs:
        file = files.get(file_id)
        if file is not None and item_id not in file.item_ids:
            file.item_ids.append(item_id)
            by_item[item_id].append(file)
    items: dict[int, list[ItemRow]] = defaultdict(list)
    episodes = {}
    for item in _items(of_titles):
        items[item.title_id].append(item)
        if item.season is not None:
            episodes[item.pk] = item
    sides, folder_sides = _read_sides(title_ids, drive)
    there = DriveFile.objects.ours().filter(drive=drive).values("title_id")
    neighbours = _titles(Title.objects.filter(pk__in=there))
    return Survey(
        *(titles, items, files, by_item, episodes, sides, folder_sides, neighbours),
        elsewhere=_elsewhere(sources, title_ids),
    )


def _elsewhere(sources: list[int], title_ids: "QuerySet[Any, Any]") -> set[int]:
    """Return the titles that only other folders than those have files of."""
    if not sources:
        return set()
    rows = MediaFile.objects.present().filter(title__in=title_ids)
    return set(rows.order_by().values_list("title_id", flat=True)) - titles_of(sources)


def _titles(rows: "QuerySet[Title, Any]") -> dict[int, TitleRow]:
    columns = rows.order_by().values_list("pk", "kind", "name", "year")
    return {row[0]: TitleRow(*row) for row in columns.iterator(chunk_size=_CHUNK)}


def _items(of_titles: dict[str, Any]) -> Iterator[ItemRow]:
    columns = (
        "pk", "title_id", "season_id", "season__number", "number", "name", "air_date",
    )  # fmt: skip
    rows = Item.objects.filter(**of_titles).order_by(
        "title", "season__number", "number", "pk"
    )
    for row in rows.values_list(*columns).iterator(chunk_size=_CHUNK):
        pk, title_id, season_id, season, number, name, air_date = row
        yield ItemRow(pk, title_id, season_id, season, number or 0, name, air_date)


def _files(of_titles: dict[str, Any]) -> Iterator[FileRow]:
    roots = Root.objects.in_bulk()
    columns = (
        "pk", "title_id", "root_id", "relpath", "size_bytes", "state", "resolution",
        "edition", "part",
    )  # fmt: skip
    rows = MediaFile.objects.filter(**of_titles).order_by().values_list(*columns)
    for (
        pk, title_id, root_id, relpath, size, state, resolution, edition, part
    ) in rows.iterator(chunk_size=_CHUNK):  # fmt: skip
        if title_id is not None:
            yield FileRow(
                pk=pk,
                title_id=title_id,
                root=roots[root_id],
                relpath=relpath,
                size_bytes=size,
                is_present=state == MediaFile.State.PRESENT,
                resolution=resolution,
                edition=edition,
                part=part,
            )


def _read_sides(
    title_ids: "QuerySet[Any, Any]", drive: Drive
) -> tuple[dict[int, list[SideFile]], dict[tuple[int, str], list[SideFile]]]:
    sides: dict[int, list[SideFile]] = defaultdict(list)
    folders: dict[tuple[int, str], list[SideFile]] = defaultdict(list)
    if drive.side_files == Drive.SideFiles.NONE:
        return sides, folders
    rows = SideFile.objects.exclude(kind=SideFile.Kind.EXTRA)
    if drive.side_files == Drive.SideFiles.SUBTITLES:
        rows = rows.filter(kind=SideFile.Kind.SUBTITLE)
    own = rows.filter(media_file__title__in=title_ids)
    for side in own.order_by("relpath", "pk"):
        if side.media_file_id is not None:
            sides[side.media_file_id].append(side)
    if drive.side_files == Drive.SideFiles.ALL:
        for side in rows.filter(media_file__isnull=True).order_by("relpath", "pk"):
            folders[side.root_id, side.relpath.rpartition("/")[0]].append(side)
    return sides, folders


def items_of(wish: QueueItem, library: Survey) -> list[ItemRow]:
    """Return the items a wish names."""
    items = library.items.get(wish.title_id, [])
    if wish.item_id is not None:
        return [item for item in items if item.pk == wish.item_id]
    if wish.season_id is not None:
        return [item for item in items if item.season_id == wish.season_id]
    return items
