"""What a household comes for, done with a real browser from its first click to the end."""

import re
from pathlib import Path

import pytest
from celery import current_app
from django.conf import LazySettings
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from drivearr.jobs.kinds import find_kind
from drivearr.jobs.models import Job
from drivearr.jobs.schedules import install_schedules
from drives.models import Attachment
from library.contexts import shelves
from library.models import MediaFile, Title
from syncqueue.models import QueueItem
from tests.browser.conftest import PHONE, sign_in
from tests.scenes.household import Household, furnish

pytestmark = pytest.mark.browser
FILES = 10


@pytest.fixture
def home(live_server: LiveServer, settings: LazySettings, tmp_path: Path) -> Household:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    settings.BROWSE_ROOTS = [tmp_path]
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.PAGE_SETTINGS_FILE = tmp_path / "settings.json"
    return furnish()


@pytest.fixture
def owner_page(
    page: Page, live_server: LiveServer, home: Household, errors: list[str]
) -> Page:
    sign_in(page, live_server.url, "anna", "correct horse")
    return page


class TestMending:
    @pytest.fixture
    def _ambiguous(self, home: Household) -> None:
        MediaFile.objects.exclude(match_state="MATCHED").delete()
        for number in range(FILES):
            candidate = {
                "source": "tmdb",
                "id": str(9000 + number),
                "kind": "MOVIE",
                "name": f"Find {number}",
                "year": 1950 + number,
                "score": 0.7,
                "overview": "",
                "poster": "",
            }
            MediaFile.objects.create(
                root=home.roots[0],
                relpath=f"Find {number}/f{number}.mkv",
                size_bytes=1000,
                mtime_ns=1,
                match_state="SUGGESTED",
                match_candidates=[candidate],
                parsed={"title": f"Find {number}"},
            )

    @pytest.mark.usefixtures("_ambiguous")
    def test_takes_ten_files_without_a_mouse(
        self, owner_page: Page, live_server: LiveServer
    ) -> None:
        page = owner_page
        page.goto(f"{live_server.url}/unmatched/")

        for left in range(FILES, 0, -1):
            expect(page.get_by_role("button", name="It is this")).to_have_count(left)
            # Down to the first file, and yes to its likeliest title.
            page.keyboard.press("j")
            expect(page.locator("[data-decide] input[name=file]:focus")).to_have_count(
                1
            )
            with page.expect_navigation():
                page.keyboard.press("a")

        expect(page.get_by_text("Everything is matched")).to_be_visible()
        assert not MediaFile.objects.filter(match_state="SUGGESTED").exists()


class TestPlace:
    def test_is_kept_after_a_deed_in_a_long_list(
        self, owner_page: Page, live_server: LiveServer, home: Household
    ) -> None:
        install_schedules()
        page = owner_page
        page.set_viewport_size(PHONE)
        page.goto(f"{live_server.url}/system/schedules/")
        pause = page.get_by_role("button", name=re.compile("^Pause.*: System: backup$"))
        pause.scroll_into_view_if_needed()
        before = page.evaluate("scrollY")

        pause.click()
        expect(page.get_by_text("“System: backup” is paused.")).to_be_visible()

        assert before > 300
        assert page.evaluate("scrollY") == pytest.approx(before, abs=60)


class TestFinding:
    def test_says_which_drive_to_fetch_from_the_drawer(
        self, owner_page: Page, live_server: LiveServer, home: Household
    ) -> None:
        page = owner_page
        page.goto(live_server.url)

        page.keyboard.press("g")
        page.keyboard.press("w")
        page.wait_for_url("**/where/")
        page.keyboard.press("/")
        page.keyboard.type("harbour")

        row = page.get_by_role("row", name="Harbour Lights")
        expect(row).to_be_visible()
        expect(page.locator(".matrix tbody tr")).to_have_count(1)
        expect(row).to_contain_text("20/20")
        drawer = page.locator("th", has_text="Grandmother")
        expect(drawer).to_contain_text("not plugged in")


class TestWishing:
    def test_is_all_that_a_new_member_may(
        self,
        owner_page: Page,
        live_server: LiveServer,
        home: Household,
        browser: Browser,
    ) -> None:
        owner_page.goto(f"{live_server.url}/system/people/add/")
        owner_page.get_by_label("Name", exact=True).fill("mia")
        owner_page.get_by_label("First password").fill("sugar and spice")
        owner_page.get_by_label("May put titles on every drive").uncheck()
        owner_page.get_by_label("only Car stick").check()
        owner_page.get_by_role("button", name="Add").click()
        expect(owner_page.get_by_text("mia can sign in now.")).to_be_visible()

        context = browser.new_context(viewport=PHONE)
        page = context.new_page()
        sign_in(page, live_server.url, "mia", "sugar and spice")
        page.goto(f"{live_server.url}/queue/add/?title={home.titles[30].pk}")
        page.get_by_role("button", name="Put here on Car stick").click()
        page.goto(f"{live_server.url}/system/people/")
        expect(page.get_by_role("heading", name="Not for you")).to_be_visible()
        page.goto(f"{live_server.url}/folders/add/")
        expect(page.get_by_role("heading", name="Not for you")).to_be_visible()
        context.close()

        wish = QueueItem.objects.get(title=home.titles[30])
        assert wish.drive == home.drives[1] or wish.drive.name == "Car stick"
        assert not User.objects.get(username="mia").is_staff


class TestFilling:
    def test_tells_what_is_too_much_while_one_still_chooses(
        self, owner_page: Page, live_server: LiveServer, home: Household
    ) -> None:
        Attachment.objects.filter(drive__name="Car stick").update(free_bytes=10**10)
        page = owner_page
        page.goto(f"{live_server.url}/titles/")
        boxes = page.locator("input[name=title]")

        boxes.nth(0).check(force=True)
        bar = page.locator("[data-bulk]")
        expect(bar).to_contain_text("1 chosen · 6.1 GB")
        bar.get_by_label("Compare with").select_option(
            index=self.place_of(page, "Car stick")
        )
        expect(bar).to_contain_text("fits")

        boxes.nth(5).click(modifiers=["Shift"], force=True)
        expect(bar).to_contain_text("6 chosen")
        expect(bar).to_contain_text("too much")

        page.get_by_role("button", name="Choose none").click()
        expect(bar).to_be_hidden()

    def test_weighs_all_that_match_too(
        self,
        owner_page: Page,
        live_server: LiveServer,
        home: Household,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(shelves, "PER_PAGE", 10)
        Attachment.objects.filter(drive__name="Car stick").update(free_bytes=10**10)
        movies = MediaFile.objects.filter(title__kind="MOVIE", state="PRESENT")
        weight = sum(movies.values_list("size_bytes", flat=True))
        page = owner_page
        page.goto(f"{live_server.url}/titles/?kind=MOVIE")

        page.locator("input[name=title]").nth(0).check(force=True)
        bar = page.locator("[data-bulk]")
        bar.get_by_label("Compare with").select_option(
            index=self.place_of(page, "Car stick")
        )
        bar.get_by_label("that match").check()

        expect(bar).to_contain_text(f"36 chosen · {weight / 10**9:.1f} GB")
        expect(bar).to_contain_text(f"{weight / 10**9 - 10:.1f} GB too much")
        bar.get_by_label("that match").uncheck()
        expect(bar).to_contain_text("1 chosen · 6.1 GB")

    def place_of(self, page: Page, name: str) -> int:
        places = page.locator("[data-bulk-place] option").all_inner_texts()
        return next(n for n, text in enumerate(places) if text.startswith(name))


class TestBackup:
    def test_brings_back_what_was_there(
        self, owner_page: Page, live_server: LiveServer, home: Household
    ) -> None:
        Job.objects.active().delete()
        page = owner_page
        page.goto(f"{live_server.url}/system/backups/")
        page.get_by_role("button", name="Make one now").click()
        expect(page.get_by_role("button", name="Being made…")).to_be_visible()
        self.work_off()
        page.reload()
        expect(page.get_by_role("link", name="Download")).to_be_visible()
        Title.objects.filter(name="Metropolis").update(name="Lost")
        page.goto(f"{live_server.url}/titles/{home.titles[2].pk}/")
        expect(page.get_by_role("heading", name="Lost")).to_be_visible()

        page.goto(f"{live_server.url}/system/backups/")
        page.get_by_role("link", name="Restore…").first.click()
        page.get_by_role("button", name="Restore").click()
        expect(page.get_by_role("heading", name="Restored")).to_be_visible(
            timeout=20_000
        )

        assert Title.objects.filter(name="Metropolis").exists()

    def work_off(self) -> None:
        current_app.loader.import_default_modules()
        job = Job.objects.get(kind="system.backup")
        kind = find_kind(job.kind)
        assert kind
        current_app.tasks[kind.task](job.pk)
