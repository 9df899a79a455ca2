"""Ejecting says "safe to unplug" only when it is."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from drivearr.jobs.models import Job
from drives.holders import find_holders
from drives.models import Drive
from drives.services import ejecting
from drives.services.ejecting import DriveInUse, eject_drive
from drives.services.opening import NotAttached
from drives.services.registering import add_drive
from tests.mounts import LoopDriveMaker

pytestmark = pytest.mark.django_db


class TestEjectDrive:
    def test_has_nothing_to_unmount_for_a_folder(
        self, drive: Drive, place: Path
    ) -> None:
        report = eject_drive(drive=drive)

        assert report.is_safe
        assert "nothing to unmount" in report.message
        assert place.exists()

    def test_writes_the_manifest_that_is_due(self, drive: Drive, place: Path) -> None:
        Drive.objects.filter(pk=drive.pk).update(manifest_is_due=True, owner="Ada")

        eject_drive(drive=drive)

        drive.refresh_from_db()
        assert not drive.manifest_is_due
        assert "Ada" in (place / ".drivearr-manifest.json").read_text()

    def test_refuses_while_work_is_under_way(self, drive: Drive) -> None:
        now = timezone.now()
        Job.objects.create(
            kind="syncqueue.copy",
            subject=drive.subject,
            state="RUNNING",
            started_at=now,
            heartbeat_at=now,
        )

        with pytest.raises(DriveInUse):
            eject_drive(drive=drive)

    @pytest.mark.django_db(transaction=True)
    def test_stops_the_work_first_when_told_so(self, drive: Drive) -> None:
        now = timezone.now()
        job = Job.objects.create(
            kind="syncqueue.copy",
            subject=drive.subject,
            state="RUNNING",
            started_at=now,
            heartbeat_at=now,
        )

        def work() -> None:
            rows = Job.objects.filter(pk=job.pk)
            while not rows.filter(cancel_requested_at__isnull=False).exists():
                time.sleep(0.02)
            assert Drive.objects.get(pk=drive.pk).is_paused
            rows.update(state="CANCELLED", finished_at=timezone.now())
            connection.close()

        worker = threading.Thread(target=work)
        worker.start()
        try:
            assert eject_drive(drive=drive, stop_work=True).is_safe
        finally:
            worker.join(timeout=20)
        assert not Drive.objects.get(pk=drive.pk).is_paused

    def test_needs_the_drive_here(self, drive: Drive) -> None:
        drive.attachments.get().detach(now=timezone.now(), reason="")

        with pytest.raises(NotAttached):
            eject_drive(drive=drive)

    @pytest.mark.root
    @pytest.mark.parametrize("fs", ["ext4", "exfat"])
    def test_unmounts_a_real_drive(self, loop_drive: LoopDriveMaker, fs: str) -> None:
        real = loop_drive(fs=fs)
        drive = add_drive(path=real.path, name="real")

        report = eject_drive(drive=drive)

        assert report.is_safe
        assert "safe to unplug" in report.message
        assert os.listdir(real.path) == []
        assert not drive.attachments.current().exists()
        assert drive.attachments.get().detach_reason == "Ejected"

    @pytest.mark.root
    def test_names_who_keeps_it_busy(self, loop_drive: LoopDriveMaker) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path, name="real")
        command = [sys.executable, "-c", "input()"]
        with subprocess.Popen(command, cwd=real.path, stdin=subprocess.PIPE) as holder:
            report = eject_drive(drive=drive)
            holder.communicate(b"\n")

        assert not report.is_safe
        assert any(str(holder.pid) in name for name in report.holders)
        assert f"umount {real.path}" in report.message
        assert drive.attachments.current().exists()
        assert (real.path / ".drivearr-manifest.json").exists()

    @pytest.mark.root
    def test_is_honest_without_the_right_to_unmount(
        self, loop_drive: LoopDriveMaker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path, name="real")
        monkeypatch.setattr(ejecting, "_PLACES", "/nowhere")

        report = eject_drive(drive=drive)

        assert not report.is_safe
        assert "still mounted" in report.message
        assert "umount" in report.message


class TestFindHolders:
    def test_finds_an_open_file_and_a_held_folder(self, tmp_path: Path) -> None:
        (tmp_path / "held").mkdir()
        (tmp_path / "file").write_text("x")
        me = os.getpid()

        assert find_holders(tmp_path) == ()
        with (tmp_path / "file").open("rb"):
            assert [holder.pid for holder in find_holders(tmp_path)] == [me]
        fd = os.open(tmp_path / "held", os.O_RDONLY)
        try:
            assert [holder.pid for holder in find_holders(tmp_path)] == [me]
        finally:
            os.close(fd)
