"""A library and a folder drive with room, for the queue's tests."""

from pathlib import Path

import pytest

from drives.models import Drive
from drives.services.registering import add_drive
from library.models import Root
from tests.factories.library import make_root


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return make_root(tmp_path / "library")


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    (tmp_path / "stick").mkdir()
    drive = add_drive(path=tmp_path / "stick", name="Stick", folder=True)
    Drive.objects.filter(pk=drive.pk).update(reserve_bytes=0)
    return Drive.objects.get(pk=drive.pk)
