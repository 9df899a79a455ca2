"""Which files wishes need on a drive, and under which names."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from drives.services.comparing import Whole
from library.models import Title
from syncqueue import naming
from syncqueue.planning import OnDrive, Reason, Wanted
from syncqueue.services.surveying import (
    FileRow,
    Folder,
    ItemRow,
    SideRow,
    Survey,
    TitleRow,
    WishRow,
    items_of,
)


class Wanting:
    """Which files wishes need, each file once."""

    def __init__(
        self,
        wishes: Iterable[WishRow],
        library: Survey,
        there: Whole,
        on_drive: list[OnDrive],
    ) -> None:
        self._wished = [(wish, items_of(wish, library)) for wish in wishes]
        self._library, self._current = library, there.current
        # Outdated copies will do, where the wish does not renew.
        self._settled = {True: there.current, False: there.current | there.outdated}
        self._marks = marks_of(library)
        self._shared = _shared_folders(library)
        self._videos = {
            one.media_file_id: one.relpath for one in on_drive if one.is_ours
        }
        self._sides = {one.side_file_id for one in on_drive}
        self._old = _old_copies(on_drive, there)
        self._planned = set[int]()

    def count_settled(self) -> int:
        """Return for how many wished items what is on the drive will do."""
        return sum(
            item.pk in self._settled[wish.renews]
            for wish, items in self._wished
            for item in items
        )

    def files(self) -> Iterator[Wanted]:
        """Yield the files that wishes need on the drive, in their order."""
        by_item = self._library.by_item
        for wish, items in self._wished:
            settled = self._settled[wish.renews]
            if not any(item.pk in settled or item.pk in by_item for item in items):
                yield _nothing_for(wish, self._library)
            for item in items:
                if item.pk not in by_item:
                    continue
                if item.pk in self._current:
                    yield from self._owed_beside(wish, item)
                elif item.pk not in settled:
                    yield from self._of_item(wish, item)

    def _of_item(self, wish: WishRow, item: ItemRow) -> Iterator[Wanted]:
        """Yield the files an item needs."""
        for file in _choose(item, self._library):
            if file.pk not in self._planned:
                self._planned.add(file.pk)
                yield from self._files(wish, file, self._old.get(item.pk, ()))

    def _owed_beside(self, wish: WishRow, item: ItemRow) -> Iterator[Wanted]:
        """The video is there; a run that stopped may have owed its subtitles."""
        for file in _choose(item, self._library):
            if file.pk in self._videos and file.pk not in self._planned:
                self._planned.add(file.pk)
                video = self._videos[file.pk]
                yield from self._side_files(wish, file, video, self._sides)

    def _files(
        self, wish: WishRow, file: FileRow, old: Iterable[OnDrive]
    ) -> Iterator[Wanted]:
        """Yield the video, then its side files; `old`: copies it takes the place of."""
        mark = self._marks.get(file.title_id, "")
        video = target_of(file, self._library, mark)
        yield Wanted(
            wish.pk,
            file.title_id,
            media_file_id=file.pk,
            side_file_id=None,
            item_ids=file.item_ids,
            source_path=f"{file.root.path}/{file.relpath}",
            relpath=video,
            size_bytes=file.size_bytes,
            trouble=file.trouble,
            old_bytes=_bytes_elsewhere(old, file, video) if old else 0,
        )
        if file.trouble is None:
            yield from self._side_files(wish, file, video, set())

    def _side_files(
        self, wish: WishRow, file: FileRow, video: str, there: set[int | None]
    ) -> Iterator[Wanted]:
        """Yield the side files of a video that are not `there`, on the drive, yet."""
        for side, relpath in _sides_of(file, video, self._library, self._shared):
            if side.pk in there:
                continue
            yield Wanted(
                wish.pk,
                file.title_id,
                media_file_id=None,
                side_file_id=side.pk,
                item_ids=file.item_ids,
                source_path=f"{file.root.path}/{side.relpath}",
                relpath=relpath,
                size_bytes=side.size_bytes,
            )


def _bytes_elsewhere(old: Iterable[OnDrive], file: FileRow, video: str) -> int:
    """Return what old copies take that `video` does not overwrite, but makes go."""
    here, items = naming.clash_key(video), set(file.item_ids)
    return sum(
        one.size_bytes
        for one in old
        if one.item_ids <= items and naming.clash_key(one.relpath) != here
    )


def _old_copies(on_drive: Iterable[OnDrive], there: Whole) -> dict[int, list[OnDrive]]:
    """Return our videos of outdated items, by item."""
    found: dict[int, list[OnDrive]] = defaultdict(list)
    for one in on_drive:
        if one.is_ours and not one.is_side:
            for pk in one.item_ids & there.outdated:
                found[pk].append(one)
    return found


def _choose(item: ItemRow, library: Survey) -> list[FileRow]:
    """Return the best version of an item; all its parts when it comes in parts."""
    files = library.by_item[item.pk]
    if len(files) == 1:
        return files
    best = max(files, key=lambda file: file.merit)
    if best.part is None:
        return [best]
    same = (best.edition, best.resolution)
    parts: dict[int, FileRow] = {}
    for file in sorted(files, key=lambda file: file.merit):
        if file.part is not None and (file.edition, file.resolution) == same:
            parts[file.part] = file
    return [parts[number] for number in sorted(parts)]


def _nothing_for(wish: WishRow, library: Survey) -> Wanted:
    """Say that there is no file of what is wished where the drive is filled from."""
    is_elsewhere = wish.title_id in library.elsewhere
    return Wanted(
        wish_id=wish.pk,
        title_id=wish.title_id,
        media_file_id=None,
        side_file_id=None,
        item_ids=(),
        source_path="",
        relpath=library.titles[wish.title_id].name,
        size_bytes=0,
        trouble=Reason.OTHER_SOURCES if is_elsewhere else Reason.NO_FILE,
    )


def marks_of(library: Survey) -> dict[int, str]:
    """Return a mark for titles that would share a folder with a twin.

    A title that is on the drive already keeps the plain name.
    """
    by_folder: dict[str, list[TitleRow]] = defaultdict(list)
    for title in (library.titles | library.neighbours).values():
        by_folder[naming.clash_key(naming.folder_of(title.named))].append(title)
    return {
        title.pk: f" [{title.pk}]"
        for twins in by_folder.values()
        for title in sorted(
            twins, key=lambda title: (title.pk not in library.neighbours, title.pk)
        )[1:]
    }


def _shared_folders(library: Survey) -> set[Folder]:
    """Return folders in which files of several titles lie: poster.jpg is nobody's there."""
    if not library.folder_sides:
        return set()
    owners: dict[Folder, set[int]] = defaultdict(set)
    for file in library.files.values():
        owners[file.root.pk, file.relpath.rpartition("/")[0]].add(file.title_id)
    return {folder for folder, titles in owners.items() if len(titles) > 1}


def target_of(file: FileRow, library: Survey, mark: str) -> str:
    """Return where a video goes on a drive; `mark` tells its title from a twin."""
    title = library.titles[file.title_id]
    known = [library.episodes[pk] for pk in file.item_ids if pk in library.episodes]
    named = naming.Named(
        kind=title.kind,
        title=title.name,
        year=title.year,
        episodes=[(item.season or 0, item.number or 0) for item in known],
        episode_name=known[0].name if len(known) == 1 else "",
        air_date=_day_of(known),
        edition=file.edition,
        part=file.part,
    )
    extension = naming.safe_extension(file.relpath) or ".mkv"
    return naming.video_relpath(named, extension=extension, mark=mark)


def _day_of(episodes: list[ItemRow]) -> date | None:
    """Return the day of a daily show's episode: its seasons are years."""
    if len(episodes) != 1 or episodes[0].air_date is None:
        return None
    day = episodes[0].air_date
    return day if episodes[0].season == day.year else None


def _sides_of(
    file: FileRow, video: str, library: Survey, shared: set[Folder]
) -> Iterator[tuple[SideRow, str]]:
    for side in library.sides.get(file.pk, ()):
        suffix = side.suffix or naming.safe_extension(side.relpath)
        yield side, naming.side_relpath(video, suffix=suffix)
    if not library.folder_sides:
        return
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
