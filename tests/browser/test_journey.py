"""From an empty house to a complete drive, in a real browser."""

import re
import time
from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from syncqueue.services.watching import CopyWitness
from tests.browser.conftest import write_video

pytestmark = pytest.mark.browser
MIB = 1024**2


@pytest.fixture
def places(settings: LazySettings, tmp_path: Path) -> Path:
    """Make a small library and an empty stick in the one place pages may show."""
    media = tmp_path / "media"
    films = media / "films"
    write_video(films / "Metropolis (1927)" / "Metropolis (1927).mkv", size_bytes=MIB)
    write_video(films / "Charade (1963)" / "Charade (1963).mkv", size_bytes=40 * MIB)
    (media / "stick").mkdir()
    settings.BROWSE_ROOTS = [media]
    settings.DATA_DIR = tmp_path / "data"
    return media


@pytest.fixture
def _slow_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a copy take long enough to be watched."""
    check = CopyWitness.check

    def slow(witness: CopyWitness) -> None:
        time.sleep(0.15)
        check(witness)

    monkeypatch.setattr(CopyWitness, "check", slow)


@pytest.mark.usefixtures("worker", "_slow_copies")
class TestJourney:
    def test_leads_from_an_empty_house_to_a_complete_drive(
        self, page: Page, live_server: LiveServer, places: Path, errors: list[str]
    ) -> None:
        self.make_the_owner(page, live_server.url)
        self.add_the_folder(page)
        self.see_titles(page, live_server.url)
        self.add_the_stick(page, live_server.url)
        self.put_on_it(page, live_server.url)
        self.watch_it(page)

        copied = [*(places / "stick").rglob("*.mkv")]
        source = places / "films" / "Charade (1963)" / "Charade (1963).mkv"
        assert [file.read_bytes() for file in copied] == [source.read_bytes()]

    def make_the_owner(self, page: Page, server: str) -> None:
        page.goto(server)
        expect(page).to_have_url(f"{server}/setup/")
        page.get_by_label("Your name").fill("olga")
        page.get_by_label("Password", exact=True).fill("a long enough secret")
        page.get_by_label("Password again").fill("a long enough secret")
        page.get_by_role("button", name="Make the account").click()
        expect(page).to_have_url(f"{server}/start/")
        page.get_by_role("link", name="Name a folder").click()
        expect(page).to_have_url(f"{server}/folders/add/")

    def add_the_folder(self, page: Page) -> None:
        page.get_by_role("link", name="media").click()
        page.get_by_role("link", name="films").click()
        expect(page.get_by_label("Folder", exact=True)).to_have_value(
            re.compile(r"/media/films$")
        )
        page.get_by_role("button", name="Add this folder").click()
        expect(page.get_by_text("Movies · 2 files")).to_be_visible(timeout=20_000)

    def see_titles(self, page: Page, server: str) -> None:
        expect(page.get_by_text("Waiting for a worker")).to_have_count(
            0, timeout=20_000
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            page.goto(f"{server}/titles/")
            if page.get_by_role("link", name="Charade").count():
                break
            time.sleep(0.3)
        expect(page.get_by_role("link", name="Metropolis")).to_be_visible()
        page.get_by_label("Search the library").press_sequentially("charade")
        expect(page).to_have_url(re.compile(r"\?q=charade"))
        expect(page.get_by_role("link", name="Metropolis")).to_have_count(0)

    def add_the_stick(self, page: Page, server: str) -> None:
        page.goto(f"{server}/drives/add/")
        page.get_by_role("link", name="media").click()
        page.get_by_role("link", name="stick").click()
        expect(page.get_by_label("Folder", exact=True)).to_have_value(
            re.compile(r"/media/stick$")
        )
        page.get_by_label("Name", exact=True).fill("Car")
        page.get_by_role("button", name="Use this folder").click()
        expect(page.get_by_role("heading", name="Car", exact=True)).to_be_visible()

    def put_on_it(self, page: Page, server: str) -> None:
        page.goto(f"{server}/titles/?q=charade")
        page.get_by_role("link", name="Charade").click()
        page.get_by_role("button", name="Put here on Car").click()
        expect(page.get_by_text("goes on “Car”.")).to_be_visible()

    def watch_it(self, page: Page) -> None:
        bar = page.locator("#placings progress")
        expect(bar).to_be_visible(timeout=20_000)
        seen = set()
        complete = page.locator("#placings .badge", has_text="Complete")
        deadline = time.monotonic() + 60
        while not complete.count() and time.monotonic() < deadline:
            if bar.count():
                seen.add(
                    bar.get_attribute("value", timeout=2000) if bar.count() else None
                )
            time.sleep(0.2)
        expect(complete).to_be_visible(timeout=20_000)
        assert len(seen - {None}) >= 2, seen
        # It ends by itself: no poll is left in the page.
        expect(page.locator("#placings[hx-trigger]")).to_have_count(0)
