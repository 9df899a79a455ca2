"""Many small wishes: sent together, and each still ends as it would alone."""

import time
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from drivearr.lib.progress import Cancelled
from drives.models import Drive, DriveFile, SyncRecord
from drives.services.recording import NotTheWriter
from library.models import MediaFile, Root
from library.services.merging import merge_titles
from syncqueue.copying.batch import BatchDone, copy_batch
from syncqueue.models import Copy, CopyBlock, QueueItem, SpeedLimit
from syncqueue.services import batching, fulfilling, wishing
from tests.factories.library import make_movie
from tests.syncqueue.test_draining import (
    Stopper,
    drain,
    drive,
    place_of,
    root,
    tree,
)

__all__ = ["drive", "root"]
pytestmark = pytest.mark.django_db(transaction=True)
FILMS = 9


@pytest.fixture
def wishes(root: Root, drive: Drive) -> list[QueueItem]:
    films = [make_movie(root, f"Film {number}") for number in range(FILMS)]
    return [wishing.add_wish(drive=drive, title=film) for film in films]


def states(wishes: list[QueueItem]) -> list[str]:
    for wish in wishes:
        wish.refresh_from_db()
    return [str(wish.state) for wish in wishes]


def videos(drive: Drive) -> list[str]:
    return [name for name in tree(place_of(drive)) if name.endswith(".mkv")]


class TestFulfil:
    def test_ends_all_and_leaves_nothing_behind(
        self, drive: Drive, wishes: list[QueueItem], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        batches: list[int] = []

        def counted(files: Any, fs: Any, witness: Any, **how: Any) -> BatchDone:
            batches.append(len(files))
            return copy_batch(files, fs, witness, **how)

        monkeypatch.setattr(batching, "copy_batch", counted)

        summary = drain(drive)

        assert batches == [FILMS]
        assert summary.files_done == FILMS
        assert set(states(wishes)) == {"DONE"}
        assert set(Copy.objects.values_list("state", flat=True)) == {"DONE"}
        assert all(copy.drive_file_id for copy in Copy.objects.all())
        assert not CopyBlock.objects.exists()
        assert SyncRecord.objects.filter(action="COPIED").count() == FILMS

    def test_a_file_that_cannot_be_copied_is_its_own_trouble(
        self, root: Root, drive: Drive, wishes: list[QueueItem]
    ) -> None:
        gone = MediaFile.objects.get(title=wishes[3].title)
        (root.folder / gone.relpath).unlink()

        drain(drive)

        assert states(wishes) == ["DONE"] * 3 + ["WAITING"] + ["DONE"] * (FILMS - 4)
        assert wishes[3].error_code == "SOURCE_VANISHED"
        assert len(videos(drive)) == FILMS - 1

    def test_a_wish_withdrawn_meanwhile_is_not_fulfilled(
        self, drive: Drive, wishes: list[QueueItem], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def withdrawn(files: Any, fs: Any, witness: Any, **how: Any) -> BatchDone:
            wishing.cancel_wish(wish=wishes[2])
            wishing.pause_wish(wish=wishes[5])
            return copy_batch(files, fs, witness, **how)

        with monkeypatch.context() as patched:
            patched.setattr(batching, "copy_batch", withdrawn)
            drain(drive)

        found = states(wishes)
        assert (found[2], found[5]) == ("CANCELLED", "PAUSED")
        assert found.count("DONE") == FILMS - 2
        assert len(videos(drive)) == FILMS - 2
        drain(drive)
        left = [name for name in tree(place_of(drive)) if "partial" in name]
        assert all("Film 5" in name for name in left)

    def test_stopped_in_the_middle_all_wait_and_go_on(
        self, drive: Drive, wishes: list[QueueItem]
    ) -> None:
        with pytest.raises(Cancelled):
            drain(drive, Stopper(0))
        assert set(states(wishes)) == {"WAITING"}

        drain(drive)

        assert set(states(wishes)) == {"DONE"}
        assert len(videos(drive)) == FILMS

    def test_stopped_in_the_second_batch_the_first_is_recorded(
        self, drive: Drive, wishes: list[QueueItem], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[int] = []

        def stopped(files: Any, fs: Any, witness: Any, **how: Any) -> BatchDone:
            sent.append(len(files))
            if len(sent) > 1:
                raise Cancelled
            return copy_batch(files, fs, witness, **how)

        monkeypatch.setattr(batching, "copy_batch", stopped)
        monkeypatch.setattr(fulfilling, "Measure", partial(batching.Measure, files=3))

        with pytest.raises(Cancelled):
            drain(drive)

        assert sent[0] == 3
        assert sorted(states(wishes)) == ["DONE"] * 3 + ["WAITING"] * (FILMS - 3)
        assert DriveFile.objects.count() == len(videos(drive)) == 3
        assert Copy.objects.filter(state="DONE").count() == 3
        assert not Copy.objects.filter(state="COPYING").exists()

    def test_dead_before_it_was_recorded_it_is_recognised_not_copied_again(
        self, drive: Drive, wishes: list[QueueItem], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(**_: object) -> None:
            raise Cancelled

        with monkeypatch.context() as patched:
            patched.setattr(batching, "settle", die)
            with pytest.raises(Cancelled):
                drain(drive)
        assert not DriveFile.objects.exists()
        before = {
            name: (place_of(drive) / name).stat().st_ino for name in videos(drive)
        }
        assert len(before) == FILMS

        drain(drive)

        assert set(states(wishes)) == {"DONE"}
        now = {name: (place_of(drive) / name).stat().st_ino for name in videos(drive)}
        assert now == before

    def test_a_fenced_off_worker_gives_no_name(
        self, drive: Drive, wishes: list[QueueItem], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def overtaken(files: Any, fs: Any, witness: Any, **how: Any) -> BatchDone:
            Drive.objects.get(pk=drive.pk).take_fence()
            return copy_batch(files, fs, witness, **how)

        monkeypatch.setattr(batching, "copy_batch", overtaken)
        with pytest.raises(NotTheWriter):
            drain(drive)
        assert not videos(drive)
        assert not DriveFile.objects.exists()

    def test_a_title_that_went_into_another_meanwhile_is_recorded_as_that(
        self, drive: Drive, wishes: list[QueueItem], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep, drop = wishes[1].title, wishes[4].title

        def merged(files: Any, fs: Any, witness: Any, **how: Any) -> BatchDone:
            done = copy_batch(files, fs, witness, **how)
            MediaFile.objects.filter(title=drop).update(title=keep)
            wishing.cancel_wish(wish=wishes[1])
            with transaction.atomic():
                merge_titles(keep=keep, drop=drop)
            return done

        monkeypatch.setattr(batching, "copy_batch", merged)
        drain(drive)

        assert len(videos(drive)) == FILMS
        rows = DriveFile.objects.filter(title=keep)
        assert rows.count() == 2
        item = keep.items.get()
        assert [list(row.items.all()) for row in rows] == [[item], [item]]
        assert states(wishes).count("DONE") == FILMS - 1

    def test_a_title_that_is_gone_meanwhile_takes_no_other_with_it(
        self, drive: Drive, wishes: list[QueueItem], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone = {"before": wishes[2].title, "after": wishes[6].title}

        def deleted(files: Any, fs: Any, witness: Any, **how: Any) -> BatchDone:
            gone["before"].delete()
            done = copy_batch(files, fs, witness, **how)
            gone["after"].delete()
            return done

        monkeypatch.setattr(batching, "copy_batch", deleted)
        drain(drive)

        assert {wish.state for wish in QueueItem.objects.all()} == {"DONE"}
        assert QueueItem.objects.count() == FILMS - 2
        # What carries its name already is ours, and known as that.
        assert sorted(videos(drive)) == sorted(
            DriveFile.objects.ours().values_list("relpath", flat=True)
        )
        assert DriveFile.objects.filter(title=None).count() == 1

    def test_small_files_keep_to_the_speed_limit_from_the_first_on(
        self, drive: Drive, wishes: list[QueueItem]
    ) -> None:
        SpeedLimit.objects.create(drive=drive, bytes_per_second=500_000)
        begun = time.monotonic()

        drain(drive)

        # 900 kB are written and read back: 3.6 seconds, but for what may come in a burst.
        assert time.monotonic() - begun > 2.5

    def test_stopped_while_names_are_given_what_is_there_is_done(
        self, drive: Drive, wishes: list[QueueItem], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stopped(files: Any, fs: Any, witness: Any, **how: Any) -> BatchDone:
            done = copy_batch(files, fs, witness, **how)
            done.stopped = Cancelled()
            return done

        monkeypatch.setattr(batching, "copy_batch", stopped)
        with pytest.raises(Cancelled):
            drain(drive)

        assert set(states(wishes)) == {"DONE"}
        assert DriveFile.objects.count() == FILMS
