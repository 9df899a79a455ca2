"""Naming library folders."""

import os
from pathlib import Path

import pytest

from drivearr.jobs.models import Job
from drivearr.lib.progress import SilentProgress
from library.models import MediaFile, Root
from library.services import rooting, scanning
from library.services.rooting import RootRefused, add_root, move_root, remove_root
from tests.library.trees import hashes, make_films, make_tree

pytestmark = pytest.mark.django_db


class TestAddRoot:
    def test_keeps_path_and_kind(self, tmp_path: Path) -> None:
        root = add_root(path=tmp_path, kind="SHOWS")

        assert (root.folder, root.kind, root.state) == (tmp_path, "SHOWS", "NEW")

    def test_refuses_in_a_sentence(self, tmp_path: Path) -> None:
        file = make_tree(tmp_path, "file.mkv") / "file.mkv"
        cases = {
            Path("films"): "no absolute path",
            tmp_path / "gone": "There is no folder",
            file: "is no folder",
            file / "below": "cannot be opened",
            Path("/"): "root of the file system",
            Path("/proc/self"): "belongs to the system",
            Path("/x\0y"): "no absolute path",
            Path("/" + "x" * 1001): "too long",
            Path("/" + "x" * 300): "cannot be opened",
            Path("/caf\udce9"): "too long, or not written in UTF-8",
        }
        for path, sentence in cases.items():
            with pytest.raises(RootRefused, match=sentence) as refusal:
                add_root(path=path, kind="MOVIES")
            assert refusal.value.advice
        assert not Root.objects.exists()

    def test_refuses_a_kind_it_does_not_know(self, tmp_path: Path) -> None:
        with pytest.raises(RootRefused, match="no kind"):
            add_root(path=tmp_path, kind="MUSIC")

    def test_refuses_the_same_folder_by_whatever_name(self, tmp_path: Path) -> None:
        films = make_tree(tmp_path / "films")
        (tmp_path / "link").symlink_to(films)
        add_root(path=films, kind="MOVIES")

        for path in (films, tmp_path / "link", tmp_path / "x" / ".." / "films"):
            with pytest.raises(RootRefused):
                add_root(path=path, kind="MOVIES")

    def test_refuses_a_folder_inside_or_around_a_root(self, tmp_path: Path) -> None:
        make_tree(tmp_path / "media" / "films" / "old")
        add_root(path=tmp_path / "media" / "films", kind="MOVIES")

        with pytest.raises(RootRefused, match="inside the library folder"):
            add_root(path=tmp_path / "media" / "films" / "old", kind="MOVIES")
        with pytest.raises(RootRefused, match="holds the library folder"):
            add_root(path=tmp_path / "media", kind="MOVIES")

    def test_takes_a_folder_whose_name_merely_begins_alike(
        self, tmp_path: Path
    ) -> None:
        add_root(path=make_tree(tmp_path / "films"), kind="MOVIES")

        add_root(path=make_tree(tmp_path / "films 2"), kind="MOVIES")

        assert Root.objects.count() == 2

    def test_refuses_a_folder_on_a_drive(self, tmp_path: Path) -> None:
        make_tree(tmp_path, ".drivearr-manifest.json", "Movies/a.mkv")

        for path in (tmp_path, tmp_path / "Movies"):
            with pytest.raises(RootRefused, match="is on a drive"):
                add_root(path=path, kind="MOVIES")

    def test_refuses_a_folder_on_or_around_a_registered_drive(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drive = make_tree(tmp_path / "media" / "stick" / "Movies").parent
        monkeypatch.setattr(rooting, "_forbidden", [])
        rooting.register_forbidden(lambda: [drive])

        for path in (drive, drive / "Movies", drive.parent):
            with pytest.raises(RootRefused, match="is on, or holds, a drive"):
                add_root(path=path, kind="MOVIES")

    @pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
    def test_refuses_an_unreadable_folder(self, tmp_path: Path) -> None:
        closed = make_tree(tmp_path / "closed")
        closed.chmod(0)
        try:
            with pytest.raises(RootRefused, match="cannot be read"):
                add_root(path=closed, kind="MOVIES")
        finally:
            closed.chmod(0o755)


class TestMoveRoot:
    def test_keeps_files_and_what_a_person_chose(self, tmp_path: Path) -> None:
        films = make_films(tmp_path / "films", 3)
        root = add_root(path=films, kind="MOVIES")
        scanning.scan_root(root_id=root.pk, progress=SilentProgress())
        MediaFile.objects.update(match_state="IGNORED", matched_by="PERSON")
        before = set(MediaFile.objects.values_list("pk", "relpath"))
        moved = films.rename(tmp_path / "elsewhere")

        move_root(root=root, path=moved)
        found = scanning.scan_root(root_id=root.pk, progress=SilentProgress())

        assert (root.folder, found.state) == (moved, "AVAILABLE")
        assert (found.added, found.missing, found.seen) == (0, 0, 3)
        assert set(MediaFile.objects.values_list("pk", "relpath")) == before
        assert MediaFile.objects.filter(matched_by="PERSON").count() == 3

    def test_refuses_a_folder_that_holds_something_else(self, tmp_path: Path) -> None:
        root = add_root(path=make_films(tmp_path / "films", 3), kind="MOVIES")
        scanning.scan_root(root_id=root.pk, progress=SilentProgress())
        other = make_tree(tmp_path / "other", "Other (2001).mkv")

        with pytest.raises(RootRefused, match="does not hold what"):
            move_root(root=root, path=other)
        root.refresh_from_db()
        assert root.folder == tmp_path / "films"

    def test_refuses_a_folder_of_another_root(self, tmp_path: Path) -> None:
        root = add_root(path=make_tree(tmp_path / "films"), kind="MOVIES")
        shows = make_tree(tmp_path / "shows")
        add_root(path=shows, kind="SHOWS")

        with pytest.raises(RootRefused, match="is a library folder already"):
            move_root(root=root, path=shows)

    def test_may_move_up_or_down_where_it_was(self, tmp_path: Path) -> None:
        root = add_root(path=make_tree(tmp_path / "media" / "films"), kind="MOVIES")

        move_root(root=root, path=tmp_path / "media")

        assert root.folder == tmp_path / "media"

    def test_refuses_while_it_is_scanned(self, tmp_path: Path) -> None:
        root = add_root(path=make_tree(tmp_path / "films"), kind="MOVIES")
        scanning.start_scan(root_id=root.pk)

        with pytest.raises(RootRefused, match="being scanned"):
            move_root(root=root, path=make_tree(tmp_path / "new"))


class TestRemoveRoot:
    def test_forgets_the_rows_and_touches_no_file(self, tmp_path: Path) -> None:
        films = make_films(tmp_path / "films", 2)
        before = hashes(films)
        root = add_root(path=films, kind="MOVIES")
        scanning.scan_root(root_id=root.pk, progress=SilentProgress())

        remove_root(root=root)

        assert not Root.objects.exists()
        assert not MediaFile.objects.exists()
        assert hashes(films) == before

    def test_cancels_work_that_waits(self, tmp_path: Path) -> None:
        root = add_root(path=tmp_path, kind="MOVIES")
        job = scanning.start_scan(root_id=root.pk)

        remove_root(root=root)

        job.refresh_from_db()
        assert job.state == Job.State.CANCELLED
