"""A ring of buffers between a reading thread and the one that takes what was read."""

import mmap
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from drivearr.lib import hanging
from syncqueue.copying.sizes import ASK_SECONDS

ReadInto = Callable[[memoryview, int], int]
"""Reads into a buffer at an offset; returns how much came, 0 at the end."""


Hung = Callable[[threading.Thread, float], Exception]
"""Hears that the thread hangs in a read for so many seconds; returns what to raise."""


@dataclass(slots=True)
class Chunk:
    """Some bytes of the file. Hold it no longer than the loop's turn."""

    offset: int
    data: memoryview


class Pump:
    """Reads `[start, end)` ahead in a thread, in chunks, through a few buffers.

    A read that fails, or ends early, ends the iteration with that error. Who waits for
    a read that hangs (a share that does not answer) still hears that it shall stop, and
    with `hung` does not wait for ever.
    """

    def __init__(
        self,
        read_into: ReadInto,
        *,
        start: int,
        end: int,
        buffers: list[mmap.mmap],
        check: Callable[[], None],
        hung: Hung | None = None,
    ) -> None:
        self._read, self._start, self._end = read_into, start, end
        self._check, self._hung = check, hung
        self._reads_since = 0.0
        """When the read under way began; 0: none is."""
        self._free: queue.Queue[mmap.mmap | None] = queue.Queue()
        for buffer in buffers:
            self._free.put(buffer)
        self._full: queue.Queue[tuple[int, int, mmap.mmap] | BaseException | None]
        self._full = queue.Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def _run(self) -> None:
        try:
            offset = self._start
            while offset < self._end and not self._stop.is_set():
                buffer = self._free.get()
                if buffer is None:
                    return
                wanted = min(len(buffer), self._end - offset)
                got = self._fill(buffer, wanted, offset)
                self._full.put((offset, got, buffer))
                offset += got
            self._full.put(None)
        except BaseException as error:  # noqa: BLE001 - raised on in the taking thread
            self._full.put(error)

    def _fill(self, buffer: mmap.mmap, wanted: int, offset: int) -> int:
        with memoryview(buffer) as view:
            done = 0
            while done < wanted:
                if self._stop.is_set():
                    raise EOFError(offset + done)
                with view[done:] as rest:
                    self._reads_since = time.monotonic()
                    got = self._read(rest, offset + done)
                    self._reads_since = 0.0
                if got == 0:
                    raise EOFError(offset + done)
                done += got
            # Reading past the cache may give more than was wanted of the last block.
            return min(done, wanted)

    def chunks(self) -> Iterator[Chunk]:
        """Yield the chunks in order; OSError or EOFError as the reading met them."""
        self._thread.start()
        while True:
            got = self._wait()
            if got is None:
                return
            if isinstance(got, BaseException):
                raise got
            offset, length, buffer = got
            with memoryview(buffer) as view, view[:length] as data:
                yield Chunk(offset, data)
            self._free.put(buffer)

    def _wait(self) -> tuple[int, int, mmap.mmap] | BaseException | None:
        while True:
            try:
                return self._full.get(timeout=ASK_SECONDS)
            except queue.Empty:
                self._check()
            since = self._reads_since
            waited = time.monotonic() - since if since else 0.0
            if self._hung is not None and waited >= hanging.HANGS_SECONDS:
                raise self._hung(self._thread, waited)

    def close(self) -> None:
        """End the thread; one that hangs in a read is left to end by itself."""
        self._stop.set()
        self._free.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=1)


@contextmanager
def pumping(
    read_into: ReadInto,
    *,
    start: int,
    end: int,
    buffers: list[mmap.mmap],
    check: Callable[[], None],
    hung: Hung | None = None,
) -> Iterator[Iterator[Chunk]]:
    """Give the chunks of `[start, end)`, read ahead; `check` may raise to stop."""
    pump = Pump(
        read_into, start=start, end=end, buffers=buffers, check=check, hung=hung
    )
    chunks = pump.chunks()
    try:
        yield chunks
    finally:
        chunks.close()  # type: ignore[attr-defined]  # it is a generator
        pump.close()


class Hasher:
    """Feeds a hash in a thread of its own; hashing lets other threads run."""

    def __init__(self, update: Callable[[memoryview], object]) -> None:
        self._update = update
        self._work: queue.Queue[memoryview | None] = queue.Queue(maxsize=1)
        self._done = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name="hasher", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (data := self._work.get()) is not None:
            self._update(data)
            self._done.release()

    def begin(self, data: memoryview) -> None:
        """Start hashing; `data` must stay until `wait` returned."""
        self._work.put(data)

    def wait(self) -> None:
        """Wait until what was begun is hashed."""
        self._done.acquire()

    def close(self) -> None:
        """End the thread."""
        self._work.put(None)
        self._thread.join()
