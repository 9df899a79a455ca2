"""rsync as the engine: same names, same journal, same verification, named errors."""

import contextlib
import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivearr.lib.errors import DrivearrError
from drivearr.lib.progress import Cancelled
from drivearr.lib.rootfolder import RootFolder
from syncqueue.copying import faults, rsyncing, sizes
from syncqueue.copying.copier import copy_file
from syncqueue.copying.filesystem import DriveFilesystem
from syncqueue.copying.rsyncing import (
    RsyncFailed,
    RsyncMissing,
    RsyncTimedOut,
    command_for,
    meaning_of,
    parse_progress,
)
from syncqueue.copying.task import Block, CopyTask, partial_of
from tests.mounts import LoopDriveMaker
from tests.syncqueue.copying.conftest import Drive, Witnessed

TARGET = "Movies/Film (2001)/Film (2001).mkv"
MIB = 1024 * 1024

needs_rsync = pytest.mark.skipif(
    not shutil.which("rsync"), reason="rsync is not installed"
)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 1 MiB, so that small files have several."""
    monkeypatch.setattr(sizes, "BLOCK_BYTES", MIB)
    monkeypatch.setattr(sizes, "CHUNK_BYTES", MIB)
    monkeypatch.setattr(rsyncing, "AHEAD_BYTES", 2 * MIB)


def task(source: Path, **more: Any) -> CopyTask:
    return CopyTask(source=source, relpath=TARGET, engine="RSYNC", **more)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextlib.contextmanager
def program(tmp_path: Path, body: str) -> Iterator[Path]:
    """Give a program that stands in rsync's place."""
    path = tmp_path / "instead"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    yield path


def rsyncs() -> set[int]:
    """Return the processes called rsync that live."""
    found = set()
    for each in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = each.read_text().partition("(")[2].rpartition(")")
            if name == "rsync" and rest.split()[0] not in {"Z", "X"}:
                found.add(int(each.parent.name))
    return found


@needs_rsync
class TestRsyncPartial:
    @pytest.mark.parametrize("size", [0, 1, 4097, 4 * MIB, 9 * MIB + 3])
    def test_makes_a_verified_copy(
        self, drive: Drive, source: Path, witness: Witnessed, size: int
    ) -> None:
        source.write_bytes(os.urandom(size))

        copied = copy_file(task(source), drive.real, witness)

        assert (drive.path / TARGET).read_bytes() == source.read_bytes()
        assert copied.sha256 == sha256(source)
        assert copied.verified_by in {"DEVICE", "CACHE"}
        assert copied.mtime_ns == source.stat().st_mtime_ns
        assert drive.names() == [TARGET]

    def test_gives_the_same_facts_as_our_own_engine(
        self, drive: Drive, source: Path, witness: Witnessed, small_blocks: None
    ) -> None:
        theirs = copy_file(task(source), drive.real, witness)
        own = CopyTask(source=source, relpath="own.mkv")
        ours = copy_file(own, drive.real, Witnessed())

        assert theirs.block_digests == ours.block_digests
        assert theirs.sha256 == ours.sha256

    def test_says_the_hash_of_what_was_written_when_nothing_is_read_back(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        copied = copy_file(task(source, verify=False), drive.real, witness)

        assert (copied.verified_by, copied.sha256) == ("NONE", sha256(source))

    @pytest.mark.parametrize(
        "name", ["-e sh", "--delete", "host:film", "a b*?[c]", "é", "@file", "~"]
    )
    def test_takes_names_as_names(
        self, drive: Drive, tmp_path: Path, witness: Witnessed, name: str
    ) -> None:
        source = tmp_path / name
        source.write_bytes(b"film")

        copied = copy_file(
            CopyTask(source=source, relpath=f"Movies/{name}", engine="RSYNC"),
            drive.real,
            witness,
        )

        assert copied.size_bytes == 4
        assert [path.name for path in (drive.path / "Movies").iterdir()] == [name]

    def test_goes_on_behind_the_last_durable_block(
        self, drive: Drive, source: Path, witness: Witnessed, small_blocks: None
    ) -> None:
        def stop(heard: Witnessed) -> None:
            if len(heard.blocks) >= 3:
                raise Cancelled

        witness.on_check = stop
        source.write_bytes(os.urandom(30 * MIB))
        with pytest.raises(Cancelled):
            copy_file(task(source), drive.real, witness)
        partial = drive.path / partial_of(TARGET)
        durable = max(block.end for block in witness.blocks.values())
        assert partial.stat().st_size >= durable
        with partial.open("r+b") as stream:
            stream.seek(durable)
            stream.write(b"torn by a power cut")

        again = Witnessed()
        copied = copy_file(
            task(
                source, identity=witness.identity, journal=list(witness.blocks.values())
            ),
            drive.real,
            again,
        )

        assert again.resumed_at == durable > 0
        assert copied.resumed_at == durable
        assert copied.sha256 == sha256(source)
        assert copied.mended_blocks == 0

    def test_begins_anew_when_the_source_is_another(
        self, drive: Drive, source: Path, witness: Witnessed
    ) -> None:
        partial = drive.path / partial_of(TARGET)
        partial.parent.mkdir(parents=True)
        partial.write_bytes(bytes(6_000_000))
        block = Block(0, 0, 4096, "00" * 32)

        copied = copy_file(
            task(source, identity=None, journal=[block]), drive.real, witness
        )

        assert copied.resumed_at == 0
        assert copied.sha256 == sha256(source)

    def test_mends_what_came_back_wrong(
        self, drive: Drive, source: Path, witness: Witnessed, small_blocks: None
    ) -> None:
        real = drive.real.open_written

        def flip(relpath: str) -> int:
            with (drive.path / relpath).open("r+b") as stream:
                stream.seek(2 * MIB + 5)
                byte = stream.read(1)
                stream.seek(2 * MIB + 5)
                stream.write(bytes([byte[0] ^ 1]))
            return real(relpath)

        drive.faulty.faults["open_written", 1] = flip

        copied = copy_file(task(source), drive.faulty, witness)

        assert copied.mended_blocks == 1
        assert copied.sha256 == sha256(source)

    def test_is_stopped_at_once_and_leaves_nobody_behind(
        self, drive: Drive, source: Path, witness: Witnessed, small_blocks: None
    ) -> None:
        source.write_bytes(os.urandom(40 * MIB))
        stopped: list[float] = []
        before = rsyncs()

        def stop(heard: Witnessed) -> None:
            if heard.blocks:
                stopped.append(time.monotonic())
                raise Cancelled

        witness.on_check = stop
        with pytest.raises(Cancelled):
            copy_file(task(source), drive.real, witness)

        assert time.monotonic() - stopped[0] < 2
        time.sleep(0.3)
        assert rsyncs() <= before

    def test_is_held_back_when_the_copy_shall_be_slow(
        self, drive: Drive, source: Path, witness: Witnessed, small_blocks: None
    ) -> None:
        source.write_bytes(os.urandom(30 * MIB))
        ahead: list[int] = []
        partial = drive.path / partial_of(TARGET)

        def slow(heard: Witnessed) -> None:
            told = [done for phase, done in heard.steps if phase == "COPYING"]
            if told and told[-1] < 8 * MIB:
                time.sleep(0.05)
                ahead.append(partial.stat().st_size)

        witness.on_check = slow
        copy_file(task(source), drive.real, witness)

        assert ahead
        assert min(ahead) < 30 * MIB

    @pytest.mark.root
    def test_says_that_the_drive_is_full(
        self, loop_drive: LoopDriveMaker, source: Path, witness: Witnessed
    ) -> None:
        stick = loop_drive(size_mb=16)
        source.write_bytes(os.urandom(40 * MIB))
        with RootFolder.open_at(stick.path) as root:
            fs = DriveFilesystem(root)

            with pytest.raises(faults.DriveFull):
                copy_file(task(source), fs, witness)

            assert not (stick.path / TARGET).exists()

    @pytest.mark.root
    def test_writes_nothing_below_the_mount_point_when_the_drive_is_pulled(
        self, loop_drive: LoopDriveMaker, source: Path, witness: Witnessed
    ) -> None:
        stick = loop_drive(size_mb=64)
        source.write_bytes(os.urandom(20 * MIB))
        with RootFolder.open_at(stick.path) as root:
            fs = DriveFilesystem(root)
            fs.prepare(TARGET)
            stick.unmount(lazy=True)

            with contextlib.suppress(DrivearrError):
                copy_file(task(source), fs, witness)

            assert list(stick.path.iterdir()) == []

    @pytest.mark.parametrize("seconds", [0.2, 0.35, 0.5])
    def test_dies_with_a_killed_worker_and_the_rest_is_copied_on(
        self, tmp_path: Path, drive: Drive, witness: Witnessed, seconds: float
    ) -> None:
        source = tmp_path / "big.mkv"
        source.write_bytes(os.urandom(48 * MIB))
        before = rsyncs()
        process = subprocess.Popen(
            [sys.executable, "-c", SLOW_COPY, str(source), str(drive.path), TARGET],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[3],
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        until = time.monotonic() + 3
        while rsyncs() - before and time.monotonic() < until:
            time.sleep(0.05)

        assert rsyncs() <= before
        assert not (drive.path / TARGET).exists()
        copied = copy_file(task(source), drive.real, witness)
        assert copied.sha256 == sha256(source)
        assert drive.names() == [TARGET]


SLOW_COPY = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from drivearr.lib.rootfolder import RootFolder
    from syncqueue.copying import rsyncing
    from syncqueue.copying.copier import copy_file
    from syncqueue.copying.filesystem import DriveFilesystem
    from syncqueue.copying.task import CopyTask

    class Slow:
        def began(self, *_, **__): print("began", flush=True)
        def durable(self, *_): pass
        def progressed(self, *_): time.sleep(0.2)
        def check(self): pass

    source, drive, target = sys.argv[1:]
    with RootFolder.open_at(Path(drive)) as root:
        task = CopyTask(source=Path(source), relpath=target, engine="RSYNC")
        copy_file(task, DriveFilesystem(root), Slow())
    """
)


class TestMissing:
    def test_is_said_when_it_is_not_installed(
        self,
        drive: Drive,
        source: Path,
        witness: Witnessed,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("PATH", "/nowhere")

        with pytest.raises(RsyncMissing, match="not installed"):
            copy_file(task(source), drive.real, witness)

        assert drive.names() == []


class TestStandIn:
    """Ends that the real one gives seldom."""

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            ("exit 30", RsyncTimedOut),
            ("exit 12", RsyncFailed),
            ("exit 99", RsyncFailed),
            ("exit 0", RsyncFailed),
            ("kill -9 $$", RsyncFailed),
            ("echo 'rsync: [sender] x: No such file (2)' >&2; exit 23",
             faults.SourceVanished),
            ("echo 'rsync: [receiver] x: Read-only file system (30)' >&2; exit 11",
             faults.DriveWriteProtected),
        ],
    )  # fmt: skip
    def test_is_named(
        self,
        drive: Drive,
        source: Path,
        witness: Witnessed,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        body: str,
        kind: type[DrivearrError],
    ) -> None:
        with program(tmp_path, body) as path:
            monkeypatch.setattr(rsyncing, "find_rsync", lambda: str(path))

            with pytest.raises(kind) as caught:
                copy_file(task(source), drive.real, witness)

        assert caught.value.advice
        assert not (drive.path / TARGET).exists()


class TestMeaningOf:
    @pytest.mark.parametrize(
        ("number", "kind"),
        [
            (errno.ENOSPC, faults.DriveFull),
            (errno.EFBIG, faults.FileTooLarge),
            (errno.EROFS, faults.DriveWriteProtected),
            (errno.EIO, faults.DriveFailing),
            (errno.ENODEV, faults.DriveLost),
        ],
    )
    def test_knows_the_drives_errors(
        self, number: int, kind: type[DrivearrError]
    ) -> None:
        said = f'rsync: [receiver] write failed on "/x": whatever ({number})'

        assert isinstance(meaning_of(11, said, is_there=True), kind)

    def test_knows_a_pulled_drive(self) -> None:
        assert isinstance(meaning_of(11, "", is_there=False), faults.DriveLost)

    @pytest.mark.parametrize("status", [*range(1, 40), -9, -15, 127])
    def test_names_every_end(self, status: int) -> None:
        error = meaning_of(status, "", is_there=True)

        assert error.code
        assert error.advice
        assert error.message.endswith(".")


class TestParseProgress:
    @pytest.mark.parametrize(
        ("text", "done"),
        [
            (b"", None),
            (b"\r              0   0%    0.00kB/s    0:00:00 ", 0),
            (b"\r     32,768   0%    1.00MB/s    0:00:04 ", 32768),
            (b"\r  123 1%  9kB/s 0:00:01 \r   4567  50%  1.0MB/s    0:00:01 ", 4567),
            (b"\r 5000001 100%  1.0MB/s  0:00:01 (xfr#1, to-chk=0/1)\n", 5000001),
            (b"100 1", None),
        ],
    )
    def test_takes_the_last_number(self, text: bytes, done: int | None) -> None:
        assert parse_progress(text) == done


class TestCommandFor:
    def test_leaves_nothing_to_be_read_as_an_option_or_a_host(self) -> None:
        command = command_for("/usr/bin/rsync", Path("/a/-x:y"), "M/-e sh:z.partial")

        assert command[-3:] == ["--", "/a/-x:y", "./-e sh:z.partial"]
