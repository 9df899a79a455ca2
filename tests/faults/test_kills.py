"""SIGKILL at any moment: nothing is lost, nothing half is shown, no hand is needed."""

import os
import random
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.lab import Lab, digests
from tests.mounts import LoopDriveMaker

KILLS = int(os.environ.get("DRIVEARR_TEST_KILLS", "8"))
"""On each file system; the soak run takes more."""
STEPS_APART = int(os.environ.get("DRIVEARR_TEST_STEPS_APART", "12"))
"""1: a kill before every single call that changes a disk or the database."""


class TestKill:
    @pytest.mark.parametrize("filesystem", ["ext4", "exfat", "ext4 by rsync"])
    def test_at_random_moments_loses_nothing(
        self, lab: Lab, loop_drive: LoopDriveMaker, filesystem: str
    ) -> None:
        by_rsync = filesystem.endswith("rsync")
        if by_rsync and not shutil.which("rsync"):
            pytest.skip("rsync is not installed")
        drive = loop_drive(fs=filesystem.split(maxsplit=1)[0], size_mb=64)
        lab.make_library([40, 4000, 300, 5000])
        pk = lab.add_drive(drive.path)
        if by_rsync:
            lab.do("use_rsync", drive=pk)
        lab.do("wish", drive=pk)
        dice = random.Random(time.time())
        hits = 0

        for _ in range(KILLS):
            running = lab.start("run", drives=[pk], pace=0.03)
            time.sleep(dice.uniform(0.05, 0.9))
            hits += running.kill()
            lab.check()

        assert hits > 0
        assert lab.run(pk)[0][0] == "SUCCEEDED"
        lab.check_done()

    def test_before_each_step_of_a_copy_loses_nothing(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=64)
        lab.make_library([1200, 30])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)

        step = die_at_each_step(lab, pk, drive.path, apart=STEPS_APART)

        assert step > STEPS_APART + 1


def die_at_each_step(lab: Lab, pk: int, place: Path, *, apart: int, **how: Any) -> int:
    """Kill a run before a step, see that the next one mends it, go to a later step.

    Returns the step that no run got to any more.
    """
    before = Snapshot(lab, place)
    step, died = 1, True
    while died:
        running = lab.start("run", drives=[pk], die_at=step, **how)
        running.process.join(30)
        died = not running.out.exists()
        lab.check()
        assert lab.run(pk)[0][0] == "SUCCEEDED", f"killed before step {step}"
        lab.check_done()
        before.restore()
        step += apart
    return step


class TestKillWhileManyAreCopied:
    @pytest.mark.parametrize("filesystem", ["ext4", "exfat"])
    def test_before_each_step_loses_nothing(
        self, lab: Lab, loop_drive: LoopDriveMaker, filesystem: str
    ) -> None:
        drive = loop_drive(fs=filesystem, size_mb=64)
        lab.make_library([90, 30, 200, 5])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        apart = STEPS_APART if filesystem == "ext4" else 2 * STEPS_APART

        step = die_at_each_step(lab, pk, drive.path, apart=apart)

        assert step > 4 * STEPS_APART


class TestKillBetweenBatches:
    def test_before_each_step_of_one_that_is_recorded_late_loses_nothing(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=64)
        lab.make_library([9, 30, 5])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)

        step = die_at_each_step(lab, pk, drive.path, apart=STEPS_APART, batch=2)

        assert step > 4 * STEPS_APART


class TestKillWhileRenaming:
    def test_before_each_step_loses_nothing_and_copies_nothing(
        self, lab: Lab, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(size_mb=32)
        lab.make_library([300, 30])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        lab.run(pk)
        copied = len(lab.check_done()["history"])
        step, died, names = 1, True, ["Film 0", "Film 1"]

        while died:
            new = [f"Call {step} of {number}" for number in (0, 1)]
            lab.do("give_names", names=dict(zip(names, new, strict=True)))
            running = lab.start("rename", drive=pk, die_at=step)
            running.process.join(30)
            died = not running.out.exists()
            assert sorted(digests(drive.path).values()) == sorted(lab.now.values())

            assert lab.do("rename", drive=pk) == 0
            found = [Path(name).name for name in digests(drive.path)]
            assert all(name.startswith(tuple(new)) for name in found), found
            assert len(list(drive.path.glob("Movies/*"))) == len(new), "left empty"
            step, names = step + 1 + STEPS_APART // 6, new

        facts = lab.check_done()
        assert step > 10
        assert {row["action"] for row in facts["history"][copied:]} == {"RENAMED"}


class Snapshot:
    """The database and the drive as they were, to begin from again."""

    def __init__(self, lab: Lab, drive: Path) -> None:
        self._lab, self._drive = lab, drive
        self._kept = lab.folder / "before"
        shutil.copytree(drive, self._kept, ignore=shutil.ignore_patterns("lost+found"))
        shutil.copyfile(lab.database, lab.folder / "before.sqlite3")

    def restore(self) -> None:
        for path in self._drive.iterdir():
            if path.name == "lost+found":
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self._kept, self._drive, dirs_exist_ok=True)
        for tail in ("-wal", "-shm"):
            Path(f"{self._lab.database}{tail}").unlink(missing_ok=True)
        shutil.copyfile(self._lab.folder / "before.sqlite3", self._lab.database)
