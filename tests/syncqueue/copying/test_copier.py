"""One file, whole and verified, or not at all: with a fault at every step."""

import errno
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drivearr.lib.errors import DrivearrError
from drivearr.lib.progress import Cancelled
from syncqueue.copying import faults, sizes
from syncqueue.copying.copier import copy_file
from syncqueue.copying.task import Block, CopyTask, SourceIdentity, partial_of
from tests.syncqueue.copying.conftest import Drive, Witnessed

TARGET = "Movies/Film (2001)/Film (2001).mkv"
MIB = 1024 * 1024


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 1 MiB, so that small files have several."""
    monkeypatch.setattr(sizes, "BLOCK_BYTES", MIB)
    monkeypatch.setattr(sizes, "CHUNK_BYTES", MIB)


def task(source: Path, **more: Any) -> CopyTask:
    return CopyTask(source=source, relpath=TARGET, **more)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class TestCopyFile:
    @pytest.mark.parametrize(
        "size", [0, 1, 4095, 4096, 4097, 2 * MIB, 4 * MIB + 1, 9 * MIB]
    )
    def test_makes_a_copy_that_is_bit_for_bit_the_same(
        self, drive: Drive, source: Path, witness: Witnessed, size: int
    ) -> None:
        source.write_bytes(os.urandom(size))

        copied = copy_file(task(source), drive.real, witness)

        assert (drive.path / TARGET).read_bytes() == source.read_bytes()
        assert copied.sha256 == sha256(source)
        assert copied.size_bytes == size
        assert drive.names() == [TARGET]

    def test_keeps_the_time(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        copied = copy_file(task(source), drive.real, witness)

        assert copied.mtime_ns == source.stat().st_mtime_ns

    def test_reads_back_and_says_how_surely(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        copied = copy_file(task(source), drive.real, witness)

        assert copied.verified_by in {"DEVICE", "CACHE"}
        assert ("VERIFYING", 5_000_001) in witness.steps

    def test_says_none_when_it_was_not_to_read_back(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        copied = copy_file(task(source, verify=False), drive.real, witness)

        assert copied.verified_by == "NONE"
        assert not [step for step in witness.steps if step[0] == "VERIFYING"]

    def test_does_not_replace_a_file_that_is_in_the_way(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        (drive.path / TARGET).parent.mkdir(parents=True)
        (drive.path / TARGET).write_bytes(b"theirs")

        with pytest.raises(faults.NameRefused):
            copy_file(task(source), drive.real, witness)

        assert (drive.path / TARGET).read_bytes() == b"theirs"

    def test_replaces_our_own_old_file_when_told(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        (drive.path / TARGET).parent.mkdir(parents=True)
        (drive.path / TARGET).write_bytes(b"old")

        copy_file(task(source, may_replace=True), drive.real, witness)

        assert sha256(drive.path / TARGET) == sha256(source)

    @pytest.mark.usefixtures("small_blocks")
    def test_journals_each_block_in_order(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        copied = copy_file(task(source), drive.real, witness)

        assert sorted(witness.blocks) == [0, 1, 2, 3, 4]
        assert tuple(b.digest for b in witness.blocks.values()) == copied.block_digests

    def test_gives_up_the_partial_of_a_stranger(
        self, drive: Drive, source: Path, witness: Witnessed, tmp_path: Path
    ) -> None:
        precious = tmp_path / "precious"
        precious.write_bytes(b"precious")
        partial = drive.path / partial_of(TARGET)
        partial.parent.mkdir(parents=True)
        partial.symlink_to(precious)

        copy_file(task(source), drive.real, witness)

        assert precious.read_bytes() == b"precious"
        assert sha256(drive.path / TARGET) == sha256(source)


DRIVE_CALLS = [
    "prepare", "open_partial", "reserve", "bypass_cache", "write", "flush", "cut",
    "open_written", "read", "set_time", "commit", "lists", "stat", "exists", "size_of",
    "sectors_read_bytes", "open_source", "about_source", "read_source", "find_source",
]  # fmt: skip
ERRORS = [errno.EIO, errno.ENOSPC, errno.ENODEV, errno.EACCES]


@pytest.mark.usefixtures("small_blocks")
class TestFaults:
    @pytest.mark.parametrize("error", ERRORS, ids=lambda e: errno.errorcode[e])
    @pytest.mark.parametrize("at", [1, 2, 4])
    @pytest.mark.parametrize("call", DRIVE_CALLS)
    @pytest.mark.parametrize("old", [None, b"the old file"], ids=["new", "replacing"])
    def test_leave_the_old_file_or_the_new_one_whole(
        self,
        drive: Drive,
        source: Path,
        witness: Witnessed,
        call: str,
        at: int,
        error: int,
        old: bytes | None,
    ) -> None:
        target = drive.path / TARGET
        if old is not None:
            target.parent.mkdir(parents=True)
            target.write_bytes(old)
        drive.faulty.fail(call, at=at, error=error)

        failed = False
        try:
            copy_file(task(source, may_replace=old is not None), drive.faulty, witness)
        except DrivearrError:
            failed = True

        whole = source.read_bytes()
        if target.exists():
            assert target.read_bytes() in ({whole, old} if failed else {whole})
        else:
            assert failed
            assert old is None
        if not failed:
            return
        # Once the fault is over, the work completes, from what the journal says.
        again = task(
            source,
            may_replace=old is not None,
            identity=witness.identity,
            journal=tuple(witness.blocks.values()),
        )
        copied = copy_file(again, drive.real, Witnessed())
        assert target.read_bytes() == whole
        assert copied.sha256 == sha256(source)
        assert drive.names() == [TARGET]

    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (errno.ENOSPC, faults.DriveFull),
            (errno.EROFS, faults.DriveWriteProtected),
            (errno.ENODEV, faults.DriveLost),
            (errno.EIO, faults.DriveFailing),
            (errno.EFBIG, faults.FileTooLarge),
        ],
    )
    def test_have_names(
        self,
        drive: Drive,
        source: Path,
        witness: Witnessed,
        error: int,
        kind: type[DrivearrError],
    ) -> None:
        for at in range(2, 20):
            drive.faulty.fail("write", at=at, error=error)

        with pytest.raises(kind) as failure:
            copy_file(task(source), drive.faulty, witness)

        assert failure.value.advice

    @pytest.mark.parametrize("call", ["write", "flush", "read", "commit", "stat"])
    def test_that_are_gone_at_the_second_try_are_counted(
        self, drive: Drive, source: Path, witness: Witnessed, call: str
    ) -> None:
        drive.faulty.fail(call, error=errno.EIO)

        copied = copy_file(task(source), drive.faulty, witness)

        assert copied.io_errors == 1
        assert sha256(drive.path / TARGET) == sha256(source) == copied.sha256

    def test_of_a_flush_make_that_part_be_written_again(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        """A second flush would say that all is well: the data is lost all the same."""
        drive.faulty.fail("flush", at=3, error=errno.EIO)
        written: list[int] = []
        real = drive.real.write

        def note(fd: int, data: memoryview, at: int) -> int:
            written.append(at)
            return real(fd, data, at)

        for at in range(1, 40):
            drive.faulty.faults["write", at] = note

        copy_file(task(source), drive.faulty, witness)

        assert written.count(0) == written.count(MIB) == 1
        assert written.count(2 * MIB) == 2

    def test_of_a_pulled_drive_are_not_taken_for_a_failing_one(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        drive.faulty.fail("write", at=2, error=errno.EIO)
        drive.faulty.faults["is_there", 1] = lambda: False

        with pytest.raises(faults.DriveLost):
            copy_file(task(source), drive.faulty, witness)

    def test_a_short_write_is_continued(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        real = drive.real.write
        drive.faulty.faults["write", 2] = lambda fd, data, at: real(fd, data[:1000], at)

        copy_file(task(source), drive.faulty, witness)

        assert sha256(drive.path / TARGET) == sha256(source)

    def test_a_silently_flipped_bit_is_found_and_mended(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        real = drive.real.write

        def flip(fd: int, data: memoryview, at: int) -> int:
            real(fd, data, at)
            drive.real.bypass_cache(fd, on=False)
            os.pwrite(fd, bytes([data[5] ^ 1]), at + 5)
            drive.real.bypass_cache(fd, on=True)
            return len(data)

        drive.faulty.faults["write", 2] = flip

        copied = copy_file(task(source), drive.faulty, witness)

        assert copied.mended_blocks == 1
        assert sha256(drive.path / TARGET) == sha256(source)

    def test_a_drive_that_keeps_nothing_is_failing(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        def nothing(_fd: int, buffer: memoryview, _at: int) -> int:
            buffer[:] = bytes(len(buffer))
            return len(buffer)

        for at in range(1, 40):
            drive.faulty.faults["read", at] = nothing

        with pytest.raises(faults.DriveFailing):
            copy_file(task(source), drive.faulty, witness)

        assert not (drive.path / TARGET).exists()


@pytest.mark.usefixtures("small_blocks")
class TestResume:
    def stop_after(self, blocks: int) -> Witnessed:
        def check(witnessed: Witnessed) -> None:
            if len(witnessed.blocks) >= blocks:
                raise Cancelled

        return Witnessed(on_check=check)

    def begin(self, drive: Drive, source: Path, blocks: int = 3) -> Witnessed:
        stopped = self.stop_after(blocks)
        with pytest.raises(Cancelled):
            copy_file(task(source), drive.real, stopped)
        assert not (drive.path / TARGET).exists()
        return stopped

    def resume(self, drive: Drive, source: Path, first: Witnessed) -> Witnessed:
        second = Witnessed()
        journal = tuple(first.blocks.values())
        copied = copy_file(
            task(source, identity=first.identity, journal=journal), drive.real, second
        )
        assert copied.sha256 == sha256(source)
        assert sha256(drive.path / TARGET) == sha256(source)
        return second

    def test_goes_on_at_the_last_durable_block(
        self, drive: Drive, source: Path
    ) -> None:
        first = self.begin(drive, source)

        assert self.resume(drive, source, first).resumed_at == 3 * MIB

    @pytest.mark.parametrize("junk", [b"\0", b"x"])
    def test_does_not_trust_a_torn_tail(
        self, drive: Drive, source: Path, junk: bytes
    ) -> None:
        first = self.begin(drive, source)
        partial = drive.path / partial_of(TARGET)
        with partial.open("r+b") as stream:
            stream.seek(int(2.5 * MIB))
            stream.write(junk * (2 * MIB))

        assert self.resume(drive, source, first).resumed_at <= 2 * MIB

    def test_does_not_take_a_hollow_file_for_a_whole_one(
        self, drive: Drive, source: Path
    ) -> None:
        first = self.begin(drive, source)
        partial = drive.path / partial_of(TARGET)
        partial.write_bytes(bytes(source.stat().st_size))

        assert self.resume(drive, source, first).resumed_at == 0

    def test_begins_anew_when_the_partial_is_gone(
        self, drive: Drive, source: Path
    ) -> None:
        first = self.begin(drive, source)
        (drive.path / partial_of(TARGET)).unlink()

        assert self.resume(drive, source, first).resumed_at == 0

    def test_begins_anew_when_the_source_is_another(
        self, drive: Drive, source: Path
    ) -> None:
        first = self.begin(drive, source)
        source.write_bytes(os.urandom(4 * MIB + 7))

        assert self.resume(drive, source, first).resumed_at == 0

    def test_knows_the_hash_of_the_whole_also_when_nothing_is_read_back(
        self, drive: Drive, source: Path
    ) -> None:
        first = self.begin(drive, source)
        journal = tuple(first.blocks.values())

        copied = copy_file(
            task(source, identity=first.identity, journal=journal, verify=False),
            drive.real,
            Witnessed(),
        )

        assert copied.resumed_at == 3 * MIB
        assert copied.sha256 == sha256(source) == sha256(drive.path / TARGET)

    def test_cuts_at_the_first_bad_block_when_nothing_is_read_back(
        self, drive: Drive, source: Path
    ) -> None:
        first = self.begin(drive, source)
        with (drive.path / partial_of(TARGET)).open("r+b") as stream:
            stream.seek(MIB + 5)
            stream.write(b"flip")

        copied = copy_file(
            task(
                source,
                identity=first.identity,
                journal=tuple(first.blocks.values()),
                verify=False,
            ),
            drive.real,
            Witnessed(),
        )

        assert copied.resumed_at == MIB
        assert copied.sha256 == sha256(source) == sha256(drive.path / TARGET)

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda blocks: blocks[1:],
            lambda blocks: [blocks[0], blocks[2]],
            lambda blocks: [replace(blocks[0], length=77)],
            lambda blocks: [replace(blocks[0], length=0)],
            lambda blocks: [replace(blocks[0], offset=4096)],
            lambda blocks: [replace(blocks[0], length=10**9)],
        ],
        ids=["headless", "gap", "odd", "empty", "shifted", "endless"],
    )
    def test_believes_no_journal_that_cannot_be(
        self, drive: Drive, source: Path, spoil: Any
    ) -> None:
        first = self.begin(drive, source)
        blocks = spoil(list(first.blocks.values()))
        first.blocks = {block.number: block for block in blocks}

        assert self.resume(drive, source, first).resumed_at in {0, MIB}

    def test_mends_a_bad_block_in_the_middle_of_what_was_durable(
        self, drive: Drive, source: Path
    ) -> None:
        first = self.begin(drive, source)
        with (drive.path / partial_of(TARGET)).open("r+b") as stream:
            stream.write(b"flip")

        self.resume(drive, source, first)


@pytest.mark.usefixtures("small_blocks")
class TestFinishedButNotRecorded:
    """The process died between the rename and the record."""

    def finish(self, drive: Drive, source: Path, **more: Any) -> CopyTask:
        witness = Witnessed()
        copy_file(task(source, **more), drive.real, witness)
        journal = tuple(witness.blocks.values())
        return task(source, identity=witness.identity, journal=journal, **more)

    @pytest.mark.parametrize("may_replace", [False, True])
    def test_is_recognised_and_not_written_again(
        self, drive: Drive, source: Path, may_replace: bool
    ) -> None:
        again = self.finish(drive, source, may_replace=may_replace)
        before = (drive.path / TARGET).stat()

        copied = copy_file(again, drive.faulty, Witnessed())

        after = (drive.path / TARGET).stat()
        assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)
        assert copied.sha256 == sha256(source)
        assert copied.verified_by in {"DEVICE", "CACHE"}
        assert "write" not in drive.faulty.calls
        assert "commit_again" in drive.faulty.calls

    def test_is_told_from_a_stranger_of_the_same_size(
        self, drive: Drive, source: Path
    ) -> None:
        again = self.finish(drive, source)
        theirs = os.urandom(source.stat().st_size)
        (drive.path / TARGET).write_bytes(theirs)

        with pytest.raises(faults.NameRefused):
            copy_file(again, drive.real, Witnessed())

        assert (drive.path / TARGET).read_bytes() == theirs

    def test_that_a_power_cut_emptied_is_copied_again(
        self, drive: Drive, source: Path
    ) -> None:
        again = self.finish(drive, source)
        (drive.path / TARGET).write_bytes(b"")

        copy_file(again, drive.real, Witnessed())

        assert sha256(drive.path / TARGET) == sha256(source)


class TestNames:
    def test_that_the_drive_stores_otherwise_are_refused(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        drive.faulty.faults["lists", 1] = lambda _: False

        with pytest.raises(faults.NameRefused):
            copy_file(task(source), drive.faulty, witness)

        assert drive.names() == []


@pytest.mark.usefixtures("small_blocks")
class TestSource:
    def meanwhile(self, deed: Any) -> Witnessed:
        """Do something to the source once, after the second block."""
        done: list[int] = []

        def check(witnessed: Witnessed) -> None:
            if len(witnessed.blocks) >= 2 and not done:
                done.append(1)
                deed()

        return Witnessed(on_check=check)

    def test_that_is_truncated_is_copied_as_it_is_then(
        self, drive: Drive, source: Path
    ) -> None:
        witness = self.meanwhile(lambda: os.truncate(source, 3 * MIB + 5))

        copied = copy_file(task(source), drive.real, witness)

        assert copied.size_bytes == 3 * MIB + 5
        assert sha256(drive.path / TARGET) == sha256(source)

    def test_that_is_replaced_is_never_mixed(self, drive: Drive, source: Path) -> None:
        def replace() -> None:
            new = source.with_suffix(".new")
            new.write_bytes(os.urandom(5_000_001))
            new.replace(source)

        copy_file(task(source), drive.real, self.meanwhile(replace))

        assert sha256(drive.path / TARGET) == sha256(source)

    def test_that_changes_with_its_time_set_back_is_noticed(
        self, drive: Drive, source: Path
    ) -> None:
        before = source.stat().st_mtime_ns

        def change() -> None:
            with source.open("r+b") as stream:
                stream.write(b"changed")
            os.utime(source, ns=(before, before))

        copy_file(task(source), drive.real, self.meanwhile(change))

        assert sha256(drive.path / TARGET) == sha256(source)

    def test_that_never_rests_is_given_up(self, drive: Drive, source: Path) -> None:
        def grow(_: Witnessed) -> None:
            with source.open("ab") as stream:
                stream.write(b"more")

        with pytest.raises(faults.SourceChanged):
            copy_file(task(source), drive.real, Witnessed(on_check=grow))

        assert not (drive.path / TARGET).exists()

    def test_that_vanishes_gives_no_final_name(
        self, drive: Drive, source: Path
    ) -> None:
        with pytest.raises(faults.SourceVanished):
            copy_file(task(source), drive.real, self.meanwhile(source.unlink))

        assert not (drive.path / TARGET).exists()

    @pytest.mark.parametrize("kind", ["missing", "folder", "fifo"])
    def test_that_is_no_file_is_named(
        self, drive: Drive, tmp_path: Path, witness: Witnessed, kind: str
    ) -> None:
        path = tmp_path / "odd"
        if kind == "folder":
            path.mkdir()
        elif kind == "fifo":
            os.mkfifo(path)

        with pytest.raises(faults.SourceVanished):
            copy_file(task(path), drive.real, witness)

    def test_is_never_changed(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        before = (sha256(source), source.stat().st_mtime_ns, source.stat().st_ctime_ns)

        copy_file(task(source), drive.real, witness)

        assert before == (
            sha256(source),
            source.stat().st_mtime_ns,
            source.stat().st_ctime_ns,
        )


class TestStopping:
    def test_takes_effect_at_the_next_piece(self, drive: Drive, source: Path) -> None:
        source.write_bytes(bytes(64 * MIB))
        asked: list[float] = []

        def check(witnessed: Witnessed) -> None:
            if witnessed.steps:
                asked.append(time.monotonic())
                raise Cancelled

        with pytest.raises(Cancelled):
            copy_file(task(source), drive.real, Witnessed(on_check=check))

        assert len(asked) == 1
        assert drive.names() == [partial_of(TARGET)]

    def test_is_quick_on_a_drive_that_takes_half_a_mebibyte_a_second(
        self, drive: Drive, source: Path
    ) -> None:
        source.write_bytes(bytes(32 * MIB))
        real = drive.real.write

        def slow(fd: int, data: memoryview, at: int) -> int:
            time.sleep(len(data) / MIB * 0.3)
            return real(fd, data, at)

        for at in range(1, 100):
            drive.faulty.faults["write", at] = slow
        heard = [time.monotonic()]
        gaps: list[float] = []

        def check(witnessed: Witnessed) -> None:
            gaps.append(time.monotonic() - heard[-1])
            heard.append(time.monotonic())
            if len(witnessed.steps) > 6:
                raise Cancelled

        with pytest.raises(Cancelled):
            copy_file(task(source), drive.faulty, Witnessed(on_check=check))

        # The first piece is 4 MiB; from then on they shrink.
        assert max(gaps[-3:]) < 1

    @pytest.mark.parametrize("call", ["read_source", "read"])
    def test_is_heard_while_a_read_hangs(
        self, drive: Drive, source: Path, call: str
    ) -> None:
        hangs = threading.Event()

        def hang(*_: object) -> int:
            hangs.wait(timeout=20)
            return 0

        drive.faulty.faults[call, 1] = hang
        begun = time.monotonic()

        def check(_: Witnessed) -> None:
            if time.monotonic() - begun > 0.5:
                raise Cancelled

        with pytest.raises(Cancelled):
            copy_file(task(source), drive.faulty, Witnessed(on_check=check))

        assert time.monotonic() - begun < 5
        hangs.set()


CHILD = """
import sys, json
from pathlib import Path
from drivearr.lib.rootfolder import RootFolder
from syncqueue.copying import sizes
from syncqueue.copying.copier import copy_file
from syncqueue.copying.filesystem import DriveFilesystem
from syncqueue.copying.task import CopyTask
sizes.BLOCK_BYTES = sizes.CHUNK_BYTES = 1024 * 1024
source, drive, relpath = sys.argv[1:]

class Witness:
    def began(self, identity, *, blocks):
        print(json.dumps({name: getattr(identity, name) for name in identity.__slots__}), flush=True)
    def durable(self, block):
        print(json.dumps([block.number, block.offset, block.length, block.digest]), flush=True)
    def progressed(self, phase, done):
        print(phase, done, flush=True)
    def check(self):
        pass

with RootFolder.open_at(Path(drive)) as root:
    copy_file(CopyTask(source=Path(source), relpath=relpath), DriveFilesystem(root), Witness())
print("DONE", flush=True)
"""


@pytest.mark.usefixtures("small_blocks")
class TestKilled:
    @pytest.mark.parametrize("lines", [2, 6, 11, 14, 17])
    def test_loses_nothing_and_resumes(
        self, drive: Drive, source: Path, lines: int
    ) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(CHILD), source, drive.path, TARGET],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        ) as child:
            assert child.stdout is not None
            heard = [child.stdout.readline() for _ in range(lines)]
            child.send_signal(signal.SIGKILL)
            heard += child.stdout.readlines()

        target = drive.path / TARGET
        if target.exists():
            assert sha256(target) == sha256(source)
            return
        identity = SourceIdentity(**json.loads(heard[0]))
        journal = tuple(
            Block(*json.loads(line)) for line in heard if line.startswith("[")
        )
        witness = Witnessed()
        copy_file(task(source, identity=identity, journal=journal), drive.real, witness)

        assert sha256(target) == sha256(source)
        assert witness.resumed_at == sum(block.length for block in journal)
        assert drive.names() == [TARGET]


def _limit_files_to_2_mib() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, 2 * MIB))


class TestFileSizeLimit:
    def test_gives_the_named_error(self, drive: Drive, source: Path) -> None:
        code = textwrap.dedent(CHILD).replace("print(phase, done, flush=True)", "pass")
        done = subprocess.run(
            [sys.executable, "-c", code, source, drive.path, TARGET],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[3],
            preexec_fn=_limit_files_to_2_mib,
        )

        assert "FileTooLarge" in done.stderr
        assert not (drive.path / TARGET).exists()
