"""Bringing rows in line with what a walk found, in batches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import SkipFile, StopRun
from drivearr.lib.hanging import map_in_time
from drivearr.lib.progress import Progress
from drivearr.web.inserting import insert_rows
from library.fingerprinting import FileVanished, read_fingerprint
from library.keys import KeySet
from library.models import MediaFile, Root, SideFile
from library.naming.readers import Answers, NameReaders
from library.services.moving import Mover
from library.services.remembering import FolderLooks, Tally, check_rows, tally_rows
from library.walking import FolderFound, Look, SideFound, VideoFound, tally

T = TypeVar("T")
BATCH_FILES = 500
PRINT_THREADS = 4
"""A disk or a server that is asked for several files at once answers sooner."""
_WRITTEN = (
    "root",
    "relpath",
    "size_bytes",
    "mtime_ns",
    "device",
    "inode",
    "fingerprint",
    "state",
    "missing_since",
    "seen_at",
    "parsed",
    "match_state",
)


_NEW = (
    "relpath",
    "size_bytes",
    "mtime_ns",
    "device",
    "inode",
    "fingerprint",
    "parsed",
)


class RootRemoved(StopRun):
    """The root was removed while it was worked on."""

    code = "ROOT_REMOVED"
    advice = gettext_noop("Nothing to do.")


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


class Known(NamedTuple):
    """What is compared of a row; in the order of the query's fields."""

    pk: int
    relpath: str
    size_bytes: int
    mtime_ns: int
    device: int
    state: str
    fingerprint: str

    def fits(self, video: VideoFound) -> bool:
        """Whether the file looks as it did."""
        return (
            self.size_bytes == video.size_bytes
            and self.mtime_ns == video.mtime_ns
            and self.fingerprint != ""
        )


@dataclass(slots=True)
class _Work:
    """What is to be written for one batch of videos."""

    new: list[VideoFound] = field(default_factory=list)
    changed: list[tuple[Known, VideoFound]] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    """Rows that were missing and are there again, unchanged."""
    moved: list[MediaFile] = field(default_factory=list)


@dataclass(slots=True)
class _Begun:
    """Videos that were looked at and are not written yet."""

    count: int
    known: dict[str, Known]
    work: _Work
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
        self.seen_sides = KeySet()
        self.same: dict[str, Look] = {}
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
        last = MediaFile.objects.aggregate(last=Max("pk"))["last"]
        self._has_rows = last is not None
        """Whether there was any file, here or elsewhere, before this scan."""
        self._last_pk: int = last or 0
        self._begun: _Begun | None = None
        self._batch: list[FolderFound] = []
        self._waiting = 0

    def add(self, folder: FolderFound) -> None:
        """Take in one folder; rows are written when enough has come together."""
        self.counts.ignored += folder.ignored
        self.devices.add(folder.device)
        if folder.is_same and folder.past:
            self.same[folder.relpath] = folder.past
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
        known = self._known(videos)
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
            self._apply_sides(some, begun.owners)

    def list_stale(self) -> list[str]:
        """Hold the rows against what was found; return folders to be read after all.

        When all rows together come to what all files do, none of them is read.
        """
        stale: set[str] = set()
        present = MediaFile.objects.present().filter(root=self.root)
        self.is_all_seen = tally_rows(present) == _add_up(self._videos, self._same(0))
        if not self.is_all_seen:
            videos = dict(zip(self.same, self._same(0), strict=True))
            stale |= check_rows(present, videos, self.seen, self.progress)
        known = SideFile.objects.filter(root=self.root)
        self.are_sides_seen = tally_rows(known) == _add_up(self._sides, self._same(1))
        if not self.are_sides_seen:
            sides = dict(zip(self.same, self._same(1), strict=True))
            stale |= check_rows(known, sides, self.seen_sides, self.progress)
        for relpath in stale:
            del self.same[relpath]
        return sorted(stale)

    def _same(self, which: int) -> Iterator[Tally]:
        """Yield what videos (0) or side files (1) come to, of each folder as it was."""
        for look in self.same.values():
            yield (
                Tally(look.sides, look.side_tally)
                if which
                else Tally(look.videos, look.video_tally)
            )

    def count_same(self) -> None:
        """Count the videos in folders that are as they were."""
        count = sum(look.videos for look in self.same.values())
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
        if self._has_rows:
            work.moved = Mover(self.root, prints).take(work.new)
        moved = {row.relpath: row.pk for row in work.moved}
        work.new = [video for video in work.new if video.relpath not in moved]
        with transaction.atomic():
            if not Root.objects.filter(pk=self.root.pk).exists():
                raise RootRemoved(
                    gettext("{path} is no library folder any more.").format(
                        path=self.root.path
                    )
                )
            created = self._write(work, prints, begun.names)
        known = {relpath: row.pk for relpath, row in begun.known.items()}
        begun.owners |= known | created | moved
        self.seen.update(known.values(), created.values(), moved.values())
        self.counts.seen += begun.count
        self.counts.added += len(created)
        self.counts.moved += len(moved)

    def _known(self, videos: Sequence[VideoFound]) -> dict[str, Known]:
        if not self._has_rows:
            return {}
        rows = MediaFile.objects.filter(
            root=self.root, relpath__in=[video.relpath for video in videos]
        )
        return {row[1]: Known._make(row) for row in rows.values_list(*Known._fields)}

    def _sort(self, videos: Sequence[VideoFound], known: dict[str, Known]) -> _Work:
        work = _Work()
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

    def _write(
        self,
        work: _Work,
        prints: Mapping[str, str],
        names: Mapping[str, str],
    ) -> dict[str, int]:
        now = timezone.now()
        created = self._create(work.new, prints, names)
        if work.back:
            MediaFile.objects.filter(pk__in=work.back).update(
                state=MediaFile.State.PRESENT, missing_since=None, seen_at=now
            )
        for row, video in work.changed:
            # Few at a time; the same name keeps its match, whatever is in it now.
            MediaFile.objects.filter(pk=row.pk).update(
                size_bytes=video.size_bytes,
                mtime_ns=video.mtime_ns,
                device=video.device,
                inode=video.inode,
                fingerprint=prints.get(video.relpath, ""),
                state=MediaFile.State.PRESENT,
                missing_since=None,
                seen_at=now,
            )
        if work.moved:
            MediaFile.objects.bulk_update(work.moved, _WRITTEN, batch_size=100)
        return created

    def _create(
        self,
        new: Sequence[VideoFound],
        prints: Mapping[str, str],
        names: Mapping[str, str],
    ) -> dict[str, int]:
        """Write rows for new videos; return their keys by relpath."""
        rows = (
            (
                video.relpath,
                video.size_bytes,
                video.mtime_ns,
                video.device,
                video.inode,
                prints[video.relpath],
                names[video.relpath],
            )
            for video in new
        )
        insert_rows(MediaFile, _NEW, rows, root=self.root.pk)
        if not new:
            return {}
        # No other scan is at this root: what comes after its last row is ours.
        fresh = MediaFile.objects.filter(root=self.root, pk__gt=self._last_pk)
        created = dict(fresh.values_list("relpath", "pk"))
        self._last_pk = max(created.values())
        return created

    # --- Side files ---------------------------------------------------------------

    def _apply_sides(self, sides: Sequence[SideFound], owners: dict[str, int]) -> None:
        rows = {
            row.relpath: row
            for row in SideFile.objects.filter(
                root=self.root, relpath__in=[side.relpath for side in sides]
            )
        }
        new, changed = [], []
        for found in sides:
            row = rows.get(found.relpath)
            fresh = self._side_row(found, owners)
            if row is None:
                new.append(fresh)
            elif _facts(row) != _facts(fresh):
                fresh.pk = row.pk
                changed.append(fresh)
        with transaction.atomic():
            if not Root.objects.filter(pk=self.root.pk).exists():
                raise RootRemoved(
                    gettext("{path} is no library folder any more.").format(
                        path=self.root.path
                    )
                )
            created = SideFile.objects.bulk_create(new)
            for row in changed:
                row.save(force_update=True)
        self.seen_sides.update(row.pk for row in (*rows.values(), *created))

    def _side_row(self, found: SideFound, owners: dict[str, int]) -> SideFile:
        return SideFile(
            root=self.root,
            relpath=found.relpath,
            kind=found.side.kind,
            media_file_id=owners.get(found.side.owner),
            suffix=found.side.suffix[:200],
            language=found.side.language,
            role=found.side.role,
            size_bytes=found.size_bytes,
            mtime_ns=found.mtime_ns,
        )


def _add_up(tally: Tally, more: Iterable[Tally]) -> Tally:
    files, total = tally
    for each in more:
        files += each.files
        total += each.sum
    return Tally(files, total)


def _read_print(path: str) -> str | SkipFile:
    try:
        return read_fingerprint(path)
    except SkipFile as error:
        return error


def _facts(row: SideFile) -> tuple[object, ...]:
    return (
        row.kind,
        row.media_file_id,
        row.suffix,
        row.language,
        row.role,
        row.size_bytes,
        row.mtime_ns,
    )


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), BATCH_FILES):
        yield rows[start : start + BATCH_FILES]
