"""A small file, in one piece: the same order and promises, without threads and rings.

Half a dozen threads and two flushes would take longer than the bytes do.
"""

import mmap

from blake3 import blake3

from drivearr.lib.wording import gettext
from syncqueue.copying import faults, sizes
from syncqueue.copying.task import Block, VerifiedBy
from syncqueue.copying.verifying import proof
from syncqueue.copying.working import Try, new_sha256


def write_and_verify(now: Try) -> VerifiedBy:
    """Write the whole partial, flush and journal it, read it back; begins anew always.

    Raises: BlocksStayBad, SourceChanged, and what the witness raises.
    """
    now.witness.check()
    data = _read_all(now)
    block = Block(0, 0, now.size, blake3(data).hexdigest())
    now.witness.began(now.source.identity, blocks=())
    for attempt in range(sizes.MEND_TRIES + 1):
        now.mended = attempt
        _write(now, data)
        if now.size and not now.blocks:
            now.blocks = [block]
            now.witness.durable(block)
        now.witness.progressed("COPYING", now.size)
        if not now.task.verify:
            now.sha256 = _sha256(data)
            return "NONE"
        there, verified_by = _read_back(now)
        now.witness.progressed("VERIFYING", now.size)
        if there == data:
            now.sha256 = _sha256(there)
            return verified_by
    raise faults.BlocksStayBad(
        gettext("The file came back wrong from the drive, also after writing again.")
    )


def _read_all(now: Try) -> bytes:
    data = b""
    while len(data) < now.size:
        data += now.source.read_in_time(now.size - len(data), len(data))
    return data


def _write(now: Try, data: bytes) -> None:
    fd = now.fs.open_partial(now.partial, fresh=True)
    try:
        # No room is learnt of at the first byte, or the second: nothing is reserved.
        done = 0
        with memoryview(data) as view:
            while done < len(data):
                now.witness.check()
                done += now.fs.write(fd, view[done:], done)
        now.fs.flush(fd)
    finally:
        now.fs.close(fd)


def _read_back(now: Try) -> tuple[bytes, VerifiedBy]:
    before = now.fs.sectors_read_bytes()
    fd = now.fs.open_written(now.partial)
    try:
        if now.fs.size_of(fd) != now.size:
            return b"", "NONE"
        now.fs.bypass_cache(fd, on=True)
        there = _read_file(now, fd)
    finally:
        now.fs.close(fd)
    return there, proof(now.size, before, now.fs.sectors_read_bytes())


def _read_file(now: Try, fd: int) -> bytes:
    """Read through whole pages, as reading past the cache needs them."""
    room = max(now.size + sizes.ALIGNED_BYTES, 1) // sizes.ALIGNED_BYTES
    length = (room + 1) * sizes.ALIGNED_BYTES
    done = 0
    with mmap.mmap(-1, length) as buffer, memoryview(buffer) as view:
        while done < now.size:
            now.witness.check()
            with view[done:] as rest:
                got = now.fs.read(fd, rest, done)
            if not got:
                break
            done += got
        return bytes(view[: min(done, now.size)])


def _sha256(data: bytes) -> str:
    whole = new_sha256()
    whole.update(data)
    return whole.hexdigest()
