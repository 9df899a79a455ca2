"""Bringing rows in line with what a walk found, in batches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import transaction

from drivearr.lib.errors import SkipFile
from drivearr.lib.hanging import map_in_time
from drivearr.lib.progress import Progress
from library.fingerprinting import FileVanished, read_fingerprint
from library.keys import KeySet
from library.looks import SameFolders
from library.models import MediaFile, Root, SideFile
from library.naming.readers import Answers, NameReaders
from library.services.moving import Mover
from library.services.remembering import FolderLooks, Tally, check_rows, tally_rows
from library.services.storing import Known, VideoRows, Work, check_root
from library.services.storing_sides import SideRows
from library.walking import FolderFound, SideFound, VideoFound, tally

T = TypeVar("T")
BATCH_FILES = 500
PRINT_THREADS = 4
"""A disk or a server that is asked for several files at once answers sooner."""


@dataclass(slots=True)
class Counts:
    """What a scan has found so far; the names are those of LibraryScan."""

    seen: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    missing: int = 0
    returned: int = 0
    unchanged: int = 0
    ignored: int = 0
    errors: int = 0


@dataclass(slots=True)
class _Begun:
    """Videos that were looked at and are not written yet."""

    count: int
    known: dict[str, Known]
    work: Work
    owners: dict[str, int]
    """Keys by relpath, of all that came together with these."""
    asked: Answers | None = None
    names: dict[str, str] = field(default_factory=dict)
    """What is kept of the names of new videos, by relpath, as JSON."""
    sides: list[SideFound] = field(default_factory=list)

    def take_names(self) -> None:
        """Wait for the names that were asked for."""
        told = self.asked.take() if self.asked else ()
        self.names = {
            video.relpath: name for video, name in zip(self.work.new, told, strict=True)
        }


class Index:
    """The rows of one root while it is walked."""

    def __init__(
        self, root: Root, *, deep: bool, progress: Progress, readers: NameReaders
    ) -> None:
        self.root = root
        self.deep = deep
        self.progress = progress
        self.readers = readers
        self.counts = Counts()
        self.seen = KeySet()
        self.same = SameFolders()
        """Folders that are as they were."""
        self.is_all_seen = False
        """Whether there is no row of a present video but of those that were found."""
        self.are_sides_seen = False
        self._videos = Tally()
        """What the videos in folders that were read come to."""
        self._sides = Tally()
        self.looks = FolderLooks(root)
        self.hidden: list[str] = []
        self.devices: set[int] = set()
        self.rows = VideoRows(root)
        self.sides = SideRows(root)
        self._begun: _Begun | None = None
        self._batch: list[FolderFound] = []
        self._waiting = 0

    def add(self, folder: FolderFound) -> None:
        """Take in one folder; rows are written when enough has come together."""
        self.counts.ignored += folder.ignored
        self.devices.add(folder.device)
        if folder.is_same and folder.past:
            self.same.add(folder.relpath, folder.past)
            return
        self.looks.add(folder)
        self._videos = self._videos.plus(len(folder.videos), tally(folder.videos))
        self._sides = self._sides.plus(len(folder.sides), tally(folder.sides))
        for trouble in folder.troubles:
            if trouble.hides is not None:
                self.hidden.append(trouble.hides)
            self._report(trouble.error, trouble.relpath)
        if not folder.videos and not folder.sides:
            return
        self._batch.append(folder)
        self._waiting += len(folder.videos) + len(folder.sides)
        if self._waiting >= BATCH_FILES:
            self._take_up()

    def flush(self) -> None:
        """Write all that has come together."""
        self._take_up()
        self._finish()

    def _take_up(self) -> None:
        """Look at what has come together; it is written while the next is looked at."""
        batch, self._batch, self._waiting = self._batch, [], 0
        videos = [video for folder in batch for video in folder.videos]
        sides = [side for folder in batch for side in folder.sides]
        owners: dict[str, int] = {}
        for some in _chunks(videos) if videos else [[]]:
            self.progress.check()
            before, self._begun = self._begun, self._begin(some, owners)
            if before:
                before.take_names()
            self._ask(self._begun)
            self._write_all(before)
        if self._begun:
            self._begun.sides = sides

    def _finish(self) -> None:
        before, self._begun = self._begun, None
        if before:
            before.take_names()
        self._write_all(before)

    def _begin(self, videos: Sequence[VideoFound], owners: dict[str, int]) -> _Begun:
        known = self.rows.find(videos)
        return _Begun(len(videos), known, self._sort(videos, known), owners)

    def _ask(self, begun: _Begun) -> None:
        """Have the names of new videos read by others, while the disk is read here."""
        names = [(video.relpath, self.root.kind) for video in begun.work.new]
        begun.asked = self.readers.ask(names)

    def _write_all(self, begun: _Begun | None) -> None:
        if begun is None:
            return
        if begun.count:
            self._apply_videos(begun)
            self.progress.advance(begun.count)
        for some in _chunks(begun.sides):
            self.progress.check()
            self.sides.write(some, begun.owners)

    def list_stale(self) -> list[str]:
        """Hold the rows against what was found; return folders to be read after all.

        When all rows together come to what all files do, none of them is read.
        """
        stale: set[str] = set()
        present = MediaFile.objects.present().filter(root=self.root)
        self.is_all_seen = tally_rows(present) == _add_up(
            self._videos, self.same.videos()
        )
        if not self.is_all_seen:
            videos = self._by_folder(self.same.videos())
            stale |= check_rows(present, videos, self.seen, self.progress)
        known = SideFile.objects.filter(root=self.root)
        self.are_sides_seen = tally_rows(known) == _add_up(
            self._sides, self.same.sides()
        )
        if not self.are_sides_seen:
            sides = self._by_folder(self.same.sides())
            stale |= check_rows(known, sides, self.sides.seen, self.progress)
        for relpath in stale:
            self.same.discard(relpath)
        return sorted(stale)

    def _by_folder(self, tallies: Iterable[tuple[int, int]]) -> dict[str, Tally]:
        return {
            relpath: Tally(*tally)
            for relpath, tally in zip(self.same.relpaths(), tallies, strict=True)
        }

    def count_same(self) -> None:
        """Count the videos in folders that are as they were."""
        count = sum(videos for videos, _ in self.same.videos())
        self.counts.seen += count
        self.counts.unchanged += count

    def is_hidden(self, relpath: str) -> bool:
        """Whether a known file may lie where the walk could not look."""
        return any(
            not hidden or relpath == hidden or relpath.startswith(f"{hidden}/")
            for hidden in self.hidden
        )

    def _report(self, error: SkipFile, relpath: str) -> None:
        self.counts.errors += 1
        self.progress.report(error, path=relpath)

    # --- Videos -------------------------------------------------------------------

    def _apply_videos(self, begun: _Begun) -> None:
        """Bring the rows of videos in line; note their keys by relpath."""
        work = begun.work
        prints = self._read_prints([*work.new, *(video for _, video in work.changed)])
        work.new = [video for video in work.new if video.relpath in prints]
        if self.rows.has_rows:
            work.moved = Mover(self.root, prints).take(work.new)
        moved = {row.relpath: row.pk for row in work.moved}
        work.new = [video for video in work.new if video.relpath not in moved]
        with transaction.atomic():
            check_root(self.root)
            created = self.rows.write(work, prints, begun.names)
        known = {relpath: row.pk for relpath, row in begun.known.items()}
        begun.owners |= known | created | moved
        self.seen.update(known.values(), created.values(), moved.values())
        self.counts.seen += begun.count
        self.counts.added += len(created)
        self.counts.moved += len(moved)

    def _sort(self, videos: Sequence[VideoFound], known: dict[str, Known]) -> Work:
        work = Work()
        fitting = [
            video
            for video in videos
            if self.deep and video.relpath in known and known[video.relpath].fits(video)
        ]
        prints = self._read_prints(fitting)
        for video in videos:
            row = known.get(video.relpath)
            if row is None:
                work.new.append(video)
            elif not row.fits(video) or not self._is_same(row, video, prints):
                self._count_known(row, is_changed=True)
                work.changed.append((row, video))
            else:
                self._count_known(row, is_changed=False)
                if row.state == MediaFile.State.MISSING:
                    work.back.append(row.pk)
        return work

    def _count_known(self, row: Known, *, is_changed: bool) -> None:
        if row.state == MediaFile.State.MISSING:
            self.counts.returned += 1
        elif is_changed:
            self.counts.changed += 1
        else:
            self.counts.unchanged += 1

    def _is_same(
        self, row: Known, video: VideoFound, prints: Mapping[str, str]
    ) -> bool:
        """Whether a file that looks as it did also holds what it did, if it was read."""
        is_same = prints.get(video.relpath, "") in {"", row.fingerprint}
        if self.deep and is_same and row.device != video.device:
            MediaFile.objects.filter(pk=row.pk).update(
                device=video.device, inode=video.inode
            )
        return is_same

    def _path(self, video: VideoFound) -> str:
        return f"{self.root.path}/{video.relpath}"

    def _read_prints(self, videos: Sequence[VideoFound]) -> dict[str, str]:
        """Return fingerprints by relpath; "" for unreadable, none for vanished files."""
        prints = {}
        answers = map_in_time(
            _read_print,
            [self._path(video) for video in videos],
            place=self.root.path,
            threads=PRINT_THREADS,
            check=self.progress.check,
        )
        for video, answer in zip(videos, answers, strict=True):
            if isinstance(answer, str):
                prints[video.relpath] = answer
            elif not isinstance(answer, FileVanished):
                prints[video.relpath] = ""
                self.looks.distrust(video.relpath.rpartition("/")[0])
                self._report(answer, video.relpath)
        return prints


def _add_up(tally: Tally, more: Iterable[tuple[int, int]]) -> Tally:
    files, total = tally
    for each, its_sum in more:
        files += each
        total += its_sum
    return Tally(files, total)


def _read_print(path: str) -> str | SkipFile:
    try:
        return read_fingerprint(path)
    except SkipFile as error:
        return error


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), BATCH_FILES):
        yield rows[start : start + BATCH_FILES]
