"""A torn manifest is mended by itself where it is sure whose it is, and only there."""

import os
import shutil
from pathlib import Path

import pytest

from drivearr.lib.progress import SilentProgress
from drivearr.lib.rootfolder import RootFolder
from drives import manifest
from drives.manifest import COPY_NAME, NAME, PREVIOUS_NAME
from drives.models import Drive, DriveFile
from drives.services.attaching import look_for_drives
from drives.services.manifesting import flush_manifest, write_manifest
from drives.services.opening import open_drive
from drives.services.registering import add_drive
from drives.services.scanning import scan_drive
from tests.mounts import LoopDrive, LoopDriveMaker

pytestmark = pytest.mark.django_db

ALL = (NAME, COPY_NAME, PREVIOUS_NAME)


def tear(place: Path, *names: str, keep: int = 50) -> None:
    for name in names:
        path = place / name
        if path.exists():
            path.write_bytes(path.read_bytes()[:keep])


def sentences(drive: Drive) -> list[str]:
    rows = drive.history.filter(action="MENDED").order_by("pk")
    return list(rows.values_list("message", flat=True))


def put_file(drive: Drive, place: Path, relpath: str, text: str = "film") -> DriveFile:
    """Lay a file of ours on the drive."""
    path = place / relpath
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    about = path.stat()
    return DriveFile.objects.create(
        drive=drive,
        relpath=relpath,
        origin="OURS",
        size_bytes=about.st_size,
        mtime_ns=about.st_mtime_ns,
        sha256="ab" * 32,
    )


def write(drive: Drive, place: Path) -> None:
    with RootFolder.open_at(place) as root:
        write_manifest(drive=drive, root=root)


def found_at(place: Path) -> manifest.Reading | None:
    with RootFolder.open_at(place) as root:
        return manifest.examine(root)


class TestNoteTorn:
    @pytest.mark.parametrize("torn", [(NAME,), (COPY_NAME,), (NAME, COPY_NAME)])
    def test_has_what_is_torn_written_anew(
        self, drive: Drive, place: Path, torn: tuple[str, ...]
    ) -> None:
        write(drive, place)
        write(drive, place)
        tear(place, *torn)

        seen = look_for_drives()
        look_for_drives()

        assert seen.detached == ()
        assert len(sentences(drive)) == 1
        drive.refresh_from_db()
        assert drive.manifest_is_due
        with open_drive(drive=drive) as opened:
            assert flush_manifest(drive=drive, open_drive=opened)
        again = found_at(place)
        assert again is not None
        assert (again.torn, again.source) == ((), NAME)
        assert again.manifest.generation == drive.manifest_generation
        assert any(line.action == "MENDED" for line in again.manifest.history)

    def test_says_nothing_of_a_whole_one(self, drive: Drive, place: Path) -> None:
        write(drive, place)
        look_for_drives()

        assert sentences(drive) == []


@pytest.fixture
def stick(loop_drive: LoopDriveMaker) -> LoopDrive:
    return loop_drive()


@pytest.fixture
def known(stick: LoopDrive) -> Drive:
    """A real drive with a file of ours, written twice."""
    drive = add_drive(path=stick.path, name="stick")
    put_file(drive, stick.path, "Movies/A.mkv")
    write(drive, stick.path)
    write(drive, stick.path)
    return drive


@pytest.mark.root
class TestRebuildManifest:
    @pytest.mark.parametrize("is_plugged_in", [True, False])
    def test_makes_it_anew_from_our_rows(
        self, stick: LoopDrive, known: Drive, is_plugged_in: bool
    ) -> None:
        put_file(known, stick.path, "Movies/Gone.mkv")
        put_file(known, stick.path, "Movies/B.mkv")
        write(known, stick.path)
        (stick.path / "Movies/Gone.mkv").unlink()
        (stick.path / "Movies/Theirs.mkv").write_text("another's")
        before = known.manifest_generation
        tear(stick.path, *ALL)
        if not is_plugged_in:
            stick.unmount()
            look_for_drives()
            stick.mount()

        seen = look_for_drives()

        assert seen.attached == (known,)
        found = found_at(stick.path)
        assert found is not None
        assert found.torn == ()
        assert found.manifest.drive_uuid == known.uuid
        assert found.manifest.generation > before
        listed = [entry.relpath for entry in found.manifest.files]
        assert listed == ["Movies/A.mkv", "Movies/B.mkv"]
        assert len(sentences(known)) == 1
        assert "files there: 2, gone: 1, altered: 0" in sentences(known)[0]
        assert known.files.get(relpath="Movies/Gone.mkv").state == "VANISHED"
        scan_drive(drive_id=known.pk, progress=SilentProgress())
        assert known.files.get(relpath="Movies/Theirs.mkv").origin == "FOREIGN"

    @pytest.mark.parametrize("keep", [0, 1, 37, 200, 400])
    def test_makes_it_anew_wherever_it_was_torn(
        self, stick: LoopDrive, known: Drive, keep: int
    ) -> None:
        tear(stick.path, *ALL, keep=keep)

        look_for_drives()

        found = found_at(stick.path)
        assert found is not None
        assert found.manifest.drive_uuid == known.uuid

    def test_gives_it_to_no_other_file_system(
        self, stick: LoopDrive, known: Drive, loop_drive: LoopDriveMaker
    ) -> None:
        stick.unmount()
        look_for_drives()
        other = loop_drive()
        shutil.copytree(stick_copy(stick), other.path, dirs_exist_ok=True)
        tear(other.path, *ALL)
        before = (other.path / NAME).read_bytes()

        assert look_for_drives().attached == ()

        assert (other.path / NAME).read_bytes() == before
        assert not known.attachments.current().exists()

    def test_gives_it_to_neither_of_two_clones(
        self, stick: LoopDrive, known: Drive, tmp_path: Path
    ) -> None:
        tear(stick.path, *ALL)
        before = (stick.path / NAME).read_bytes()
        stick.unmount()
        clone = LoopDrive(tmp_path / "clone.img", stick.filesystem, tmp_path / "clone")
        shutil.copyfile(stick.image, clone.image)
        try:
            clone.mount()
            stick.mount()

            assert look_for_drives().attached == ()

            for place in (stick.path, clone.path):
                assert (place / NAME).read_bytes() == before
        finally:
            clone.clear()

    def test_leaves_a_clone_alone_while_the_drive_itself_is_here(
        self, stick: LoopDrive, known: Drive, tmp_path: Path
    ) -> None:
        clone = LoopDrive(tmp_path / "clone.img", stick.filesystem, tmp_path / "clone")
        os.sync()
        shutil.copyfile(stick.image, clone.image)
        try:
            clone.mount()
            tear(clone.path, *ALL)
            before = (clone.path / NAME).read_bytes()

            look_for_drives()

            assert (clone.path / NAME).read_bytes() == before
            assert Path(known.attachments.current().get().path) == stick.path
        finally:
            clone.clear()

    def test_asks_when_most_of_our_files_are_not_there(
        self, stick: LoopDrive, known: Drive
    ) -> None:
        shutil.rmtree(stick.path / "Movies")
        tear(stick.path, *ALL)
        before = (stick.path / NAME).read_bytes()

        assert look_for_drives().attached == ()

        assert (stick.path / NAME).read_bytes() == before
        assert "most of its files are not there" in sentences(known)[0]
        assert known.files.get().state == "PRESENT"

    def test_asks_when_the_manifest_was_taken_away(
        self, stick: LoopDrive, known: Drive
    ) -> None:
        for name in ALL:
            (stick.path / name).unlink()

        assert look_for_drives().attached == ()

        assert not (stick.path / NAME).exists()

    def test_asks_when_it_is_hostile(self, stick: LoopDrive, known: Drive) -> None:
        tear(stick.path, COPY_NAME, PREVIOUS_NAME)
        (stick.path / NAME).write_bytes(b"[" * 100 + b"]" * 100)
        before = (stick.path / NAME).read_bytes()

        assert look_for_drives().attached == ()

        assert (stick.path / NAME).read_bytes() == before

    def test_waits_until_the_drive_can_be_written(
        self, stick: LoopDrive, known: Drive
    ) -> None:
        tear(stick.path, *ALL)
        stick.unmount()
        stick.mount(read_only=True)
        assert look_for_drives().attached == ()

        stick.unmount()
        stick.mount()

        assert look_for_drives().attached == (known,)


def stick_copy(stick: LoopDrive) -> Path:
    """Return a folder with what is on an unplugged stick."""
    place = stick.path.parent / "copy-of-stick"
    stick.mount()
    shutil.copytree(
        stick.path, place, ignore=shutil.ignore_patterns("lost+found", "lock")
    )
    stick.unmount()
    return place
