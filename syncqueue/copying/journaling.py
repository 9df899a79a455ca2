"""What is durable on the drive: flushed in a thread while writing goes on, then journaled."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

from blake3 import blake3

from syncqueue.copying import sizes
from syncqueue.copying.resuming import Start
from syncqueue.copying.task import Block
from syncqueue.copying.working import Try


class Journal:
    """Flushes in a thread, so that writing goes on; journals what is durable then."""

    def __init__(
        self, now: Try, fd: int, start: Start, *, every_bytes: int = 0
    ) -> None:
        """`every_bytes`: flush after so many, too; 0: by whole blocks and by time."""
        self._now, self._fd, self._every = now, fd, every_bytes
        self.durable_end = self._asked_end = start.offset
        self._block, self._whole = start.block, start.whole
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="flusher")
        self._flushing: tuple[Future[None], Block] | None = None
        self._last = time.monotonic()

    def hash(self, data: memoryview) -> None:
        """Feed what is written to the hashes."""
        self._block.update(data)
        if not self._now.task.verify:
            # Else the whole is hashed as it is read back: from the drive's own bytes.
            self._whole.update(data)

    def wrote(self, end: int) -> None:
        """Hear that all before `end` is written; make it durable when it is time."""
        is_whole = end % sizes.BLOCK_BYTES == 0 or end == self._now.size
        is_late = time.monotonic() - self._last >= sizes.JOURNAL_SECONDS
        is_much = 0 < self._every <= end - self._asked_end
        if not (is_whole or is_late or is_much):
            return
        self.settle()
        self._asked_end = end
        number = (end - 1) // sizes.BLOCK_BYTES
        offset = number * sizes.BLOCK_BYTES
        block = Block(number, offset, end - offset, self._block.hexdigest())
        self._flushing = (self._pool.submit(self._now.fs.flush, self._fd), block)
        self._last = time.monotonic()
        if is_whole:
            self._block = blake3()

    def settle(self) -> None:
        """Wait until what is being flushed is durable, and journal it.

        Raises: OSError when it did not become so: that part is not trusted.
        """
        if self._flushing is None:
            return
        flushing, block = self._flushing
        self._wait_for(flushing)
        self._flushing = None
        self.durable_end = block.end
        # A block that was journaled in part is whole now, or has grown.
        del self._now.blocks[block.number :]
        self._now.blocks.append(block)
        self._now.witness.durable(block)

    def flush(self) -> None:
        """Make all that was written durable; a person may stop the waiting."""
        self._wait_for(self._pool.submit(self._now.fs.flush, self._fd))

    def _wait_for(self, flushing: "Future[None]") -> None:
        while True:
            try:
                flushing.result(timeout=sizes.ASK_SECONDS)
            except NotYet:
                self._now.witness.check()
            else:
                return

    def close(self) -> None:
        """End the thread, so that the file can be closed."""
        self._pool.shutdown(wait=True)
