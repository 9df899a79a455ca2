"""Many small files at once: the order and promises of one, with two flushes for all.

    read each whole, remember what it is → its partial beside its target
    one flush → read all back from the device, compare
    the sources must still be what they were → one journal for all
    rename all → one flush, of the files under their names and of their folders

Whatever is not plain (an error, other bytes, a source that changes, somebody else's file)
leaves the batch: it is copied by itself then, which knows what each of these means.
"""

import contextlib
import mmap
import stat
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol, TypeVar

from blake3 import blake3

from drivearr.lib.errors import StopRun
from drivearr.lib.hanging import DiskHangs, map_in_time
from syncqueue.copying import faults, sizes
from syncqueue.copying.filesystem import Filesystem
from syncqueue.copying.task import (
    Copied,
    CopyTask,
    SourceIdentity,
    VerifiedBy,
    partial_of,
)
from syncqueue.copying.waiting import LEAVE_SECONDS, Aside, hearing, one_ahead
from syncqueue.copying.working import new_sha256

T = TypeVar("T")
_READERS = 4
_TOGETHER = 64
"""So many files are read from the library, or open on the drive, at once."""
_TOGETHER_BYTES = 4 * 1024**2
_BUFFER_BYTES = sizes.SMALL_BYTES + sizes.ALIGNED_BYTES


@dataclass(frozen=True, slots=True)
class SmallFile:
    """One file of a batch."""

    key: int
    task: CopyTask
    size: int
    """As it was planned; not relied on."""


@dataclass(slots=True)
class Staged:
    """A partial that is written."""

    file: SmallFile
    identity: SourceIdentity
    digest: str
    """blake3 of the source's bytes."""
    sha256: str = ""
    verified_by: VerifiedBy = "NONE"

    @property
    def final(self) -> str:
        """The name it shall carry."""
        return self.file.task.relpath

    @property
    def folder(self) -> str:
        """The folder it is in."""
        return self.final.rpartition("/")[0]

    @property
    def partial(self) -> str:
        """The name it carries now."""
        return partial_of(self.final)


class BatchWitness(Protocol):
    """Whom a batch tells; calls come from the thread that called."""

    def check(self) -> None:
        """Raise to stop all of it."""

    def ready(self) -> None:
        """Make sure, every few files, that the drive is the one it was; may raise."""

    def moved(self, amount: int, check: Callable[[], None]) -> None:
        """So many bytes were written or read back; takes its time under a limit.

        `check` may raise to stop the waiting. The one call that may come from another
        thread.
        """

    def dropped(self) -> Collection[int]:
        """Return the keys that nobody wants any more."""

    def durable(self, staged: Sequence[Staged]) -> None:
        """They are on the drive; journal it now. They get their names after this."""


@dataclass(slots=True)
class BatchDone:
    """What became of a batch; what is not `copied` is to be copied by itself."""

    copied: dict[int, Copied] = field(default_factory=dict)
    came_back_wrong: set[int] = field(default_factory=set)
    drive_errors: set[int] = field(default_factory=set)
    stopped: BaseException | None = None
    """What `check` raised while names were given: those given count all the same."""


def copy_batch(
    files: Sequence[SmallFile],
    fs: Filesystem,
    witness: BatchWitness,
    *,
    meanwhile: Callable[[], None] | None = None,
) -> BatchDone:
    """Copy what can be copied without ado.

    `meanwhile` is done here while another thread writes and reads back.

    Raises: what the witness raises. Then no file of the batch has its final name, or the
        journal knows of it. `meanwhile` was called, unless it raised.
    """
    return _Batch(fs, witness, witness.check).work(files, meanwhile)


@dataclass(slots=True)
class _Batch:
    fs: Filesystem
    witness: BatchWitness
    check: Callable[[], None]
    """What stops the thread that works now."""
    done: BatchDone = field(default_factory=BatchDone)
    begun: float = field(default_factory=time.monotonic)
    folders: set[str] = field(default_factory=set)
    """Those that are there."""
    is_hopeless: bool = False
    """The drive takes nothing any more."""

    def work(
        self, files: Sequence[SmallFile], meanwhile: Callable[[], None] | None
    ) -> BatchDone:
        self.witness.ready()
        staged = self._verified_aside(files, meanwhile)
        dropped = self.witness.dropped()
        staged = [each for each in staged if each.file.key not in dropped]
        if staged:
            self.witness.ready()
            self.witness.durable(staged)
            self._look_at(self._flushed(self._give_names(staged)))
        return self.done

    def _verified(self, files: Sequence[SmallFile]) -> list[Staged]:
        """Write the partials; return those that came back from the device as they were."""
        staged = self._flushed(self._stage_all(files))
        return self._unchanged(self._read_back(staged))

    def _verified_aside(
        self, files: Sequence[SmallFile], meanwhile: Callable[[], None] | None
    ) -> list[Staged]:
        """Do so in another thread while something else is done in this one."""
        if meanwhile is None:
            return self._verified(files)
        aside = Aside(lambda hear: self._verified_hearing(files, hear))
        try:
            meanwhile()
            return aside.wait(self._look)
        except BaseException:
            aside.leave(LEAVE_SECONDS)
            raise
        finally:
            self.check = self.witness.check

    def _verified_hearing(
        self, files: Sequence[SmallFile], hear: Callable[[], None]
    ) -> list[Staged]:
        self.check = hear
        return self._verified(files)

    def _look(self) -> None:
        self.witness.check()
        self.witness.ready()

    @contextlib.contextmanager
    def _apart(self, *files: SmallFile) -> Iterator[None]:
        """Let an error of the drive be that of these files only."""
        try:
            yield
        except OSError as error:
            self._note(error, files)

    def _note(self, error: OSError, files: Sequence[SmallFile]) -> None:
        meaning = faults.on_drive(error, is_there=self.fs.is_there())
        if isinstance(meaning, faults.DriveFailing):
            self.done.drive_errors |= {file.key for file in files}
        elif isinstance(meaning, StopRun):
            self.is_hopeless = True

    # --- Writing --------------------------------------------------------------

    def _stage_all(self, files: Sequence[SmallFile]) -> list[Staged]:
        staged: list[Staged] = []
        parts = list(_slices(files))
        for part, taken in one_ahead(self._take_all, parts, self.check):
            for file, found in zip(part, taken, strict=True):
                if found is None or self.is_hopeless:
                    continue
                self.check()
                with self._apart(file):
                    staged.append(self._stage(file, *found))
        return staged

    def _take_all(
        self, part: Sequence[SmallFile], hear: Callable[[], None]
    ) -> Sequence[tuple[SourceIdentity, bytes] | None]:
        return _ask_library(part, lambda each: _take(self.fs, each.task), hear)

    def _stage(self, file: SmallFile, identity: SourceIdentity, data: bytes) -> Staged:
        """Write one partial."""
        one = Staged(file, identity, blake3(data).hexdigest())
        self._prepare(one.final)
        if not file.task.verify:
            one.sha256 = _sha256(data)
        fd = self.fs.open_partial(one.partial, fresh=True)
        try:
            self._write(fd, data)
            if not self.fs.flushes_all:
                self.fs.flush(fd)
        finally:
            self.fs.close(fd)
        return one

    def _prepare(self, relpath: str) -> None:
        folder = relpath.rpartition("/")[0]
        if folder not in self.folders:
            self.fs.prepare(relpath, flush=not self.fs.flushes_all)
            self.folders.add(folder)

    def _write(self, fd: int, data: bytes) -> None:
        done = 0
        with memoryview(data) as view:
            while done < len(data):
                done += self.fs.write(fd, view[done:], done)
        self.witness.moved(len(data), self.check)

    def _flushed(self, staged: list[Staged]) -> list[Staged]:
        """Make all durable; none is when it cannot be said which."""
        if not self.fs.flushes_all or not staged:
            return staged
        # Who was stopped while names were given still makes those durable.
        check = self.check if self.done.stopped is None else lambda: None
        try:
            hearing(self.fs.flush_all, check)
        except OSError as error:
            self._note(error, [each.file for each in staged])
            return []
        return staged

    # --- Reading back ---------------------------------------------------------

    def _read_back(self, staged: list[Staged]) -> list[Staged]:
        wanted = [each for each in staged if each.file.task.verify]
        if not wanted:
            return staged
        before = self.fs.sectors_read_bytes()
        same = [each for each in staged if not each.file.task.verify]
        with mmap.mmap(-1, _BUFFER_BYTES) as memory, memoryview(memory) as buffer:
            for at in range(0, len(wanted), _TOGETHER):
                same += self._read_some(wanted[at : at + _TOGETHER], buffer)
        read = sum(each.identity.size for each in wanted)
        after = self.fs.sectors_read_bytes()
        # All of it: one that came from memory must not hide among many.
        is_proven = None not in {before, after} and (after or 0) - (before or 0) >= read
        for each in wanted:
            each.verified_by = "DEVICE" if is_proven else "CACHE"
        return same

    def _read_some(self, some: list[Staged], buffer: memoryview) -> list[Staged]:
        """Return those whose bytes came back; the device reads all of them at once."""
        same: list[Staged] = []
        with contextlib.ExitStack() as stack:
            opened: list[tuple[Staged, int]] = []
            for each in some:
                with self._apart(each.file):
                    fd = self.fs.open_written(each.partial)
                    stack.callback(self.fs.close, fd)
                    self.fs.fetch(fd)
                    opened.append((each, fd))
            for each, fd in opened:
                self.check()
                with self._apart(each.file):
                    same += self._compare(each, fd, buffer)
        return same

    def _compare(self, one: Staged, fd: int, buffer: memoryview) -> list[Staged]:
        size = done = 0
        if self.fs.size_of(fd) == one.identity.size:
            size = one.identity.size
        while done < size and (got := self.fs.read(fd, buffer[done:], done)):
            done += got
        # Let go of: a buffer with views of it cannot be closed when we are stopped.
        with buffer[:done] as there:
            is_same = done == one.identity.size and (
                blake3(there).hexdigest() == one.digest
            )
            if is_same:
                one.sha256 = _sha256(there)
        if not is_same:
            self.done.came_back_wrong.add(one.file.key)
            return []
        self.witness.moved(done, self.check)
        return [one]

    # --- The library's side ---------------------------------------------------

    def _unchanged(self, staged: list[Staged]) -> list[Staged]:
        """Return those whose source is what it was."""
        identities = {each.file.key: each.identity for each in staged}
        kept = set[int]()
        for part in _slices([each.file for each in staged]):
            found = _ask_library(
                part, lambda each: _look(self.fs, each.task), self.check
            )
            kept |= {
                file.key
                for file, now in zip(part, found, strict=True)
                if now == identities[file.key]
            }
        return [each for each in staged if each.file.key in kept]

    # --- Names ----------------------------------------------------------------

    def _give_names(self, staged: list[Staged]) -> list[Staged]:
        named: list[Staged] = []
        for each in self._one_by_one(staged):
            self._hear()
            if self.done.stopped is not None:
                break
            with self._apart(each.file):
                if self._name(each):
                    named.append(each)
        return self._listed(named)

    def _one_by_one(self, staged: list[Staged]) -> Iterator[Staged]:
        """Yield them while the folder each is in is held open."""
        for folder, some in groupby(staged, key=lambda each: each.folder):
            group = list(some)
            with (
                self._apart(*(each.file for each in group)),
                self.fs.staying_in(folder),
            ):
                yield from group

    def _hear(self) -> None:
        """Keep what would stop us: what is named already shall be recorded first."""
        if self.done.stopped is None:
            try:
                self.witness.check()
            except BaseException as error:  # noqa: BLE001 - raised once it is recorded
                self.done.stopped = error

    def _name(self, one: Staged) -> bool:
        """Give one its name, unless somebody else's file has it."""
        if self.fs.exists(one.final):
            about = self.fs.stat(one.final)
            is_empty = stat.S_ISREG(about.st_mode) and about.st_size == 0
            if not (one.file.task.may_replace or is_empty):
                return False
        self.fs.set_time(one.partial, one.identity.mtime_ns)
        give = self.fs.rename if self.fs.flushes_all else self.fs.commit
        # Looked at just now, under the drive's lock.
        give(one.partial, one.final, replace=True)
        return True

    def _listed(self, named: list[Staged]) -> list[Staged]:
        """Return those that the drive lists as asked; FAT drops a dot at the end."""
        names: dict[str, set[str]] = {}
        listed: list[Staged] = []
        for each in named:
            folder, name = each.folder, each.final.rpartition("/")[2]
            with self._apart(each.file):
                if folder not in names:
                    names[folder] = self.fs.listed(folder)
                if name in names[folder]:
                    listed.append(each)
                else:
                    self.fs.remove(each.final)
        return listed

    def _look_at(self, named: list[Staged]) -> None:
        """Note of those that have their names durably that they are copied."""
        for each in self._one_by_one(named):
            with self._apart(each.file):
                self.done.copied[each.file.key] = self._copied(each, len(named))

    def _copied(self, one: Staged, together: int) -> Copied:
        return Copied(
            size_bytes=one.identity.size,
            mtime_ns=self.fs.stat(one.final).st_mtime_ns,
            sha256=one.sha256,
            block_digests=(one.digest,) if one.identity.size else (),
            verified_by=one.verified_by,
            seconds=(time.monotonic() - self.begun) / together,
        )


def _ask_library(
    part: Sequence[SmallFile],
    ask: Callable[[SmallFile], T | None],
    check: Callable[[], None],
) -> Sequence[T | None]:
    try:
        return map_in_time(
            ask, part, place=_place(part[0]), threads=_READERS, check=check
        )
    except DiskHangs:
        return [None] * len(part)


def _place(file: SmallFile) -> str:
    return file.task.place or str(file.task.source.parent)


def _slices(files: Sequence[SmallFile]) -> Iterator[list[SmallFile]]:
    """Yield runs of files in one library folder, so small that all fit into memory."""
    for _, each in groupby(files, key=_place):
        part: list[SmallFile] = []
        size = 0
        for file in each:
            if part and (len(part) == _TOGETHER or size + file.size > _TOGETHER_BYTES):
                yield part
                part, size = [], 0
            part.append(file)
            size += file.size
        yield part


def _take(fs: Filesystem, task: CopyTask) -> tuple[SourceIdentity, bytes] | None:
    """Read a library file whole; None when it is not plain, or changes."""
    try:
        fd = fs.open_source(task.source)
    except OSError:
        return None
    try:
        about = fs.about_source(fd)
        size = about.st_size
        if not stat.S_ISREG(about.st_mode) or size > sizes.SMALL_BYTES:
            return None
        data = bytearray(size + 1)
        done = 0
        with memoryview(data) as view:
            while done <= size and (got := fs.read_source(fd, view[done:], done)):
                done += got
        identity = SourceIdentity.of(about)
        if done != size or SourceIdentity.of(fs.about_source(fd)) != identity:
            return None
        del data[size:]
        return identity, bytes(data)
    except OSError:
        return None
    finally:
        fs.close_source(fd)


def _look(fs: Filesystem, task: CopyTask) -> SourceIdentity | None:
    try:
        return SourceIdentity.of(fs.find_source(task.source))
    except OSError:
        return None


def _sha256(data: bytes | memoryview) -> str:
    whole = new_sha256()
    whole.update(data)
    return whole.hexdigest()
