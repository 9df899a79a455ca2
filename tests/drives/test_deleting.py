"""Law 6: only what we wrote, unchanged since, below the drive's root, by no link."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivearr.lib.progress import Cancelled, SilentProgress
from drivearr.lib.rootfolder import RootFolder
from drives import manifest
from drives.models import Drive, DriveFile
from drives.services import removing
from drives.services.deleting import (
    DeletingAlready,
    NothingToDelete,
    list_deletable,
    start_delete,
)
from drives.services.deleting_foreign import NotThatFile, delete_foreign
from drives.services.locking import DriveBusy, write_lock
from drives.services.manifesting import note_folders
from drives.services.opening import DriveGone, OpenDrive, open_drive
from drives.services.removing import Deleted, delete_files
from library.models import Item, Title
from tests.drives.rows import make_episode, make_movie, make_title

pytestmark = pytest.mark.django_db


@pytest.fixture
def title() -> Title:
    return make_movie()[0]


def put(
    drive: Drive,
    place: Path,
    relpath: str,
    *,
    title: Title | None = None,
    items: list[Item] | None = None,
    origin: str = "OURS",
    kind: str = "VIDEO",
) -> DriveFile:
    path = place / relpath
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(relpath.encode())
    about = path.stat()
    row = DriveFile.objects.create(
        drive=drive,
        relpath=relpath,
        origin=origin,
        kind=kind,
        size_bytes=about.st_size,
        mtime_ns=about.st_mtime_ns,
        title=title,
    )
    row.items.add(*(items or []))
    return row


def delete(
    drive: Drive, *rows: DriveFile, progress: SilentProgress | None = None
) -> Deleted:
    return delete_files(
        drive_id=drive.pk,
        file_ids=[row.pk for row in rows],
        progress=progress or SilentProgress(),
    )


class TestListDeletable:
    def test_lists_ours_of_a_title(
        self, drive: Drive, place: Path, title: Title
    ) -> None:
        ours = put(drive, place, "Movies/A/A.mkv", title=title)
        side = put(drive, place, "Movies/A/A.en.srt", title=title, kind="SIDE")
        put(drive, place, "Movies/A/foreign.mkv", title=title, origin="FOREIGN")
        changed = put(drive, place, "Movies/A/B.mkv", title=title)
        DriveFile.objects.filter(pk=changed.pk).update(state="ALTERED")

        found = list_deletable(drive=drive, titles=[title])

        assert set(found) == {ours, side}

    def test_lists_a_double_episode_only_with_both(
        self, drive: Drive, place: Path
    ) -> None:
        show = make_title("Show", kind="SHOW")
        one, two = make_episode(show, 1, 1), make_episode(show, 1, 2)
        row = put(drive, place, "S/E1E2.mkv", title=show, items=[one, two])

        assert list_deletable(drive=drive, items=[one]) == ()
        assert list_deletable(drive=drive, items=[one, two]) == (row,)
        assert one.season is not None
        assert list_deletable(drive=drive, seasons=[one.season]) == (row,)

    def test_takes_side_files_with_their_video(self, drive: Drive, place: Path) -> None:
        show = make_title("Show", kind="SHOW")
        one, two = make_episode(show, 1, 1), make_episode(show, 1, 2)
        first = put(drive, place, "S/E1.mkv", title=show, items=[one])
        subtitle = put(drive, place, "S/E1.en.srt", title=show, kind="SIDE")
        second = put(drive, place, "S/E2.mkv", title=show, items=[two])
        poster = put(drive, place, "S/poster.jpg", title=show, kind="SIDE")

        assert set(list_deletable(drive=drive, items=[one])) == {first, subtitle}
        assert set(list_deletable(drive=drive, items=[one, two])) == {
            first,
            second,
            subtitle,
            poster,
        }

    def test_lists_nothing_of_other_drives(
        self, drive: Drive, place: Path, title: Title
    ) -> None:
        row = put(drive, place, "A.mkv", title=title)
        other = Drive.objects.create(name="other")

        assert list_deletable(drive=other, titles=[title], file_ids=[row.pk]) == ()


class TestDeleteFiles:
    def test_deletes_the_file_its_row_and_its_folders(
        self, drive: Drive, place: Path, title: Title
    ) -> None:
        with open_drive(drive=drive) as opened:
            opened.root.mkdirs("Movies/A (1999)")
            note_folders(drive=drive, root=opened.root)
            row = put(drive, place, "Movies/A (1999)/A.mkv", title=title)
            manifest.write(opened.root, manifest.Manifest(drive.uuid, generation=5))

        done = delete(drive, row)

        assert (done.files, done.skipped) == (1, 0)
        assert not (place / "Movies").exists()
        assert not drive.files.exists()
        line = drive.history.get(action="DELETED")
        assert (line.title, line.relpath) == (title, "Movies/A (1999)/A.mkv")
        with RootFolder.open_at(place) as root:
            found = manifest.read(root)
        assert found is not None
        assert found.files == ()
        assert found.history[-1].action == "DELETED"

    def test_keeps_folders_that_hold_something_else(
        self, drive: Drive, place: Path
    ) -> None:
        row = put(drive, place, "Movies/A/A.mkv")
        (place / "Movies/A/diary.txt").write_text("mine")

        delete(drive, row)

        assert (place / "Movies/A/diary.txt").read_text() == "mine"

    def test_keeps_an_empty_folder_that_somebody_else_made(
        self, drive: Drive, place: Path
    ) -> None:
        row = put(drive, place, "Holiday/A.mkv")

        assert delete(drive, row).files == 1
        assert (place / "Holiday").is_dir()

    def test_leaves_foreign_files_alone_whatever_is_asked(
        self, drive: Drive, place: Path
    ) -> None:
        row = put(drive, place, "A.mkv", origin="FOREIGN")

        assert delete(drive, row).files == 0
        assert (place / "A.mkv").exists()

    @pytest.mark.parametrize("how", ["size", "time"])
    def test_leaves_changed_files_alone(
        self, drive: Drive, place: Path, how: str
    ) -> None:
        row = put(drive, place, "A.mkv")
        if how == "size":
            (place / "A.mkv").write_text("somebody's own work")
        else:
            os.utime(place / "A.mkv", (0, 0))
        progress = SilentProgress()

        done = delete(drive, row, progress=progress)

        assert (done.files, done.skipped) == (0, 1)
        assert (place / "A.mkv").exists()
        assert progress.issues[0][0].code == "NOT_OURS"
        row.refresh_from_db()
        assert row.state == "ALTERED"

    def test_looks_at_what_is_there_once_nobody_else_writes(
        self, drive: Drive, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = put(drive, place, "Movies/A/A.mkv")

        @contextlib.contextmanager
        def late_lock(opened: OpenDrive, **how: Any) -> Iterator[None]:
            # Another writer replaces the file while this one waits for it.
            about = place / "Movies/A/A.mkv"
            about.write_bytes(b"newer and longer")
            DriveFile.objects.filter(pk=row.pk).update(
                size_bytes=about.stat().st_size, mtime_ns=about.stat().st_mtime_ns
            )
            with write_lock(opened, **how):
                yield

        monkeypatch.setattr(removing, "write_lock", late_lock)

        done = delete(drive, row)

        assert (done.files, done.skipped) == (1, 0)
        assert not DriveFile.objects.filter(state="ALTERED").exists()

    def test_leaves_a_link_and_what_it_leads_to_alone(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        row = put(drive, place, "A.mkv")
        (place / "A.mkv").rename(tmp_path / "precious.mkv")
        (place / "A.mkv").symlink_to(tmp_path / "precious.mkv")

        assert delete(drive, row).skipped == 1
        assert (place / "A.mkv").is_symlink()
        assert (tmp_path / "precious.mkv").exists()

    def test_follows_no_linked_folder(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        row = put(drive, place, "Movies/A.mkv")
        shutil.move(place / "Movies", tmp_path / "precious")
        (place / "Movies").symlink_to(tmp_path / "precious")

        assert delete(drive, row).files == 0
        assert (tmp_path / "precious/A.mkv").exists()
        assert (place / "Movies").is_symlink()

    def test_leads_nowhere_outside_the_drive(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "precious.mkv").write_text("mine")
        row = put(drive, place, "A.mkv")
        DriveFile.objects.filter(pk=row.pk).update(relpath="../precious.mkv")

        assert delete(drive, row).skipped == 1
        assert (tmp_path / "precious.mkv").exists()

    def test_says_that_a_file_is_gone_already(self, drive: Drive, place: Path) -> None:
        row = put(drive, place, "A.mkv")
        (place / "A.mkv").unlink()

        assert delete(drive, row) == Deleted(files=0, size_bytes=0, skipped=0)
        row.refresh_from_db()
        assert row.state == "VANISHED"

    def test_stops_when_asked_and_tells_the_manifest(
        self, drive: Drive, place: Path
    ) -> None:
        rows = [put(drive, place, name) for name in ("A.mkv", "B.mkv")]

        class Stopping(SilentProgress):
            def check(self) -> None:
                if self.done:
                    raise Cancelled

        with pytest.raises(Cancelled):
            delete(drive, *rows, progress=Stopping())

        assert not (place / "A.mkv").exists()
        assert (place / "B.mkv").exists()
        with RootFolder.open_at(place) as root:
            found = manifest.read(root)
        assert found is not None
        assert [entry.relpath for entry in found.files] == ["B.mkv"]

    def test_deletes_nothing_on_another_drive(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        row = put(drive, place, "A.mkv")
        place.rename(tmp_path / "away")
        place.mkdir()
        (place / "A.mkv").write_bytes(b"A.mkv")

        with pytest.raises(DriveGone):
            delete(drive, row)
        assert (place / "A.mkv").exists()

    def test_yields_to_another_writer(
        self, drive: Drive, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = put(drive, place, "A.mkv")
        times = iter(range(0, 100, 3))
        monkeypatch.setattr("time.monotonic", lambda: next(times))

        with (
            open_drive(drive=drive) as opened,
            write_lock(opened, progress=SilentProgress()),
            pytest.raises(DriveBusy),
        ):
            delete(drive, row)

        assert (place / "A.mkv").exists()


class TestStartDelete:
    def test_queues_exactly_what_was_listed(self, drive: Drive, place: Path) -> None:
        row = put(drive, place, "A.mkv")
        put(drive, place, "A.en.srt", kind="SIDE")

        job = start_delete(drive=drive, file_ids=[row.pk], is_sure=True)

        assert job.arguments["file_ids"] == [row.pk]
        assert job.subject == drive.subject

    def test_refuses_what_is_not_ours(self, drive: Drive, place: Path) -> None:
        row = put(drive, place, "A.mkv", origin="FOREIGN")

        with pytest.raises(NothingToDelete):
            start_delete(drive=drive, file_ids=[row.pk], is_sure=True)

    def test_does_not_pass_another_deleting_for_this_one(
        self, drive: Drive, place: Path
    ) -> None:
        one, other = put(drive, place, "A.mkv"), put(drive, place, "B.mkv")
        job = start_delete(drive=drive, file_ids=[one.pk], is_sure=True)

        assert start_delete(drive=drive, file_ids=[one.pk], is_sure=True) == job
        with pytest.raises(DeletingAlready):
            start_delete(drive=drive, file_ids=[other.pk], is_sure=True)


class TestDeleteForeign:
    def test_deletes_that_file_and_says_so_in_the_history(
        self, drive: Drive, place: Path
    ) -> None:
        put(drive, place, "Holiday/beach.mp4", origin="FOREIGN")
        put(drive, place, "Holiday/sea.mp4", origin="FOREIGN")

        delete_foreign(drive=drive, relpath="Holiday/beach.mp4")

        assert sorted(os.listdir(place / "Holiday")) == ["sea.mp4"]
        assert drive.history.get(action="DELETED").relpath == "Holiday/beach.mp4"

    @pytest.mark.parametrize(
        "relpath",
        ["A.mkv", "../outside.mkv", ".drivearr-manifest.json", "Holiday", "/etc/hosts"],
    )
    def test_deletes_nothing_else(
        self, drive: Drive, place: Path, relpath: str
    ) -> None:
        put(drive, place, "A.mkv")
        put(drive, place, "Holiday/beach.mp4", origin="FOREIGN")
        (place.parent / "outside.mkv").write_text("mine")

        with pytest.raises(NotThatFile):
            delete_foreign(drive=drive, relpath=relpath)

        assert (place / "A.mkv").exists()
        assert (place / "Holiday/beach.mp4").exists()
        assert (place.parent / "outside.mkv").exists()
        assert (place / ".drivearr-manifest.json").exists()

    def test_deletes_no_file_that_changed_since_it_was_seen(
        self, drive: Drive, place: Path
    ) -> None:
        put(drive, place, "beach.mp4", origin="FOREIGN")
        (place / "beach.mp4").write_text("another film by now")

        with pytest.raises(NotThatFile):
            delete_foreign(drive=drive, relpath="beach.mp4")

        assert (place / "beach.mp4").read_text() == "another film by now"

    def test_follows_no_link(self, drive: Drive, place: Path) -> None:
        row = put(drive, place, "beach.mp4", origin="FOREIGN")
        target = place.parent / "target.mp4"
        (place / row.relpath).rename(target)
        (place / row.relpath).symlink_to(target)

        with pytest.raises(NotThatFile):
            delete_foreign(drive=drive, relpath=row.relpath)

        assert target.exists()
