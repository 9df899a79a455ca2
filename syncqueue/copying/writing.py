"""The one pass over the source: read ahead, hash, write, make durable, journal."""

import errno
import time

from syncqueue.copying import sizes
from syncqueue.copying.filesystem import Filesystem
from syncqueue.copying.journaling import Journal
from syncqueue.copying.pumping import Hasher, pumping
from syncqueue.copying.resuming import Start, find_start
from syncqueue.copying.working import Try

_WILL_NOT_FIT = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_partial(now: Try) -> int:
    """Write what is not durable yet; return the byte it began at."""
    start = find_start(now)
    begun_at = start.offset
    now.witness.began(now.source.identity, blocks=tuple(now.blocks))
    fd = now.fs.open_partial(now.partial, fresh=start.offset == 0)
    try:
        _reserve(now, fd)
        _stream(now, fd, start)
        now.fs.cut(fd, now.size)
        now.fs.flush(fd)
    finally:
        now.fs.close(fd)
    now.witness.progressed("COPYING", now.size)
    return begun_at


def _reserve(now: Try, fd: int) -> None:
    """Learn at the first byte, not at the last, that there is no room."""
    try:
        now.fs.reserve(fd, now.size)
    except OSError as error:
        if error.errno in _WILL_NOT_FIT:
            raise


def _stream(now: Try, fd: int, start: Start) -> None:
    sink, journal = Sink(now.fs, fd), Journal(now, fd, start)
    hasher = Hasher(journal.hash)
    try:
        with pumping(
            now.source.read,
            start=start.offset,
            end=now.size,
            buffers=now.buffers,
            check=now.witness.check,
            hung=now.source.hangs,
        ) as chunks:
            for chunk in chunks:
                hasher.begin(chunk.data)
                try:
                    sink.write(chunk.data, chunk.offset, now)
                finally:
                    hasher.wait()
                journal.wrote(chunk.offset + len(chunk.data))
        journal.settle()
    finally:
        hasher.close()
        journal.close()
    if not now.task.verify:
        now.sha256 = start.whole.hexdigest()


class Sink:
    """Writes past the cache where the drive can, so that progress is what is on it."""

    def __init__(self, fs: Filesystem, fd: int) -> None:
        self._fs, self._fd = fs, fd
        self._direct = fs.bypass_cache(fd, on=True)
        self._piece = sizes.CHUNK_BYTES
        self._window = sizes.CHUNK_BYTES
        self._unflushed = 0

    def write(self, data: memoryview, offset: int, now: Try) -> None:
        """Write all of `data`, in pieces that a slow drive takes quickly."""
        done = 0
        while done < len(data):
            now.witness.check()
            piece = data[done : done + self._piece]
            begun = time.monotonic()
            taken = self._write_some(piece, offset + done)
            self._piece = _adapted(
                self._piece, time.monotonic() - begun, most=sizes.CHUNK_BYTES
            )
            done += taken
            self._tell(now, taken, offset + done)

    def _tell(self, now: Try, taken: int, end: int) -> None:
        if self._direct:
            now.witness.progressed("COPYING", end)
            return
        # Without this, gigabytes would count as done that are only in memory.
        self._unflushed += taken
        if self._unflushed < self._window:
            return
        begun = time.monotonic()
        self._fs.flush(self._fd)
        self._unflushed = 0
        self._window = _adapted(
            self._window, time.monotonic() - begun, most=sizes.MOST_WINDOW_BYTES
        )
        now.witness.progressed("COPYING", end)

    def _write_some(self, data: memoryview, offset: int) -> int:
        if not self._direct:
            return self._fs.write(self._fd, data, offset)
        whole = len(data) // sizes.ALIGNED_BYTES * sizes.ALIGNED_BYTES
        if not whole or offset % sizes.ALIGNED_BYTES:
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


def _adapted(size: int, seconds: float, *, most: int) -> int:
    if seconds > sizes.SLOW_SECONDS:
        return max(size // 2, min(sizes.LEAST_PIECE_BYTES, most))
    if seconds < sizes.FAST_SECONDS:
        return min(size * 2, most)
    return size
