"""What the steps of one copy share: the state of one try."""

import hashlib
import mmap
from collections.abc import Callable
from dataclasses import dataclass, field

from syncqueue.copying.filesystem import Filesystem
from syncqueue.copying.source import Source
from syncqueue.copying.task import Block, CopyTask, Witness, partial_of


@dataclass(slots=True)
class Try:
    """The state of one try, and what it works with."""

    task: CopyTask
    source: Source
    fs: Filesystem
    witness: Witness
    buffers: list[mmap.mmap]
    blocks: list[Block] = field(default_factory=list)
    """Durable, in order."""
    sha256: str = ""
    mended: int = 0

    @property
    def partial(self) -> str:
        """The name it carries until it is whole."""
        return partial_of(self.task.relpath)

    @property
    def size(self) -> int:
        """The source's size in bytes."""
        return self.source.identity.size

    def reader(self, fd: int) -> Callable[[memoryview, int], int]:
        """Return what reads from an open file of the drive."""
        return lambda buffer, offset: self.fs.read(fd, buffer, offset)


def new_sha256() -> "hashlib._Hash":
    """Return the hash that the manifest keeps."""
    return hashlib.sha256(usedforsecurity=False)
