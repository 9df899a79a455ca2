"""A laboratory, and drives that break."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.lab import FaultyDrive, Lab, begin, context


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, made once."""
    folder = tmp_path_factory.mktemp("lab")
    database = folder / "empty.sqlite3"
    make_database(database)
    return database


def make_database(database: Path) -> None:
    out = database.with_suffix(".done")
    process = context().Process(
        target=begin, args=(str(database), str(out), "prepare", {})
    )
    process.start()
    process.join(120)
    assert out.exists()


@pytest.fixture
def lab(tmp_path: Path, empty_database: Path) -> Iterator[Lab]:
    (tmp_path / "lab").mkdir()
    lab = Lab(tmp_path / "lab", empty_database)
    yield lab
    lab.end()


MakeFaulty = Callable[[], FaultyDrive]


@pytest.fixture
def faulty_drive(tmp_path: Path) -> Iterator[MakeFaulty]:
    """Return a maker of FUSE drives with faults."""
    if os.geteuid() != 0 or not Path("/dev/fuse").exists():
        pytest.skip("faulty drive: needs root and /dev/fuse")
    if not shutil.which("fusermount3"):
        pytest.skip("faulty drive: lacks fusermount3")
    made: list[FaultyDrive] = []

    def make() -> FaultyDrive:
        place = tmp_path / f"faulty-{len(made)}"
        drive = FaultyDrive(place, place / "mount")
        made.append(drive)
        drive.mount()
        return drive

    yield make
    for drive in made:
        drive.unmount()
