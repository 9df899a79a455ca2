"""Drives become known, are recognised, and are refused with a sentence."""

import os
import shutil
from pathlib import Path

import pytest

from drivearr.lib.rootfolder import RootFolder
from drives import manifest
from drives.manifest import NAME, ManifestFromTheFuture, ManifestUnreadable
from drives.models import Drive, DriveFile, SyncRecord
from drives.services.attaching import look_for_drives
from drives.services.manifesting import write_manifest
from drives.services.profiling import ProfileRefused
from drives.services.registering import (
    DriveRefused,
    IdentityUnclear,
    add_drive,
    assign_drive,
    assign_place,
    forget_drive,
    forget_history,
    forget_profile,
)
from library.services.rooting import RootRefused, add_root
from tests.drives.conftest import MakeDrive
from tests.drives.rows import make_root
from tests.mounts import LoopDriveMaker

pytestmark = pytest.mark.django_db


class TestAddDrive:
    def test_writes_a_manifest_with_its_identity(
        self, drive: Drive, place: Path
    ) -> None:
        with RootFolder.open_at(place) as root:
            found = manifest.read(root)

        assert found is not None
        assert found.drive_uuid == drive.uuid
        assert found.name == "stick"
        assert found.generation == drive.manifest_generation == 1
        assert [line.action for line in found.history] == ["ADDED"]

    def test_keeps_a_fair_share_free(self, drive: Drive) -> None:
        attachment = drive.attachments.get()

        fair = min(256 * 1024**2, attachment.total_bytes // 16)
        assert drive.reserve_bytes == fair

    def test_keeps_little_free_on_a_small_drive(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = tmp_path / "small"
        place.mkdir()
        sizes = os.statvfs(place)
        small = os.statvfs_result((*sizes[:2], 10_000, *sizes[3:]))
        monkeypatch.setattr(RootFolder, "statvfs", lambda _: small)

        drive = add_drive(path=place, folder=True)

        assert drive.reserve_bytes == 10_000 * sizes.f_frsize // 16

    def test_knows_its_sizes(self, drive: Drive) -> None:
        attachment = drive.attachments.get()

        assert attachment.total_bytes > attachment.free_bytes > 0
        assert attachment.filesystem
        assert not attachment.is_read_only

    def test_recognises_a_drive_instead_of_making_another(
        self, drive: Drive, place: Path
    ) -> None:
        before = (place / NAME).stat().st_mtime_ns

        again = add_drive(path=place, name="another name", folder=True)

        assert again == drive
        assert again.name == "stick"
        assert Drive.objects.count() == 1
        assert (place / NAME).stat().st_mtime_ns == before

    def test_recognises_a_drive_at_another_path(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        place.rename(tmp_path / "elsewhere")

        again = add_drive(path=tmp_path / "elsewhere", folder=True)

        assert again == drive
        assert again.attachments.current().get().path == str(tmp_path / "elsewhere")

    def test_refuses_a_copy_while_the_drive_is_there(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(place, tmp_path / "clone")

        with pytest.raises(IdentityUnclear, match="identity of “stick”"):
            add_drive(path=tmp_path / "clone", folder=True)

    def test_gives_a_copy_an_identity_of_its_own_when_told_so(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        (place / "A.mkv").write_text("film")
        DriveFile.objects.create(
            drive=drive, relpath="A.mkv", origin="OURS", size_bytes=4
        )
        with RootFolder.open_at(place) as root:
            write_manifest(drive=drive, root=root)
        before = (place / NAME).read_bytes()
        shutil.copytree(place, tmp_path / "clone")

        clone = add_drive(path=tmp_path / "clone", folder=True, as_new=True)

        assert clone.uuid != drive.uuid
        assert clone.name == "stick 2"
        assert clone.files.get().origin == "FOREIGN"
        with RootFolder.open_at(tmp_path / "clone") as root:
            found = manifest.read(root)
        assert found is not None
        assert found.drive_uuid == clone.uuid
        assert (place / NAME).read_bytes() == before
        assert drive.files.get().origin == "OURS"

    def test_gives_no_new_identity_to_the_drive_itself(
        self, drive: Drive, place: Path
    ) -> None:
        with pytest.raises(DriveRefused, match="and known"):
            add_drive(path=place, folder=True, as_new=True)

    def test_begins_anew_with_a_torn_manifest_when_told_so(
        self, drive: Drive, place: Path
    ) -> None:
        drive.delete()
        for name in (NAME, manifest.COPY_NAME):
            (place / name).write_bytes((place / name).read_bytes()[:100])
        with pytest.raises(ManifestUnreadable):
            add_drive(path=place, folder=True)

        again = add_drive(path=place, folder=True, as_new=True)

        assert again.uuid != drive.uuid

    def test_keeps_what_another_installation_wrote(
        self, drive: Drive, place: Path
    ) -> None:
        row = DriveFile.objects.create(
            drive=drive,
            relpath="Movies/A.mkv",
            origin="OURS",
            size_bytes=3,
            sha256="ab" * 32,
        )
        with RootFolder.open_at(place) as root:
            write_manifest(drive=drive, root=root)
        uuid, generation = drive.uuid, drive.manifest_generation
        forget_drive(drive=drive)

        again = add_drive(path=place, folder=True)

        assert again.uuid == uuid
        assert again.name == "stick"
        claim = again.files.get()
        assert (claim.relpath, claim.sha256) == (row.relpath, row.sha256)
        # Law 6: what only a manifest says we wrote is not ours to delete.
        assert claim.origin == "FOREIGN"
        with RootFolder.open_at(place) as root:
            found = manifest.read(root)
        assert found is not None
        assert found.generation > generation
        assert [entry.sha256 for entry in found.files] == [row.sha256]

    @pytest.mark.parametrize(
        ("path", "sentence"),
        [
            ("relative", "no absolute path"),
            ("/nowhere/at/all", "does not exist"),
            ("/etc/passwd", "not a folder"),
            ("/etc", "belongs to the system"),
            ("/", "belongs to the system"),
            ("/" + "x" * 2000, "too long"),
            ("/a\nb", "plain text"),
            ("/a\0b", "plain text"),
            ("/a\udcffb", "plain text"),
        ],
    )
    def test_refuses_bad_places(self, path: str, sentence: str) -> None:
        with pytest.raises(DriveRefused, match=sentence):
            add_drive(path=Path(path), folder=True)

    def test_refuses_a_plain_folder_unasked(self, tmp_path: Path) -> None:
        with pytest.raises(DriveRefused, match="Nothing is mounted") as refusal:
            add_drive(path=tmp_path)

        assert "--folder" in refusal.value.advice
        assert os.listdir(tmp_path) == []

    def test_refuses_what_overlaps_a_library_folder(self, tmp_path: Path) -> None:
        (tmp_path / "films/inside").mkdir(parents=True)
        make_root(tmp_path / "films")

        for each in (tmp_path, tmp_path / "films", tmp_path / "films/inside"):
            with pytest.raises(DriveRefused, match="library folder"):
                add_drive(path=each, folder=True)

    def test_refuses_what_overlaps_a_drive(self, place: Path) -> None:
        (place / "inside").mkdir()

        for each in (place / "inside", place.parent):
            with pytest.raises(DriveRefused, match="overlaps the drive"):
                add_drive(path=each, folder=True)

    def test_refuses_our_own_data_folder(
        self, tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("django.conf.settings.DATA_DIR", tmp_path / "data")

        with pytest.raises(DriveRefused, match="data folder"):
            add_drive(path=tmp_path, folder=True)

    @pytest.mark.parametrize("name", ["x" * 101, "a\x07b", "a\nb"])
    def test_refuses_bad_names(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(ProfileRefused):
            add_drive(path=tmp_path, name=name, folder=True)

        assert os.listdir(tmp_path) == []

    def test_refuses_a_name_that_is_taken(self, drive: Drive, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()

        with pytest.raises(DriveRefused, match="called “stick”"):
            add_drive(path=tmp_path / "other", name="stick", folder=True)

    def test_finds_a_free_name_itself(self, drive: Drive, tmp_path: Path) -> None:
        (tmp_path / "deep/stick").mkdir(parents=True)

        again = add_drive(path=tmp_path / "deep/stick", folder=True)

        assert again.name == "stick 2"

    def test_never_makes_a_new_identity_from_an_unreadable_manifest(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / NAME).write_bytes(b"{")

        with pytest.raises(ManifestUnreadable):
            add_drive(path=tmp_path, folder=True)

        assert (tmp_path / NAME).read_bytes() == b"{"
        assert not Drive.objects.exists()

    def test_leaves_a_drive_of_the_future_alone(self, tmp_path: Path) -> None:
        body = b'{"drivearr": {"version": 2}, "sha256": ""}'
        (tmp_path / NAME).write_bytes(body)

        with pytest.raises(ManifestFromTheFuture):
            add_drive(path=tmp_path, folder=True)

        assert (tmp_path / NAME).read_bytes() == body

    def test_forgets_a_drive_whose_manifest_cannot_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(RootFolder, "write_whole", full)

        with pytest.raises(DriveRefused, match="No space left"):
            add_drive(path=tmp_path, folder=True)

        assert not Drive.objects.exists()

    def test_keeps_libraries_away_from_drives(self, place: Path) -> None:
        with pytest.raises(RootRefused):
            add_root(path=place, kind="MOVIES")

    @pytest.mark.root
    @pytest.mark.parametrize("fs", ["ext4", "exfat", "ntfs"])
    def test_adds_a_real_drive(self, loop_drive: LoopDriveMaker, fs: str) -> None:
        real = loop_drive(fs=fs)

        drive = add_drive(path=real.path)

        attachment = drive.attachments.get()
        assert attachment.filesystem == fs
        assert attachment.device
        assert attachment.total_bytes < 70 * 1024**2
        assert drive.filesystem_uuid
        assert (real.path / NAME).exists()

    @pytest.mark.root
    def test_refuses_a_read_only_drive(self, loop_drive: LoopDriveMaker) -> None:
        real = loop_drive()
        real.unmount()
        real.mount(read_only=True)

        with pytest.raises(DriveRefused, match="read-only"):
            add_drive(path=real.path)

    @pytest.mark.root
    def test_refuses_a_manifest_on_another_file_system(
        self, loop_drive: LoopDriveMaker
    ) -> None:
        first, other = loop_drive(), loop_drive()
        drive = add_drive(path=first.path, name="first")
        shutil.copy(first.path / NAME, other.path / NAME)
        first.unmount()
        look_for_drives()

        with pytest.raises(IdentityUnclear, match="another file") as refusal:
            add_drive(path=other.path)
        assert f"--to {drive.pk}" in refusal.value.advice

        # The household says so: then it is.
        assign_place(path=other.path, to=drive)
        assert drive.attachments.current().get().path == str(other.path)


class TestAssignDrive:
    def test_ties_a_drive_with_a_lost_manifest_to_its_profile(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        DriveFile.objects.create(
            drive=drive, relpath="Movies/A.mkv", origin="OURS", size_bytes=3
        )
        place.rename(tmp_path / "found")
        shutil.rmtree(tmp_path / "found/.drivearr")
        (tmp_path / "found" / NAME).unlink()
        look_for_drives()
        new = add_drive(path=tmp_path / "found", name="new", folder=True)

        assign_drive(drive=new, to=drive)

        assert not Drive.objects.filter(pk=new.pk).exists()
        with RootFolder.open_at(tmp_path / "found") as root:
            found = manifest.read(root)
        assert found is not None
        assert found.drive_uuid == drive.uuid
        assert [entry.relpath for entry in found.files] == ["Movies/A.mkv"]
        assert drive.attachments.current().get().path == str(tmp_path / "found")

    def test_refuses_while_the_known_drive_is_plugged_in(
        self, drive: Drive, make_drive: MakeDrive
    ) -> None:
        with pytest.raises(IdentityUnclear, match="plugged in"):
            assign_drive(drive=make_drive("other"), to=drive)

    def test_refuses_a_drive_that_is_not_here(
        self, drive: Drive, place: Path, make_drive: MakeDrive
    ) -> None:
        other = make_drive("other")
        shutil.rmtree(place)

        with pytest.raises(DriveRefused, match="not plugged in"):
            assign_drive(drive=drive, to=other)

    def test_refuses_itself(self, drive: Drive) -> None:
        with pytest.raises(DriveRefused):
            assign_drive(drive=drive, to=drive)


class TestAssignPlace:
    def test_writes_the_manifest_anew(self, drive: Drive, place: Path) -> None:
        (place / NAME).write_bytes(b"{")
        (place / ".drivearr/manifest.json").write_bytes(b"")

        assign_place(path=place, to=drive)

        with RootFolder.open_at(place) as root:
            found = manifest.read(root)
        assert found is not None
        assert found.drive_uuid == drive.uuid

    def test_takes_no_drive_of_another_name(
        self, drive: Drive, place: Path, make_drive: MakeDrive, tmp_path: Path
    ) -> None:
        other = make_drive("other")
        shutil.rmtree(tmp_path / "other")
        look_for_drives()

        with pytest.raises(DriveRefused, match="good manifest of another"):
            assign_place(path=place, to=other)


class TestForgetDrive:
    def test_touches_nothing_on_the_drive(self, drive: Drive, place: Path) -> None:
        (place / "film.mkv").write_text("film")
        before = sorted(place.rglob("*"))

        forget_drive(drive=drive)

        assert sorted(place.rglob("*")) == before
        assert not SyncRecord.objects.exists()


class TestForgetHistory:
    def test_keeps_files_and_profile(self, drive: Drive, place: Path) -> None:
        DriveFile.objects.create(
            drive=drive, relpath="A.mkv", origin="OURS", size_bytes=4
        )
        Drive.objects.filter(pk=drive.pk).update(owner="Ada", health="FAILING")

        forget_history(drive=drive)

        drive.refresh_from_db()
        assert (drive.owner, drive.health) == ("Ada", "UNKNOWN")
        assert not drive.history.exists()
        assert drive.files.count() == 1
        assert drive.attachments.current().count() == 1
        with RootFolder.open_at(place) as root:
            found = manifest.read(root)
        assert found is not None
        assert found.history == ()


class TestForgetProfile:
    def test_keeps_files_and_history(self, drive: Drive, place: Path) -> None:
        Drive.objects.filter(pk=drive.pk).update(owner="Ada", side_files="NONE")
        drive.refresh_from_db()

        forget_profile(drive=drive)

        drive.refresh_from_db()
        assert (drive.name, drive.owner, drive.side_files) == (
            "stick",
            "",
            "SUBTITLES",
        )
        assert drive.history.exists()
        assert "Ada" not in (place / NAME).read_text()
