"""Reading a file back from its drive, past every cache, and saying how surely."""

import contextlib
import errno
import fcntl
import hashlib
import mmap
import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from blake3 import blake3

from drivearr.lib.errors import SkipFile
from drivearr.lib.rootfolder import RootFolder
from drivearr.lib.wording import gettext, gettext_noop
from drives.detection import SYS_BLOCK

BLOCK_BYTES = 64 * 1024**2
"""A block digest covers so much; a damaged block is named by its number."""
PIECE_BYTES = 4 * 1024**2
PROVEN_RATIO = 0.95
"""So much of a file must have been read by the device itself to count as proven."""
_SECTOR_BYTES = 512
_O_DIRECT: int = getattr(os, "O_DIRECT", 0)


class FileUnreadable(SkipFile):
    """The drive does not give a file's bytes."""

    code = "DRIVE_FILE_UNREADABLE"
    advice = gettext_noop(
        "Copy the file again; if it happens often, the drive is failing."
    )


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a file on the drive really holds."""

    size_bytes: int
    sha256: str
    """Empty when only the rest was read; the blocks tell then."""
    block_digests: tuple[str, ...]
    """blake3 of each block of 64 MiB."""
    verified_by: Literal["DEVICE", "CACHE"]
    """Whether the device itself gave the bytes, or perhaps a memory of them."""


@dataclass(frozen=True, slots=True)
class Partway:
    """A file that was read up to the end of a block."""

    size_bytes: int
    mtime_ns: int
    block_digests: tuple[str, ...]
    is_proven: bool
    """Whether the device itself gave all of them."""

    @property
    def offset(self) -> int:
        """The byte to go on at."""
        return len(self.block_digests) * BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class Device:
    """What lies below a drive's file system."""

    number: str = ""
    """`major:minor`; empty when there is none."""
    node: str = ""
    is_fuse: bool = False

    def read_bytes(self) -> int | None:
        """Return how many bytes the device has read so far; None where unknown."""
        try:
            line = (SYS_BLOCK / self.number / "stat").read_text(encoding="ascii")
            return int(line.split()[2]) * _SECTOR_BYTES if self.number else None
        except (OSError, ValueError, IndexError):
            return None

    def evict(self) -> None:
        """Drop what the block device remembers: it answers for a FUSE driver."""
        if not (self.is_fuse and self.node):
            return
        with contextlib.suppress(OSError):
            fd = os.open(Path(self.node), os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(fd)


def read_back(
    root: RootFolder,
    relpath: str,
    *,
    device: Device,
    tell: Callable[[int], None],
    goes_on: Partway | None = None,
    reached: Callable[[Partway], None] = lambda _: None,
) -> ReadBack:
    """Read a whole file from its drive; `tell` hears the bytes and may raise to stop.

    Needs 8 MiB of memory, whatever the file's size. `reached` hears after each block how
    far it is; `goes_on` is such a place, of no use if the file changed since.

    Raises:
        FileUnreadable: it is no plain file, or changed while it was read.
        OSError: as the drive gives it.

    """
    fd = root.open(relpath, os.O_RDONLY | os.O_NONBLOCK)
    try:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode):
            raise FileUnreadable(gettext("It is no plain file any more."))
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        device.evict()
        return _Reading(fd, about, device, goes_on).read(tell, reached)
    finally:
        os.close(fd)


class _Reading:
    """One file that is read, from its beginning or from a place within."""

    def __init__(
        self, fd: int, about: os.stat_result, device: Device, goes_on: Partway | None
    ) -> None:
        self._fd, self._about, self._device = fd, about, device
        is_same = goes_on is not None and (goes_on.size_bytes, goes_on.mtime_ns) == (
            about.st_size,
            about.st_mtime_ns,
        )
        is_within = goes_on is not None and 0 < goes_on.offset < about.st_size
        self._before = goes_on if is_same and is_within else None
        self._start = self._before.offset if self._before else 0
        self._read_before = device.read_bytes()

    def read(
        self, tell: Callable[[int], None], reached: Callable[[Partway], None]
    ) -> ReadBack:
        size = self._about.st_size
        whole, block = hashlib.sha256(), blake3()
        blocks = list(self._before.block_digests) if self._before else []
        done = self._start
        if done:
            tell(done)
        for piece in _pieces(self._fd, size, done):
            if not self._start:
                whole.update(piece)
            block.update(piece)
            done += len(piece)
            if done % BLOCK_BYTES == 0 or done == size:
                blocks.append(block.hexdigest())
                block = blake3()
                reached(self._partway(blocks, done))
            tell(len(piece))
        sha256 = "" if self._start else whole.hexdigest()
        level: Literal["DEVICE", "CACHE"] = "CACHE"
        if self._is_proven(size):
            level = "DEVICE"
        return ReadBack(size, sha256, tuple(blocks), level)

    def _partway(self, blocks: list[str], done: int) -> Partway:
        return Partway(
            self._about.st_size,
            self._about.st_mtime_ns,
            tuple(blocks),
            self._is_proven(done),
        )

    def _is_proven(self, done: int) -> bool:
        """Whether the device gave all before `done` itself."""
        was, now = self._read_before, self._device.read_bytes()
        if was is None or now is None or (self._before and not self._before.is_proven):
            return False
        return now - was >= PROVEN_RATIO * (done - self._start)


def _pieces(fd: int, size_bytes: int, start: int) -> Iterator[memoryview]:
    """Yield the file piece by piece; the next is read while one is worked on."""
    _bypass_cache(fd, on=True)
    buffers = [mmap.mmap(-1, PIECE_BYTES) for _ in range(2)]
    views = [memoryview(buffer) for buffer in buffers]
    with ThreadPoolExecutor(1, thread_name_prefix="read-back") as reader:
        offset, turn = start, 0
        ahead = reader.submit(_read, fd, views[0], start, size_bytes)
        while offset < size_bytes:
            length = ahead.result()
            here = views[turn][:length]
            offset, turn = offset + length, 1 - turn
            if offset < size_bytes:
                ahead = reader.submit(_read, fd, views[turn], offset, size_bytes)
            yield here


def _read(fd: int, view: memoryview, offset: int, size_bytes: int) -> int:
    """Fill a buffer from `offset`; short only at the end of the file."""
    wanted = min(len(view), size_bytes - offset)
    done = 0
    while done < wanted:
        length = _read_some(fd, view[done:], offset + done)
        if not length:
            raise FileUnreadable(gettext("It became shorter while it was read."))
        done += length
    if done > wanted:
        raise FileUnreadable(gettext("It became longer while it was read."))
    return done


def _read_some(fd: int, view: memoryview, offset: int) -> int:
    try:
        return os.preadv(fd, [view], offset)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        # Past the cache an odd offset is refused; the pages were dropped before.
        _bypass_cache(fd, on=False)
        return os.preadv(fd, [view], offset)


def _bypass_cache(fd: int, *, on: bool) -> None:
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    wanted = flags | _O_DIRECT if on else flags & ~_O_DIRECT
    # tmpfs and some shares know no such thing.
    with contextlib.suppress(OSError):
        fcntl.fcntl(fd, fcntl.F_SETFL, wanted)
