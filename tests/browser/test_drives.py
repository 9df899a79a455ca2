"""A real drive on a loop device, every process running, and a person before the pages:
it is pulled while copying, plugged in again, ejected, and too small.
"""

import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in, write_video
from tests.houses import House, start, wait_for
from tests.mounts import LoopDrive, LoopDriveMaker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]

MB = 1_000_000
FILM = "Ran (1985)"
FILM_BYTES = 160 * MB
SLOW_MBPS = 20
SECRET = "a long enough secret"


@dataclass
class Home:
    """All of Drivearr, one library and one real drive."""

    house: House
    server: str
    drive: LoopDrive
    drive_id: int

    def wish(self) -> None:
        """Wish for all that the drive lacks."""
        self.house.drivearr("queue", "add", "--drive", str(self.drive_id), "--missing")

    def bytes_recorded(self) -> int:
        """How much of the film is on the drive for good, as the rows say."""
        rows = self.house.rows("SELECT durable_bytes FROM syncqueue_copy")
        return int(rows[0]["durable_bytes"]) if rows else 0


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
    house.drivearr("queue", "limit", "--drive", str(pk), "--mbps", str(SLOW_MBPS))
    return Home(house, f"http://127.0.0.1:{house.env['DRIVEARR_PORT']}", drive, pk)


@pytest.fixture
def owner_page(page: Page, home: Home, errors: list[str]) -> Page:
    page.set_default_timeout(15_000)
    sign_in(page, home.server, "olga", SECRET)
    return page


class TestPulling:
    def test_is_told_and_goes_on_when_it_is_plugged_in_again(
        self, owner_page: Page, home: Home
    ) -> None:
        page = owner_page
        page.goto(f"{home.server}/queue/")
        home.wish()
        page.reload()
        expect(page.locator("#lanes progress")).to_be_visible(timeout=20_000)
        wait_for(lambda: home.bytes_recorded() > 20 * MB, seconds=30)

        home.drive.unmount(lazy=True)

        words = page.get_by_text("Not plugged in. It goes on by itself when it is.")
        expect(words).to_be_visible(timeout=20_000)
        page.goto(f"{home.server}/drives/{home.drive_id}/")
        expect(page.locator("#drive-status .badge").first).to_contain_text(
            "Not attached"
        )
        kept = home.bytes_recorded()
        assert kept > 20 * MB

        home.drive.mount()

        page.goto(f"{home.server}/queue/")
        complete = page.locator("[data-state=DONE]", has_text="Done")
        expect(complete.first).to_be_visible(timeout=60_000)
        copied = [*home.drive.path.rglob(f"{FILM}.mkv")]
        assert [each.stat().st_size for each in copied] == [FILM_BYTES]
        page.goto(f"{home.server}/drives/{home.drive_id}/")
        expect(page.get_by_role("row", name=re.compile("Ran"))).to_contain_text(
            "Complete"
        )


class TestEjecting:
    def test_says_that_it_is_safe_to_unplug(self, owner_page: Page, home: Home) -> None:
        page = owner_page
        page.goto(f"{home.server}/drives/{home.drive_id}/")

        page.get_by_role("button", name="Eject").click()

        expect(page.get_by_text("It is safe to unplug.")).to_be_visible(timeout=20_000)
        assert not os.path.ismount(home.drive.path)


class TestFilling:
    def test_shows_what_is_left_out_and_why(
        self, owner_page: Page, home: Home, tmp_path: Path
    ) -> None:
        big = tmp_path / "films" / "Satantango (1994)" / "Satantango (1994).mkv"
        big.parent.mkdir()
        with big.open("wb") as stream:
            stream.truncate(900 * MB)
        home.house.drivearr("scan")
        home.house.drivearr("identify")
        home.house.drivearr("queue", "pause", "--drive", str(home.drive_id))
        home.wish()
        page = owner_page

        page.goto(f"{home.server}/drives/{home.drive_id}/plan/")

        left_out = page.get_by_role("region", name="Left out: 1 file, 900 MB")
        expect(left_out).to_contain_text("Satantango (1994)")
        expect(left_out).to_contain_text(re.compile("room|fit|full", re.IGNORECASE))
        copied = page.get_by_role("region", name="Would be copied")
        expect(copied).to_contain_text("Ran (1985)")
        expect(copied).not_to_contain_text("Satantango")


class TestProgress:
    def test_reaches_the_browser_while_it_grows(
        self, owner_page: Page, home: Home
    ) -> None:
        page = owner_page
        page.goto(f"{home.server}/queue/")
        home.wish()
        page.reload()
        expect(page.locator("#lanes progress")).to_be_visible(timeout=20_000)
        # What is recorded on one side, what stands in the page on the other, by one clock.
        recorded: list[tuple[float, int]] = []
        shown: list[tuple[float, float]] = []
        until = time.monotonic() + 6
        while time.monotonic() < until:
            now = time.monotonic()
            done = home.bytes_recorded()
            if not recorded or recorded[-1][1] != done:
                recorded.append((now, done))
            value = page.locator("#lanes progress").first.get_attribute("value")
            share = float(value or 0)
            if not shown or shown[-1][1] != share:
                shown.append((time.monotonic(), share))
        delays = list(_delays(recorded, shown))

        sys.stdout.write(
            f"byte to browser: median {statistics.median(delays):.2f} s, "
            f"longest {max(delays):.2f} s of {len(delays)}\n"
        )
        # How long is for performance.md; that it came, again and again, is for here.
        assert len(delays) >= 3, (recorded, shown)


def _delays(
    recorded: list[tuple[float, int]], shown: list[tuple[float, float]]
) -> Iterator[float]:
    """Yield, for each figure recorded, how long until the page showed it or a later one."""
    for at, done in recorded[1:]:
        percent = done * 100 / FILM_BYTES
        seen = (when for when, value in shown if when >= at and value >= percent - 0.5)
        found = next(seen, None)
        if found is not None:
            yield found - at
