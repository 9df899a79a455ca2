"""Bringing the index in line with the disk."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from drivearr.lib.errors import StopRun
from drivearr.lib.progress import Cancelled, SilentProgress
from library import watching
from library.fingerprinting import FileUnreadable
from library.models import FolderLook, LibraryScan, MediaFile, Root, SideFile, Title
from library.services import indexing, scanning
from library.services.guarding import RootUnavailable, ScanHeld
from library.services.scanning import ScanSummary
from tests.library.trees import hashes, make_films, make_tree
from tests.mounts import LoopDriveMaker

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(tmp_path: Path) -> Root:
    folder = make_films(tmp_path / "films", 6)
    return Root.objects.create(path=os.fspath(folder), kind=Root.Kind.MOVIES)


def scan(root: Root, *, deep: bool = False, confirmed: bool = False) -> ScanSummary:
    summary = scanning.scan_root(
        root_id=root.pk, deep=deep, confirmed=confirmed, progress=SilentProgress()
    )
    root.refresh_from_db()
    return summary


def counts(summary: ScanSummary) -> dict[str, int]:
    names = ["added", "changed", "moved", "missing", "returned", "unchanged"]
    return {name: n for name in names if (n := getattr(summary, name))}


def film(root: Root, number: int) -> Path:
    return root.folder / f"Film {number:03} (2001)" / f"Film {number:03} (2001).mkv"


def relpath(root: Root, path: Path) -> str:
    return path.relative_to(root.folder).as_posix()


def row_of(root: Root, path: Path) -> MediaFile:
    return MediaFile.objects.get(root=root, relpath=relpath(root, path))


class TestScanRoot:
    def test_adds_what_is_new_and_then_nothing(self, root: Root) -> None:
        before = hashes(root.folder)

        first, second = scan(root), scan(root)

        assert counts(first) == {"added": 6}
        assert counts(second) == {"unchanged": 6}
        assert (second.state, second.seen) == ("AVAILABLE", 6)
        assert root.last_scan_at is not None
        assert hashes(root.folder) == before

    def test_keeps_the_counts_of_each_scan(self, root: Root) -> None:
        scan(root)

        kept = LibraryScan.objects.get()

        assert (kept.root, kept.added, kept.seen) == (root, 6, 6)
        assert kept.finished_at is not None

    def test_notices_a_changed_file_and_keeps_its_match(self, root: Root) -> None:
        scan(root)
        title = Title.objects.create(
            kind="MOVIE", identity_key="k", name="N", sort_name="n"
        )
        MediaFile.objects.update(title=title, match_state=MediaFile.Match.MATCHED)
        was = row_of(root, film(root, 1)).fingerprint
        film(root, 1).write_bytes(b"a better copy")

        assert counts(scan(root)) == {"changed": 1, "unchanged": 5}
        row = row_of(root, film(root, 1))
        assert (row.size_bytes, row.title) == (13, title)
        assert row.fingerprint != was

    def test_only_deep_notices_new_content_of_the_same_size_and_time(
        self, root: Root
    ) -> None:
        scan(root)
        about = film(root, 1).stat()
        film(root, 1).write_bytes(b"x" * about.st_size)
        os.utime(film(root, 1), ns=(about.st_atime_ns, about.st_mtime_ns))

        assert counts(scan(root)) == {"unchanged": 6}
        assert counts(scan(root, deep=True)) == {"changed": 1, "unchanged": 5}

    def test_marks_a_deleted_file_missing_and_remembers_it(self, root: Root) -> None:
        scan(root)
        content = film(root, 1).read_bytes()
        mtime_ns = film(root, 1).stat().st_mtime_ns
        film(root, 1).unlink()

        assert counts(scan(root)) == {"missing": 1, "unchanged": 5}
        row = row_of(root, film(root, 1))
        assert row.state == MediaFile.State.MISSING
        assert row.missing_since is not None
        assert counts(scan(root)) == {"unchanged": 5}

        film(root, 1).write_bytes(content)
        os.utime(film(root, 1), ns=(mtime_ns, mtime_ns))

        assert counts(scan(root)) == {"returned": 1, "unchanged": 5}
        back = row_of(root, film(root, 1))
        assert (back.pk, back.state, back.missing_since) == (row.pk, "PRESENT", None)

    def test_keeps_row_and_match_of_a_moved_file(self, root: Root) -> None:
        scan(root)
        row = row_of(root, film(root, 1))
        title = Title.objects.create(
            kind="MOVIE", identity_key="k", name="N", sort_name="n"
        )
        MediaFile.objects.filter(pk=row.pk).update(
            title=title, match_state=MediaFile.Match.MATCHED
        )
        target = root.folder / "Aardvark" / "other name.mkv"
        target.parent.mkdir()
        film(root, 1).rename(target)

        assert counts(scan(root)) == {"moved": 1, "unchanged": 5}
        moved = row_of(root, target)
        assert (moved.pk, moved.title, moved.match_state) == (row.pk, title, "MATCHED")
        assert counts(scan(root)) == {"unchanged": 6}

    def test_finds_a_missing_file_again_at_another_place(self, root: Root) -> None:
        scan(root)
        row = row_of(root, film(root, 1))
        away = root.folder.parent / "away.mkv"
        film(root, 1).rename(away)
        scan(root)
        shutil.copy(away, root.folder / "Back.mkv")

        assert counts(scan(root)) == {"moved": 1, "unchanged": 5}
        assert row_of(root, root.folder / "Back.mkv").pk == row.pk

    def test_takes_a_copy_for_a_new_file(self, root: Root) -> None:
        scan(root)
        shutil.copy2(film(root, 1), root.folder / "Copy.mkv")

        assert counts(scan(root)) == {"added": 1, "unchanged": 6}

    def test_takes_a_hard_link_for_a_second_file(self, root: Root) -> None:
        scan(root)
        second = root.folder / "Again (2001).mkv"
        second.hardlink_to(film(root, 1))

        assert counts(scan(root)) == {"added": 1, "unchanged": 6}
        film(root, 1).unlink()
        assert counts(scan(root)) == {"missing": 1, "unchanged": 6}

    def test_does_not_guess_which_of_several_equal_files_moved(
        self, tmp_path: Path
    ) -> None:
        folder = make_tree(tmp_path / "r", "a/1.mkv", "b/2.mkv", "c.mkv", content=b"=")
        root = Root.objects.create(path=os.fspath(folder), kind=Root.Kind.OTHER)
        scan(root)
        for number, name in enumerate(["a/1.mkv", "b/2.mkv"]):
            title = Title.objects.create(
                kind="OTHER", identity_key=f"{number}", name="N", sort_name="n"
            )
            MediaFile.objects.filter(relpath=name).update(title=title)
            (folder / name).unlink()
        make_tree(folder, "d.mkv", content=b"=")

        assert counts(scan(root)) == {"added": 1, "missing": 2, "unchanged": 1}

    def test_never_takes_empty_files_for_one_another(self, tmp_path: Path) -> None:
        folder = make_tree(tmp_path / "r", "a.mkv", "b.mkv", content=b"")
        root = Root.objects.create(path=os.fspath(folder), kind=Root.Kind.OTHER)
        scan(root)
        (folder / "a.mkv").rename(folder / "c.mkv")

        assert counts(scan(root)) == {"added": 1, "missing": 1, "unchanged": 1}

    def test_follows_a_file_to_another_root(self, root: Root, tmp_path: Path) -> None:
        scan(root)
        row = row_of(root, film(root, 1))
        folder = make_tree(tmp_path / "more")
        other = Root.objects.create(path=os.fspath(folder), kind=Root.Kind.MOVIES)
        film(root, 1).rename(folder / "Film.mkv")

        assert counts(scan(other)) == {"moved": 1}
        row.refresh_from_db()
        assert (row.root, row.relpath) == (other, "Film.mkv")

    def test_does_not_take_files_of_an_unplugged_root_for_moved(
        self, root: Root, tmp_path: Path
    ) -> None:
        scan(root)
        folder = make_tree(tmp_path / "more")
        other = Root.objects.create(path=os.fspath(folder), kind=Root.Kind.MOVIES)
        shutil.copy(film(root, 1), folder / "Film.mkv")
        root.folder.rename(tmp_path / "unplugged")

        assert counts(scan(other)) == {"added": 1}
        assert MediaFile.objects.filter(root=root).count() == 6

    def test_does_not_mark_files_of_an_unreadable_folder_missing(
        self, root: Root, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scan(root)
        real = os.scandir

        def refuse(path: str) -> "os._ScandirIterator[str]":
            if os.fspath(path).endswith("Film 001 (2001)"):
                raise OSError(5, "Input/output error")
            return real(path)

        monkeypatch.setattr(os, "scandir", refuse)
        summary = scan(root)

        assert counts(summary) == {"unchanged": 5}
        assert summary.errors == 1
        assert MediaFile.objects.missing().count() == 0

    @pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
    def test_reports_a_folder_without_the_right_to_read(self, root: Root) -> None:
        scan(root)
        film(root, 1).parent.chmod(0)
        try:
            summary = scan(root)
        finally:
            film(root, 1).parent.chmod(0o755)

        assert (summary.errors, summary.missing) == (1, 0)

    def test_indexes_a_file_that_cannot_be_read_and_says_so(
        self, root: Root, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = os.open

        def refuse(path: str, *args: int, **kwargs: int) -> int:
            if str(path).endswith("Film 001 (2001).mkv"):
                raise PermissionError(13, "Permission denied")
            return real(path, *args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(os, "open", refuse)
            summary = scan(root)

        assert (summary.added, summary.errors) == (6, 1)
        assert row_of(root, film(root, 1)).fingerprint == ""
        scan(root)
        assert row_of(root, film(root, 1)).fingerprint != ""

    def test_attaches_side_files_and_forgets_those_gone(self, root: Root) -> None:
        folder = film(root, 1).parent
        make_tree(folder, "Film 001 (2001).en.srt", "poster.jpg")
        scan(root)

        subtitle = SideFile.objects.get(kind="SUBTITLE")
        assert subtitle.media_file == row_of(root, film(root, 1))
        assert subtitle.language == "en"
        assert SideFile.objects.get(kind="ARTWORK").media_file is None

        (folder / "poster.jpg").unlink()
        scan(root)
        assert SideFile.objects.count() == 1

    def test_stops_when_asked(self, root: Root) -> None:
        class Stopped(SilentProgress):
            def check(self) -> None:
                raise Cancelled

        with pytest.raises(Cancelled):
            scanning.scan_root(root_id=root.pk, progress=Stopped())

        assert MediaFile.objects.count() == 0

    def test_refuses_a_root_that_is_not_known(self) -> None:
        with pytest.raises(StopRun, match="no library folder 99"):
            scanning.scan_root(root_id=99, progress=SilentProgress())

    def test_ends_when_the_root_is_removed_meanwhile(self, root: Root) -> None:
        class Remover(SilentProgress):
            def note(self, text: str) -> None:
                Root.objects.all().delete()

        with pytest.raises(StopRun):
            scanning.scan_root(root_id=root.pk, progress=Remover())

        assert MediaFile.objects.count() == 0

    def test_asks_the_database_no_more_often_for_more_files(
        self, tmp_path: Path
    ) -> None:
        asked = []
        # Before the very first file nothing is asked of those that are known.
        for count in (1, 10, 20):
            folder = make_films(tmp_path / str(count), count)
            root = Root.objects.create(path=os.fspath(folder), kind=Root.Kind.MOVIES)
            with CaptureQueriesContext(connection) as queries:
                scan(root)
            asked.append(len(queries))

        assert asked[1] == asked[2]


class TestUnpluggedIsNotDeleted:
    """Law 2."""

    def states(self) -> set[tuple[str, object]]:
        return set(MediaFile.objects.values_list("state", "missing_since"))

    def test_when_the_root_is_absent(self, root: Root, tmp_path: Path) -> None:
        scan(root)
        root.folder.rename(tmp_path / "away")

        summary = scan(root)

        assert (summary.state, summary.missing) == ("UNAVAILABLE", 0)
        assert "cannot be reached" in root.state_reason
        assert self.states() == {("PRESENT", None)}
        with pytest.raises(RootUnavailable):
            scanning.check_summary(summary)

    def test_not_even_when_confirmed_while_absent(
        self, root: Root, tmp_path: Path
    ) -> None:
        scan(root)
        root.folder.rename(tmp_path / "away")

        assert scan(root, confirmed=True).state == "UNAVAILABLE"
        assert self.states() == {("PRESENT", None)}

    def test_when_only_the_empty_mount_point_is_left(
        self, root: Root, tmp_path: Path
    ) -> None:
        scan(root)
        root.folder.rename(tmp_path / "away")
        root.folder.mkdir()

        assert scan(root).state == "UNAVAILABLE"
        assert self.states() == {("PRESENT", None)}

    def test_when_the_same_folder_is_suddenly_empty(self, root: Root) -> None:
        scan(root)
        for number in range(6):
            shutil.rmtree(film(root, number).parent)

        assert scan(root).state == "UNAVAILABLE"
        assert "suddenly empty" in root.state_reason
        assert self.states() == {("PRESENT", None)}
        assert counts(scan(root, confirmed=True)) == {"missing": 6}
        assert root.state == "AVAILABLE"

    def test_when_another_disk_is_in_its_place(
        self, root: Root, tmp_path: Path
    ) -> None:
        scan(root)
        root.folder.rename(tmp_path / "away")
        make_tree(root.folder, "Foreign.mkv")

        assert scan(root).state == "UNAVAILABLE"
        assert self.states() == {("PRESENT", None)}
        assert not MediaFile.objects.filter(relpath="Foreign.mkv").exists()

        assert counts(scan(root, confirmed=True)) == {"added": 1, "missing": 6}

    def test_but_a_disk_with_a_new_number_is_known_by_its_files(
        self, root: Root
    ) -> None:
        scan(root)
        Root.objects.update(device="123456:7")
        MediaFile.objects.update(device=123456)
        film(root, 1).unlink()

        assert counts(scan(root)) == {"missing": 1, "unchanged": 5}
        assert not MediaFile.objects.filter(device=123456).exists()

    @pytest.mark.root
    def test_when_a_real_disk_is_pulled_while_it_is_scanned(
        self, loop_drive: LoopDriveMaker
    ) -> None:
        disk = loop_drive(fs="ext4", size_mb=16)
        root = Root.objects.create(path=os.fspath(disk.path), kind="MOVIES")
        make_films(disk.path, 30)
        scan(root)

        class Pull(SilentProgress):
            def note(self, text: str) -> None:
                if "Film 010" in text and disk.is_mounted:
                    disk.unmount(lazy=True)

        scanning.scan_root(root_id=root.pk, deep=True, progress=Pull())
        root.refresh_from_db()
        assert root.state == Root.State.UNAVAILABLE
        assert MediaFile.objects.present().count() == 30

        disk.mount()
        assert counts(scan(root)) == {"unchanged": 30}

    def test_when_it_is_unmounted_while_it_is_scanned(
        self, root: Root, tmp_path: Path
    ) -> None:
        scan(root)

        class Unplug(SilentProgress):
            def note(self, text: str) -> None:
                if root.folder.exists() and "002" in text:
                    root.folder.rename(tmp_path / "away")
                    root.folder.mkdir()

        summary = scanning.scan_root(root_id=root.pk, progress=Unplug())

        assert summary.state == "UNAVAILABLE"
        assert self.states() == {("PRESENT", None)}

    def test_when_a_disk_mounted_below_is_away(self, root: Root) -> None:
        scan(root)
        MediaFile.objects.filter(relpath__contains="Film 001").update(device=424242)
        film(root, 1).unlink()

        summary = scan(root)

        assert (summary.missing, summary.errors) == (0, 1)
        assert self.states() == {("PRESENT", None)}

    def test_a_large_share_waits_for_a_persons_word(self, root: Root) -> None:
        scan(root)
        for number in range(3):
            film(root, number).unlink()

        summary = scan(root)

        assert (summary.state, summary.missing) == ("HELD", 0)
        assert "3 of the 6" in root.state_reason
        assert self.states() == {("PRESENT", None)}
        with pytest.raises(ScanHeld):
            scanning.check_summary(summary)
        assert scan(root).state == "HELD"
        assert counts(scan(root, confirmed=True)) == {"missing": 3, "unchanged": 3}
        assert root.state == "AVAILABLE"

    def test_a_held_root_is_free_again_when_the_files_are_back(
        self, root: Root, tmp_path: Path
    ) -> None:
        scan(root)
        for number in range(3):
            film(root, number).parent.rename(tmp_path / f"{number}")
        assert scan(root).state == "HELD"
        for number in range(3):
            (tmp_path / f"{number}").rename(film(root, number).parent)

        assert scan(root).state == "AVAILABLE"
        assert root.state_reason == ""

    def test_moved_files_are_no_missing_ones(self, root: Root) -> None:
        scan(root)
        (root.folder / "All").mkdir()
        for number in range(6):
            film(root, number).rename(root.folder / "All" / f"{number}.mkv")

        assert counts(scan(root)) == {"moved": 6}
        assert root.state == "AVAILABLE"

    def test_side_files_stay_known_while_the_root_is_away(
        self, root: Root, tmp_path: Path
    ) -> None:
        make_tree(root.folder, "poster.jpg")
        scan(root)
        root.folder.rename(tmp_path / "away")
        scan(root)

        assert SideFile.objects.count() == 1


class TestStartScan:
    def test_queues_one_scan_per_root(self, root: Root) -> None:
        first = scanning.start_scan(root_id=root.pk, deep=True)
        second = scanning.start_scan(root_id=root.pk)

        assert first == second
        assert first.arguments == {
            "root_id": root.pk,
            "deep": True,
            "confirmed": False,
        }


class Opened:
    """Which folders' listings a scan read."""

    def __init__(self, root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.paths: list[str] = []
        self._scandir = os.scandir
        monkeypatch.setattr(os, "scandir", self.open)

    def open(self, path: str | int) -> object:
        if isinstance(path, str):
            self.paths.append(os.path.relpath(path, self.root.path))
        return self._scandir(path)

    def by(self, deed: Callable[[], object]) -> list[str]:
        self.paths.clear()
        deed()
        return sorted(self.paths)


class TestUnchangedFolders:
    @pytest.fixture
    def opened(self, root: Root, monkeypatch: pytest.MonkeyPatch) -> Opened:
        """A library that was left alone for an hour, and scanned."""
        make_tree(root.folder, "Film 000 (2001)/Film 000 (2001).en.srt")
        for path, _, _ in os.walk(root.path, topdown=False):
            self.age(Path(path))
        scan(root)
        return Opened(root, monkeypatch)

    def age(self, folder: Path) -> None:
        at = folder.stat().st_mtime - 3600
        os.utime(folder, (at, at))

    def test_are_not_read_again(self, root: Root, opened: Opened) -> None:
        assert opened.by(lambda: scan(root)) == []
        assert counts(scan(root)) == {"unchanged": 6}
        assert SideFile.objects.count() == 1

    def test_are_read_by_a_deep_scan(self, root: Root, opened: Opened) -> None:
        assert len(opened.by(lambda: scan(root, deep=True))) == 7
        assert opened.by(lambda: scan(root)) == []

    @pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "exfat", ""])
    def test_are_read_where_their_time_says_little(
        self, kind: str, root: Root, opened: Opened, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(watching, "find_file_system", lambda path: kind)

        assert len(opened.by(lambda: scan(root))) == 7

    def test_end_where_a_file_came(self, root: Root, opened: Opened) -> None:
        make_tree(root.folder, "Film 002 (2001)/Film 002 (2001) - 720p.mkv")

        assert opened.by(lambda: scan(root)) == ["Film 002 (2001)"]
        assert MediaFile.objects.count() == 7
        # Something may still come in the same tick of the file system's clock.
        assert opened.by(lambda: scan(root)) == ["Film 002 (2001)"]

    def test_end_where_a_file_went(self, root: Root, opened: Opened) -> None:
        film(root, 3).unlink()

        assert opened.by(lambda: scan(root)) == ["Film 003 (2001)"]
        assert row_of(root, film(root, 3)).state == MediaFile.State.MISSING

    def test_end_where_a_file_was_replaced_in_place(
        self, root: Root, opened: Opened
    ) -> None:
        film(root, 4).write_bytes(b"a better copy")

        found: list[ScanSummary] = []
        assert opened.by(lambda: found.append(scan(root))) == ["Film 004 (2001)"]
        assert counts(found[0]) == {"changed": 1, "unchanged": 5}
        assert row_of(root, film(root, 4)).size_bytes == 13

    def test_end_where_a_side_file_was_replaced_in_place(
        self, root: Root, opened: Opened
    ) -> None:
        side = SideFile.objects.get()
        (root.folder / side.relpath).write_bytes(b"better words")

        assert counts(scan(root)) == {"unchanged": 6}
        side.refresh_from_db()
        assert side.size_bytes == 12

    def test_end_where_a_row_was_lost(self, root: Root, opened: Opened) -> None:
        row_of(root, film(root, 5)).delete()

        assert counts(scan(root)) == {"added": 1, "unchanged": 5}

    def test_end_where_one_row_was_lost_and_another_has_come(
        self, root: Root, opened: Opened
    ) -> None:
        MediaFile.objects.filter(pk=row_of(root, film(root, 5)).pk).update(
            relpath="Film 004 (2001)/Other.mkv", size_bytes=1, fingerprint=""
        )

        assert counts(scan(root)) == {"added": 1, "missing": 1, "unchanged": 5}
        assert row_of(root, film(root, 5)).state == MediaFile.State.PRESENT

    def test_end_where_a_row_says_something_else(
        self, root: Root, opened: Opened
    ) -> None:
        row = row_of(root, film(root, 5))
        MediaFile.objects.filter(pk=row.pk).update(size_bytes=1)

        found: list[ScanSummary] = []
        assert opened.by(lambda: found.append(scan(root))) == ["Film 005 (2001)"]
        assert counts(found[0]) == {"changed": 1, "unchanged": 5}

    def test_end_where_the_row_of_a_side_file_was_lost(
        self, root: Root, opened: Opened
    ) -> None:
        SideFile.objects.get().delete()

        assert counts(scan(root)) == {"unchanged": 6}
        assert SideFile.objects.count() == 1

    def test_end_where_only_the_time_of_a_file_is_another(
        self, root: Root, opened: Opened
    ) -> None:
        path = film(root, 4)
        about = path.stat()
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns + 1))

        assert counts(scan(root)) == {"changed": 1, "unchanged": 5}
        assert row_of(root, path).mtime_ns == about.st_mtime_ns + 1

    def test_have_no_row_of_their_files_read(self, root: Root, opened: Opened) -> None:
        with CaptureQueriesContext(connection) as asked:
            assert counts(scan(root)) == {"unchanged": 6}

        about_files = [
            query["sql"]
            for query in asked.captured_queries
            if "library_mediafile" in query["sql"] or "library_sidefile" in query["sql"]
        ]
        assert [sql for sql in about_files if "SUM(" in sql]
        for sql in about_files:
            assert "COUNT(" in sql or "MAX(" in sql or "LIMIT" in sql, sql

    def test_tell_of_folders_in_them(self, root: Root, opened: Opened) -> None:
        shutil.rmtree(film(root, 1).parent)
        make_tree(root.folder, "New (2002)/New (2002).mkv")

        assert counts(scan(root)) == {"added": 1, "missing": 1, "unchanged": 5}
        looks = FolderLook.objects.filter(root=root).values_list("relpath", flat=True)
        assert "Film 001 (2001)" not in looks
        assert "New (2002)" in looks

    def test_are_believed_only_after_a_whole_scan(
        self, root: Root, opened: Opened, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        film(root, 3).unlink()
        self.age(film(root, 3).parent)
        with monkeypatch.context() as patch:
            patch.setattr(scanning, "_mark_missing", lambda *_: 1 // 0)
            with pytest.raises(ZeroDivisionError):
                scan(root)

        assert counts(scan(root)) == {"missing": 1, "unchanged": 5}

    def test_are_read_when_a_drive_was_plugged_in_there(
        self, root: Root, opened: Opened, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = film(root, 2).parent
        monkeypatch.setattr(scanning, "list_forbidden", lambda: (place,))

        assert "." in opened.by(lambda: scan(root, confirmed=True))
        assert row_of(root, film(root, 2)).state == MediaFile.State.MISSING

    def test_with_a_file_that_cannot_be_opened_are_read_again(
        self, root: Root, opened: Opened, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_tree(root.folder, "Film 002 (2001)/Second (2001).mkv")
        self.age(film(root, 2).parent)

        def refuse(path: str) -> str:
            raise FileUnreadable("It cannot be read.")

        with monkeypatch.context() as patch:
            patch.setattr(indexing, "read_fingerprint", refuse)
            scan(root)

        assert opened.by(lambda: scan(root)) == ["Film 002 (2001)"]
        assert not MediaFile.objects.filter(fingerprint="").exists()
        assert opened.by(lambda: scan(root)) == []
