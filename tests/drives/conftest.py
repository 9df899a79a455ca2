"""Drives that are plain folders, ready to be looked at."""

from collections.abc import Callable
from pathlib import Path

import pytest

from drives.models import Drive
from drives.services.registering import add_drive

MakeDrive = Callable[..., Drive]


@pytest.fixture
def make_drive(db: None, tmp_path: Path) -> MakeDrive:
    """Return a maker of folder drives: `make_drive("stick")` lies at tmp_path/stick."""

    def make(name: str = "stick") -> Drive:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        return add_drive(path=folder, name=name, folder=True)

    return make


@pytest.fixture
def drive(make_drive: MakeDrive) -> Drive:
    """A folder drive at tmp_path/stick."""
    return make_drive()


@pytest.fixture
def place(drive: Drive, tmp_path: Path) -> Path:
    """Where `drive` is."""
    return tmp_path / drive.name
