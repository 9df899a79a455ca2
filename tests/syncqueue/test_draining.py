"""Working off a drive's wishes, on real files."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivearr.lib.errors import StopRun
from drivearr.lib.progress import Cancelled, SilentProgress
from drives.completeness import Completeness
from drives.models import Drive, DriveFile, SyncRecord
from drives.services.comparing import count_titles
from drives.services.registering import add_drive
from library.models import MediaFile, Root, SideFile, Title
from syncqueue.backoff import ATTEMPTS_MOST
from syncqueue.copying import faults, sizes
from syncqueue.models import Copy, QueueItem
from syncqueue.services import draining, wishing
from syncqueue.services.planning import plan_drive
from tests.factories.library import make_movie, make_root, make_show, make_side

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return make_root(tmp_path / "library")


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    folder = tmp_path / "stick"
    folder.mkdir()
    drive = add_drive(path=folder, name="Stick", folder=True)
    Drive.objects.filter(pk=drive.pk).update(reserve_bytes=0)
    return Drive.objects.get(pk=drive.pk)


def drain(drive: Drive, progress: Any = None) -> draining.DrainSummary:
    return draining.copy_to_drive(
        drive_id=drive.pk, progress=progress or SilentProgress()
    )


def tree(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file: time of change and content."""
    return {
        str(p.relative_to(folder)): (
            p.stat().st_mtime_ns,
            hashlib.sha256(p.read_bytes()).hexdigest(),
        )
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def place_of(drive: Drive) -> Path:
    attachment = drive.attachments.current().first()
    assert attachment is not None
    return Path(attachment.path)


class Stopper(SilentProgress):
    """A progress that stops the work once so many bytes are done."""

    def __init__(self, after: int, deed: Callable[[], object] | None = None) -> None:
        super().__init__()
        self.after, self.deed = after, deed

    def check(self) -> None:
        if self.done >= self.after:
            if self.deed is None:
                raise Cancelled
            deed, self.deed = self.deed, lambda: None
            deed()


class TestCopyToDrive:
    def test_makes_a_movie_complete(self, root: Root, drive: Drive) -> None:
        movie = make_movie(root)
        wish = wishing.add_wish(drive=drive, title=movie)
        before = tree(root.folder)

        summary = drain(drive)

        wish.refresh_from_db()
        assert (summary.files_done, wish.state) == (1, QueueItem.State.DONE)
        assert count_titles(drive=drive)[movie.pk].state == Completeness.COMPLETE
        target = "Movies/Quiet Harbour (1999)/Quiet Harbour (1999).mkv"
        assert target in tree(place_of(drive))
        assert tree(root.folder) == before

    def test_says_so_in_manifest_and_history(self, root: Root, drive: Drive) -> None:
        wishing.add_wish(drive=drive, title=make_movie(root))

        drain(drive)

        [row] = DriveFile.objects.filter(drive=drive)
        document = json.loads((place_of(drive) / ".drivearr-manifest.json").read_text())
        [entry] = document["drivearr"]["files"]
        assert entry["sha256"] == row.sha256
        assert row.verified_by in {"DEVICE", "CACHE"}
        actions = list(SyncRecord.objects.values_list("action", flat=True))
        assert actions.count(SyncRecord.Action.COPIED) == 1

    def test_a_second_run_copies_nothing_and_writes_nothing(
        self, root: Root, drive: Drive
    ) -> None:
        movie = make_movie(root)
        wishing.add_wish(drive=drive, title=movie)
        drain(drive)
        before = tree(place_of(drive))

        wishing.add_wish(drive=drive, title=movie)
        wishing.add_missing(drive=drive)
        summary = drain(drive)

        assert summary.files_done == 0
        assert tree(place_of(drive)) == before
        assert not QueueItem.objects.open().exists()

    def test_sends_only_what_a_partial_show_lacks(
        self, root: Root, drive: Drive
    ) -> None:
        show = make_show(root, seasons={1: 2, 2: 3})
        season = show.seasons.get(number=1)
        wishing.add_wish(drive=drive, title=show, season=season)
        drain(drive)
        assert count_titles(drive=drive)[show.pk].state == Completeness.PARTIAL

        wishing.add_wish(drive=drive, title=show)
        summary = drain(drive)

        assert summary.files_done == 3
        assert count_titles(drive=drive)[show.pk].state == Completeness.COMPLETE

    @pytest.mark.parametrize(
        ("profile", "expected"),
        [("NONE", 0), ("SUBTITLES", 1), ("ALL", 2)],
    )
    def test_takes_side_files_along_as_the_profile_says(
        self, root: Root, drive: Drive, profile: str, expected: int
    ) -> None:
        movie = make_movie(root)
        file = MediaFile.objects.get(title=movie)
        make_side(file, ".en.srt", kind=SideFile.Kind.SUBTITLE)
        make_side(file, ".nfo", kind=SideFile.Kind.NFO)
        Drive.objects.update(side_files=profile)
        wishing.add_wish(drive=drive, title=movie)

        drain(drive)

        assert DriveFile.objects.filter(kind="SIDE").count() == expected
        assert count_titles(drive=drive)[movie.pk].state == Completeness.COMPLETE

    def test_one_failure_does_not_stop_the_rest(self, root: Root, drive: Drive) -> None:
        broken, fine = make_movie(root, "Broken"), make_movie(root, "Fine")
        gone = root.folder / MediaFile.objects.get(title=broken).relpath
        wishes = [wishing.add_wish(drive=drive, title=t) for t in (broken, fine)]
        gone.unlink()
        gone.mkdir()

        drain(drive)

        for wish in wishes:
            wish.refresh_from_db()
        assert [wish.state for wish in wishes] == ["WAITING", "DONE"]
        assert wishes[0].error_code == "SOURCE_VANISHED"
        assert wishes[0].error_advice

    def test_gives_up_after_five_attempts_and_tries_anew_when_told(
        self, root: Root, drive: Drive
    ) -> None:
        movie = make_movie(root)
        path = root.folder / MediaFile.objects.get(title=movie).relpath
        data = path.read_bytes()
        wish = wishing.add_wish(drive=drive, title=movie)
        path.unlink()
        for _ in range(ATTEMPTS_MOST):
            Copy.objects.update(retry_at=None)
            drain(drive)
        wish.refresh_from_db()
        assert wish.state == QueueItem.State.FAILED

        path.write_bytes(data)
        wishing.retry_wish(wish=wish)
        drain(drive)

        wish.refresh_from_db()
        assert wish.state == QueueItem.State.DONE

    def test_waits_while_the_library_folder_is_away(
        self, root: Root, drive: Drive
    ) -> None:
        wish = wishing.add_wish(drive=drive, title=make_movie(root))
        Root.objects.update(state=Root.State.UNAVAILABLE)

        drain(drive)
        wish.refresh_from_db()
        assert (wish.state, wish.error_code) == ("WAITING", "SOURCE_UNAVAILABLE")

        Root.objects.update(state=Root.State.AVAILABLE)
        drain(drive)
        wish.refresh_from_db()
        assert (wish.state, wish.error_code) == ("DONE", "")

    def test_replaces_our_copy_of_a_file_that_was_replaced(
        self, root: Root, drive: Drive
    ) -> None:
        movie = make_movie(root)
        wishing.add_wish(drive=drive, title=movie)
        drain(drive)
        file = MediaFile.objects.get(title=movie)
        path = root.folder / file.relpath
        path.write_bytes(os.urandom(150_000))
        file.size_bytes, file.fingerprint = 150_000, "150000-new"
        file.save()
        assert count_titles(drive=drive)[movie.pk].state == Completeness.OUTDATED

        wishing.add_wish(drive=drive, title=movie)
        drain(drive)

        assert count_titles(drive=drive)[movie.pk].state == Completeness.COMPLETE
        assert DriveFile.objects.get(kind="VIDEO").size_bytes == 150_000

    def test_leaves_a_foreign_file_that_is_in_the_way(
        self, root: Root, drive: Drive
    ) -> None:
        target = (
            place_of(drive) / "Movies/Quiet Harbour (1999)/Quiet Harbour (1999).mkv"
        )
        target.parent.mkdir(parents=True)
        target.write_bytes(b"theirs")
        wish = wishing.add_wish(drive=drive, title=make_movie(root))

        drain(drive)

        wish.refresh_from_db()
        assert target.read_bytes() == b"theirs"
        assert (wish.state, wish.error_code) == ("FAILED", "NAME_REFUSED")


class TestStopping:
    @pytest.fixture(autouse=True)
    def small_blocks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sizes, "BLOCK_BYTES", 1024 * 1024)
        monkeypatch.setattr(sizes, "CHUNK_BYTES", 1024 * 1024)

    @pytest.fixture
    def movie(self, root: Root) -> Title:
        return make_movie(root, data=os.urandom(6 * 1024 * 1024))

    def test_keeps_the_journal_and_resumes(self, drive: Drive, movie: Title) -> None:
        wish = wishing.add_wish(drive=drive, title=movie)
        with pytest.raises(Cancelled):
            drain(drive, Stopper(after=3 * 1024 * 1024))
        wish.refresh_from_db()
        copy = Copy.objects.get()
        assert (wish.state, copy.state) == ("WAITING", "QUEUED")
        assert copy.blocks.count() >= 2

        progress = SilentProgress()
        drain(drive, progress)

        wish.refresh_from_db()
        assert wish.state == "DONE"
        assert not copy.blocks.exists()

    def test_pausing_a_wish_stops_it_and_the_run_goes_on(
        self, root: Root, drive: Drive, movie: Title, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("syncqueue.services.watching.PUBLISH_SECONDS", 0)
        paused = wishing.add_wish(drive=drive, title=movie)
        other = wishing.add_wish(drive=drive, title=make_movie(root, "Other"))

        drain(
            drive,
            Stopper(1024 * 1024, lambda: wishing.pause_wish(wish=paused)),
        )

        paused.refresh_from_db()
        other.refresh_from_db()
        assert (paused.state, other.state) == ("PAUSED", "DONE")

        wishing.resume_wish(wish=paused)
        drain(drive)
        paused.refresh_from_db()
        assert paused.state == "DONE"

    def test_cancelling_leaves_no_final_name_and_clears_the_part(
        self, drive: Drive, movie: Title, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("syncqueue.services.watching.PUBLISH_SECONDS", 0)
        wish = wishing.add_wish(drive=drive, title=movie)

        drain(
            drive,
            Stopper(1024 * 1024, lambda: wishing.cancel_wish(wish=wish)),
        )
        assert [n for n in tree(place_of(drive)) if n.endswith(".mkv")] == []

        drain(drive)
        assert [n for n in tree(place_of(drive)) if n.startswith("Movies")] == []

    def test_a_second_writer_takes_over_and_the_first_records_nothing(
        self, drive: Drive, movie: Title
    ) -> None:
        wishing.add_wish(drive=drive, title=movie)

        with pytest.raises(StopRun) as stop:
            drain(drive, Stopper(2 * 1024 * 1024, drive.take_fence))

        assert stop.value.code == "NOT_THE_WRITER"
        assert not DriveFile.objects.exists()

    @pytest.mark.parametrize(
        ("error", "state"),
        [(faults.DriveFull("full"), "WAITING"), (faults.DriveLost("gone"), "WAITING")],
        ids=["full", "gone"],
    )
    def test_a_drive_that_fails_ends_the_run_and_keeps_the_wishes(
        self,
        root: Root,
        drive: Drive,
        movie: Title,
        error: StopRun,
        state: str,
    ) -> None:
        first = wishing.add_wish(drive=drive, title=movie)
        second = wishing.add_wish(drive=drive, title=make_movie(root, "Other"))

        def fail() -> None:
            raise error

        with pytest.raises(type(error)):
            drain(drive, Stopper(1024 * 1024, fail))

        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.state, second.state) == (state, "WAITING")

    def test_refuses_an_empty_folder_where_the_drive_was(
        self, drive: Drive, movie: Title, tmp_path: Path
    ) -> None:
        wishing.add_wish(drive=drive, title=movie)
        place = place_of(drive)
        place.rename(tmp_path / "away")
        place.mkdir()

        with pytest.raises(StopRun) as stop:
            drain(drive)

        assert stop.value.code == "DRIVE_GONE"
        assert list(place.iterdir()) == []


class TestPlanDrive:
    def test_asks_as_often_for_twenty_titles_as_for_ten(
        self, root: Root, drive: Drive, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(20):
            wishing.add_wish(drive=drive, title=make_movie(root, f"Film {number}"))

        with django_assert_max_num_queries(15):
            plan = plan_drive(drive=drive)

        assert len(plan.copies) == 20


class TestRsync:
    @pytest.mark.skipif(not shutil.which("rsync"), reason="rsync is not installed")
    def test_fulfils_wishes_like_our_own_engine(self, drive: Drive, root: Root) -> None:
        Drive.objects.filter(pk=drive.pk).update(engine=Drive.Engine.RSYNC)
        movie = make_movie(root, data=os.urandom(3_000_000))
        wish = wishing.add_wish(drive=drive, title=movie)

        summary = drain(drive)

        assert summary.files_done == 1
        wish.refresh_from_db()
        assert wish.state == "DONE"
        row = drive.files.get()
        copied = (place_of(drive) / row.relpath).read_bytes()
        assert hashlib.sha256(copied).hexdigest() == row.sha256
        assert row.verified_by in {"DEVICE", "CACHE"}

    @pytest.mark.skipif(not shutil.which("rsync"), reason="rsync is not installed")
    def test_is_given_the_options_of_the_drive(
        self, drive: Drive, root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Drive.objects.filter(pk=drive.pk).update(
            engine=Drive.Engine.RSYNC, rsync_flags="--bwlimit=90M --timeout=33"
        )
        wishing.add_wish(drive=drive, title=make_movie(root, data=b"x" * 3_000_000))
        told = tmp_path / "told"
        between = tmp_path / "bin" / "rsync"
        between.parent.mkdir()
        between.write_text(
            f'#!/bin/sh\necho "$*" >> {told}\nexec {shutil.which("rsync")} "$@"\n'
        )
        between.chmod(0o755)
        monkeypatch.setenv("PATH", f"{between.parent}:{os.environ['PATH']}")

        assert drain(drive).files_done == 1

        (line,) = [line for line in told.read_text().splitlines() if " -- " in line]
        options = line.partition(" -- ")[0].split()
        assert options.index("--timeout=33") > options.index("--timeout=60")
        assert "--bwlimit=90M" in options

    def test_keeps_the_wishes_when_it_is_not_installed(
        self, drive: Drive, root: Root, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Drive.objects.filter(pk=drive.pk).update(engine=Drive.Engine.RSYNC)
        wish = wishing.add_wish(drive=drive, title=make_movie(root))
        monkeypatch.setenv("PATH", "/nowhere")

        with pytest.raises(StopRun, match="rsync is not installed"):
            drain(drive)

        wish.refresh_from_db()
        assert (wish.state, wish.error_code) == ("WAITING", "RSYNC_MISSING")
        assert wish.error_advice
