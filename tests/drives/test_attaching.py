"""Known drives are noticed when they come, move and go; unknown ones are let be."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.lib.rootfolder import RootFolder
from drivearr.web.models import Notice
from drives import detection, manifest
from drives.manifest import NAME, read
from drives.models import Attachment, Drive, SyncRecord
from drives.services import attaching
from drives.services.attaching import look_for_drives
from drives.services.opening import host_name
from drives.services.registering import add_drive
from tests.drives.conftest import MakeDrive
from tests.mounts import LoopDriveMaker

pytestmark = pytest.mark.django_db


@pytest.fixture
def hung_places(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Places where every opening hangs until the test is over."""
    places: set[str] = set()
    answers = threading.Event()
    real = RootFolder.open_at

    def open_at(path: Path) -> RootFolder:
        if str(path) in places:
            answers.wait(30)
        return real(path)

    monkeypatch.setattr(RootFolder, "open_at", open_at)
    monkeypatch.setattr(attaching, "ANSWER_SECONDS", 0.3)
    yield places
    answers.set()


def path_of(drive: Drive) -> str:
    return drive.attachments.current().get().path


class TestLookForDrives:
    def test_lets_a_present_drive_be(self, drive: Drive) -> None:
        seen = look_for_drives()

        assert (seen.attached, seen.detached) == ((), ())
        assert drive.attachments.count() == 1

    def test_detaches_a_folder_that_is_gone_and_attaches_it_again(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        place.rename(tmp_path / "away")
        assert look_for_drives().detached == (drive,)
        assert not drive.attachments.current().exists()
        assert look_for_drives().detached == ()

        (tmp_path / "away").rename(place)
        assert look_for_drives().attached == (drive,)
        assert path_of(drive) == str(place)
        actions = drive.history.order_by("pk").values_list("action", flat=True)
        assert list(actions) == ["ATTACHED", "ADDED", "DETACHED", "ATTACHED"]

    def test_lets_a_drive_be_that_gives_no_answer_and_looks_at_the_others(
        self,
        drive: Drive,
        place: Path,
        make_drive: MakeDrive,
        tmp_path: Path,
        hung_places: set[str],
    ) -> None:
        other = make_drive("other")
        hung_places.add(str(place))
        (tmp_path / "other").rename(tmp_path / "away")

        begun = time.monotonic()
        seen = look_for_drives()
        look_for_drives()

        assert time.monotonic() - begun < 2
        assert seen.detached == (other,)
        assert drive.attachments.current().exists()

    def test_detaches_a_folder_that_lost_its_manifest(
        self, drive: Drive, place: Path
    ) -> None:
        shutil.rmtree(place)
        place.mkdir()

        look_for_drives()

        assert not drive.attachments.current().exists()
        assert os.listdir(place) == []

    def test_queues_a_scan_of_what_came_when_asked(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        place.rename(tmp_path / "away")
        look_for_drives(scan=True)
        assert not Job.objects.exists()

        (tmp_path / "away").rename(place)
        look_for_drives(scan=True)

        job = Job.objects.get()
        assert (job.kind, job.subject) == ("drives.scan", drive.subject)

    def test_reads_the_manifest_only_when_it_was_written(
        self, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Not the drives that other tests plug in meanwhile.
        monkeypatch.setattr(detection, "list_mounts", tuple)
        look_for_drives()

        def fail(_root: RootFolder) -> None:
            raise AssertionError

        monkeypatch.setattr(manifest, "read", fail)

        assert look_for_drives().detached == ()

    def test_shows_at_once_what_another_installation_wrote(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        place.rename(tmp_path / "away")
        look_for_drives()
        entry = manifest.Entry(relpath="Movies/B.mkv", size_bytes=7)
        told = manifest.Manifest(drive.uuid, generation=40, files=(entry,))
        with RootFolder.open_at(tmp_path / "away") as root:
            manifest.write(root, told)
        (tmp_path / "away").rename(place)

        look_for_drives()

        claim = drive.files.get()
        assert (claim.relpath, claim.origin) == ("Movies/B.mkv", "FOREIGN")

    def test_leaves_a_drive_to_the_host_that_has_it(
        self, drive: Drive, place: Path
    ) -> None:
        drive.attachments.update(host="elsewhere")

        look_for_drives()

        assert drive.attachments.current().get().host == "elsewhere"

    @pytest.mark.root
    def test_finds_a_real_drive_at_another_path(
        self, loop_drive: LoopDriveMaker, tmp_path: Path
    ) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path, name="real")
        real.unmount()
        look_for_drives()
        assert not drive.attachments.current().exists()

        real.mount(tmp_path / "another port")
        seen = look_for_drives()

        assert seen.attached == (drive,)
        assert path_of(drive) == str(tmp_path / "another port")

    @pytest.mark.root
    def test_takes_a_drive_over_from_a_host_that_fell_silent(
        self, loop_drive: LoopDriveMaker
    ) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path, name="real")
        Attachment.objects.update(
            host="an old container", seen_at=timezone.now() - timedelta(hours=1)
        )

        look_for_drives()

        assert drive.attachments.current().get().host == host_name()

    @pytest.mark.root
    def test_never_touches_an_unknown_drive(self, loop_drive: LoopDriveMaker) -> None:
        real = loop_drive()

        look_for_drives()

        assert os.listdir(real.path) == ["lost+found"]
        assert not Drive.objects.exists()

    @pytest.mark.root
    def test_notices_two_drives_with_one_identity(
        self, loop_drive: LoopDriveMaker, tmp_path: Path
    ) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path, name="real")
        real.unmount()
        image = shutil.copy(real.image, tmp_path / "clone.img")
        real.mount()
        twin = type(real)(Path(image), "ext4", tmp_path / "clone")
        try:
            twin.mount()
            look_for_drives()
            drive.refresh_from_db()
            assert "Two drives" in drive.trouble
            assert path_of(drive) == str(real.path)
            # Taking the known one away answers no question: the copy stays a copy.
            real.unmount()
            look_for_drives()
            drive.refresh_from_db()
            assert not drive.attachments.current().exists()
            assert "Two drives" in drive.trouble
            own = add_drive(path=twin.path, as_new=True)
            assert own.uuid != drive.uuid
            look_for_drives()
            drive.refresh_from_db()
            assert (drive.trouble, drive.clone_mark) == ("", "")
        finally:
            twin.clear()

        real.mount()
        look_for_drives()
        assert path_of(drive) == str(real.path)

    @pytest.mark.root
    def test_does_not_take_a_copied_manifest_for_the_drive(
        self, loop_drive: LoopDriveMaker
    ) -> None:
        first, other = loop_drive(), loop_drive()
        drive = add_drive(path=first.path, name="first")
        shutil.copy(first.path / NAME, other.path / NAME)
        first.unmount()

        look_for_drives()

        drive.refresh_from_db()
        assert not drive.attachments.current().exists()
        assert "another file system" in drive.trouble

    @pytest.mark.root
    def test_says_that_a_newer_drivearr_wrote_to_a_drive(
        self, loop_drive: LoopDriveMaker
    ) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path, name="real")
        told = (real.path / NAME).read_bytes()
        newer = b'{"drivearr": {"version": 99}, "sha256": ""}'
        (real.path / NAME).write_bytes(newer)

        look_for_drives()

        drive.refresh_from_db()
        assert not drive.attachments.current().exists()
        assert "version 99" in drive.trouble
        assert "Update Drivearr" in drive.trouble
        assert (real.path / NAME).read_bytes() == newer

        (real.path / NAME).write_bytes(told)
        look_for_drives()

        drive.refresh_from_db()
        assert path_of(drive) == str(real.path)
        assert drive.trouble == ""

    @pytest.mark.root
    def test_writes_nothing_to_a_drive(self, loop_drive: LoopDriveMaker) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path, name="real")
        real.unmount()
        look_for_drives()
        real.mount(read_only=True)

        look_for_drives()

        assert drive.attachments.current().get().is_read_only
        with RootFolder.open_at(real.path) as root:
            assert read(root) is not None
        assert SyncRecord.objects.filter(action="ATTACHED").count() == 2


class TestAttach:
    def test_says_once_that_a_drive_is_low_on_space(
        self, drive: Drive, place: Path
    ) -> None:
        Drive.objects.filter(pk=drive.pk).update(reserve_bytes=2**60)

        look_for_drives()
        look_for_drives()

        drive.refresh_from_db()
        assert drive.is_low_on_space
        assert Notice.objects.filter(text__contains="low on space").count() == 1

        Drive.objects.filter(pk=drive.pk).update(reserve_bytes=0)
        look_for_drives()
        drive.refresh_from_db()
        about = os.statvfs(place)
        is_nearly_full = about.f_bavail < 0.02 * about.f_blocks
        assert drive.is_low_on_space == is_nearly_full
