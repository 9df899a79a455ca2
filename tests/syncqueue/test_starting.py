"""When copying to a drive begins."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.lib.progress import SilentProgress
from drives.models import Attachment, Drive
from drives.services.attaching import look_for_drives
from library.models import Root
from syncqueue.jobs import COPY
from syncqueue.models import Copy, QueueItem
from syncqueue.services import draining, starting, wishing
from tests.factories.drives import AttachmentFactory, DriveFactory
from tests.factories.library import make_movie
from tests.factories.syncqueue import CopyFactory, QueueItemFactory
from tests.syncqueue.test_draining import drain

pytestmark = pytest.mark.django_db(transaction=True)


def end_job(drive: Drive, state: str, *, seconds_ago: float) -> None:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    Job.objects.create(
        kind=COPY.name,
        subject=drive.subject,
        state=state,
        queued_at=at,
        finished_at=at,
    )


def plugged(**facts: Any) -> Drive:
    drive = DriveFactory.create(**facts)
    long_ago = timezone.now() - timedelta(days=1)
    AttachmentFactory.create(drive=drive, attached_at=long_ago)
    return drive


class TestDrivesDue:
    def test_names_attached_drives_with_wishes(self) -> None:
        drive = plugged()
        QueueItemFactory.create(drive=drive)
        QueueItemFactory.create()
        plugged()

        assert starting.drives_due() == [drive]

    def test_names_a_drive_whose_manifest_was_not_written(self) -> None:
        drive = plugged(manifest_is_due=True)

        assert starting.drives_due() == [drive]

    @pytest.mark.parametrize("facts", [{"is_paused": True}, {"health": "FAILING"}])
    def test_leaves_out_drives_that_shall_rest(self, facts: dict[str, Any]) -> None:
        QueueItemFactory.create(drive=plugged(**facts))

        assert starting.drives_due() == []

    def test_leaves_out_drives_that_cannot_be_written(self) -> None:
        drive = plugged()
        QueueItemFactory.create(drive=drive)
        Attachment.objects.update(is_read_only=True)

        assert starting.drives_due() == []


class TestIsBackingOff:
    @pytest.mark.parametrize(
        ("states", "seconds_ago", "expected"),
        [
            ([], 0, False),
            (["FAILED"], 1, True),
            (["FAILED"], 3, False),
            (["FAILED", "FAILED", "FAILED"], 5, True),
            (["FAILED"] * 9, 299, True),
            (["FAILED"] * 9, 301, False),
            (["FAILED", "SUCCEEDED"], 1, False),
        ],
    )
    def test_waits_longer_after_each_failure(
        self, states: list[str], seconds_ago: float, expected: bool
    ) -> None:
        drive = plugged()
        for older, state in enumerate(states):
            end_job(drive, state, seconds_ago=seconds_ago + (len(states) - older - 1))

        assert starting.is_backing_off(drive=drive) is expected

    @pytest.mark.parametrize(
        ("failures", "seconds_ago", "expected"),
        [(4, 15, True), (4, 17, False), (5, 899, True), (5, 901, False)],
    )
    def test_rests_as_long_as_is_set_from_the_fifth_failure_on(
        self,
        settings: LazySettings,
        failures: int,
        seconds_ago: int,
        *,
        expected: bool,
    ) -> None:
        settings.DRIVE_REST_MINUTES = 15
        drive = plugged()
        for _ in range(failures):
            end_job(drive, "FAILED", seconds_ago=seconds_ago)

        assert starting.is_backing_off(drive=drive) is expected

    def test_begins_anew_when_the_drive_was_plugged_in_again(self) -> None:
        drive = plugged()
        end_job(drive, "FAILED", seconds_ago=1)
        Attachment.objects.update(attached_at=timezone.now())

        assert not starting.is_backing_off(drive=drive)

    def test_does_not_wait_for_years_when_the_clock_was_set_back(self) -> None:
        drive = plugged()
        end_job(drive, "FAILED", seconds_ago=-3600 * 24 * 365)

        assert not starting.is_backing_off(drive=drive)


class TestTidyDeadRuns:
    def test_lets_wishes_of_a_dead_run_wait_again(self) -> None:
        drive = DriveFactory.create()
        wish = QueueItemFactory.create(drive=drive, state="COPYING")
        copy = CopyFactory.create(queue_item=wish, state="VERIFYING")
        fence = drive.fence

        assert starting.tidy_dead_runs() == 1

        wish.refresh_from_db()
        copy.refresh_from_db()
        drive.refresh_from_db()
        assert (wish.state, copy.state) == ("WAITING", "QUEUED")
        assert drive.fence > fence

    def test_leaves_a_living_run_alone(self) -> None:
        drive = DriveFactory.create()
        wish = QueueItemFactory.create(drive=drive, state="COPYING")
        now = timezone.now()
        Job.objects.create(
            kind=COPY.name,
            subject=drive.subject,
            state="RUNNING",
            started_at=now,
            heartbeat_at=now,
        )

        assert starting.tidy_dead_runs() == 0
        wish.refresh_from_db()
        assert wish.state == "COPYING"


class TestHasWork:
    def test_waits_for_files_that_are_to_be_tried_later(
        self, root: Root, drive: Drive
    ) -> None:
        movie = make_movie(root)
        source = next(root.folder.rglob("*.mkv"))
        data = source.read_bytes()
        wishing.add_wish(drive=drive, title=movie)
        source.unlink()
        drain(drive)
        drive.refresh_from_db()
        source.write_bytes(data)

        assert not starting.has_work(drive=drive)

        Copy.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
        assert starting.has_work(drive=drive)

    def test_ignores_a_wait_that_a_wrong_clock_set(
        self, root: Root, drive: Drive
    ) -> None:
        wishing.add_wish(drive=drive, title=make_movie(root))
        source = next(root.folder.rglob("*.mkv"))
        data = source.read_bytes()
        source.unlink()
        drain(drive)
        source.write_bytes(data)
        Copy.objects.update(retry_at=timezone.now() + timedelta(days=3650))

        drain(drive)

        assert QueueItem.objects.get().state == "DONE"


class TestBeginWithWorker:
    def test_queues_nothing_while_no_broker_answers(
        self, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(starting, "broker_answers", lambda: False)

        assert starting.begin_with_worker(drive=drive) is None
        assert not Job.objects.exists()

    def test_starts_at_once_where_one_answers(
        self, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(starting, "broker_answers", lambda: True)

        assert starting.begin_with_worker(drive=drive) is not None
        assert Job.objects.get().subject == drive.subject


class TestPatience:
    def test_tries_a_file_again_within_the_same_run(
        self, root: Root, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wish = wishing.add_wish(drive=drive, title=make_movie(root))
        source = next(root.folder.rglob("*.mkv"))
        data = source.read_bytes()
        source.unlink()
        rests: list[object] = []

        def rest(*arguments: object) -> None:
            rests.append(arguments)
            source.write_bytes(data)
            Copy.objects.update(retry_at=None)

        monkeypatch.setattr(draining, "_rest", rest)
        summary = draining.copy_to_drive(
            drive_id=drive.pk, progress=SilentProgress(), is_patient=True
        )

        wish.refresh_from_db()
        assert (summary.files_done, summary.files_failed, len(rests)) == (1, 1, 1)
        assert wish.state == "DONE"


class TestGoOn:
    def test_what_waits_for_a_drive_begins_when_it_is_plugged_in(
        self, drive: Drive, root: Root, tmp_path: Path
    ) -> None:
        wishing.add_wish(drive=drive, title=make_movie(root))
        place, away = tmp_path / "stick", tmp_path / "away"
        place.rename(away)
        look_for_drives(scan=True)
        assert not Job.objects.filter(kind=COPY.name).exists()

        away.rename(place)
        look_for_drives(scan=True)

        job = Job.objects.get(kind=COPY.name)
        assert (job.subject, job.state) == (drive.subject, "QUEUED")

    def test_a_drive_that_nothing_waits_for_is_let_be(
        self, drive: Drive, tmp_path: Path
    ) -> None:
        place, away = tmp_path / "stick", tmp_path / "away"
        drain(drive)
        place.rename(away)
        look_for_drives(scan=True)
        away.rename(place)

        look_for_drives(scan=True)

        assert not Job.objects.filter(kind=COPY.name).exists()
