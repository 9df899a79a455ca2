"""The main job with real processes: an empty data folder, and at its end a full drive."""

import re
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.houses import House, parts, start, wait_for
from tests.journeys.libraries import (
    digest,
    digests,
    make_large_movie,
    make_library,
    traces,
)
from tests.journeys.servers import Servers
from tests.mounts import LoopDriveMaker

pytestmark = [pytest.mark.processes, pytest.mark.timeout(280)]

PARTIAL = ".drivearr-partial"
ON_DRIVE = {
    "Movies/Été à Öland (2009)/Été à Öland (2009).mkv",
    "Movies/The Quiet Lantern (2011)/The Quiet Lantern (2011).mkv",
    "Movies/The Quiet Lantern (2011)/The Quiet Lantern (2011).en.srt",
}


def name_roots(house: House, library: Path) -> None:
    for folder, kind in (("Movies", "movies"), ("Shows", "shows")):
        if (library / folder).is_dir():
            house.drivearr("roots", "add", str(library / folder), "--kind", kind)
    assert all(root["errors"] == 0 for root in house.drivearr("scan")["roots"])
    assert house.drivearr("identify")["unmatched"] == 0


def wishes(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.drivearr("queue", "list")
    return found


def wait_until_done(house: House, *, seconds: float = 120) -> None:
    def over() -> bool:
        time.sleep(0.5)
        states = {wish["state"] for wish in wishes(house)}
        assert "FAILED" not in states, wishes(house)
        return states == {"DONE"}

    wait_for(over, seconds=seconds)


def videos(folder: Path) -> set[str]:
    """What lies on a drive beside our own records."""
    return {name for name in digests(folder) if ".drivearr" not in name}


def make_owner(house: House) -> requests.Session:
    """Make the owner's account in the pages, as a person does at the first start."""
    session = requests.Session()
    address = f"http://127.0.0.1:{house.env['DRIVEARR_PORT']}"
    page = session.get(f"{address}/setup/", timeout=20).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    made = session.post(
        f"{address}/setup/",
        data={
            "csrfmiddlewaretoken": token[1],
            "username": "owner",
            "password1": "seven green bottles",
            "password2": "seven green bottles",
        },
        timeout=20,
    )
    assert made.status_code == 200
    return session


def fill_drive(house: House, library: Path, drive: Path, *more: str) -> None:
    """Go from nothing to a drive on which every title is complete."""
    before = digests(library)
    start(house)
    session = make_owner(house)
    name_roots(house, library)
    added = house.drivearr("drives", "add", str(drive), "--name", "Stick", *more)
    house.drivearr("queue", "add", "--drive", str(added["id"]), "--missing")

    wait_until_done(house)

    contents = house.drivearr("drives", "contents", str(added["id"]))
    assert {row["state"] for row in contents} == {"COMPLETE"}
    assert len(contents) == 3
    assert videos(drive) >= ON_DRIVE
    assert not any(PARTIAL in name for name in digests(drive))
    assert set(before.values()) <= set(digests(drive).values())
    assert digests(library) == before
    address = f"http://127.0.0.1:{house.env['DRIVEARR_PORT']}"
    page = session.get(f"{address}/drives/{added['id']}/", timeout=20)
    assert page.status_code == 200
    assert "Complete" in page.text


def copy_again(house: House, drive: Path) -> None:
    """A second run copies nothing and writes nothing."""
    drive_id = str(house.drivearr("drives", "list")[0]["id"])
    before = traces(drive)

    house.drivearr("queue", "add", "--drive", drive_id, "--missing")
    house.drivearr("queue", "run", "--drive", drive_id)

    assert traces(drive) == before
    assert {wish["state"] for wish in wishes(house)} == {"DONE"}


class TestMainJob:
    def test_fills_a_folder_drive_and_then_has_nothing_to_do(
        self, bare_house: House, tmp_path: Path
    ) -> None:
        drive = tmp_path / "stick"
        drive.mkdir()
        library = make_library(tmp_path / "library")

        fill_drive(bare_house, library, drive, "--folder")
        copy_again(bare_house, drive)

    @pytest.mark.root
    @pytest.mark.parametrize("fs", ["ext4", "exfat"])
    def test_fills_a_real_drive_and_then_has_nothing_to_do(
        self, bare_house: House, tmp_path: Path, loop_drive: LoopDriveMaker, fs: str
    ) -> None:
        drive = loop_drive(fs=fs, size_mb=600)
        library = make_library(tmp_path / "library")

        fill_drive(bare_house, library, drive.path)
        copy_again(bare_house, drive.path)

    @pytest.mark.postgres
    def test_does_the_same_on_postgresql_and_redis(
        self, bare_house: House, tmp_path: Path, servers: Servers
    ) -> None:
        bare_house.env["DRIVEARR_DATABASE_URL"] = servers.database_url
        bare_house.env["DRIVEARR_REDIS_URL"] = servers.redis_url
        drive = tmp_path / "stick"
        drive.mkdir()
        library = make_library(tmp_path / "library")

        fill_drive(bare_house, library, drive, "--folder")
        copy_again(bare_house, drive)

        assert not (tmp_path / "data" / "drivearr.sqlite3").exists()


class TestKilledCopy:
    def kill_in_the_middle(self, house: House, drive: Path, parent: Any) -> None:
        def begun() -> bool:
            return any(
                path.stat().st_size > 8_000_000 for path in drive.rglob(f"*{PARTIAL}*")
            )

        wait_for(begun, seconds=60)
        worker: psutil.Process = parts(parent)["copy"]
        worker.kill()

    def carry_on(self, house: House, library: Path, drive: Path, *more: str) -> None:
        movie = make_large_movie(library, mib=700)
        before = digests(library)
        parent = start(house)
        name_roots(house, library)
        added = house.drivearr("drives", "add", str(drive), *more)
        house.drivearr("queue", "add", "--drive", str(added["id"]), "--missing")

        self.kill_in_the_middle(house, drive, parent)
        killed_at = time.monotonic()
        wait_until_done(house)

        assert time.monotonic() - killed_at < 60
        copies = house.drivearr("drives", "contents", str(added["id"]))
        assert [row["state"] for row in copies] == ["COMPLETE"]
        assert digest(drive / movie.relative_to(library)) == digest(movie)
        assert not list(drive.rglob(f"*{PARTIAL}*"))
        assert digests(library) == before
        jobs = house.rows("SELECT * FROM jobs_job WHERE kind = 'syncqueue.copy'")
        assert "LOST" in [job["state"] for job in jobs]

    def test_goes_on_by_itself_on_a_folder_drive(
        self, bare_house: House, tmp_path: Path
    ) -> None:
        drive = tmp_path / "stick"
        drive.mkdir()

        self.carry_on(bare_house, tmp_path / "library", drive, "--folder")

    @pytest.mark.root
    def test_goes_on_by_itself_on_a_real_drive(
        self, bare_house: House, tmp_path: Path, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive(fs="exfat", size_mb=1200)

        self.carry_on(bare_house, tmp_path / "library", drive.path)


class TestDemo:
    def test_is_half_filled_and_made_once(
        self, bare_house: House, tmp_path: Path
    ) -> None:
        demo = tmp_path / "demo"
        make = ("-m", "drivearr.demo", "--only-prepare", "--at", str(demo))

        first = bare_house.python(*make)
        before = traces(demo)
        second = bare_house.python(*make)

        assert "filming" in first
        assert "filming" not in second
        assert traces(demo) == before
        bare_house.env["DRIVEARR_DATA_DIR"] = str(demo / "data")
        states = [
            each["state"]
            for row in bare_house.drivearr("titles")
            for each in row["drives"]
            if each["id"] == 1
        ]
        assert states.count("COMPLETE") == 6
        assert states.count("PARTIAL") == 1
