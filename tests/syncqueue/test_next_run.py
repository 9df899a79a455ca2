"""What a stopped, crowded or half-failed run leaves for the next one to mend."""

import os
from pathlib import Path
from typing import Any

import pytest

from drivearr.lib.errors import StopRun
from drivearr.lib.progress import Cancelled
from drives.models import Attachment, Drive, DriveFile
from drives.services.registering import add_drive
from library.models import Item, MediaFile, MediaFileItem, Root
from syncqueue.copying import faults, sizes
from syncqueue.models import Copy, QueueItem
from syncqueue.services import sending, wishing
from syncqueue.services.planning import plan_drive
from tests.factories.library import (
    make_file,
    make_movie,
    make_root,
    make_show,
    make_side,
    make_title,
)
from tests.syncqueue.test_draining import Stopper, drain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return make_root(tmp_path / "library")


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    (tmp_path / "stick").mkdir()
    drive = add_drive(path=tmp_path / "stick", name="Stick", folder=True)
    Drive.objects.filter(pk=drive.pk).update(reserve_bytes=0)
    return Drive.objects.get(pk=drive.pk)


class TestNextRun:
    def test_one_bad_episode_does_not_hold_the_others_back(
        self, root: Root, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        show = make_show(root, seasons={1: 4})
        bad = MediaFile.objects.filter(title=show).order_by("relpath")[0]
        p = root.folder / bad.relpath
        p.unlink()
        p.mkdir()
        monkeypatch.setattr(faults.SourceVanished, "retryable", False)
        wish = wishing.add_wish(drive=drive, title=show)
        drain(drive)
        wish.refresh_from_db()
        assert wish.state == "FAILED"
        assert DriveFile.objects.count() == 3

    def test_a_run_that_stops_after_the_video_still_owes_its_subtitles(
        self, root: Root, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        movie = make_movie(root, data=os.urandom(sizes.SMALL_BYTES + 1))
        make_side(MediaFile.objects.get(title=movie), ".en.srt", kind="SUBTITLE")
        wishing.add_wish(drive=drive, title=movie)
        real = sending._note_success

        def stop_after(*arguments: Any) -> None:
            real(*arguments)
            raise Cancelled

        with monkeypatch.context() as patched:
            patched.setattr(sending, "_note_success", stop_after)
            with pytest.raises(Cancelled):
                drain(drive)
        drain(drive)

        assert DriveFile.objects.filter(kind="SIDE").count() == 1

    def test_a_fenced_off_worker_leaves_the_wish_to_its_successor(
        self, root: Root, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sizes, "BLOCK_BYTES", 1024 * 1024)
        monkeypatch.setattr(sizes, "CHUNK_BYTES", 1024 * 1024)
        wish = wishing.add_wish(
            drive=drive, title=make_movie(root, data=os.urandom(6 << 20))
        )
        with pytest.raises(StopRun):
            drain(drive, Stopper(2 << 20, drive.take_fence))
        wish.refresh_from_db()
        assert wish.state != "FAILED"

    def test_its_own_partial_makes_room_for_itself(
        self, root: Root, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sizes, "BLOCK_BYTES", 1024 * 1024)
        monkeypatch.setattr(sizes, "CHUNK_BYTES", 1024 * 1024)
        wishing.add_wish(drive=drive, title=make_movie(root, data=os.urandom(6 << 20)))
        with pytest.raises(Cancelled):
            drain(drive, Stopper(after=4 << 20))
        Attachment.objects.update(
            free_bytes=3 << 20
        )  # what the drive shows with the partial on it
        plan = plan_drive(drive=drive)
        assert plan.copies, plan.left_out

    def test_twins_get_folders_of_their_own(self, root: Root, drive: Drive) -> None:
        a = make_movie(root, "Twin")
        wishing.add_wish(drive=drive, title=a)
        drain(drive)
        t = make_title("Twin")
        i = Item.objects.create(title=t, name="Twin")
        make_file(root, "other/Twin.mkv", title=t, items=[i])
        w = wishing.add_wish(drive=drive, title=t)
        drain(drive)
        w.refresh_from_db()
        assert w.state == "DONE", w.error_message

    def test_a_wish_without_a_file_is_not_done(self, root: Root, drive: Drive) -> None:
        a = make_movie(root, "Gone")
        w = wishing.add_wish(drive=drive, title=a)
        MediaFile.objects.update(title=None)
        MediaFileItem.objects.all().delete()
        drain(drive)
        w.refresh_from_db()
        assert w.state != "DONE"

    def test_subtitles_stay_behind_with_their_video(
        self, root: Root, drive: Drive
    ) -> None:
        movie = make_movie(root)
        f = MediaFile.objects.get(title=movie)
        make_side(f, ".en.srt", kind="SUBTITLE")
        wishing.add_wish(drive=drive, title=movie)
        Attachment.objects.update(free_bytes=50_000)
        assert [c.wanted.relpath for c in plan_drive(drive=drive).copies] == []

    def test_what_fat32_cannot_hold_is_refused_before_a_byte_moves(
        self, root: Root, drive: Drive
    ) -> None:
        large, small = make_movie(root, "Large"), make_movie(root, "Small")
        MediaFile.objects.filter(title=large).update(size_bytes=4 * 1024**3)
        Attachment.objects.update(filesystem="vfat")
        for title in (large, small):
            wishing.add_wish(drive=drive, title=title)

        drain(drive)

        one, other = QueueItem.objects.in_order()
        assert (one.state, one.error_code) == ("FAILED", "TOO_LARGE_FOR_FAT32")
        assert "exFAT" in one.error_advice
        assert other.state == "DONE"
        assert not Copy.objects.filter(queue_item=one).exists()
