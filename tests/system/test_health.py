"""What the health page finds, tells and hints at."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from drivearr.jobs.models import Job
from drivearr.jobs.schedules import install_schedules
from drivearr.system import checks
from drivearr.system.hints import hint_at_rhythm
from drivearr.system.services import checking
from drivearr.web import checking as registry
from drivearr.web.checking import Finding
from drivearr.web.models import Notice

pytestmark = pytest.mark.django_db


def told() -> list[str]:
    return list(Notice.objects.filter(event="health").values_list("text", flat=True))


class TestLook:
    @pytest.fixture
    def find(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        """Let the only check find this, and look."""

        def finds(message: str, *, ok: bool = False, is_told: bool = False) -> None:
            finding = Finding("lamp", ok, message, is_told=is_told)
            monkeypatch.setattr(registry, "_checks", [lambda: [finding]])
            checking.look()

        return finds

    def test_tells_once_of_trouble_that_lasts(self, find: Callable[..., None]) -> None:
        find("Dark: 1.")
        assert told() == []

        find("Dark: 2.")
        find("Dark: 3.")

        assert told() == ["Dark: 2."]

    def test_says_nothing_of_a_blink(self, find: Callable[..., None]) -> None:
        for is_well in (True, False, True, False):
            find("It blinks.", ok=is_well)

        assert told() == []

    def test_tells_again_when_it_comes_back(self, find: Callable[..., None]) -> None:
        for is_well in (False, False, False, True, False, False):
            find("Dark.", ok=is_well)

        assert told() == ["Dark.", "Dark."]

    def test_leaves_out_what_is_told_elsewhere(self, find: Callable[..., None]) -> None:
        for _ in range(3):
            find("Ailing.", is_told=True)

        assert told() == []


class TestLog:
    @pytest.fixture
    def log(self, settings: LazySettings, tmp_path: Path) -> Path:
        settings.LOG_DIR = tmp_path
        return tmp_path / "worker.log"

    def line(self, level: str, text: str, *, hours_ago: float = 0.0) -> str:
        at = timezone.localtime() - timedelta(hours=hours_ago)
        return f"{at:%Y-%m-%d %H:%M:%S},000 {level:<7} [-] drives: {text}\n"

    def test_is_content_with_warnings(self, log: Path) -> None:
        log.write_text(self.line("WARNING", "Slow."))

        assert [each.ok for each in checks.log()] == [True]

    def test_counts_errors_of_a_day(self, log: Path) -> None:
        log.write_text(
            self.line("ERROR", "Old.", hours_ago=30)
            + self.line("ERROR", "Disk 1 hangs")
            + self.line("ERROR", "Disk 2 hangs")
        )

        (found,) = checks.log()

        assert not found.ok
        assert found.message == "2 errors within a day, most often: Disk 2 hangs"

    def test_stands_on_the_log_page_by_how_often(
        self, log: Path, owner_client: Client
    ) -> None:
        log.write_text(
            "".join(self.line("WARNING", f"Disk {n} hangs") for n in range(12))
        )

        page = owner_client.get("/system/log/").content.decode()
        assert "What it warns of most" in page
        assert "12 times" in page
        assert 'href="/system/log/?level=WARNING&amp;q=hangs"' in page

        found = owner_client.get("/system/log/?level=WARNING&q=hangs")
        assert found.content.decode().count("hangs</") >= 12


class TestHintAtRhythm:
    def test_names_a_schedule_that_is_begun_too_often(
        self, owner_client: Client
    ) -> None:
        install_schedules()
        task = PeriodicTask.objects.get(name="Library: incremental scan")
        assert list(hint_at_rhythm()) == []

        begun = timezone.now() - timedelta(days=40)
        Job.objects.create(
            kind="library.scan",
            state=Job.State.SUCCEEDED,
            started_at=begun,
            finished_at=begun + timedelta(days=1),
        )

        (hint,) = hint_at_rhythm()
        assert task.name in hint.message
        checking.look()
        page = owner_client.get("/system/").content.decode()
        assert "Could be faster" in page
        assert "Let it run less often." in page

    def test_says_nothing_of_what_only_nudges(self) -> None:
        install_schedules()
        begun = timezone.now() - timedelta(hours=3)
        Job.objects.create(
            kind="syncqueue.copy",
            state=Job.State.SUCCEEDED,
            started_at=begun,
            finished_at=timezone.now(),
        )

        assert list(hint_at_rhythm()) == []
