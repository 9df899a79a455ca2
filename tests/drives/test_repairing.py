"""What a drive damaged is replaced from the library."""

import os
from pathlib import Path

import pytest

from drivearr.lib.progress import SilentProgress
from drives.models import Drive, DriveFile
from drives.services.repairing import NothingToRepair, repair_drive
from drives.services.scanning import scan_drive
from drives.services.verifying import verify_drive
from library.models import Root
from syncqueue.models import QueueItem
from syncqueue.services import draining, wishing
from tests.factories.library import make_movie, make_root

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return make_root(tmp_path / "library")


@pytest.fixture
def film(drive: Drive, root: Root) -> DriveFile:
    """A film that was copied to the drive."""
    Drive.objects.update(reserve_bytes=0)
    wishing.add_wish(drive=drive, title=make_movie(root))
    copy(drive)
    return drive.files.get(kind="VIDEO")


def copy(drive: Drive) -> None:
    draining.copy_to_drive(drive_id=drive.pk, progress=SilentProgress())


def verify(drive: Drive) -> None:
    verify_drive(drive_id=drive.pk, progress=SilentProgress())


def flip(path: Path) -> None:
    """Change one bit and nothing that shows."""
    about = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


class TestRepairDrive:
    def test_replaces_what_rotted(
        self, drive: Drive, place: Path, film: DriveFile
    ) -> None:
        whole = (place / film.relpath).read_bytes()
        flip(place / film.relpath)
        verify(drive)

        done = repair_drive(drive=drive)
        copy(drive)

        assert [row.pk for row in done.asked] == [film.pk]
        assert (place / film.relpath).read_bytes() == whole
        film.refresh_from_db()
        assert (film.state, film.damaged_at) == ("PRESENT", None)
        verify(drive)
        drive.refresh_from_db()
        assert drive.health == "GOOD"

    def test_leaves_alone_what_a_person_put_in_its_place(
        self, drive: Drive, place: Path, film: DriveFile
    ) -> None:
        flip(place / film.relpath)
        verify(drive)
        (place / film.relpath).write_bytes(b"my own cut")
        scan_drive(drive_id=drive.pk, progress=SilentProgress())

        with pytest.raises(NothingToRepair):
            repair_drive(drive=drive)
        assert film.title is not None
        wishing.add_wish(drive=drive, title=film.title)
        copy(drive)

        assert (place / film.relpath).read_bytes() == b"my own cut"

    def test_says_what_the_library_has_no_more(
        self, drive: Drive, place: Path, film: DriveFile
    ) -> None:
        flip(place / film.relpath)
        verify(drive)
        DriveFile.objects.update(title=None)

        done = repair_drive(drive=drive)

        assert not done.asked
        assert "does not know" in done.refused[0][1]
        assert not QueueItem.objects.open().exists()

    def test_refuses_a_drive_that_is_whole(self, drive: Drive, film: DriveFile) -> None:
        with pytest.raises(NothingToRepair):
            repair_drive(drive=drive)
