"""Drives that leave in the middle, folders where a mount should be, foreign drives."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.lab import Lab, Running, fill
from tests.houses import wait_for
from tests.mounts import LoopDrive, LoopDriveMaker, run


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def start_copying(lab: Lab, drive: LoopDrive) -> tuple[int, Running]:
    lab.make_library([40, 6000, 300, 6000])
    pk = lab.add_drive(drive.path)
    lab.do("wish", drive=pk)
    running = lab.start("run", drives=[pk], pace=0.1)
    wait_for(lambda: "COPYING" in lab.states(), seconds=20)
    time.sleep(0.3)
    return pk, running


class TestUnmounting:
    def test_lazily_in_the_middle_stops_the_run_and_a_replug_goes_on(
        self, lab: Lab, loop_drive: LoopDriveMaker, tmp_path: Path
    ) -> None:
        drive = loop_drive(size_mb=64)
        pk, running = start_copying(lab, drive)

        drive.unmount(lazy=True)
        [[state, code, *_]] = running.answer()

        assert (state, code) == ("FAILED", "DRIVE_GONE")
        assert files_below(drive.path) == [], "written below the mount point"
        assert {wish["state"] for wish in lab.check()["wishes"]} <= {"WAITING", "DONE"}

        # At another place, as another device.
        lab.drives[pk] = drive.mount(tmp_path / "other-port")
        assert lab.run(pk)[0][0] == "SUCCEEDED"
        lab.check_done()

    def test_lazily_while_one_batch_is_written_and_one_recorded(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=64)
        lab.make_library([30, 20, 40, 10, 50, 25, 15, 35])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        running = lab.start("run", drives=[pk], pace=0.15, batch=2)
        wait_for(lambda: "DONE" in lab.states(), seconds=20)

        drive.unmount(lazy=True)
        [[state, code, *_]] = running.answer()

        assert (state, code) == ("FAILED", "DRIVE_GONE")
        assert files_below(drive.path) == [], "written below the mount point"
        assert lab.states() == {"WAITING", "DONE"}
        drive.mount()
        assert lab.run(pk)[0][0] == "SUCCEEDED"
        lab.check_done()

    def test_by_force_is_refused_while_we_write(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=64)
        _, running = start_copying(lab, drive)

        with pytest.raises(subprocess.CalledProcessError):
            run("umount", "-f", os.fspath(drive.path))

        assert running.answer()[0][0] == "SUCCEEDED"
        lab.check_done()

    def test_leaves_an_empty_folder_that_nobody_writes_to(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=64)
        lab.make_library([40, 900])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        drive.unmount()

        [[state, code, _]] = lab.run(pk)

        assert (state, code) == ("FAILED", "DRIVE_NOT_ATTACHED")
        assert files_below(drive.path) == []
        drive.mount()
        assert lab.run(pk)[0][0] == "SUCCEEDED"
        lab.check_done()

    def test_and_another_drive_at_the_same_path_gets_nothing(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=64)
        stranger = loop_drive(size_mb=64)
        stranger.unmount()
        pk, running = start_copying(lab, drive)

        drive.unmount(lazy=True)
        stranger.mount(drive.path)
        [[state, code, *_]] = running.answer()

        assert (state, code) == ("FAILED", "DRIVE_GONE")
        assert files_below(stranger.path) == []
        [[state, *_]] = lab.run(pk)
        assert state == "FAILED"
        assert files_below(stranger.path) == []

        stranger.unmount()
        drive.mount()
        assert lab.run(pk)[0][0] == "SUCCEEDED"
        lab.check_done()

    def test_read_only_in_the_middle_waits_for_the_switch(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=64)
        lab.make_library([40, 2000])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        run("mount", "-o", "remount,ro", os.fspath(drive.path))

        [[state, code, _]] = lab.run(pk)

        facts = lab.check()
        assert (state, code) == ("FAILED", "DRIVE_READ_ONLY")
        assert all(wish["error_code"] == code for wish in facts["wishes"])
        run("mount", "-o", "remount,rw", os.fspath(drive.path))
        assert lab.run(pk)[0][0] == "SUCCEEDED"
        lab.check_done()


class TestFullDrive:
    def test_keeps_what_fits_and_says_of_the_rest_that_there_is_no_room(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=24)
        lab.make_library([3000, 40_000, 2000])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)

        assert lab.run(pk)[0][0] == "SUCCEEDED"

        wishes = lab.check()["wishes"]
        assert [wish["state"] for wish in wishes] == ["DONE", "WAITING", "DONE"]
        assert wishes[1]["error_code"] == "NO_ROOM"

    def test_that_others_fill_meanwhile_goes_on_once_there_is_room(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=48)
        pk, running = start_copying(lab, drive)
        filler = drive.path / "theirs.drivearr-other"
        fill(filler, piece=1 << 20)

        [[_, code, *_]] = running.answer()

        assert code in {"DRIVE_FULL", ""}
        filler.unlink()
        assert lab.run(pk)[0][0] == "SUCCEEDED"
        lab.check_done()


class TestSilentDecay:
    def test_of_a_file_on_the_drive_is_found_by_verifying(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=64)
        lab.make_library([40, 3000])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        lab.run(pk)
        victim = max(drive.path.rglob("*.mkv"), key=lambda path: path.stat().st_size)
        flip_below(drive, victim)

        lab.do("verify", drive=pk)

        damaged = [row for row in lab.facts()["files"] if row["damaged_at"]]
        assert [Path(row["relpath"]).name for row in damaged] == [victim.name]


def flip_below(drive: LoopDrive, victim: Path) -> None:
    """Flip a bit of a file on the device, behind the back of its file system."""
    data = victim.read_bytes()[1_000_000:1_004_096]
    drive.unmount()
    image = bytearray(drive.image.read_bytes())
    at = image.index(data)
    image[at + 100] ^= 1
    drive.image.write_bytes(image)
    drive.mount()
