"""What the doctor says of drives."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from drivearr.web.checking import Finding
from drives import detection
from drives.models import Attachment, Drive, DriveFile, DriveScan
from drives.services import examining
from drives.services.examining import check_drives, check_visibility

pytestmark = pytest.mark.django_db


def only() -> Finding:
    [finding] = check_drives()
    return finding


class TestCheckDrives:
    def test_is_content_when_all_is_well(self, drive: Drive) -> None:
        assert only().ok
        assert "1 plugged in" in only().message

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"trouble": "Two of them."}, "Two of them"),
            ({"health": "FAILING", "health_reason": "bad"}, "is failing: bad"),
            ({"is_low_on_space": True}, "low on space"),
        ],
    )
    def test_names_trouble(
        self, drive: Drive, facts: dict[str, object], words: str
    ) -> None:
        Drive.objects.update(**facts)

        finding = only()

        assert not finding.ok
        assert words in finding.message
        assert finding.advice

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"is_read_only": True}, "read-only"),
            ({"device": "259:9999"}, "unplugged"),
            ({"path": "/nowhere"}, "does not let"),
        ],
    )
    def test_looks_where_it_is_plugged_in(
        self, drive: Drive, facts: dict[str, object], words: str
    ) -> None:
        Attachment.objects.update(**facts)

        assert words in only().message

    def test_counts_damaged_files(self, drive: Drive) -> None:
        DriveFile.objects.create(
            drive=drive,
            relpath="A.mkv",
            origin="OURS",
            size_bytes=1,
            damaged_at=timezone.now(),
        )

        assert "damaged files: 1" in only().message
        assert f"drives repair {drive.pk}" in only().advice

    def test_notices_that_verifying_never_happens(self, drive: Drive) -> None:
        DriveFile.objects.create(
            drive=drive, relpath="A.mkv", origin="OURS", size_bytes=1
        )
        Drive.objects.update(added_at=timezone.now() - timedelta(days=200))
        assert "not verified for long" in only().message

        DriveScan.objects.create(
            drive=drive, kind="VERIFY", is_complete=True, finished_at=timezone.now()
        )

        assert only().ok


class TestCheckVisibility:
    TABLE = "30 20 8:1 /x /mnt/drives rw,relatime {}- ext4 /dev/sda1 rw\n"

    @pytest.fixture
    def table(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A container's mount table."""
        path = tmp_path / "mountinfo"
        monkeypatch.setattr(detection, "MOUNTINFO", path)
        monkeypatch.setattr(examining, "_is_container", lambda: True)
        return path

    def test_names_the_line_to_add(self, table: Path) -> None:
        table.write_text(self.TABLE.format(""))

        [finding] = check_visibility()

        assert "/mnt/drives" in finding.message
        assert "propagation: rslave" in finding.advice

    @pytest.mark.parametrize("tag", ["master:5 ", "shared:7 ", "shared:7 master:5 "])
    def test_is_silent_where_drives_are_seen(self, table: Path, tag: str) -> None:
        table.write_text(self.TABLE.format(tag))

        assert not list(check_visibility())
