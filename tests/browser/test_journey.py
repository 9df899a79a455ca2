"""From an empty house to a complete drive, in a real browser."""

import re
import time
from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import APIResponse, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from syncqueue.models import QueueItem
from syncqueue.services.watching import CopyWitness
from tests.browser.conftest import sign_in, write_video
from tests.scenes.household import Household, furnish

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
        expect(page.locator("#placings-poll")).to_have_attribute(
            "hx-trigger", "every 10s"
        )


@pytest.fixture
def household(transactional_db: None) -> Household:
    return furnish()


@pytest.mark.usefixtures("errors")
class TestOrdering:
    def test_by_dragging_and_by_keys(
        self, page: Page, live_server: LiveServer, household: Household
    ) -> None:
        drive = household.drives[3]
        names = [title.name for title in household.titles[:4]]
        for title in household.titles[:4]:
            QueueItem.objects.create(drive=drive, title=title)
        sign_in(page, live_server.url, "anna", "correct horse")
        page.goto(f"{live_server.url}/queue/?drive={drive.pk}")
        rows = page.locator("[data-place] .entry__name")
        expect(rows).to_have_text([re.compile(name) for name in names])

        self.drag(page, names[3], onto=names[0])
        expect(rows.first).to_contain_text(names[3])

        page.locator(f"#grip-{self.wish_id(page, names[0])}").focus()
        page.keyboard.press("End")
        expect(rows.last).to_contain_text(names[0])
        page.keyboard.press("ArrowUp")
        expect(rows.nth(2)).to_contain_text(names[0])
        wished = QueueItem.objects.filter(drive=drive).in_order()
        assert [wish.title.name for wish in wished.select_related("title")] == [
            names[3],
            names[1],
            names[0],
            names[2],
        ]

    def test_stays_when_an_older_answer_comes_late(
        self, page: Page, live_server: LiveServer, household: Household
    ) -> None:
        drive = household.drives[3]
        first, second, third = household.titles[:3]
        for title in (first, second):
            QueueItem.objects.create(drive=drive, title=title)
        sign_in(page, live_server.url, "anna", "correct horse")
        page.goto(f"{live_server.url}/queue/?drive={drive.pk}")
        late: list[tuple[Route, APIResponse]] = []

        def hold(route: Route) -> None:
            if "x-seen" in route.request.headers and not late:
                late.append((route, route.fetch()))
            else:
                route.continue_()

        # One more makes the frame another, so that all of it is answered.
        QueueItem.objects.create(drive=drive, title=third)
        page.route("**/queue/?drive=*", hold)
        while not late:
            page.wait_for_timeout(50)
        page.locator(f"#grip-{self.wish_id(page, first.name)}").focus()
        page.keyboard.press("End")
        rows = page.locator("[data-place] .entry__name")
        expect(rows.last).to_contain_text(first.name)

        route, answer = late[0]
        route.fulfill(response=answer)
        page.wait_for_timeout(300)

        expect(rows.last).to_contain_text(first.name)

    def wish_id(self, page: Page, name: str) -> str:
        entry = page.locator("[data-place]").filter(has_text=name)
        return entry.get_attribute("data-place") or ""

    def drag(self, page: Page, name: str, *, onto: str) -> None:
        grip = page.locator(f"#grip-{self.wish_id(page, name)}").bounding_box()
        goal = page.locator(f"#grip-{self.wish_id(page, onto)}").bounding_box()
        assert grip
        assert goal
        page.mouse.move(grip["x"] + 10, grip["y"] + 10)
        page.mouse.down()
        # Longer than a poll: the list must not be replaced under the hand.
        page.wait_for_timeout(1500)
        page.mouse.move(goal["x"] + 10, goal["y"] - 4, steps=8)
        page.mouse.up()
