"""Many small files at once: each whole under its name, or left for a copy by itself."""

import errno
import hashlib
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from drivearr.lib.rootfolder import RootFolder
from syncqueue.copying.batch import BatchDone, SmallFile, Staged, copy_batch
from syncqueue.copying.filesystem import DriveFilesystem
from syncqueue.copying.task import CopyTask
from tests.syncqueue.copying.conftest import Drive, FaultyFilesystem

FILES = 6
MOMENT = 1_600_000_000_000_000_000


@dataclass
class Heard:
    """A witness that keeps what it hears."""

    journaled: list[str] = field(default_factory=list)
    checks: int = 0
    on_check: Callable[["Heard"], None] = lambda _: None
    on_durable: Callable[[], None] = lambda: None
    unwanted: set[int] = field(default_factory=set)
    bytes_moved: int = 0

    def check(self) -> None:
        self.checks += 1
        self.on_check(self)

    def ready(self) -> None:
        pass

    def moved(self, amount: int, check: Callable[[], None]) -> None:
        check()
        self.bytes_moved += amount

    def dropped(self) -> Collection[int]:
        return self.unwanted

    def durable(self, staged: Sequence[Staged]) -> None:
        self.on_durable()
        self.journaled += [each.final for each in staged]


class StopNow(Exception):
    """Somebody asked to stop."""


@pytest.fixture(params=["flushed as a whole", "flushed one by one"])
def drive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Drive]:
    folder = tmp_path / "drive"
    folder.mkdir()
    driver = "ext4" if request.param == "flushed as a whole" else "fuse.other"
    with RootFolder.open_at(folder) as root:
        real = DriveFilesystem(root, driver=driver)
        yield Drive(folder, real, FaultyFilesystem(real))


@pytest.fixture
def library(tmp_path: Path) -> list[Path]:
    made = []
    for number in range(FILES):
        path = tmp_path / "library" / f"Film {number}.mkv"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(os.urandom(20_000 + number))
        os.utime(path, ns=(MOMENT, MOMENT))
        made.append(path)
    return made


def final(number: int) -> str:
    return f"Movies/Film {number}/Film {number}.mkv"


def copy(
    drive: Drive, library: list[Path], witness: Heard | None = None, **task: Any
) -> BatchDone:
    files = [
        SmallFile(number, CopyTask(path, final(number), **task), path.stat().st_size)
        for number, path in enumerate(library)
    ]
    return copy_batch(files, drive.faulty, witness or Heard())


def assert_whole(drive: Drive, library: list[Path], numbers: Collection[int]) -> None:
    """Exactly these carry their final names, each whole."""
    finals = [name for name in drive.names() if not name.endswith("-partial")]
    assert finals == sorted(final(number) for number in numbers)
    for number in numbers:
        assert (drive.path / final(number)).read_bytes() == library[number].read_bytes()


class TestCopyBatch:
    def test_gives_each_file_whole_its_name_and_time(
        self, drive: Drive, library: list[Path]
    ) -> None:
        witness = Heard()

        done = copy(drive, library, witness)

        assert sorted(done.copied) == list(range(FILES))
        assert drive.names() == sorted(final(number) for number in range(FILES))
        assert_whole(drive, library, range(FILES))
        for number, path in enumerate(library):
            copied = done.copied[number]
            assert copied.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
            assert copied.verified_by in {"DEVICE", "CACHE"}
            assert copied.mtime_ns == MOMENT
        assert witness.bytes_moved == 2 * sum(path.stat().st_size for path in library)

    def test_says_so_when_nothing_is_read_back(
        self, drive: Drive, library: list[Path]
    ) -> None:
        done = copy(drive, library, verify=False)
        assert {each.verified_by for each in done.copied.values()} == {"NONE"}
        assert done.copied[0].sha256 == (
            hashlib.sha256(library[0].read_bytes()).hexdigest()
        )

    @pytest.mark.parametrize("call", ["write", "open_written", "read", "rename"])
    def test_an_error_of_the_drive_leaves_only_that_file_out(
        self, drive: Drive, library: list[Path], call: str
    ) -> None:
        if call == "rename" and not drive.real.flushes_all:
            call = "commit"
        drive.faulty.fail(call, at=3, error=errno.EIO)

        done = copy(drive, library)

        assert sorted(done.copied) == [0, 1, 3, 4, 5]
        assert done.drive_errors == {2}
        assert_whole(drive, library, done.copied)

    def test_after_a_full_drive_what_was_written_is_finished(
        self, drive: Drive, library: list[Path]
    ) -> None:
        drive.faulty.fail("write", at=4, error=errno.ENOSPC)

        done = copy(drive, library)

        assert sorted(done.copied) == [0, 1, 2]
        assert not done.drive_errors
        assert_whole(drive, library, done.copied)

    def test_nothing_is_trusted_after_a_flush_that_failed(
        self, drive: Drive, library: list[Path]
    ) -> None:
        if not drive.real.flushes_all:
            pytest.skip("each is flushed by itself")
        witness = Heard()
        drive.faulty.fail("flush_all", error=errno.EIO)

        done = copy(drive, library, witness)

        assert not done.copied
        assert not witness.journaled
        assert_whole(drive, library, [])

    def test_names_are_not_done_before_their_flush(
        self, drive: Drive, library: list[Path]
    ) -> None:
        if not drive.real.flushes_all:
            pytest.skip("each is flushed by itself")
        witness = Heard()
        drive.faulty.fail("flush_all", at=2, error=errno.EIO)

        done = copy(drive, library, witness)

        assert not done.copied
        # Whole under their names all the same, and the journal knows of them.
        assert_whole(drive, library, range(FILES))
        assert len(witness.journaled) == FILES

    def test_finds_a_flipped_bit(self, drive: Drive, library: list[Path]) -> None:
        def flip(fd: int, data: memoryview, offset: int) -> int:
            wrong = bytearray(data)
            wrong[7] ^= 1
            return drive.real.write(fd, memoryview(wrong), offset)

        drive.faulty.faults["write", 2] = flip

        done = copy(drive, library)

        assert done.came_back_wrong == {1}
        assert_whole(drive, library, [0, 2, 3, 4, 5])

    def test_leaves_somebody_elses_file_alone(
        self, drive: Drive, library: list[Path]
    ) -> None:
        theirs = drive.path / final(1)
        theirs.parent.mkdir(parents=True)
        theirs.write_bytes(b"theirs")

        done = copy(drive, library)

        assert 1 not in done.copied
        assert theirs.read_bytes() == b"theirs"

    def test_replaces_our_own_older_file_when_told(
        self, drive: Drive, library: list[Path]
    ) -> None:
        ours = drive.path / final(1)
        ours.parent.mkdir(parents=True)
        ours.write_bytes(b"ours, older")

        done = copy(drive, library, may_replace=True)

        assert_whole(drive, library, done.copied)
        assert len(done.copied) == FILES

    def test_leaves_out_a_source_that_changed_meanwhile(
        self, drive: Drive, library: list[Path]
    ) -> None:
        def change(relpath: str) -> int:
            library[2].write_bytes(b"x" * library[2].stat().st_size)
            os.utime(library[2], ns=(MOMENT, MOMENT))
            return drive.real.open_written(relpath)

        drive.faulty.faults["open_written", 1] = change

        done = copy(drive, library)

        assert_whole(drive, library, [0, 1, 3, 4, 5])
        assert sorted(done.copied) == [0, 1, 3, 4, 5]

    @pytest.mark.parametrize("what", ["gone", "folder", "fifo", "grown"])
    def test_leaves_out_a_source_that_is_not_plain(
        self, drive: Drive, library: list[Path], what: str
    ) -> None:
        library[0].unlink()
        if what == "folder":
            library[0].mkdir()
        elif what == "fifo":
            os.mkfifo(library[0])
        elif what == "grown":
            library[0].write_bytes(bytes(3_000_000))
        files = [
            SmallFile(number, CopyTask(path, final(number)), 20_000)
            for number, path in enumerate(library)
        ]

        done = copy_batch(files, drive.faulty, Heard())

        assert_whole(drive, library, range(1, FILES))
        assert 0 not in done.copied

    def test_no_name_is_given_that_is_not_journaled(
        self, drive: Drive, library: list[Path]
    ) -> None:
        def refuse() -> None:
            raise StopNow

        with pytest.raises(StopNow):
            copy(drive, library, Heard(on_durable=refuse))
        assert_whole(drive, library, [])

    def test_gives_no_name_to_what_nobody_wants_any_more(
        self, drive: Drive, library: list[Path]
    ) -> None:
        witness = Heard(unwanted={1, 4})
        copy(drive, library, witness)
        assert_whole(drive, library, [0, 2, 3, 5])
        assert final(1) not in witness.journaled

    @pytest.mark.parametrize("at", range(1, 3 * FILES + 1))
    def test_stopped_at_any_moment_names_and_answers_agree(
        self, drive: Drive, library: list[Path], at: int
    ) -> None:
        def stop(witness: Heard) -> None:
            if witness.checks >= at:
                raise StopNow

        witness = Heard(on_check=stop)
        try:
            done = copy(drive, library, witness)
        except StopNow:
            done = BatchDone()

        assert_whole(drive, library, done.copied)
        assert set(map(final, done.copied)) <= set(witness.journaled)


class TestCopyBatchMeanwhile:
    def test_does_something_else_once_and_the_same(
        self, drive: Drive, library: list[Path]
    ) -> None:
        done: list[int] = []

        copied = copy_meanwhile(drive, library, Heard(), lambda: done.append(1))

        assert done == [1]
        assert sorted(copied.copied) == list(range(FILES))
        assert_whole(drive, library, range(FILES))

    def test_what_the_other_raises_leaves_no_name(
        self, drive: Drive, library: list[Path]
    ) -> None:
        def fail() -> None:
            raise StopNow

        with pytest.raises(StopNow):
            copy_meanwhile(drive, library, Heard(), fail)
        assert_whole(drive, library, ())

    def test_is_stopped_in_the_middle_of_slow_writing(
        self, drive: Drive, library: list[Path]
    ) -> None:
        witness = Slow(on_check=stop_now)
        begun = time.monotonic()

        with pytest.raises(StopNow):
            copy_meanwhile(drive, library, witness, lambda: None)

        assert time.monotonic() - begun < 1.5
        written = witness.bytes_moved
        time.sleep(0.3)
        assert witness.bytes_moved == written, "it went on by itself"
        assert_whole(drive, library, ())

    def test_asks_nothing_of_the_database_from_another_thread(
        self, drive: Drive, library: list[Path]
    ) -> None:
        witness = Slow()
        copy_meanwhile(drive, library, witness, lambda: None)
        assert witness.asked_from == {threading.get_ident()}


def stop_now(_: Heard) -> None:
    raise StopNow


@dataclass
class Slow(Heard):
    """One whose drive takes its time, and who sees what thread asks."""

    asked_from: set[int] = field(default_factory=set)

    def check(self) -> None:
        self.asked_from.add(threading.get_ident())
        super().check()

    def ready(self) -> None:
        self.asked_from.add(threading.get_ident())

    def dropped(self) -> Collection[int]:
        self.asked_from.add(threading.get_ident())
        return super().dropped()

    def durable(self, staged: Sequence[Staged]) -> None:
        self.asked_from.add(threading.get_ident())
        super().durable(staged)

    def moved(self, amount: int, check: Callable[[], None]) -> None:
        time.sleep(0.05)
        super().moved(amount, check)


def copy_meanwhile(
    drive: Drive, library: list[Path], witness: Heard, meanwhile: Callable[[], None]
) -> BatchDone:
    files = [
        SmallFile(number, CopyTask(path, final(number)), path.stat().st_size)
        for number, path in enumerate(library)
    ]
    return copy_batch(files, drive.faulty, witness, meanwhile=meanwhile)
