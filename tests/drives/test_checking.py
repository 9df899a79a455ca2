"""Health: what the disk says, and what it did with our bytes."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from drives import detection
from drives.models import Attachment, Drive, SyncRecord
from drives.services import checking
from drives.services.attaching import look_for_drives
from drives.services.recording import record_health
from drives.services.registering import add_drive
from drives.smart import Smart
from tests.mounts import LoopDriveMaker, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def disk(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> list[Smart]:
    """The drive is a disk that answers with what the list holds, last first."""
    Drive.objects.update(is_folder=False)
    Attachment.objects.update(device_node="/dev/sdz1")
    drive.refresh_from_db()
    answers: list[Smart] = []
    monkeypatch.setattr(detection, "disk_of", lambda _node: "sdz")
    monkeypatch.setattr(checking, "read_smart", lambda _node: answers.pop())
    return answers


def copies(drive: Drive, rates: list[float]) -> None:
    now = timezone.now()
    for number, rate in enumerate(rates):
        SyncRecord.objects.create(
            drive=drive,
            action="COPIED",
            at=now + timedelta(seconds=number),
            size_bytes=100 * 1024**2,
            seconds=100 * 1024**2 / rate,
        )


class TestCheckHealth:
    def test_asks_the_disk(self, drive: Drive, disk: list[Smart]) -> None:
        disk.append(Smart(is_available=True, passed=True))

        assert checking.check_health(drive=drive).health == "GOOD"

    def test_says_that_the_disk_fails(self, drive: Drive, disk: list[Smart]) -> None:
        disk.append(Smart(is_available=True, passed=False))

        drive = checking.check_health(drive=drive)

        assert drive.health == "FAILING"
        assert "itself" in drive.health_reason

    def test_takes_silence_for_unknown(self, drive: Drive, disk: list[Smart]) -> None:
        disk.append(Smart(is_available=False, reason="no right to ask"))

        drive = checking.check_health(drive=drive)

        assert (drive.health, drive.health_reason) == (
            "UNKNOWN",
            "SMART: no right to ask.",
        )

    def test_asks_once_an_hour_unless_told(
        self, drive: Drive, disk: list[Smart]
    ) -> None:
        disk += [Smart(is_available=True, passed=True)] * 2
        checking.check_health(drive=drive)
        checking.check_health(drive=drive)
        assert len(disk) == 1

        checking.check_health(drive=drive, force=True)

        assert not disk
        assert drive.health_readings.count() == 1

    def test_leaves_a_sleeping_disk_with_its_last_word(
        self, drive: Drive, disk: list[Smart]
    ) -> None:
        disk.append(Smart(is_available=True, passed=True))
        checking.check_health(drive=drive)
        disk.append(Smart(is_available=False, is_asleep=True))

        assert checking.check_health(drive=drive, force=True).health == "GOOD"

    def test_our_own_evidence_outweighs_praise(
        self, drive: Drive, disk: list[Smart]
    ) -> None:
        disk.append(Smart(is_available=True, passed=True))
        checking.check_health(drive=drive)

        record_health(
            drive=drive, source="read-back", verdict="FAILING", message="bad block"
        )

        assert (drive.health, drive.health_reason) == ("FAILING", "bad block")

    def test_compares_speed_with_its_own_past(self, drive: Drive) -> None:
        copies(drive, [30e6] * 20 + [6e6] * 5)

        drive = checking.check_health(drive=drive)

        assert drive.health == "LIMITED"
        assert "20%" in drive.health_reason

    def test_judges_a_drive_in_the_drawer_by_what_is_known(self, drive: Drive) -> None:
        Attachment.objects.update(detached_at=timezone.now())
        copies(drive, [30e6] * 20 + [6e6] * 5)

        assert checking.check_health(drive=drive).health == "LIMITED"


@pytest.mark.root
class TestRealDrive:
    def test_keeps_that_it_became_read_only(self, loop_drive: LoopDriveMaker) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path)
        run("mount", "-o", "remount,ro", str(real.path))

        look_for_drives()

        drive.refresh_from_db()
        assert drive.health == "LIMITED"
        assert "read-only" in drive.health_reason

    def test_says_that_an_image_has_no_disk(
        self, loop_drive: LoopDriveMaker, tmp_path: Path
    ) -> None:
        drive = add_drive(path=loop_drive().path)

        drive = checking.check_health(drive=drive)

        assert drive.health == "UNKNOWN"
        assert "image file" in drive.health_reason
