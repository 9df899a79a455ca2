"""One file, whole and verified, or not at all. The plan is in the package's docstring."""

import contextlib
import errno
import hashlib
import mmap
import os
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from blake3 import blake3

from drivearr.lib.errors import DrivearrError
from drivearr.lib.rootfolder import PARTIAL_SUFFIX
from syncqueue.copying import faults
from syncqueue.copying.filesystem import Filesystem, make_buffers
from syncqueue.copying.pumping import BUFFERS, CHUNK_BYTES, Hasher, pumping

BLOCK_BYTES = 64 * 1024**2
SOURCE_TRIES = 3
MEND_TRIES = 2
ALIGNED_BYTES = 4096
"""What writing past the cache asks of offset, length and memory."""
PROVEN_RATIO = 0.95

VerifiedBy = Literal["DEVICE", "CACHE", "NONE"]
Phase = Literal["COPYING", "VERIFYING"]


@dataclass(frozen=True, slots=True)
class Block:
    """A durable block: the journal's unit."""

    number: int
    offset: int
    length: int
    digest: str
    """blake3, hexadecimal, of the bytes as read from the source."""


@dataclass(frozen=True, slots=True)
class SourceIdentity:
    """What a source file was when copying began; a different one starts over."""

    dev: int
    ino: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, about: os.stat_result) -> "SourceIdentity":
        """Return the identity that a stat shows."""
        return cls(
            dev=about.st_dev,
            ino=about.st_ino,
            size=about.st_size,
            mtime_ns=about.st_mtime_ns,
            ctime_ns=about.st_ctime_ns,
        )


class Witness(Protocol):
    """What the copier tells while it works; `check` may raise to stop it."""

    def began(self, identity: SourceIdentity, *, resumed_at: int) -> None:
        """Copying begins (again) at a byte; earlier blocks stay as they were."""

    def durable(self, block: Block) -> None:
        """A block is on the drive; journal it now."""

    def progressed(self, phase: Phase, done: int) -> None:
        """So many bytes are written, or read back."""

    def check(self) -> None:
        """Raise to stop: Cancelled, Interrupted, or a DrivearrError."""


@dataclass(frozen=True, slots=True)
class CopyTask:
    """One file to copy."""

    source: Path
    relpath: str
    may_replace: bool = False
    """Whether a file of that name on the drive is ours to replace."""
    verify: bool = True
    identity: SourceIdentity | None = None
    """What the source was when the journal below was written; None: begin anew."""
    journal: Sequence[Block] = ()


@dataclass(frozen=True, slots=True)
class Copied:
    """A file that carries its final name."""

    size_bytes: int
    mtime_ns: int
    """As the drive keeps it."""
    sha256: str
    block_digests: tuple[str, ...]
    verified_by: VerifiedBy
    mended_blocks: int = 0
    resumed_at: int = 0
    seconds: float = 0.0
    write_seconds: float = 0.0


@dataclass(slots=True)
class _Pass:
    """The state of one try, and what it works with."""

    source_fd: int
    identity: SourceIdentity
    fs: Filesystem
    witness: Witness
    buffers: list[mmap.mmap]
    blocks: list[Block] = field(default_factory=list)
    sha256: str = ""
    """Empty after a resume: the bytes before were not hashed in this process."""
    mended: int = 0


def partial_of(relpath: str) -> str:
    """Return the partial's name beside a target."""
    return relpath + PARTIAL_SUFFIX


def copy_file(task: CopyTask, fs: Filesystem, witness: Witness) -> Copied:
    """Copy one file.

    Raises: the kinds in `faults`, and whatever `witness.check` raises. The target is
    then what it was before, and the partial is kept for the next try.
    """
    begun = time.monotonic()
    buffers = make_buffers(BUFFERS, CHUNK_BYTES)
    try:
        for last in range(SOURCE_TRIES):
            try:
                return _try(task, fs, witness, buffers, begun)
            except faults.SourceChanged:
                if last == SOURCE_TRIES - 1:
                    raise
                task = CopyTask(
                    source=task.source,
                    relpath=task.relpath,
                    may_replace=task.may_replace,
                    verify=task.verify,
                )
        raise AssertionError("the last try returns or raises")
    finally:
        for buffer in buffers:
            with contextlib.suppress(BufferError):
                buffer.close()


def _try(
    task: CopyTask,
    fs: Filesystem,
    witness: Witness,
    buffers: list[mmap.mmap],
    begun: float,
) -> Copied:
    with _opened_source(task.source) as source_fd:
        identity = SourceIdentity.of(os.fstat(source_fd))
        now = _Pass(source_fd, identity, fs, witness, buffers)
        with _on_drive(fs):
            _check_target(task, fs)
            resumed_at = _write(task, now)
            written_at = time.monotonic()
            verified_by = _verify(task, now)
            _check_source(now, task.source)
            mtime_ns = _commit(task, now)
    ended = time.monotonic()
    return Copied(
        size_bytes=identity.size,
        mtime_ns=mtime_ns,
        sha256=now.sha256,
        block_digests=tuple(block.digest for block in now.blocks),
        verified_by=verified_by,
        mended_blocks=now.mended,
        resumed_at=resumed_at,
        seconds=ended - begun,
        write_seconds=written_at - begun,
    )


# --- The source ---------------------------------------------------------------------


@contextlib.contextmanager
def _opened_source(path: Path) -> Iterator[int]:
    try:
        # For reading only, always: law 1. O_NONBLOCK: a FIFO in its place must not hang.
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise faults.on_source(error) from error
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise faults.SourceVanished("The library file is no plain file any more.")
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        yield fd
    finally:
        os.close(fd)


class _SourceError(Exception):
    """Carries an OSError of the source through the drive's error boundary."""


def _read_source(now: _Pass, buffer: memoryview, offset: int) -> int:
    try:
        got = os.preadv(now.source_fd, [buffer], offset)
    except OSError as error:
        raise _SourceError from error
    # What was read once is not read again: leave the memory to others.
    os.posix_fadvise(now.source_fd, offset, got, os.POSIX_FADV_DONTNEED)
    return got


def _check_source(now: _Pass, path: Path) -> None:
    """Make sure that the source is still what it was, and ends where it ended.

    Raises: SourceChanged, SourceVanished.
    """
    if SourceIdentity.of(os.fstat(now.source_fd)) != now.identity:
        raise faults.SourceChanged("The library file changed while it was copied.")
    try:
        beyond = os.pread(now.source_fd, 1, now.identity.size)
        at_path = path.stat()
    except FileNotFoundError as error:
        raise faults.SourceVanished("The library file is gone.") from error
    except OSError as error:
        raise faults.on_source(error) from error
    if beyond or (at_path.st_dev, at_path.st_ino) != (
        now.identity.dev,
        now.identity.ino,
    ):
        raise faults.SourceChanged("The library file was replaced while it was copied.")


# --- The drive ----------------------------------------------------------------------


@contextlib.contextmanager
def _on_drive(fs: Filesystem) -> Iterator[None]:
    """Turn errors of the drive's calls into named ones."""
    try:
        yield
    except DrivearrError:
        raise
    except _SourceError as error:
        cause = error.__cause__
        assert isinstance(cause, OSError)  # noqa: S101 - it carries nothing else
        raise faults.on_source(cause) from cause
    except EOFError as error:
        raise faults.SourceChanged("The library file became shorter.") from error
    except OSError as error:
        raise faults.on_drive(error, is_there=fs.is_there()) from error


def _check_target(task: CopyTask, fs: Filesystem) -> None:
    fs.prepare(task.relpath)
    if not task.may_replace and fs.exists(task.relpath):
        raise faults.NameRefused("Another file on the drive has this name already.")


def _good_journal(task: CopyTask, now: _Pass) -> list[Block]:
    """Return the journal's blocks in order from the start, if they are of this source."""
    if task.identity != now.identity:
        return []
    good: list[Block] = []
    for block in sorted(task.journal, key=lambda block: block.number):
        is_next = block.number == len(good) and block.offset == len(good) * BLOCK_BYTES
        is_whole = block.length == min(BLOCK_BYTES, now.identity.size - block.offset)
        if not is_next or not is_whole:
            break
        good.append(block)
    return good


def _resume(task: CopyTask, now: _Pass) -> int:
    """Keep the journal's blocks that the partial really holds; return where to go on.

    Read back when the whole is not read back later anyway; else only the last block,
    where a power cut would show.
    """
    partial = partial_of(task.relpath)
    journal = _good_journal(task, now)
    if not journal or not now.fs.exists(partial):
        return 0
    fd = now.fs.open_written(partial)
    try:
        size = now.fs.size_of(fd)
        journal = [b for b in journal if b.offset + b.length <= size]
        checked = journal[-1:] if task.verify else journal
        bad = {b.number for b in checked if _digest_on_drive(now, fd, b) != b.digest}
        if bad and task.verify:
            checked = journal
            bad = {
                b.number for b in checked if _digest_on_drive(now, fd, b) != b.digest
            }
    finally:
        now.fs.close(fd)
    now.blocks = journal[: min(bad)] if bad else journal
    return sum(block.length for block in now.blocks)


def _digest_on_drive(now: _Pass, fd: int, block: Block) -> str:
    digest = blake3()

    def read(buffer: memoryview, offset: int) -> int:
        return now.fs.read(fd, buffer, offset)

    end = block.offset + block.length
    try:
        with pumping(read, start=block.offset, end=end, buffers=now.buffers) as chunks:
            for chunk in chunks:
                digest.update(chunk.data)
    except EOFError:
        return ""
    return digest.hexdigest()


def _write(task: CopyTask, now: _Pass) -> int:
    """Write what is not durable yet; return the byte it began at."""
    start = _resume(task, now)
    now.witness.began(now.identity, resumed_at=start)
    fd = now.fs.open_partial(partial_of(task.relpath), fresh=start == 0)
    try:
        with contextlib.suppress(OSError):
            now.fs.reserve(fd, now.identity.size)
        _stream(now, fd, start)
        now.fs.cut(fd, now.identity.size)
        now.fs.flush(fd)
    finally:
        now.fs.close(fd)
    return start


def _stream(now: _Pass, fd: int, start: int) -> None:
    """The one pass: read ahead, hash, write, flush and journal each block."""
    sink = _Sink(now.fs, fd)
    whole, block_digest = hashlib.sha256(), blake3()
    hasher = Hasher(whole.update)

    def read(buffer: memoryview, offset: int) -> int:
        return _read_source(now, buffer, offset)

    try:
        with pumping(
            read, start=start, end=now.identity.size, buffers=now.buffers
        ) as chunks:
            for chunk in chunks:
                now.witness.check()
                hasher.begin(chunk.data)
                try:
                    block_digest.update(chunk.data)
                    sink.write(chunk.data, chunk.offset, now.witness)
                finally:
                    hasher.wait()
                end = chunk.offset + len(chunk.data)
                if end % BLOCK_BYTES == 0 or end == now.identity.size:
                    now.fs.flush(fd)
                    _journal(now, block_digest.hexdigest(), end)
                    block_digest = blake3()
    finally:
        hasher.close()
    if start == 0:
        now.sha256 = whole.hexdigest()


def _journal(now: _Pass, digest: str, end: int) -> None:
    number = len(now.blocks)
    offset = number * BLOCK_BYTES
    block = Block(number=number, offset=offset, length=end - offset, digest=digest)
    now.blocks.append(block)
    now.witness.durable(block)


class _Sink:
    """Writes past the cache where the drive can, so that progress is what is on it."""

    _SLOW_SECONDS, _FAST_SECONDS = 0.5, 0.02
    _LEAST, _MOST = 512 * 1024, CHUNK_BYTES

    def __init__(self, fs: Filesystem, fd: int) -> None:
        self._fs, self._fd = fs, fd
        self._direct = fs.bypass_cache(fd, on=True)
        self._piece = CHUNK_BYTES

    def write(self, data: memoryview, offset: int, witness: Witness) -> None:
        """Write all of `data`, in pieces that a slow drive takes quickly."""
        done = 0
        while done < len(data):
            piece = min(self._piece, len(data) - done)
            begun = time.monotonic()
            done += self._write_some(data[done : done + piece], offset + done)
            self._adapt(time.monotonic() - begun)
            witness.progressed("COPYING", offset + done)
            witness.check()

    def _write_some(self, data: memoryview, offset: int) -> int:
        whole = len(data) // ALIGNED_BYTES * ALIGNED_BYTES
        if not self._direct:
            taken = self._fs.write(self._fd, data, offset)
            # Without this, gigabytes would count as done that are only in memory.
            self._fs.flush(self._fd)
            return taken
        if not whole or offset % ALIGNED_BYTES:
            # The odd end of the file, or after a short write.
            self._fs.bypass_cache(self._fd, on=False)
            taken = self._fs.write(self._fd, data, offset)
            self._direct = self._fs.bypass_cache(self._fd, on=True)
            return taken
        try:
            return self._fs.write(self._fd, data[:whole], offset)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            self._fs.bypass_cache(self._fd, on=False)
            self._direct = False
            return self._fs.write(self._fd, data, offset)

    def _adapt(self, seconds: float) -> None:
        if seconds > self._SLOW_SECONDS:
            self._piece = max(self._piece // 2, self._LEAST)
        elif seconds < self._FAST_SECONDS:
            self._piece = min(self._piece * 2, self._MOST)


# --- Verifying ----------------------------------------------------------------------


def _verify(task: CopyTask, now: _Pass) -> VerifiedBy:
    """Read back from the device, compare, mend; say how surely it was the device.

    Raises: DriveFailing when blocks stay bad.
    """
    partial = partial_of(task.relpath)
    if not task.verify:
        return "NONE"
    bad, verified_by = _read_back(now, partial)
    for _ in range(MEND_TRIES):
        if not bad:
            break
        now.mended += len(bad)
        _mend(now, partial, bad)
        bad, verified_by = _read_back(now, partial)
    if bad:
        raise faults.DriveFailing(
            f"{len(bad)} blocks came back wrong from the drive, also after writing again."
        )
    return verified_by


def _read_back(now: _Pass, partial: str) -> tuple[list[Block], VerifiedBy]:
    before = now.fs.sectors_read_bytes()
    fd = now.fs.open_written(partial)
    whole = None if now.sha256 else hashlib.sha256()
    try:
        if now.fs.size_of(fd) != now.identity.size:
            return list(now.blocks), "NONE"
        now.fs.bypass_cache(fd, on=True)
        digests = _digests(now, fd, whole)
    except EOFError:
        return list(now.blocks), "NONE"
    finally:
        now.fs.close(fd)
    after = now.fs.sectors_read_bytes()
    bad = [b for b, found in zip(now.blocks, digests, strict=True) if found != b.digest]
    if not bad and whole is not None:
        now.sha256 = whole.hexdigest()
    read_bytes = None if before is None or after is None else after - before
    proven = read_bytes is not None and read_bytes >= PROVEN_RATIO * now.identity.size
    return bad, "DEVICE" if proven else "CACHE"


def _digests(now: _Pass, fd: int, whole: "hashlib._Hash | None") -> list[str]:
    """Return the digest of each block as the drive gives it."""
    found: list[str] = []
    digest = blake3()

    def read(buffer: memoryview, offset: int) -> int:
        return now.fs.read(fd, buffer, offset)

    size = now.identity.size
    hasher = Hasher(whole.update) if whole is not None else None
    try:
        with pumping(read, start=0, end=size, buffers=now.buffers) as chunks:
            for chunk in chunks:
                now.witness.check()
                if hasher is not None:
                    hasher.begin(chunk.data)
                digest.update(chunk.data)
                if hasher is not None:
                    hasher.wait()
                end = chunk.offset + len(chunk.data)
                now.witness.progressed("VERIFYING", end)
                if end % BLOCK_BYTES == 0 or end == size:
                    found.append(digest.hexdigest())
                    digest = blake3()
    finally:
        if hasher is not None:
            hasher.close()
    return found


def _mend(now: _Pass, partial: str, bad: list[Block]) -> None:
    """Write bad blocks again from the source, which must still give the same bytes."""
    fd = now.fs.open_partial(partial, fresh=False)
    try:
        for block in bad:
            _mend_block(now, fd, block)
        now.fs.flush(fd)
    finally:
        now.fs.close(fd)


def _mend_block(now: _Pass, fd: int, block: Block) -> None:
    digest, offset, end = blake3(), block.offset, block.offset + block.length
    with mmap.mmap(-1, CHUNK_BYTES) as buffer, memoryview(buffer) as view:
        while offset < end:
            now.witness.check()
            with view[: min(CHUNK_BYTES, end - offset)] as room:
                got = _read_source(now, room, offset)
                if got == 0:
                    raise EOFError(offset)
                digest.update(room[:got])
                done = 0
                while done < got:
                    done += now.fs.write(fd, room[done:got], offset + done)
            offset += got
    if digest.hexdigest() != block.digest:
        raise faults.SourceChanged("The library file changed while it was copied.")


def _commit(task: CopyTask, now: _Pass) -> int:
    """Give the file its final name; return its time as the drive keeps it."""
    partial = partial_of(task.relpath)
    now.fs.set_time(partial, now.identity.mtime_ns)
    if not task.may_replace and now.fs.exists(task.relpath):
        raise faults.NameRefused("Another file on the drive has this name already.")
    now.fs.commit(partial, task.relpath, replace=task.may_replace)
    return now.fs.stat(task.relpath).st_mtime_ns
