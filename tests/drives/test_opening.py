"""Law 3: nothing is written where the drive is not; the held drive is the one."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from drivearr.lib.rootfolder import RootFolder
from drives import detection, manifest
from drives.manifest import Manifest
from drives.models import Attachment, Drive
from drives.services.opening import (
    DriveGone,
    DriveReadOnly,
    NotAttached,
    WrongDrive,
    open_drive,
)
from drives.services.registering import add_drive
from tests.mounts import LoopDriveMaker

pytestmark = pytest.mark.django_db


class TestOpenDrive:
    def test_gives_the_drives_root(self, drive: Drive, place: Path) -> None:
        with open_drive(drive=drive) as opened:
            opened.root.write_whole("file", b"1")
            opened.check()

        assert (place / "file").read_bytes() == b"1"

    def test_needs_the_drive_plugged_in(self, drive: Drive) -> None:
        drive.attachments.get().detach(now=drive.added_at, reason="")

        with pytest.raises(NotAttached), open_drive(drive=drive):
            pass

    def test_needs_the_drive_plugged_in_here(self, drive: Drive) -> None:
        Attachment.objects.update(host="elsewhere")

        with pytest.raises(NotAttached, match="elsewhere"), open_drive(drive=drive):
            pass

    def test_refuses_a_folder_that_is_gone(self, drive: Drive, place: Path) -> None:
        shutil.rmtree(place)

        with pytest.raises(DriveGone), open_drive(drive=drive):
            pass

    def test_refuses_an_empty_folder_in_its_place(
        self, drive: Drive, place: Path
    ) -> None:
        shutil.rmtree(place)
        place.mkdir()

        with pytest.raises(DriveGone), open_drive(drive=drive):
            pass
        assert os.listdir(place) == []

    def test_refuses_another_drive_in_its_place(
        self, drive: Drive, place: Path
    ) -> None:
        with RootFolder.open_at(place) as root:
            manifest.write(root, Manifest(drive_uuid=Drive().uuid, generation=9))

        with pytest.raises(WrongDrive), open_drive(drive=drive):
            pass

    def test_refuses_a_manifest_it_cannot_read(self, drive: Drive, place: Path) -> None:
        for name in (manifest.NAME, manifest.COPY_NAME, manifest.PREVIOUS_NAME):
            (place / name).write_bytes(b"{")

        with pytest.raises(WrongDrive, match="cannot be used"), open_drive(drive=drive):
            pass


class TestCheck:
    def test_notices_that_the_folder_was_replaced(
        self, drive: Drive, place: Path
    ) -> None:
        with open_drive(drive=drive) as opened:
            shutil.rmtree(place)
            place.mkdir()

            with pytest.raises(DriveGone):
                opened.check()

    def test_notices_another_identity(self, drive: Drive, place: Path) -> None:
        with open_drive(drive=drive) as opened:
            other = Manifest(drive_uuid=Drive().uuid, generation=9)
            manifest.write(opened.root, other)

            with pytest.raises(WrongDrive):
                opened.check()

    def test_notices_that_the_device_is_gone(
        self, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with open_drive(drive=drive) as opened:
            monkeypatch.setattr(detection, "device_is_there", lambda _device: False)

            with pytest.raises(DriveGone, match="unplugged"):
                opened.check()

    def test_calls_a_drive_that_does_not_answer_gone(
        self, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> os.stat_result:
            raise OSError(errno.EIO, "Input/output error")

        with open_drive(drive=drive) as opened:
            monkeypatch.setattr(RootFolder, "stat", fail)

            with pytest.raises(DriveGone, match="does not answer"):
                opened.check()

    def test_reads_the_manifest_only_when_it_was_written(
        self, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with open_drive(drive=drive) as opened:

            def fail(_root: RootFolder) -> None:
                raise AssertionError

            monkeypatch.setattr(manifest, "read", fail)
            opened.check()
            opened.check()


@pytest.mark.root
class TestRealDrive:
    def test_puts_no_byte_into_an_empty_mount_point(
        self, loop_drive: LoopDriveMaker
    ) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path)
        real.unmount()

        with (
            pytest.raises(DriveGone, match="Nothing is mounted"),
            open_drive(drive=drive),
        ):
            pass

        assert os.listdir(real.path) == []

    def test_notices_an_unmount_under_its_hands(
        self, loop_drive: LoopDriveMaker
    ) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path)

        with open_drive(drive=drive) as opened:
            real.unmount(lazy=True)

            with pytest.raises(DriveGone, match="unmounted"):
                opened.check()
            # What is held leads to the drive, never below the mount point.
            opened.root.write_whole("late", b"1")
        assert os.listdir(real.path) == []

        real.mount()
        assert (real.path / "late").read_bytes() == b"1"

    def test_notices_another_drive_at_the_same_path(
        self, loop_drive: LoopDriveMaker
    ) -> None:
        real, other = loop_drive(), loop_drive()
        drive = add_drive(path=real.path, name="real")
        add_drive(path=other.path, name="other")
        other.unmount()

        with open_drive(drive=drive) as opened:
            real.unmount(lazy=True)
            other.mount(real.path)
            before = sorted(os.listdir(real.path))

            with pytest.raises(DriveGone):
                opened.check()

        with pytest.raises(WrongDrive), open_drive(drive=drive):
            pass
        assert sorted(os.listdir(real.path)) == before

    def test_opens_a_replugged_drive_whose_device_changed(
        self, loop_drive: LoopDriveMaker
    ) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path)
        Attachment.objects.update(device="7:9999")

        with open_drive(drive=drive) as opened:
            opened.check()

    def test_refuses_to_write_to_a_read_only_drive(
        self, loop_drive: LoopDriveMaker
    ) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path)
        real.unmount()
        real.mount(read_only=True)

        with open_drive(drive=drive, for_writing=False) as opened:
            opened.check(for_writing=False)
        with pytest.raises(DriveReadOnly), open_drive(drive=drive):
            pass
