"""What the library has of wished titles, and what is on the drive: read for a plan."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import QuerySet

from drives.models import Drive, DriveFile, DriveFileItem
from drives.services.filling import source_ids, titles_of
from library.models import Item, MediaFile, MediaFileItem, Root, SideFile, Title
from syncqueue import naming
from syncqueue.models import QueueItemQuerySet
from syncqueue.planning import OnDrive, Reason

_CHUNK = 5000
"""Rows read at once; the default of 100 costs more than the rows."""
Folder = tuple[int, str]
"""A root, by id, and a folder below it."""
_NOTHING: frozenset[int] = frozenset()
_RESOLUTIONS = {"2160p": 5, "1080p": 4, "1080i": 4, "720p": 3, "576p": 2, "480p": 1}


class WishRow(NamedTuple):
    """A wish, as planning needs it."""

    pk: int
    title_id: int
    season_id: int | None
    item_id: int | None
    renews: bool


@dataclass(slots=True)
class FileRow:
    """A library file, as planning needs it."""

    pk: int
    title_id: int
    root: Root
    relpath: str
    size_bytes: int
    resolution: str
    edition: str
    part: int | None
    trouble: Reason | None
    """Why it cannot be read now."""
    item_ids: tuple[int, ...] = ()

    @property
    def merit(self) -> tuple[bool, int, int, int]:
        """What is chosen among versions: readable, then sharper, then larger."""
        rank = _RESOLUTIONS.get(self.resolution.lower(), 0)
        return (self.trouble is None, rank, self.size_bytes, -self.pk)


class ItemRow(NamedTuple):
    """A thing to watch, as planning needs it."""

    pk: int
    title_id: int
    season_id: int | None
    season: int | None
    number: int | None
    name: str
    air_date: date | None


class TitleRow(NamedTuple):
    """A title, as planning needs it."""

    pk: int
    kind: str
    name: str
    year: int | None

    @property
    def named(self) -> naming.Named:
        """What its folder's name is made of."""
        return naming.Named(kind=self.kind, title=self.name, year=self.year)


class SideRow(NamedTuple):
    """A side file of the library, as planning needs it."""

    pk: int
    root_id: int
    media_file_id: int | None
    relpath: str
    suffix: str
    size_bytes: int


@dataclass(slots=True)
class Survey:
    """What the library has of the wished titles."""

    titles: dict[int, TitleRow]
    items: dict[int, list[ItemRow]]
    files: dict[int, FileRow]
    by_item: dict[int, list[FileRow]]
    episodes: dict[int, ItemRow]
    sides: dict[int, list[SideRow]]
    folder_sides: dict[Folder, list[SideRow]]
    neighbours: dict[int, TitleRow]
    """Titles that are on the drive already."""
    elsewhere: set[int]
    """Titles that no folder that fills the drive has a file of, but others do."""


def read_wishes(rows: QueueItemQuerySet) -> list[WishRow]:
    """Return wishes as planning needs them, in their order."""
    columns = rows.values_list("pk", "title_id", "season_id", "item_id", "renews")
    return [WishRow(*row) for row in columns.iterator(chunk_size=_CHUNK)]


def read_drive(drive: Drive, title_ids: "QuerySet[Any, Any]") -> Iterator[OnDrive]:
    """Yield the files that are on a drive, as far as is known.

    `title_ids`: of whose files it is told which items they hold.
    """
    items = _items_there(drive, title_ids)
    files = DriveFile.objects.filter(drive=drive).exclude(
        state=DriveFile.State.VANISHED
    )
    # Apart: of tens of thousands of moments each would be read as one, for nothing.
    damaged = set(files.filter(damaged_at__isnull=False).values_list("pk", flat=True))
    # Called once for all: to ask a choice for its value takes longer than to compare.
    ours, side = DriveFile.Origin.OURS.value, DriveFile.Kind.SIDE.value
    present = DriveFile.State.PRESENT.value
    columns = (
        "pk", "relpath", "size_bytes", "origin", "state", "media_file_id",
        "side_file_id", "kind",
    )  # fmt: skip
    rows = files.values_list(*columns).iterator(chunk_size=_CHUNK)
    for pk, relpath, size, origin, state, media_id, side_id, kind in rows:
        # What somebody altered is not ours to replace any more; what the drive itself
        # damaged still is.
        is_ours = origin == ours and (state == present or pk in damaged)
        held = items.get(pk, _NOTHING)
        yield OnDrive(relpath, size, is_ours, kind == side, media_id, side_id, held)


def _items_there(
    drive: Drive, title_ids: "QuerySet[Any, Any]"
) -> dict[int, frozenset[int]]:
    """Return the items of each file that holds any of those titles."""
    of_titles = DriveFileItem.objects.filter(item__title__in=title_ids)
    rows = DriveFileItem.objects.filter(
        drive_file__drive=drive, drive_file__in=of_titles.values("drive_file")
    )
    links = rows.order_by().values_list("drive_file_id", "item_id")
    found: dict[int, frozenset[int]] = {}
    for file_id, item_id in links.iterator(chunk_size=_CHUNK):
        found[file_id] = found.get(file_id, _NOTHING) | {item_id}
    return found


def read_library(drive: Drive, title_ids: "QuerySet[Any, Any]") -> Survey:
    """Read what the library has of some titles, and which are on the drive."""
    titles = _titles(Title.objects.filter(pk__in=title_ids))
    of_titles = {"title__in": title_ids}
    sources = source_ids(drive)
    only: dict[str, Any] = {"root__in": sources} if sources else {}
    files = {file.pk: file for file in _files(of_titles | only)}
    items: dict[int, list[ItemRow]] = defaultdict(list)
    episodes = {}
    for item in _items(of_titles):
        items[item.title_id].append(item)
        if item.season is not None:
            episodes[item.pk] = item
    there = DriveFile.objects.ours().filter(drive=drive).values("title_id")
    return Survey(
        titles=titles,
        items=items,
        files=files,
        by_item=_link(files, title_ids),
        episodes=episodes,
        sides=_read_sides(drive, title_ids),
        folder_sides=_read_folder_sides(drive, titles, files.values()),
        neighbours=_titles(Title.objects.filter(pk__in=there)),
        elsewhere=_elsewhere(sources, title_ids),
    )


def _link(
    files: dict[int, FileRow], title_ids: "QuerySet[Any, Any]"
) -> dict[int, list[FileRow]]:
    """Tell files which items they hold; return the files of each item."""
    by_item: dict[int, list[FileRow]] = defaultdict(list)
    links = MediaFileItem.objects.filter(media_file__title__in=title_ids).order_by(
        "media_file", "position", "pk"
    )
    pairs = links.values_list("media_file_id", "item_id").iterator(chunk_size=_CHUNK)
    for file_id, item_id in pairs:
        file = files.get(file_id)
        if file is not None and item_id not in file.item_ids:
            file.item_ids += (item_id,)
            by_item[item_id].append(file)
    return by_item


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
    found = rows.values_list(*columns).iterator(chunk_size=_CHUNK)
    return (ItemRow(*row) for row in found)


def _files(of_titles: dict[str, Any]) -> Iterator[FileRow]:
    roots = Root.objects.in_bulk()
    troubles = {pk: _trouble_with(root) for pk, root in roots.items()}
    present = MediaFile.State.PRESENT.value
    columns = (
        "pk", "title_id", "root_id", "relpath", "size_bytes", "resolution", "edition",
        "part", "state",
    )  # fmt: skip
    rows = MediaFile.objects.filter(**of_titles).order_by().values_list(*columns)
    for (
        pk, title_id, root_id, relpath, size, resolution, edition, part, state
    ) in rows.iterator(chunk_size=_CHUNK):  # fmt: skip
        if title_id is None:
            continue
        trouble = troubles[root_id] if state == present else Reason.SOURCE_MISSING
        root = roots[root_id]
        yield FileRow(
            pk, title_id, root, relpath, size, resolution, edition, part, trouble
        )


def _trouble_with(root: Root) -> Reason | None:
    is_away = root.state == Root.State.UNAVAILABLE
    return Reason.SOURCE_UNAVAILABLE if is_away else None


def _read_sides(
    drive: Drive, title_ids: "QuerySet[Any, Any]"
) -> dict[int, list[SideRow]]:
    """Return the side files that go along with videos, by video."""
    found: dict[int, list[SideRow]] = defaultdict(list)
    if drive.side_files == Drive.SideFiles.NONE:
        return found
    rows = SideFile.objects.filter(media_file__title__in=title_ids)
    if drive.side_files == Drive.SideFiles.SUBTITLES:
        rows = rows.filter(kind=SideFile.Kind.SUBTITLE)
    for side in _side_rows(rows.order_by("relpath", "pk")):
        if side.media_file_id is not None:
            found[side.media_file_id].append(side)
    return found


def _read_folder_sides(
    drive: Drive, titles: dict[int, TitleRow], files: Iterable[FileRow]
) -> dict[Folder, list[SideRow]]:
    """Return the side files that go along with folders, a show's own too, by folder."""
    found: dict[Folder, list[SideRow]] = defaultdict(list)
    if drive.side_files != Drive.SideFiles.ALL:
        return found
    folders = set(_folders(titles, files))
    rows = SideFile.objects.filter(media_file__isnull=True).order_by()
    for side in _side_rows(rows):
        folder = side.root_id, side.relpath.rpartition("/")[0]
        if folder in folders:
            found[folder].append(side)
    for sides in found.values():
        sides.sort(key=lambda side: (side.relpath, side.pk))
    return found


def _folders(titles: dict[int, TitleRow], files: Iterable[FileRow]) -> Iterator[Folder]:
    for file in files:
        folder = file.relpath.rpartition("/")[0]
        yield file.root.pk, folder
        if titles[file.title_id].kind == Title.Kind.SHOW:
            yield file.root.pk, folder.rpartition("/")[0]


def _side_rows(rows: "QuerySet[SideFile, SideFile]") -> Iterator[SideRow]:
    columns = ("pk", "root_id", "media_file_id", "relpath", "suffix", "size_bytes")
    wanted = rows.exclude(kind=SideFile.Kind.EXTRA).values_list(*columns)
    return (SideRow(*row) for row in wanted.iterator(chunk_size=_CHUNK))


def items_of(wish: WishRow, library: Survey) -> list[ItemRow]:
    """Return the items a wish names."""
    items = library.items.get(wish.title_id, [])
    if wish.item_id is not None:
        return [item for item in items if item.pk == wish.item_id]
    if wish.season_id is not None:
        return [item for item in items if item.season_id == wish.season_id]
    return items
