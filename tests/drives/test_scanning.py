"""A scan tells what is on a drive, whatever it is called, and writes nothing there."""

import errno
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from drivearr.lib.progress import Cancelled, SilentProgress
from drivearr.lib.rootfolder import RootFolder
from drives import detection, manifest
from drives.models import Drive, DriveFile, DriveScan
from drives.services.following import follow_library, follow_new_matches
from drives.services.manifesting import write_manifest
from drives.services.opening import DriveGone
from drives.services.recognising import Recognised, Recogniser
from drives.services.scanning import scan_drive
from library.models import Item, MediaFileItem, Title
from tests.drives.rows import make_episode, make_file, make_movie, make_title

pytestmark = pytest.mark.django_db


def write(path: Path, data: bytes = b"film") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def scan(drive: Drive) -> DriveScan:
    return scan_drive(drive_id=drive.pk, progress=SilentProgress())


def ours(drive: Drive, path: Path, place: Path) -> DriveFile:
    about = path.stat()
    return DriveFile.objects.create(
        drive=drive,
        relpath=path.relative_to(place).as_posix(),
        origin="OURS",
        size_bytes=about.st_size,
        mtime_ns=about.st_mtime_ns,
        seen_at=timezone.now() - timedelta(days=1),
    )


def items_of(file: DriveFile) -> list[Item]:
    return list(file.items.order_by("pk"))


class TestOurFiles:
    def test_are_present_while_size_and_time_are_ours(
        self, drive: Drive, place: Path
    ) -> None:
        row = ours(drive, write(place / "Movies/A.mkv"), place)
        os.utime(place / "Movies/A.mkv", ns=(0, row.mtime_ns - 1_900_000_000))

        found = scan(drive)

        row.refresh_from_db()
        assert row.state == "PRESENT"
        assert (found.seen, found.ours, found.foreign, found.altered) == (1, 1, 0, 0)

    @pytest.mark.parametrize("how", ["size", "time"])
    def test_are_altered_when_somebody_changed_them(
        self, drive: Drive, place: Path, how: str
    ) -> None:
        row = ours(drive, write(place / "Movies/A.mkv"), place)
        if how == "size":
            (place / "Movies/A.mkv").write_bytes(b"longer")
        os.utime(place / "Movies/A.mkv", (0, 0))

        found = scan(drive)

        row.refresh_from_db()
        assert row.state == "ALTERED"
        assert row.origin == "OURS"
        assert found.altered == 1

    def test_vanish_and_return(self, drive: Drive, place: Path, tmp_path: Path) -> None:
        row = ours(drive, write(place / "Movies/A.mkv"), place)
        shutil.move(place / "Movies", tmp_path / "away")
        assert scan(drive).vanished == 1
        row.refresh_from_db()
        assert row.state == "VANISHED"
        assert scan(drive).vanished == 0

        shutil.move(tmp_path / "away", place / "Movies")
        scan(drive)
        row.refresh_from_db()
        assert row.state == "PRESENT"

    def test_do_not_vanish_with_the_drive(
        self, drive: Drive, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = ours(drive, write(place / "Movies/A.mkv"), place)

        # What a pulled FAT stick does: it lists nothing, without an error.
        monkeypatch.setattr(RootFolder, "scandir", lambda *_: [])
        monkeypatch.setattr(detection, "device_is_there", Answers(True, False).next)

        with pytest.raises(DriveGone):
            scan(drive)
        row.refresh_from_db()
        assert row.state == "PRESENT"

    def test_do_not_vanish_in_a_folder_that_cannot_be_read(
        self, drive: Drive, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = ours(drive, write(place / "Movies/A.mkv"), place)
        real = RootFolder.scandir

        def scandir(
            root: RootFolder, relpath: str = ""
        ) -> list[tuple[str, os.stat_result]]:
            if relpath == "Movies":
                raise OSError(errno.EIO, "Input/output error")
            return real(root, relpath)

        monkeypatch.setattr(RootFolder, "scandir", scandir)
        progress = SilentProgress()

        found = scan_drive(drive_id=drive.pk, progress=progress)

        row.refresh_from_db()
        assert row.state == "PRESENT"
        assert found.errors == 1
        assert progress.issues[0][1] == "Movies/"

    def test_do_not_vanish_when_copied_during_the_scan(
        self, drive: Drive, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(place / "Movies/A.mkv")
        real = RootFolder.scandir

        def scandir(
            root: RootFolder, relpath: str = ""
        ) -> list[tuple[str, os.stat_result]]:
            listed = real(root, relpath)
            if relpath == "Movies":
                row = ours(drive, write(place / "Movies/B.mkv"), place)
                DriveFile.objects.filter(pk=row.pk).update(seen_at=timezone.now())
            return listed

        monkeypatch.setattr(RootFolder, "scandir", scandir)

        assert scan(drive).vanished == 0

    def test_are_not_taken_for_foreign_when_copied_during_the_scan(
        self, drive: Drive, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        item = make_movie()[1]
        path = write(place / "Movies/A.mkv")
        write(place / "Movies/B.mkv")
        real = Recogniser.recognise

        def recognise(self: Recogniser, relpath: str, size: int) -> Recognised | None:
            if relpath == "Movies/A.mkv":
                ours(drive, path, place).items.add(item)
            return real(self, relpath, size)

        monkeypatch.setattr(Recogniser, "recognise", recognise)

        found = scan(drive)

        row = drive.files.get(relpath="Movies/A.mkv")
        assert (row.origin, row.state, items_of(row)) == ("OURS", "PRESENT", [item])
        assert drive.files.get(relpath="Movies/B.mkv").origin == "FOREIGN"
        assert found.vanished == 0

    def test_are_not_called_altered_when_replaced_during_the_scan(
        self, drive: Drive, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = ours(drive, write(place / "Movies/A.mkv"), place)
        real = RootFolder.scandir

        def scandir(
            root: RootFolder, relpath: str = ""
        ) -> list[tuple[str, os.stat_result]]:
            listed = real(root, relpath)
            if relpath == "Movies":
                about = write(place / "Movies/A.mkv", b"newer and longer").stat()
                DriveFile.objects.filter(pk=row.pk).update(
                    size_bytes=about.st_size, mtime_ns=about.st_mtime_ns
                )
            return listed

        monkeypatch.setattr(RootFolder, "scandir", scandir)

        assert scan(drive).altered == 0
        row.refresh_from_db()
        assert row.state == "PRESENT"


class Answers:
    """Gives one answer after the other."""

    def __init__(self, *answers: bool) -> None:
        self._answers = iter(answers)

    def next(self, _device: str) -> bool:
        return next(self._answers)


class TestForeignFiles:
    def test_are_recognised_by_content_whatever_they_are_called(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        title, item, file = make_movie(path=write(tmp_path / "lib.mkv", b"x" * 5000))
        write(place / "junk/abc123.mkv", b"x" * 5000)
        write(place / "junk/same-size.mkv", b"y" * 5000)

        found = scan(drive)

        row = drive.files.get(relpath="junk/abc123.mkv")
        assert (row.title, row.media_file, row.recognised_by) == (
            title,
            file,
            "CONTENT",
        )
        assert row.origin == "FOREIGN"
        assert row.source_fingerprint == file.fingerprint
        assert items_of(row) == [item]
        assert drive.files.get(relpath="junk/same-size.mkv").title is None
        assert (found.foreign, found.recognised) == (2, 1)

    def test_are_recognised_by_name(self, drive: Drive, place: Path) -> None:
        show = make_title("Some Show", kind="SHOW", year=2001)
        episodes = [make_episode(show, 1, number) for number in (1, 2)]
        movie, item, _ = make_movie("The Matrix", 1999)
        write(place / "Some Show/Season 01/Some Show - S01E01E02.mkv")
        write(place / "the.matrix.1999.1080p.bluray.x264-grp.mkv")
        write(place / "The Matrix (2021).mkv")
        write(place / "holiday.mkv")

        scan(drive)

        double = drive.files.get(relpath__endswith="E02.mkv")
        assert (double.title, double.recognised_by) == (show, "NAME")
        assert items_of(double) == episodes
        named = drive.files.get(relpath__startswith="the.matrix")
        assert (named.title, items_of(named)) == (movie, [item])
        assert drive.files.get(relpath="The Matrix (2021).mkv").title is None
        assert drive.files.get(relpath="holiday.mkv").title is None

    def test_are_not_guessed_between_two_titles(
        self, drive: Drive, place: Path
    ) -> None:
        make_movie("Twin", 2001)
        make_movie("Twin", 2002)
        write(place / "Twin.mkv")

        scan(drive)

        assert drive.files.get().title is None

    def test_are_recognised_once_the_library_knows_them(
        self, drive: Drive, place: Path
    ) -> None:
        write(place / "The Matrix (1999).mkv")
        scan(drive)
        title, _, _ = make_movie("The Matrix", 1999)

        scan(drive)

        assert drive.files.get().title == title

    def test_are_forgotten_when_they_vanish(self, drive: Drive, place: Path) -> None:
        write(place / "a.mkv")
        scan(drive)
        (place / "a.mkv").unlink()

        assert scan(drive).vanished == 0
        assert not drive.files.exists()

    def test_are_looked_at_again_when_they_change(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        title, _, _ = make_movie(path=write(tmp_path / "lib.mkv", b"x" * 5000))
        write(place / "abc.mkv", b"x" * 5000)
        scan(drive)
        assert drive.files.get().title == title
        write(place / "abc.mkv", b"another")

        scan(drive)

        row = drive.files.get()
        assert (row.title, row.size_bytes, row.source_fingerprint) == (None, 7, "")
        assert items_of(row) == []

    def test_may_be_side_files(self, drive: Drive, place: Path) -> None:
        for name in ("a.srt", "a.nfo", "poster.jpg", "readme.txt", "a.mkv"):
            write(place / name)

        scan(drive)

        kinds = dict(drive.files.values_list("relpath", "kind"))
        assert kinds == {
            "a.srt": "SIDE",
            "a.nfo": "SIDE",
            "poster.jpg": "SIDE",
            "a.mkv": "VIDEO",
        }

    def test_behind_links_are_not_seen(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        write(tmp_path / "elsewhere/film.mkv")
        (place / "linked").symlink_to(tmp_path / "elsewhere")
        (place / "film.mkv").symlink_to(tmp_path / "elsewhere/film.mkv")
        os.mkfifo(place / "fifo.mkv")

        assert scan(drive).seen == 0

    @pytest.mark.parametrize(
        "name",
        [
            "film.mkv.drivearr-partial",
            ".hidden.mkv",
            ".Trashes/film.mkv",
            "System Volume Information/film.mkv",
            "$RECYCLE.BIN/film.mkv",
        ],
    )
    def test_leave_out_what_is_none(self, drive: Drive, place: Path, name: str) -> None:
        write(place / name)

        assert scan(drive).seen == 0

    def test_with_impossible_names_are_told_and_passed_over(
        self, drive: Drive, place: Path
    ) -> None:
        write(place / "bad\nname.mkv")
        (place / os.fsdecode(b"bad-\xff.mkv")).write_bytes(b"1")
        write(place / "good.mkv")
        progress = SilentProgress()

        found = scan_drive(drive_id=drive.pk, progress=progress)

        assert (found.seen, found.errors, len(progress.issues)) == (1, 2, 2)


class TestClaims:
    @pytest.fixture
    def claimed(self, drive: Drive, place: Path) -> DriveFile:
        """A file that another installation wrote, as its manifest says."""
        row = ours(drive, write(place / "Movies/A.mkv"), place)
        DriveFile.objects.filter(pk=row.pk).update(
            sha256="ab" * 32, source_fingerprint="4-abcd"
        )
        with RootFolder.open_at(place) as root:
            write_manifest(drive=drive, root=root)
        row.delete()
        return row

    def test_are_taken_from_the_manifest(
        self, drive: Drive, claimed: DriveFile
    ) -> None:
        title, item, _ = make_movie("The Matrix", 1999)
        make_file(title, [item], fingerprint="4-abcd")

        scan(drive)

        row = drive.files.get()
        assert (row.origin, row.recognised_by) == ("FOREIGN", "MANIFEST")
        assert row.sha256 == "ab" * 32
        assert row.title == title
        assert items_of(row) == [item]

    def test_stay_in_the_manifest(
        self, drive: Drive, claimed: DriveFile, place: Path
    ) -> None:
        scan(drive)

        with RootFolder.open_at(place) as root:
            write_manifest(drive=drive, root=root)
            found = manifest.read(root)
        assert found is not None
        assert [entry.sha256 for entry in found.files] == ["ab" * 32]

    def test_fall_when_the_file_is_not_there(
        self, drive: Drive, claimed: DriveFile, place: Path
    ) -> None:
        (place / "Movies/A.mkv").unlink()

        scan(drive)

        assert not drive.files.exists()

    def test_fall_when_the_file_is_another(
        self, drive: Drive, claimed: DriveFile, place: Path
    ) -> None:
        write(place / "Movies/A.mkv", b"another")

        scan(drive)

        assert drive.files.get().sha256 == ""


class TestScanDrive:
    def test_writes_nothing_to_the_drive(self, drive: Drive, place: Path) -> None:
        write(place / "Movies/A.mkv")
        scan(drive)
        before = {path: path.lstat() for path in sorted(place.rglob("*"))}

        scan(drive)

        after = {path: path.lstat() for path in sorted(place.rglob("*"))}
        assert {p: s.st_mtime_ns for p, s in after.items()} == {
            p: s.st_mtime_ns for p, s in before.items()
        }

    def test_stops_when_asked(self, drive: Drive, place: Path) -> None:
        write(place / "a.mkv")

        class Stopping(SilentProgress):
            def check(self) -> None:
                raise Cancelled

        with pytest.raises(Cancelled):
            scan_drive(drive_id=drive.pk, progress=Stopping())

    def test_asks_the_database_by_batches(
        self,
        drive: Drive,
        place: Path,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(60):
            write(place / f"Movies/{number}.mkv")
        scan(drive)

        with django_assert_max_num_queries(40):
            scan(drive)


class TestFollowLibrary:
    def test_moves_a_file_to_the_title_a_person_chose(self, drive: Drive) -> None:
        wrong, wrong_item, file = make_movie("Wrong", 1999)
        right = make_title("Right", year=2000)
        right_item = Item.objects.create(title=right)
        row = DriveFile.objects.create(
            drive=drive,
            relpath="a.mkv",
            origin="OURS",
            size_bytes=1,
            title=wrong,
            media_file=file,
            source_fingerprint=file.fingerprint,
        )
        row.items.add(wrong_item)
        follow_new_matches()
        file.title, file.matched_at = right, timezone.now()
        file.save()
        MediaFileItem.objects.filter(media_file=file).update(item=right_item)

        assert follow_new_matches() == 1

        row.refresh_from_db()
        assert row.title == right
        assert items_of(row) == [right_item]
        assert follow_new_matches() == 0
        assert follow_library() == 0

    def test_leaves_the_copy_of_a_replaced_file_what_it_was(self, drive: Drive) -> None:
        title, item, file = make_movie()
        row = DriveFile.objects.create(
            drive=drive,
            relpath="a.mkv",
            origin="OURS",
            size_bytes=1,
            title=title,
            media_file=file,
            source_fingerprint="1-old",
        )
        row.items.add(item)
        file.title = Title.objects.create(
            kind="MOVIE", identity_key="x", name="Other", sort_name="Other"
        )
        file.save()

        assert follow_library(drive=drive) == 0
