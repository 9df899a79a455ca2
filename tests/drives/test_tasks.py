"""Each kind of work runs by its own task, with the arguments it was queued with."""

from pathlib import Path

import pytest

from drivearr.jobs.models import Job
from drives.models import Drive, DriveFile
from drives.services.deleting import start_delete
from drives.services.scanning import start_scan
from drives.services.verifying import start_verify
from drives.tasks import (
    delete_from_drive,
    look_for_drives,
    scan_drive,
    verify_drive,
)

# A task closes connections that became old: there is none that a test could roll back.
pytestmark = pytest.mark.django_db(transaction=True)


class TestTasks:
    def test_scan(self, drive: Drive, place: Path) -> None:
        (place / "a.mkv").write_bytes(b"x")

        scan_drive(start_scan(drive_id=drive.pk).pk)

        assert drive.files.count() == 1
        assert drive.scans.get().job == Job.objects.get()

    def test_verify(self, drive: Drive) -> None:
        verify_drive(start_verify(drive_id=drive.pk).pk)

        assert Job.objects.get().state == "SUCCEEDED"

    def test_delete(self, drive: Drive, place: Path) -> None:
        (place / "a.mkv").write_bytes(b"x")
        row = DriveFile.objects.create(
            drive=drive,
            relpath="a.mkv",
            origin="OURS",
            size_bytes=1,
            mtime_ns=(place / "a.mkv").stat().st_mtime_ns,
        )

        delete_from_drive(start_delete(drive=drive, file_ids=[row.pk], is_sure=True).pk)

        job = Job.objects.get()
        assert job.state == "SUCCEEDED"
        assert job.metrics == {"files": 1, "size_bytes": 1, "skipped": 0}
        assert not (place / "a.mkv").exists()

    def test_fails_in_a_sentence_when_the_drive_is_gone(
        self, drive: Drive, place: Path
    ) -> None:
        place.rename(place.with_name("away"))

        scan_drive(start_scan(drive_id=drive.pk).pk)

        job = Job.objects.get()
        assert (job.state, job.error_code, job.traceback) == (
            "FAILED",
            "DRIVE_GONE",
            "",
        )

    def test_look_for_drives(self, drive: Drive, place: Path) -> None:
        place.rename(place.with_name("away"))

        look_for_drives()

        assert not drive.attachments.current().exists()
