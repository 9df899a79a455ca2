"""A real drive on a loop device, every process running, and a person before the pages."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in, write_video
from tests.houses import House, start
from tests.mounts import LoopDrive, LoopDriveMaker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]

MB = 1_000_000
FILM = "Ran (1985)"
FILM_BYTES = 160 * MB
SECRET = "a long enough secret"


@dataclass
class Home:
    """All of Drivearr, one library and one real drive."""

    house: House
    server: str
    drive: LoopDrive
    drive_id: int


@pytest.fixture
def home(bare_house: House, loop_drive: LoopDriveMaker, tmp_path: Path) -> Home:
    house = bare_house
    house.env["DRIVEARR_POLL_SECONDS"] = "1"
    drive = loop_drive(size_mb=260)
    films = tmp_path / "films"
    write_video(films / FILM / f"{FILM}.mkv", size_bytes=FILM_BYTES)
    house.python("-m", "drivearr", "migrate", "--verbosity", "0")
    house.shell(
        "from django.contrib.auth.models import User; "
        f"User.objects.create_superuser('olga', password={SECRET!r})"
    )
    house.drivearr("roots", "add", str(films), "--kind", "movies")
    house.drivearr("scan")
    house.drivearr("identify")
    start(house)
    pk = house.drivearr("drives", "add", str(drive.path), "--name", "Car")["id"]
    house.drivearr("drives", "profile", str(pk), "--reserve-bytes", "0")
    return Home(house, f"http://127.0.0.1:{house.env['DRIVEARR_PORT']}", drive, pk)


@pytest.fixture
def owner_page(page: Page, home: Home, errors: list[str]) -> Page:
    page.set_default_timeout(15_000)
    sign_in(page, home.server, "olga", SECRET)
    return page


class TestEjecting:
    def test_says_that_it_is_safe_to_unplug(self, owner_page: Page, home: Home) -> None:
        page = owner_page
        page.goto(f"{home.server}/drives/{home.drive_id}/")

        page.get_by_role("button", name="Eject").click()

        expect(page.get_by_text("It is safe to unplug.")).to_be_visible(timeout=20_000)
        assert not os.path.ismount(home.drive.path)
