"""Drives that break in the middle: each fault, then the work completes without a hand."""

import os
import shutil
import time
from typing import Any

import pytest

from tests.faults.conftest import MakeFaulty
from tests.faults.lab import FaultyDrive, Lab, Running
from tests.houses import wait_for

VIDEO, ANY = ".mkv.drivearr-partial", ""
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "full at the first byte": ({"op": "write", "errno": "ENOSPC"}, "DRIVE_FULL"),
    "full in the middle": (
        {"op": "write", "errno": "ENOSPC", "after": 20},
        "DRIVE_FULL",
    ),
    "full at a folder": (
        {"op": "mkdir", "errno": "ENOSPC", "match": ANY},
        "DRIVE_FULL",
    ),
    "error on write": ({"op": "write", "errno": "EIO", "after": 9}, "DRIVE_FAILING"),
    "error on read": ({"op": "read", "errno": "EIO", "after": 2}, "DRIVE_FAILING"),
    "error on flush": ({"op": "fsync", "errno": "EIO", "after": 3}, "DRIVE_FAILING"),
    "error on rename": ({"op": "rename", "errno": "EIO"}, "DRIVE_FAILING"),
    "read-only in the middle": (
        {"op": "change", "errno": "EROFS", "after": 30, "match": ANY},
        "DRIVE_READ_ONLY",
    ),
    "gone in the middle": (
        {"op": "write", "errno": "ENODEV", "after": 12},
        "DRIVE_GONE",
    ),
    "no answer on the network": (
        {"op": "write", "errno": "ETIMEDOUT", "after": 12},
        "DRIVE_GONE",
    ),
}


def start_ready(lab: Lab, drive_path: Any) -> int:
    lab.make_library([30, 3000, 200, 5000])
    pk = lab.add_drive(drive_path)
    lab.do("wish", drive=pk)
    return pk


class TestFault:
    @pytest.mark.parametrize("name", FAULTS)
    def test_that_lasts_stops_the_run_and_is_over_when_it_is_lifted(
        self, lab: Lab, faulty_drive: MakeFaulty, name: str
    ) -> None:
        fault, code = FAULTS[name]
        drive = faulty_drive()
        pk = start_ready(lab, drive.path)
        drive.break_({"match": VIDEO, **fault, "times": -1})

        [[state, found, sentence]] = lab.run(pk)

        facts = lab.check()
        assert (state, found) == ("FAILED", code), sentence
        assert {wish["state"] for wish in facts["wishes"]} <= {
            "WAITING",
            "DONE",
            "FAILED",
        }
        if code == "DRIVE_READ_ONLY":
            assert facts["drives"][0]["health"] == "LIMITED"
        waiting = [wish for wish in facts["wishes"] if wish["state"] != "DONE"]
        assert all(wish["error_code"] and wish["error_advice"] for wish in waiting)

        drive.mend()
        failed = [wish["pk"] for wish in waiting if wish["state"] == "FAILED"]
        # A person is asked only when a drive reported errors five times.
        assert not failed or code == "DRIVE_FAILING"
        lab.do("change", state="retry", wishes=failed)
        assert lab.run(pk)[0][0] == "SUCCEEDED"
        lab.check_done()

    @pytest.mark.parametrize(
        ("op", "errno"),
        [("write", "EIO"), ("read", "EIO"), ("fsync", "EIO"), ("rename", "EIO")],
    )
    def test_that_passes_is_overcome_in_the_same_run(
        self, lab: Lab, faulty_drive: MakeFaulty, op: str, errno: str
    ) -> None:
        drive = faulty_drive()
        pk = start_ready(lab, drive.path)
        drive.break_({"op": op, "errno": errno, "times": 2, "match": VIDEO})

        assert lab.run(pk)[0][0] == "SUCCEEDED"

        facts = lab.check_done()
        assert facts["drives"][0]["health"] == "LIMITED"

    def test_a_bit_flipped_while_writing_is_found_and_mended(
        self, lab: Lab, faulty_drive: MakeFaulty
    ) -> None:
        drive = faulty_drive()
        pk = start_ready(lab, drive.path)
        drive.break_({"op": "write", "errno": "FLIP", "after": 7, "match": VIDEO})

        assert lab.run(pk)[0][0] == "SUCCEEDED"

        facts = lab.check_done()
        assert facts["drives"][0]["health"] == "LIMITED"
        assert "wrong" in facts["drives"][0]["health_reason"]

    def test_a_drive_that_flips_bits_for_ever_is_said_to_fail(
        self, lab: Lab, faulty_drive: MakeFaulty
    ) -> None:
        drive = faulty_drive()
        pk = start_ready(lab, drive.path)
        drive.break_({"op": "write", "errno": "FLIP", "times": -1, "match": VIDEO})

        lab.run(pk)

        facts = lab.check()
        assert facts["drives"][0]["health"] == "FAILING"
        assert "DONE" not in {wish["state"] for wish in facts["wishes"]}


class TestFaultBetweenBatches:
    """One batch is recorded while the next is written: neither suffers for the other."""

    @pytest.mark.parametrize(
        ("op", "errno", "code"),
        [
            ("write", "ENOSPC", "DRIVE_FULL"),
            ("write", "EIO", "DRIVE_FAILING"),
            ("write", "ENODEV", "DRIVE_GONE"),
            ("read", "EIO", "DRIVE_FAILING"),
            ("fsync", "EIO", "DRIVE_FAILING"),
            ("rename", "EIO", "DRIVE_FAILING"),
        ],
    )
    def test_keeps_what_was_copied_and_completes_when_it_is_lifted(
        self, lab: Lab, faulty_drive: MakeFaulty, op: str, errno: str, code: str
    ) -> None:
        drive = faulty_drive()
        # Of a page each: one call writes, or reads, one of them.
        lab.make_library([4] * 6)
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        # In the third batch, while the second is recorded.
        drive.break_(
            {"op": op, "errno": errno, "match": VIDEO, "after": 2, "times": -1}
        )

        [[state, found, sentence]] = lab.run(pk, batch=2)

        assert (state, found) == ("FAILED", code), sentence
        wishes = lab.check()["wishes"]
        assert [wish["state"] for wish in wishes[:2]] == ["DONE", "DONE"]
        drive.mend()
        failed = [wish["pk"] for wish in wishes if wish["state"] == "FAILED"]
        assert not failed or code == "DRIVE_FAILING"
        lab.do("change", state="retry", wishes=failed)
        assert lab.run(pk, batch=2)[0][0] == "SUCCEEDED"
        lab.check_done()


class TestHang:
    def test_of_one_drive_keeps_no_other_waiting(
        self, lab: Lab, faulty_drive: MakeFaulty
    ) -> None:
        stuck, fine = faulty_drive(), faulty_drive()
        lab.make_library([30, 2000])
        first = lab.add_drive(stuck.path, "Stuck")
        second = lab.add_drive(fine.path, "Fine")
        for pk in (first, second):
            lab.do("wish", drive=pk)
        stuck.break_({"op": "write", "errno": "HANG", "times": -1, "match": VIDEO})

        running = lab.start("run", drives=[first, second])

        def is_fine_done() -> bool:
            wishes = lab.facts()["wishes"]
            return all(w["state"] == "DONE" for w in wishes if w["drive_id"] == second)

        wait_for(is_fine_done, seconds=20)
        assert running.is_alive
        stuck.mend()
        assert [job[0] for job in running.answer()] == ["SUCCEEDED", "SUCCEEDED"]
        lab.check_done()


def is_copying(lab: Lab) -> bool:
    # Small files may be done between two looks.
    return bool({"COPYING", "DONE"} & lab.states())


class TestSlowDrive:
    @pytest.mark.parametrize(
        ("rate", "engine"),
        [(2_000_000, "own"), (20_000_000, "own"), (20_000_000, "rsync")],
    )
    def test_is_paused_within_two_seconds_in_the_middle_of_a_block(
        self, lab: Lab, faulty_drive: MakeFaulty, rate: int, engine: str
    ) -> None:
        if engine == "rsync" and not shutil.which("rsync"):
            pytest.skip("rsync is not installed")
        drive = faulty_drive()
        lab.make_library([20_000 if rate < 10_000_000 else 60_000])
        pk = lab.add_drive(drive.path)
        if engine == "rsync":
            lab.do("use_rsync", drive=pk)
        lab.do("wish", drive=pk)
        drive.break_({"op": "write", "errno": "SLOW", "rate": rate, "times": -1})
        running = lab.start("run", drives=[pk])
        wait_for(lambda: is_copying(lab), seconds=20)
        time.sleep(0.5)
        wish = lab.facts()["wishes"][0]["pk"]

        paused_at = lab.do("pause_after", wish_id=wish, seconds=0)
        running.answer()

        # By the clock on the wall, which both processes share.
        assert time.time() - paused_at < 2
        drive.mend()
        lab.do("change", state="resume", wishes=[wish])
        lab.run(pk)
        lab.check_done()


class TestPowerCut:
    @pytest.mark.parametrize(
        "seed", range(int(os.environ.get("DRIVEARR_TEST_CUTS", "6")))
    )
    def test_at_a_random_moment_loses_nothing_that_was_called_done(
        self, lab: Lab, faulty_drive: MakeFaulty, seed: int
    ) -> None:
        drive = faulty_drive()
        pk = start_ready(lab, drive.path)
        running = lab.start("run", drives=[pk], pace=0.02)
        wait_for(lambda: is_copying(lab), seconds=20)
        time.sleep(0.07 * seed)

        cut_and_go_on(lab, drive, running, seed)

    @pytest.mark.parametrize("seed", range(3))
    def test_between_batches_loses_nothing_that_was_called_done(
        self, lab: Lab, faulty_drive: MakeFaulty, seed: int
    ) -> None:
        drive = faulty_drive()
        lab.make_library([30, 20, 40, 10, 50, 25])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        running = lab.start("run", drives=[pk], pace=0.05, batch=2)
        wait_for(lambda: is_copying(lab), seconds=20)
        time.sleep(0.15 * seed)

        cut_and_go_on(lab, drive, running, seed)


def cut_and_go_on(lab: Lab, drive: FaultyDrive, running: Running, seed: int) -> None:
    [pk] = lab.drives
    drive.cut_power(seed)
    running.answer()
    drive.mount()
    lab.check()

    assert lab.run(pk)[0][0] == "SUCCEEDED"
    lab.check_done()
