"""Where an interrupted copy goes on: behind the blocks that the drive really holds."""

import hashlib
from dataclasses import dataclass, field

from blake3 import blake3

from syncqueue.copying import sizes
from syncqueue.copying.pumping import pumping
from syncqueue.copying.task import Block
from syncqueue.copying.working import Try, new_sha256


@dataclass(slots=True)
class Start:
    """Where writing begins, with the hashes of what lies before."""

    offset: int = 0
    block: blake3 = field(default_factory=blake3)
    """Of the block that is begun."""
    whole: "hashlib._Hash" = field(default_factory=new_sha256)
    """Fed only when nothing is read back later."""


def find_start(now: Try) -> Start:
    """Keep the journal's blocks that the partial really holds; return where to go on.

    When the whole is read back later anyway, the last block alone is read now: there a
    power cut shows. If it is bad, or nothing is read back later, all of them are.
    """
    journal = usable_journal(now)
    if not journal or not now.fs.exists(now.partial):
        return Start()
    fd = now.fs.open_written(now.partial)
    try:
        size = now.fs.size_of(fd)
        journal = [block for block in journal if block.end <= size]
        if journal and now.task.verify:
            start = Start(journal[-1].end)
            if _holds(now, fd, journal[-1], start):
                now.blocks = journal
                return _without_whole_block(start)
        return _keep_good(now, fd, journal)
    finally:
        now.fs.close(fd)


def _keep_good(now: Try, fd: int, journal: list[Block]) -> Start:
    start = Start()
    for block in journal:
        whole = start.whole.copy()
        start.block = blake3()
        if not _holds(now, fd, block, start):
            start.whole, start.block = whole, blake3()
            break
        start.offset = block.end
        now.blocks.append(block)
    return _without_whole_block(start)


def _without_whole_block(start: Start) -> Start:
    if start.offset % sizes.BLOCK_BYTES == 0:
        start.block = blake3()
    return start


def usable_journal(now: Try) -> list[Block]:
    """Return the journal's blocks in order from the start, if they are of this source.

    Only the last may be short.
    """
    if now.task.identity != now.source.identity:
        return []
    good: list[Block] = []
    for block in sorted(now.task.journal, key=lambda block: block.number):
        before = good[-1].end if good else 0
        most = min(sizes.BLOCK_BYTES, now.size - block.offset)
        is_next = block.number == len(good) and block.offset == before
        if not is_next or before % sizes.BLOCK_BYTES or not 0 < block.length <= most:
            break
        good.append(block)
    # Writing past the cache goes on at whole pages only.
    if good and good[-1].end % sizes.ALIGNED_BYTES and good[-1].end != now.size:
        good.pop()
    return good


def _holds(now: Try, fd: int, block: Block, start: Start) -> bool:
    """Whether the drive gives the block's bytes; feeds them to the start's hashes."""
    chunks = pumping(
        now.reader(fd),
        start=block.offset,
        end=block.end,
        buffers=now.buffers,
        check=now.witness.check,
    )
    try:
        with chunks as each:
            for chunk in each:
                now.witness.check()
                start.block.update(chunk.data)
                if not now.task.verify:
                    start.whole.update(chunk.data)
    except EOFError:
        return False
    return start.block.hexdigest() == block.digest
