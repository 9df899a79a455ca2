"""Reading wishes, library and drive into a plan; a handful of queries at any size."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from drives.detection import Mount
from drives.models import Attachment, Drive, DriveFile, DriveFileItem
from drives.services.comparing import current_items
from drives.services.opening import NotAttached
from library.models import Item, MediaFile, MediaFileItem, Root, SideFile, Title
from syncqueue import naming
from syncqueue.models import Copy, QueueItem
from syncqueue.planning import OnDrive, Plan, Reason, Room, Wanted, make_plan

_CHUNK = 5000
"""Rows read at once; the default of 100 costs more than the rows."""
_RESOLUTIONS = {"2160p": 5, "1080p": 4, "1080i": 4, "720p": 3, "576p": 2, "480p": 1}


@dataclass(slots=True)
class _File:
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
class _Item:
    """A thing to watch, as planning needs it."""

    pk: int
    title_id: int
    season_id: int | None
    season: int | None
    number: int
    name: str
    air_date: date | None


@dataclass(frozen=True, slots=True)
class _Title:
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
class _Library:
    """What the library has of the wished titles."""

    titles: dict[int, _Title]
    items: dict[int, list[_Item]]
    files: dict[int, _File]
    by_item: dict[int, list[_File]]
    episodes: dict[int, _Item]
    sides: dict[int, list[SideFile]]
    folder_sides: dict[tuple[int, str], list[SideFile]]
    neighbours: dict[int, _Title]
    """Titles that are on the drive already."""


def plan_drive(*, drive: Drive, partials: dict[str, int] | None = None) -> Plan:
    """Return what would be done for a drive's due wishes now.

    `partials`: bytes that earlier tries take on the drive, by target; None: as the
    journal says.

    Raises: NotAttached when the drive's room is not known.
    """
    attachment = drive.attachments.order_by("-seen_at", "-pk").first()
    if attachment is None:
        raise NotAttached(
            gettext("“{drive}” was never plugged in.").format(drive=drive.name)
        )
    due = QueueItem.objects.due().filter(drive=drive).in_order()
    wishes = list(due.only("drive_id", "title_id", "season_id", "item_id"))
    # By a query, not by a list: databases limit how many values one takes.
    library = _read_library(drive, due.values("title_id").order_by())
    current = current_items(drive=drive)
    wished = [(wish, _items_of(wish, library)) for wish in wishes]
    on_drive = list(_read_drive(drive))
    if partials is None:
        partials = dict(
            Copy.objects.open()
            .filter(drive=drive)
            .values_list("relpath", "durable_bytes")
        )
    kept = sum(1 for _, items in wished for item in items if item.pk in current)
    return make_plan(
        wanted=(
            _with_partial(one, partials.get(one.relpath, 0))
            for one in _wanted(wished, library, current, on_drive)
        ),
        on_drive=on_drive,
        room=_room(drive, attachment),
        wish_ids=[wish.pk for wish in wishes],
        kept_items=kept,
    )


def names_on_drive(*, drive: Drive) -> dict[int, list[str]]:
    """Return what each video that we wrote to a drive may be called today, by media file.

    The first is the plain name; the second tells it apart from a twin.
    """
    held = DriveFile.objects.ours().filter(drive=drive).values("title_id")
    library = _read_library(drive, held)
    return {
        file.pk: [
            _target(file, library, marks)
            for marks in ({}, {file.title_id: f" [{file.title_id}]"})
        ]
        for file in library.files.values()
    }


def _with_partial(one: Wanted, partial_bytes: int) -> Wanted:
    if not partial_bytes:
        return one
    return replace(one, partial_bytes=min(partial_bytes, one.size_bytes))


def _room(drive: Drive, attachment: Attachment) -> Room:
    mount = Mount(
        path=Path(attachment.path),
        device=attachment.device,
        node=attachment.device_node,
        filesystem=attachment.filesystem,
        options=attachment.mount_options,
        is_read_only=attachment.is_read_only,
    )
    return Room(
        total_bytes=attachment.total_bytes,
        free_bytes=attachment.free_bytes,
        reserve_bytes=drive.reserve_bytes,
        cluster_bytes=attachment.cluster_bytes,
        is_fat=mount.is_fat,
        bytes_per_second=drive.write_bytes_per_second,
    )


def _read_drive(drive: Drive) -> Iterator[OnDrive]:
    items: dict[int, set[int]] = defaultdict(set)
    rows = DriveFileItem.objects.filter(drive_file__drive=drive)
    links = rows.values_list("drive_file_id", "item_id").order_by()
    for file_id, item_id in links.iterator(chunk_size=_CHUNK):
        items[file_id].add(item_id)
    files = DriveFile.objects.filter(drive=drive).exclude(
        state=DriveFile.State.VANISHED
    )
    columns = (
        "pk", "relpath", "size_bytes", "origin", "state", "damaged_at",
        "media_file_id", "side_file_id",
    )  # fmt: skip
    rows_there = files.values_list(*columns).iterator(chunk_size=_CHUNK)
    for pk, relpath, size, origin, state, damaged_at, media_id, side_id in rows_there:
        # What somebody altered is not ours to replace any more; what the drive itself
        # damaged still is.
        is_as_written = state == DriveFile.State.PRESENT or damaged_at is not None
        ours = origin == DriveFile.Origin.OURS and is_as_written
        yield OnDrive(relpath, size, ours, media_id, side_id, frozenset(items[pk]))


def _read_library(drive: Drive, title_ids: "QuerySet[Any, Any]") -> _Library:
    titles = _titles(Title.objects.filter(pk__in=title_ids))
    of_titles = {"title__in": title_ids}
    files = {file.pk: file for file in _files(of_titles)}
    by_item: dict[int, list[_File]] = defaultdict(list)
    links = MediaFileItem.objects.filter(media_file__title__in=title_ids).order_by(
        "media_file", "position", "pk"
    )
    pairs = links.values_list("media_file_id", "item_id").iterator(chunk_size=_CHUNK)
    for file_id, item_id in pairs:
        file = files.get(file_id)
        if file is not None and item_id not in file.item_ids:
            file.item_ids.append(item_id)
            by_item[item_id].append(file)
    items: dict[int, list[_Item]] = defaultdict(list)
    episodes = {}
    for item in _items(of_titles):
        items[item.title_id].append(item)
        if item.season is not None:
            episodes[item.pk] = item
    sides, folder_sides = _read_sides(title_ids, drive)
    there = DriveFile.objects.ours().filter(drive=drive).values("title_id")
    neighbours = _titles(Title.objects.filter(pk__in=there))
    return _Library(
        titles, items, files, by_item, episodes, sides, folder_sides, neighbours
    )


def _titles(rows: "QuerySet[Title, Any]") -> dict[int, _Title]:
    columns = rows.order_by().values_list("pk", "kind", "name", "year")
    return {row[0]: _Title(*row) for row in columns.iterator(chunk_size=_CHUNK)}


def _items(of_titles: dict[str, Any]) -> Iterator[_Item]:
    columns = (
        "pk", "title_id", "season_id", "season__number", "number", "name", "air_date",
    )  # fmt: skip
    rows = Item.objects.filter(**of_titles).order_by(
        "title", "season__number", "number", "pk"
    )
    for row in rows.values_list(*columns).iterator(chunk_size=_CHUNK):
        pk, title_id, season_id, season, number, name, air_date = row
        yield _Item(pk, title_id, season_id, season, number or 0, name, air_date)


def _files(of_titles: dict[str, Any]) -> Iterator[_File]:
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
            yield _File(
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


def _items_of(wish: QueueItem, library: _Library) -> list[_Item]:
    items = library.items.get(wish.title_id, [])
    if wish.item_id is not None:
        return [item for item in items if item.pk == wish.item_id]
    if wish.season_id is not None:
        return [item for item in items if item.season_id == wish.season_id]
    return items


def _wanted(
    wished: Iterable[tuple[QueueItem, list[_Item]]],
    library: _Library,
    current: set[int],
    on_drive: list[OnDrive],
) -> Iterator[Wanted]:
    planned: set[int] = set()
    marks = _marks(library)
    shared = _shared_folders(library)
    videos = {one.media_file_id: one.relpath for one in on_drive if one.is_ours}
    sides = {one.side_file_id for one in on_drive}
    for wish, items in wished:
        if not any(item.pk in current or item.pk in library.by_item for item in items):
            yield _nothing_for(wish, library)
        for item in items:
            if item.pk not in library.by_item:
                continue
            if item.pk in current:
                # The video is there; a run that stopped may have owed its subtitles.
                for file in _choose(item, library):
                    if file.pk in videos and file.pk not in planned:
                        planned.add(file.pk)
                        yield from _side_files(
                            wish, file, videos[file.pk], library, shared, sides
                        )
                continue
            for file in _choose(item, library):
                if file.pk in planned:
                    continue
                planned.add(file.pk)
                yield from _files_of(wish, file, library, marks, shared)


def _choose(item: _Item, library: _Library) -> list[_File]:
    """Return the best version of an item; all its parts when it comes in parts."""
    best = max(library.by_item[item.pk], key=lambda file: file.merit)
    if best.part is None:
        return [best]
    same = (best.edition, best.resolution)
    parts: dict[int, _File] = {}
    for file in sorted(library.by_item[item.pk], key=lambda file: file.merit):
        if file.part is not None and (file.edition, file.resolution) == same:
            parts[file.part] = file
    return [parts[number] for number in sorted(parts)]


def _nothing_for(wish: QueueItem, library: _Library) -> Wanted:
    """Say that the library has no file of what is wished."""
    return Wanted(
        wish_id=wish.pk,
        title_id=wish.title_id,
        media_file_id=None,
        side_file_id=None,
        item_ids=(),
        source_path="",
        relpath=library.titles[wish.title_id].name,
        size_bytes=0,
        trouble=Reason.NO_FILE,
    )


def _marks(library: _Library) -> dict[int, str]:
    """Return a mark for titles that would share a folder with a twin.

    A title that is on the drive already keeps the plain name.
    """
    by_folder: dict[str, list[_Title]] = defaultdict(list)
    for title in (library.titles | library.neighbours).values():
        by_folder[naming.clash_key(naming.folder_of(title.named))].append(title)
    return {
        title.pk: f" [{title.pk}]"
        for twins in by_folder.values()
        for title in sorted(
            twins, key=lambda title: (title.pk not in library.neighbours, title.pk)
        )[1:]
    }


def _shared_folders(library: _Library) -> set[tuple[int, str]]:
    """Return folders in which files of several titles lie: poster.jpg is nobody's there."""
    owners: dict[tuple[int, str], set[int]] = defaultdict(set)
    for file in library.files.values():
        owners[file.root.pk, file.relpath.rpartition("/")[0]].add(file.title_id)
    return {folder for folder, titles in owners.items() if len(titles) > 1}


def _files_of(
    wish: QueueItem,
    file: _File,
    library: _Library,
    marks: dict[int, str],
    shared: set[tuple[int, str]],
) -> Iterator[Wanted]:
    """Yield the video, then its side files."""
    video = _target(file, library, marks)
    yield Wanted(
        wish_id=wish.pk,
        title_id=file.title_id,
        media_file_id=file.pk,
        side_file_id=None,
        item_ids=tuple(file.item_ids),
        source_path=f"{file.root.path}/{file.relpath}",
        relpath=video,
        size_bytes=file.size_bytes,
        trouble=file.trouble,
    )
    if file.trouble is None:
        yield from _side_files(wish, file, video, library, shared, set())


def _side_files(  # noqa: PLR0917
    wish: QueueItem,
    file: _File,
    video: str,
    library: _Library,
    shared: set[tuple[int, str]],
    there: set[int | None],
) -> Iterator[Wanted]:
    """Yield the side files of a video that are not `there`, on the drive, yet."""
    for side, relpath in _sides_of(file, video, library, shared):
        if side.pk in there:
            continue
        yield Wanted(
            wish_id=wish.pk,
            title_id=file.title_id,
            media_file_id=None,
            side_file_id=side.pk,
            item_ids=tuple(file.item_ids),
            source_path=f"{file.root.path}/{side.relpath}",
            relpath=relpath,
            size_bytes=side.size_bytes,
        )


def _target(file: _File, library: _Library, marks: dict[int, str]) -> str:
    title = library.titles[file.title_id]
    known = [library.episodes[pk] for pk in file.item_ids if pk in library.episodes]
    named = naming.Named(
        kind=title.kind,
        title=title.name,
        year=title.year,
        episodes=[(item.season or 0, item.number) for item in known],
        episode_name=known[0].name if len(known) == 1 else "",
        air_date=_day_of(known),
        edition=file.edition,
        part=file.part,
    )
    extension = naming.safe_extension(file.relpath) or ".mkv"
    return naming.video_relpath(
        named, extension=extension, mark=marks.get(title.pk, "")
    )


def _day_of(episodes: list[_Item]) -> date | None:
    """Return the day of a daily show's episode: its seasons are years."""
    if len(episodes) != 1 or episodes[0].air_date is None:
        return None
    day = episodes[0].air_date
    return day if episodes[0].season == day.year else None


def _sides_of(
    file: _File, video: str, library: _Library, shared: set[tuple[int, str]]
) -> Iterator[tuple[SideFile, str]]:
    for side in library.sides.get(file.pk, ()):
        suffix = side.suffix or naming.safe_extension(side.relpath)
        yield side, naming.side_relpath(video, suffix=suffix)
    folder = file.relpath.rpartition("/")[0]
    if not folder or (file.root.pk, folder) in shared:
        return
    for side in library.folder_sides.get((file.root.pk, folder), ()):
        name = side.relpath.rpartition("/")[2]
        yield side, naming.beside(video, name=name)
    show = folder.rpartition("/")[0]
    if library.titles[file.title_id].kind == Title.Kind.SHOW and show:
        for side in library.folder_sides.get((file.root.pk, show), ()):
            name = side.relpath.rpartition("/")[2]
            yield side, naming.beside(video, name=name, levels=1)
