"""How bytes get onto the drive: past the cache, in windows, journaled when durable."""

import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from drivearr.lib.errors import DrivearrError
from drivearr.lib.progress import Cancelled
from syncqueue.copying import faults, sizes
from syncqueue.copying.copier import copy_file
from syncqueue.copying.task import Block, CopyTask
from syncqueue.copying.writing import _adapted
from tests.syncqueue.copying.conftest import Drive, Witnessed

TARGET = "Film.mkv"
MIB = 1024 * 1024


def task(source: Path, **more: Any) -> CopyTask:
    return CopyTask(source=source, relpath=TARGET, **more)


class TestPieces:
    @pytest.mark.parametrize(
        ("size", "seconds", "expected"),
        [
            (4 * MIB, 0.6, 2 * MIB),
            (MIB, 0.6, MIB // 2),
            (MIB // 2, 9.0, MIB // 2),
            (MIB, 0.01, 2 * MIB),
            (4 * MIB, 0.001, 4 * MIB),
            (2 * MIB, 0.1, 2 * MIB),
        ],
    )
    def test_shrink_when_slow_and_grow_when_fast(
        self, size: int, seconds: float, expected: int
    ) -> None:
        assert _adapted(size, seconds, most=4 * MIB) == expected


class TestWithoutDirectWrites:
    @pytest.fixture
    def cached(self, drive: Drive) -> Drive:
        """A drive that takes nothing past the cache, as many network shares."""
        for at in range(1, 100):
            drive.faulty.faults["bypass_cache", at] = lambda _fd, on: False
        return drive

    def test_copies_all_the_same(
        self, cached: Drive, source: Path, witness: Witnessed
    ) -> None:
        copy_file(task(source), cached.faulty, witness)

        assert (cached.path / TARGET).read_bytes() == source.read_bytes()

    def test_counts_only_what_was_flushed(self, cached: Drive, source: Path) -> None:
        source.write_bytes(os.urandom(40 * MIB + 17))
        written, flushed = [0], [0]
        real = cached.real

        def write(fd: int, data: memoryview, at: int) -> int:
            taken = real.write(fd, data, at)
            written[0] = at + taken
            return taken

        def flush(fd: int) -> None:
            before = written[0]
            real.flush(fd)
            flushed[0] = before

        for at in range(1, 400):
            cached.faulty.faults["write", at] = write
            cached.faulty.faults["flush", at] = flush
        claimed: list[tuple[int, int]] = []

        class Strict(Witnessed):
            def progressed(self, phase: Any, done: int) -> None:
                if phase == "COPYING":
                    claimed.append((done, flushed[0]))

        copy_file(task(source), cached.faulty, Strict())

        assert claimed[-1][0] == source.stat().st_size
        assert [pair for pair in claimed if pair[0] > pair[1]] == []

    def test_falls_back_when_the_drive_only_claims_to_take_them(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        drive.faulty.fail("write", error=errno.EINVAL)

        copy_file(task(source), drive.faulty, witness)

        assert (drive.path / TARGET).read_bytes() == source.read_bytes()


class TestJournal:
    @pytest.fixture(autouse=True)
    def often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Journal after every chunk of 1 MiB, as a drive of 200 KB/s would."""
        monkeypatch.setattr(sizes, "JOURNAL_SECONDS", 0.0)
        monkeypatch.setattr(sizes, "CHUNK_BYTES", MIB)
        monkeypatch.setattr(sizes, "BLOCK_BYTES", 4 * MIB)

    @pytest.fixture
    def heard(self) -> list[Block]:
        return []

    def listener(self, heard: list[Block], *, stop_at: int = 10**12) -> Witnessed:
        class Listener(Witnessed):
            def durable(self, block: Block) -> None:
                super().durable(block)
                heard.append(block)
                if block.end >= stop_at:
                    raise Cancelled

        return Listener()

    def test_tells_of_a_slow_drives_block_while_it_grows(
        self, drive: Drive, source: Path, heard: list[Block]
    ) -> None:
        copied = copy_file(task(source), drive.real, self.listener(heard))

        ends = [block.end for block in heard]
        assert ends == [MIB, 2 * MIB, 3 * MIB, 4 * MIB, 5_000_001]
        data = source.read_bytes()
        for block in heard:
            assert block.digest == blake3(data[block.offset : block.end]).hexdigest()
        assert copied.block_digests == (heard[3].digest, heard[4].digest)

    @pytest.mark.parametrize("stop_at", [MIB, 2 * MIB, 3 * MIB, 4 * MIB, 5_000_001])
    @pytest.mark.parametrize("verify", [True, False])
    def test_lets_work_go_on_in_the_middle_of_a_block(
        self,
        drive: Drive,
        source: Path,
        heard: list[Block],
        stop_at: int,
        verify: bool,
    ) -> None:
        first = self.listener(heard, stop_at=stop_at)
        with pytest.raises(Cancelled):
            copy_file(task(source), drive.real, first)

        second = Witnessed()
        copied = copy_file(
            task(
                source,
                identity=first.identity,
                journal=tuple(first.blocks.values()),
                verify=verify,
            ),
            drive.real,
            second,
        )

        data = source.read_bytes()
        assert second.resumed_at == stop_at
        assert (drive.path / TARGET).read_bytes() == data
        assert copied.sha256 == hashlib.sha256(data).hexdigest()
        assert copied.block_digests == tuple(
            blake3(data[at : at + 4 * MIB]).hexdigest()
            for at in range(0, len(data), 4 * MIB)
        )

    def test_does_not_believe_a_grown_block_that_the_drive_lost(
        self, drive: Drive, source: Path, heard: list[Block]
    ) -> None:
        first = self.listener(heard, stop_at=3 * MIB)
        with pytest.raises(Cancelled):
            copy_file(task(source), drive.real, first)
        partial = drive.path / (TARGET + ".drivearr-partial")
        with partial.open("r+b") as stream:
            stream.seek(int(2.5 * MIB))
            stream.write(bytes(1000))

        second = Witnessed()
        copy_file(
            task(source, identity=first.identity, journal=tuple(first.blocks.values())),
            drive.real,
            second,
        )

        assert second.resumed_at == 0
        assert (drive.path / TARGET).read_bytes() == source.read_bytes()

    def test_never_runs_ahead_of_what_is_flushed(
        self, drive: Drive, source: Path, heard: list[Block]
    ) -> None:
        """A block that is told of survives; so it is told of after its flush."""
        drive.faulty.fail("flush", at=3, error=errno.ENOSPC)

        with pytest.raises(faults.DriveFull):
            copy_file(task(source), drive.faulty, self.listener(heard))

        assert [block.end for block in heard] == [MIB, 2 * MIB]


class TestReserve:
    @pytest.mark.parametrize(
        ("error", "kind"),
        [(errno.ENOSPC, faults.DriveFull), (errno.EFBIG, faults.FileTooLarge)],
    )
    def test_says_at_the_first_byte_that_it_will_not_fit(
        self,
        drive: Drive,
        source: Path,
        witness: Witnessed,
        error: int,
        kind: type[DrivearrError],
    ) -> None:
        drive.faulty.fail("reserve", error=error)

        with pytest.raises(kind):
            copy_file(task(source), drive.faulty, witness)

        assert "write" not in drive.faulty.calls

    def test_is_no_matter_where_it_does_not_work(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        drive.faulty.fail("reserve", error=errno.EOPNOTSUPP)

        copy_file(task(source), drive.faulty, witness)

        assert (drive.path / TARGET).read_bytes() == source.read_bytes()

    def test_never_makes_a_file_look_longer_than_it_is(
        self, drive: Drive, source: Path
    ) -> None:
        def stop(_: Witnessed) -> None:
            raise Cancelled

        with pytest.raises(Cancelled):
            copy_file(task(source), drive.real, Witnessed(on_check=stop))

        [partial] = drive.path.iterdir()
        assert partial.stat().st_size == 0
