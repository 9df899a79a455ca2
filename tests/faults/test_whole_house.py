"""Worker, broker, everything killed under `drivearr up`: it goes on without a hand."""

import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.lab import digests
from tests.houses import House, parts, start, wait_for
from tests.mounts import LoopDriveMaker

pytestmark = [pytest.mark.processes, pytest.mark.timeout(280)]


def make_library(house: House, folder: Path) -> None:
    for name in ("Heat (1995)", "Alien (1979)", "Ran (1985)"):
        (folder / name).mkdir(parents=True)
        path = folder / name / f"{name}.mkv"
        path.write_bytes(os.urandom(24 * 1024**2))
    house.drivearr("roots", "add", str(folder), "--kind", "movies")
    house.drivearr("scan")
    house.drivearr("identify")


def wishes(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.rows("SELECT * FROM syncqueue_queueitem")
    return found


def kill_everything(house: House, parent: psutil.Process) -> psutil.Process:
    children = parent.children(recursive=True)
    os.kill(parent.pid, signal.SIGKILL)
    for child in children:
        if child.is_running():
            child.kill()
    ready = house.log().count("Ready after")
    process = house.start(sys.executable, "-m", "drivearr", "up")
    wait_for(lambda: house.log().count("Ready after") > ready, seconds=60)
    return psutil.Process(process.pid)


class TestHouse:
    def test_outlives_kills_of_worker_broker_and_everything(
        self, bare_house: House, loop_drive: LoopDriveMaker, tmp_path: Path
    ) -> None:
        bare_house.python("-m", "drivearr", "migrate", "--verbosity", "0")
        drive = loop_drive(size_mb=480)
        library = tmp_path / "films"
        make_library(bare_house, library)
        parent = start(bare_house)
        pk = bare_house.drivearr("drives", "add", str(drive.path))["id"]
        begun = time.monotonic()
        bare_house.drivearr("queue", "add", "--drive", str(pk), "--missing")
        wait_for(
            lambda: any(wish["state"] != "WAITING" for wish in wishes(bare_house)),
            seconds=15,
        )
        started_after = time.monotonic() - begun
        dice = random.Random(time.time())

        for victim in ("copy", "broker", "everything"):
            time.sleep(dice.uniform(0.0, 0.4))
            if victim == "everything":
                parent = kill_everything(bare_house, parent)
            elif found := parts(parent).get(victim):
                found.kill()

        wait_for(
            lambda: {wish["state"] for wish in wishes(bare_house)} == {"DONE"},
            seconds=120,
        )
        assert sorted(digests(drive.path).values()) == sorted(digests(library).values())
        assert started_after < 12, "copying waits for a schedule"
