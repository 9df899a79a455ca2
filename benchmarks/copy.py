"""Copy + flush + verification against its peers: same files, same run, medians.

    python -m benchmarks.copy [--mib 1024] [--runs 5] [--dir FOLDER]

Limits: the same bytes written past the cache, flushed, and read back past the cache.
Peers: `rsync -a --fsync` then `rsync -c`; `cp` + `sync`, which verifies nothing.
"""

import argparse
import mmap
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.measuring import drop_caches, machine, medians, run, table
from drivearr.lib.rootfolder import RootFolder
from syncqueue.copying.copier import copy_file
from syncqueue.copying.filesystem import DriveFilesystem
from syncqueue.copying.task import Block, CopyTask, Phase, SourceIdentity

PIECE = 4 * 1024 * 1024


class _Silent:
    def began(self, identity: SourceIdentity, *, blocks: Sequence[Block]) -> None:
        """Hear nothing."""

    def durable(self, block: Block) -> None:
        """Hear nothing."""

    def progressed(self, phase: Phase, done: int) -> None:
        """Hear nothing."""

    def check(self) -> None:
        """Go on."""


def make_source(path: Path, mib: int) -> None:
    """Write a file of random bytes."""
    with path.open("wb") as stream:
        for _ in range(mib):
            stream.write(os.urandom(1024 * 1024))
        os.fsync(stream.fileno())


def ours(source: Path, target: Path) -> str:
    """Copy with the engine; return how it was verified."""
    with RootFolder.open_at(target) as root:
        task = CopyTask(source=source, relpath="copy.bin")
        return copy_file(task, DriveFilesystem(root), _Silent()).verified_by


def write_flush_read(source: Path, target: Path) -> None:
    """Do the least that a verified copy must: read, write, flush, read back."""
    file = target / "copy.bin"
    size = source.stat().st_size
    with mmap.mmap(-1, PIECE) as buffer:
        out = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_DIRECT)
        read = os.open(source, os.O_RDONLY)
        for offset in range(0, size, PIECE):
            os.preadv(read, [buffer], offset)
            os.pwrite(out, buffer, offset)
        os.fsync(out)
        os.close(read)
        os.close(out)
        back = os.open(file, os.O_RDONLY | os.O_DIRECT)
        for offset in range(0, size, PIECE):
            os.preadv(back, [buffer], offset)
        os.close(back)


def rsync_and_check(source: Path, target: Path) -> None:
    """Copy with rsync, then compare checksums with the copy out of memory."""
    file = target / "copy.bin"
    run("rsync", "-a", "--fsync", source, file)
    fd = os.open(file, os.O_RDONLY)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)
    run("rsync", "-ac", source, file)


def cp_and_sync(source: Path, target: Path) -> None:
    """Copy with cp and flush; nothing is verified."""
    run("cp", source, target / "copy.bin")
    run("sync", "-f", target / "copy.bin")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="drivearr-bench-", dir=asked.dir))
    source, target = folder / "source.bin", folder / "target"
    try:
        make_source(source, asked.mib)
        how: set[str] = set()

        def fresh() -> None:
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            drop_caches()

        deeds: dict[str, Callable[[], object]] = {
            "Drivearr, verified": lambda: how.add(ours(source, target)),
            "write, flush, read back": lambda: write_flush_read(source, target),
            "rsync --fsync, rsync -c": lambda: rsync_and_check(source, target),
            "cp, sync (not verified)": lambda: cp_and_sync(source, target),
        }
        if not shutil.which("rsync"):
            del deeds["rsync --fsync, rsync -c"]
        found = medians(deeds, runs=asked.runs, before=fresh)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    mine = found["Drivearr, verified"]
    rows = [("", "seconds", "MiB/s", "Drivearr is")]
    rows += [
        (name, f"{s:.2f}", f"{asked.mib / s:.0f}", f"{mine / s:.2f} x")
        for name, s in found.items()
    ]
    table(f"Copying {asked.mib} MiB, cold, {asked.runs} runs ({machine()})", rows)
    print(f"  verified by: {', '.join(sorted(how))}")


if __name__ == "__main__":
    main()
