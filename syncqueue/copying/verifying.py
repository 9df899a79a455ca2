"""Reading back from the device, comparing block by block, mending what is bad."""

import hashlib

from blake3 import blake3

from drivearr.lib.wording import gettext
from syncqueue.copying import faults, sizes
from syncqueue.copying.pumping import Hasher, pumping
from syncqueue.copying.task import Block, VerifiedBy
from syncqueue.copying.working import Try, new_sha256


def verify_partial(now: Try) -> VerifiedBy:
    """Read back, compare, mend; say how surely the bytes came from the device.

    Raises: BlocksStayBad, SourceChanged.
    """
    if not now.task.verify:
        return "NONE"
    bad, verified_by = read_back(now, now.partial)
    for _ in range(sizes.MEND_TRIES):
        if not bad:
            break
        now.mended += len(bad)
        _mend(now, bad)
        bad, verified_by = read_back(now, now.partial)
    if bad:
        raise faults.BlocksStayBad(
            gettext(
                "{number} blocks came back wrong from the drive, also after "
                "writing again."
            ).format(number=len(bad))
        )
    return verified_by


def read_back(now: Try, relpath: str) -> tuple[list[Block], VerifiedBy]:
    """Return the blocks that are not what the source gave, and where the rest is from."""
    before = now.fs.sectors_read_bytes()
    fd = now.fs.open_written(relpath)
    whole = new_sha256()
    try:
        if now.fs.size_of(fd) != now.size:
            return list(now.blocks), "NONE"
        now.fs.bypass_cache(fd, on=True)
        found = _digests(now, fd, whole)
    except EOFError:
        return list(now.blocks), "NONE"
    finally:
        now.fs.close(fd)
    after = now.fs.sectors_read_bytes()
    bad = [b for b, got in zip(now.blocks, found, strict=True) if got != b.digest]
    now.sha256 = "" if bad else whole.hexdigest()
    return bad, proof(now.size, before, after)


def proof(size: int, before: int | None, after: int | None) -> VerifiedBy:
    """Say whether the device itself gave `size` bytes, by what it had read before."""
    if before is None or after is None:
        return "CACHE"
    return "DEVICE" if after - before >= sizes.PROVEN_RATIO * size else "CACHE"


def _digests(now: Try, fd: int, whole: "hashlib._Hash") -> list[str]:
    """Return each block's digest as the drive gives it; `whole` is fed alongside."""
    found: list[str] = []
    digest = blake3()
    hasher = Hasher(whole.update)
    try:
        with pumping(
            now.reader(fd),
            start=0,
            end=now.size,
            buffers=now.buffers,
            check=now.witness.check,
        ) as chunks:
            for chunk in chunks:
                now.witness.check()
                hasher.begin(chunk.data)
                try:
                    digest.update(chunk.data)
                finally:
                    hasher.wait()
                end = chunk.offset + len(chunk.data)
                now.witness.progressed("VERIFYING", end)
                if end % sizes.BLOCK_BYTES == 0 or end == now.size:
                    found.append(digest.hexdigest())
                    digest = blake3()
    finally:
        hasher.close()
    return found


def _mend(now: Try, bad: list[Block]) -> None:
    """Write bad blocks again from the source, which must still give the same bytes."""
    fd = now.fs.open_partial(now.partial, fresh=False)
    try:
        for block in bad:
            _mend_block(now, fd, block)
        now.fs.flush(fd)
    finally:
        now.fs.close(fd)


def _mend_block(now: Try, fd: int, block: Block) -> None:
    digest, offset = blake3(), block.offset
    while offset < block.end:
        now.witness.check()
        size = min(sizes.CHUNK_BYTES, block.end - offset)
        data = memoryview(now.source.read_in_time(size, offset))
        digest.update(data)
        done = 0
        while done < len(data):
            done += now.fs.write(fd, data[done:], offset + done)
        offset += len(data)
    if digest.hexdigest() != block.digest:
        raise faults.SourceChanged(
            gettext("The library file changed while it was copied.")
        )
