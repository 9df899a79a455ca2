"""Libraries that change while they are copied, rivals, clocks, a full disk of our own."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.conftest import MakeFaulty
from tests.faults.lab import Lab, digest, digests, fill
from tests.houses import wait_for
from tests.mounts import LoopDriveMaker, run

BIG = 6000


def truncate(path: Path) -> None:
    os.truncate(path, 1_000_000)


def grow(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(os.urandom(400_000))


def replace(path: Path) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(os.urandom(BIG * 1024))
    new.rename(path)


def rewrite_and_set_time_back(path: Path) -> None:
    about = path.stat()
    with path.open("r+b") as stream:
        stream.write(os.urandom(BIG * 1024))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def remove(path: Path) -> None:
    path.unlink()


def make_unreadable(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES: list[Callable[[Path], None]] = [
    truncate,
    grow,
    replace,
    rewrite_and_set_time_back,
    remove,
    make_unreadable,
]


class TestSource:
    @pytest.mark.parametrize("change", CHANGES)
    def test_that_changes_in_the_middle_never_gives_a_mixed_file(
        self, lab: Lab, loop_drive: LoopDriveMaker, change: Callable[[Path], None]
    ) -> None:
        drive = loop_drive(size_mb=64)
        lab.make_library([BIG, 30])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        victim = max(lab.library.rglob("*.mkv"), key=lambda path: path.stat().st_size)
        running = lab.start("run", drives=[pk], pace=0.1)
        wait_for(lambda: "COPYING" in lab.states(), seconds=20)
        time.sleep(0.25)

        change(victim)
        lab.note_library()
        running.answer()

        facts = lab.check()
        others = [wish for wish in facts["wishes"] if wish["title_id"] != lab.titles[0]]
        assert {wish["state"] for wish in others} == {"DONE"}

        if victim.is_dir():
            victim.rmdir()
        if not victim.exists():
            victim.write_bytes(os.urandom(BIG * 1024))
        lab.note_library()
        lab.do("scan_library")
        lab.do("wish", drive=pk)
        failed = [w["pk"] for w in lab.facts()["wishes"] if w["state"] == "FAILED"]
        lab.do("change", state="retry", wishes=failed)
        lab.run(pk)
        on_drive = [digest(path) for path in drive.path.rglob("Film 0*.mkv")]
        assert on_drive == [digest(victim)]
        lab.check()


class TestHungSource:
    @pytest.mark.parametrize(
        ("op", "after"), [("read", 0), ("read", 12), ("open", 0), ("getattr", 0)]
    )
    def test_holds_up_no_other_folder_and_goes_on_by_itself(
        self,
        lab: Lab,
        loop_drive: LoopDriveMaker,
        faulty_drive: MakeFaulty,
        op: str,
        after: int,
    ) -> None:
        drive, share = loop_drive(size_mb=64), faulty_drive()
        far = lab.do("make_two_libraries", far=str(share.path), near=str(lab.library))
        wanted = digests(share.path) | digests(lab.library)
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        share.break_(
            {"op": op, "errno": "HANG", "after": after, "times": -1, "match": ".mkv"}
        )

        begun = time.monotonic()
        [[state, _, _]] = lab.run(pk, hangs_after=1.0)

        assert time.monotonic() - begun < 20
        assert state == "SUCCEEDED"
        wishes = lab.facts()["wishes"]
        assert {w["state"] for w in wishes if w["title_id"] not in far} == {"DONE"}
        held = [w for w in wishes if w["title_id"] in far]
        assert {w["state"] for w in held} == {"WAITING"}
        assert {w["error_code"] for w in held} == {"SOURCE_HANGS"}
        assert all(w["error_advice"] for w in held)
        assert {copy["attempts"] for copy in lab.facts()["copies"]} == {0}

        share.mend()
        lab.run(pk, hangs_after=20.0)

        assert lab.states() == {"DONE"}
        assert sorted(digests(drive.path).values()) == sorted(wanted.values())

    def test_lets_a_wish_be_paused_at_once(
        self, lab: Lab, loop_drive: LoopDriveMaker, faulty_drive: MakeFaulty
    ) -> None:
        drive, share = loop_drive(size_mb=64), faulty_drive()
        lab.do("make_library", folder=str(share.path), sizes_kb=[BIG])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        share.break_({"op": "read", "errno": "HANG", "times": -1, "match": ".mkv"})
        running = lab.start("run", drives=[pk], hangs_after=60.0)
        wait_for(lambda: "COPYING" in lab.states(), seconds=20)
        time.sleep(0.5)
        [wish] = [w["pk"] for w in lab.facts()["wishes"]]

        lab.do("change", state="pause", wishes=[wish])
        begun = time.monotonic()
        running.process.join(10)

        assert not running.is_alive
        assert time.monotonic() - begun < 2
        assert lab.states() == {"PAUSED"}


class TestTwoWorkers:
    def test_at_once_do_the_work_of_one(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=64)
        lab.make_library([40, 3000, 2000])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)

        rivals = [lab.start("run", drives=[pk], pace=0.03) for _ in range(3)]
        for rival in rivals:
            assert rival.answer()[0][0] in {"SUCCEEDED", "FAILED"}

        facts = lab.check_done()
        copied = [each for each in facts["history"] if each["action"] == "COPIED"]
        assert len(copied) == len(lab.now)

    def test_one_that_was_thought_dead_records_nothing_when_it_wakes(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=64)
        lab.make_library([5000, 2000])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        sleeper = lab.start("run", drives=[pk], pace=0.05)
        wait_for(lambda: "COPYING" in lab.states(), seconds=20)
        time.sleep(0.2)
        os.kill(sleeper.process.pid or 0, 19)
        # What the sweep does with a job that is silent.
        with sqlite3.connect(lab.database, timeout=20) as connection:
            connection.execute(
                "UPDATE jobs_job SET state = 'LOST', finished_at = queued_at"
            )
        connection.close()
        lab.do("take_up")

        os.kill(sleeper.process.pid or 0, 18)
        sleeper.answer()
        lab.check()

        assert lab.run(pk)[0][0] == "SUCCEEDED"
        lab.check_done()


class TestClock:
    @pytest.mark.parametrize("years", [-10, 10])
    def test_that_jumps_in_the_middle_changes_nothing(
        self, lab: Lab, loop_drive: LoopDriveMaker, years: int
    ) -> None:
        drive = loop_drive(size_mb=64)
        lab.make_library([40, 3000, 2000])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)

        assert lab.run(pk, clock_years=years, pace=0.05)[0][0] == "SUCCEEDED"

        lab.check_done()
        lab.do("wish", drive=pk)
        assert lab.run(pk)[0][0] == "SUCCEEDED"
        copied = [h for h in lab.facts()["history"] if h["action"] == "COPIED"]
        assert len(copied) == len(lab.now)


class TestFullJournal:
    def test_stops_in_a_sentence_and_goes_on_once_there_is_room(
        self, lab: Lab, loop_drive: LoopDriveMaker, tmp_path: Path
    ) -> None:
        drive = loop_drive(size_mb=64)
        lab.make_library([40, 3000, 2000])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        small = tmp_path / "data"
        small.mkdir()
        size = lab.database.stat().st_size // 1024 + 3000
        run("mount", "-t", "tmpfs", "-o", f"size={size}k", "none", os.fspath(small))
        try:
            home = lab.database
            lab.database = small / "lab.sqlite3"
            lab.database.write_bytes(home.read_bytes())
            running = lab.start("run", drives=[pk], pace=0.05)
            wait_for(lambda: "COPYING" in lab.states(), seconds=20)
            filler = small / "filler"
            fill(filler, piece=4096)
            running.process.join(30)
            assert not running.is_alive
            filler.unlink()

            lab.do("take_up")
            lab.check()
            assert lab.run(pk)[0][0] == "SUCCEEDED"
            lab.check_done()
        finally:
            lab.end()
            run("umount", "-l", os.fspath(small))
