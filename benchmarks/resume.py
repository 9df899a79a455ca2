"""Resuming a big file: how soon bytes move again, and what is read again for it.

    python -m benchmarks.resume [--gib 4] [--at 90] [--dir FOLDER]

The source is sparse, the copy is real. What is read again is counted, not timed: it is the last
journaled block, whatever the file's size; of 50 GB the journal has 800 lines.
"""

import argparse
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import drop_caches, machine, table
from drivearr.lib.progress import Interrupted
from drivearr.lib.rootfolder import RootFolder
from syncqueue.copying.copier import copy_file
from syncqueue.copying.filesystem import DriveFilesystem
from syncqueue.copying.task import Block, CopyTask, Phase, SourceIdentity


class _Counting(DriveFilesystem):
    """Counts what is read and when the first byte is written."""

    read_bytes = 0
    source_bytes = 0
    first_write = 0.0

    def read(self, fd: int, buffer: memoryview, offset: int) -> int:
        """See Filesystem."""
        got = super().read(fd, buffer, offset)
        if not self.first_write:
            self.read_bytes += got
        return got

    def read_source(self, fd: int, buffer: memoryview, offset: int) -> int:
        """See Filesystem."""
        got = super().read_source(fd, buffer, offset)
        if not self.first_write:
            self.source_bytes += got
        return got

    def write(self, fd: int, data: memoryview, offset: int) -> int:
        """See Filesystem."""
        self.first_write = self.first_write or time.perf_counter()
        return super().write(fd, data, offset)


class _Witness:
    def __init__(self, stop_at: int) -> None:
        self.stop_at, self.done = stop_at, 0
        self.blocks: dict[int, Block] = {}
        self.identity: SourceIdentity | None = None

    def began(self, identity: SourceIdentity, *, blocks: Sequence[Block]) -> None:
        """Remember what the source was."""
        self.identity = identity
        self.blocks = {block.number: block for block in blocks}

    def durable(self, block: Block) -> None:
        """Keep the journal."""
        self.blocks[block.number] = block

    def progressed(self, phase: Phase, done: int) -> None:
        """Remember how far it is."""
        if phase == "COPYING":
            self.done = done

    def check(self) -> None:
        """Stop when it is far enough, or when a byte moved again."""
        if self.stop_at and self.done >= self.stop_at:
            raise Interrupted


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=int, default=4)
    parser.add_argument("--at", type=int, default=90, help="per cent")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="drivearr-bench-", dir=asked.dir))
    try:
        _measure(folder, asked.gib * 1024**3, asked.at)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(folder: Path, size: int, at: int) -> None:
    source, target = folder / "source.mkv", folder / "drive"
    target.mkdir()
    with source.open("wb") as stream:
        stream.truncate(size)
        for place in range(0, size, 64 * 1024**2):
            stream.seek(place)
            stream.write(os.urandom(4096))
    with RootFolder.open_at(target) as root:
        first = _Witness(size * at // 100)
        _copy(_Counting(root), source, first)
        drop_caches()
        begun = time.perf_counter()
        again, fs = _Witness(0), _Counting(root)
        _copy(
            fs,
            source,
            again,
            identity=first.identity,
            journal=tuple(first.blocks.values()),
        )
    mib = 1024**2
    table(
        f"Resuming {size / 1024**3:.0f} GiB at {at} % ({machine()})",
        [
            ("", "found"),
            ("seconds until bytes move again", f"{fs.first_write - begun:.2f}"),
            ("read again of the drive, MiB", f"{fs.read_bytes / mib:.0f}"),
            ("read of the source until then, MiB", f"{fs.source_bytes / mib:.0f}"),
            (
                "written twice, MiB",
                f"{(first.done - max(b.end for b in first.blocks.values())) / mib:.0f}",
            ),
        ],
    )
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  memory at most: {most:.0f} MB")


def _copy(fs: _Counting, source: Path, witness: _Witness, **more: Any) -> None:
    try:
        copy_file(CopyTask(source=source, relpath="film.mkv", **more), fs, witness)
    except Interrupted:
        return


if __name__ == "__main__":
    main()
