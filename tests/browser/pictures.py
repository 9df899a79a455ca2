"""Pictures of a household on its busiest evening; run by `make shots`, not by the suite."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from drivearr.jobs.models import Job
from drivearr.jobs.schedules import install_schedules
from tests.browser.conftest import PHONE, WIDE, sign_in
from tests.scenes.busy import crowd
from tests.scenes.household import furnish
from tests.shots.walking import find_pages

pytestmark = pytest.mark.browser

SAID = (
    *[("WARNING", "drives", f"“Old 500” gave no answer for {n} s.") for n in range(9)],
    *[("ERROR", "syncqueue", f"Job {n} failed: Input/output error") for n in (7, 9)],
    ("WARNING", "library", "No more watches: /media/series is looked at by schedule."),
    ("INFO", "drivearr.web", "Serving on port 8000."),
)


def talk(settings: LazySettings, folder: Path) -> None:
    """Let the log say what a worker says on such an evening."""
    settings.LOG_DIR = folder
    folder.mkdir()
    now = timezone.localtime()
    (folder / "worker.log").write_text(
        "".join(
            f"{now - timedelta(minutes=n):%Y-%m-%d %H:%M:%S},000 {level:<7} [-] "
            f"{logger}: {text}\n"
            for n, (level, logger, text) in reversed(tuple(enumerate(SAID)))
        )
    )
    Job.objects.create(
        kind="library.scan",
        state=Job.State.SUCCEEDED,
        started_at=now - timedelta(hours=31),
        finished_at=now - timedelta(hours=20),
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
class TestBusyEvening:
    def test_is_pictured(
        self,
        browser: Browser,
        live_server: LiveServer,
        settings: LazySettings,
        tmp_path: Path,
        size: Any,
        scheme: Any,
    ) -> None:
        to = Path(os.environ["SHOTS_TO"])
        settings.ARTWORK_DIR = tmp_path / "artwork"
        home = furnish(posters=True)
        crowd(home)
        install_schedules()
        talk(settings, tmp_path / "logs")
        wanted = os.environ.get("SHOTS_ONLY", "").split()
        context = browser.new_context(
            viewport=size, color_scheme=scheme, reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        sign_in(page, live_server.url, "anna", "correct horse")
        kind = "wide" if size == WIDE else "phone"
        for each in find_pages(page, live_server.url, starts=("/", "/more/")):
            if wanted and each.name not in wanted:
                continue
            page.goto(live_server.url + each.path)
            page.evaluate(
                "document.querySelector('.more-said')?.setAttribute('open', '')"
            )
            file = to / f"busy_{each.name}.{kind}.{scheme}.png"
            page.screenshot(path=file, full_page=True)
        context.close()
