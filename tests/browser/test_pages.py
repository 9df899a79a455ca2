"""Every page in light and dark, wide and on a phone: whole, calm, and for everybody."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import LazySettings
from playwright.sync_api import Browser, Page, Response, expect
from pytest_django.live_server_helper import LiveServer

from library.models import Collection, Credit, Person
from tests.browser.conftest import PHONE, WIDE, sign_in, watch
from tests.scenes.household import Household, furnish

pytestmark = pytest.mark.browser

PAGES = [
    "/",
    "/titles/",
    "/titles/?q=nothing+at+all",
    "/titles/{movie}/",
    "/titles/{show}/",
    "/titles/{movie}/edit/",
    "/people/{person}/",
    "/collections/{collection}/",
    "/unmatched/",
    "/unmatched/match/?file={file}",
    "/unmatched/match/?title={show}",
    "/folders/",
    "/folders/add/",
    "/folders/{root}/remove/",
    "/drives/",
    "/drives/add/",
    "/drives/{drive}/",
    "/drives/{drive}/plan/",
    "/drives/{drive}/names/",
    "/drives/{drive}/edit/",
    "/drives/{drive}/delete/",
    "/drives/{drive}/delete/?title={movie}",
    "/drives/{drive}/history/",
    "/drives/history/",
    "/drives/{drive}/files/",
    "/queue/",
    "/queue/add/?title={show}",
    "/jobs/",
    "/jobs/{job}/",
    "/more/",
    "/password/",
    "/styleguide/",
    "/about/",
    "/jobs/errors/",
    "/start/",
    "/where/",
    "/titles/?view=table",
    "/titles/?view=overview&where=on-{drive}",
    "/notices/",
    "/system/",
    "/system/schedules/",
    "/system/statistics/",
    "/system/statistics/?days=365",
    "/system/log/",
    "/system/log/?level=ERROR&tail=1",
    "/system/settings/",
    "/system/sources/",
    "/system/sources/tvdb/key/",
    "/system/people/",
    "/system/people/add/",
    "/system/audit/",
    "/system/backups/",
    "/system/notices/",
    "/system/support/",
]
MOST_BYTES = 60_000


@pytest.fixture
def home(live_server: LiveServer, settings: LazySettings, tmp_path: Path) -> Household:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    settings.BROWSE_ROOTS = [tmp_path]
    (tmp_path / "films").mkdir()
    return furnish(posters=True)


def fill_in(path: str, home: Household) -> str:
    unmatched = home.roots[0].media_files.filter(match_state="SUGGESTED")[0]
    show = next(title for title in home.titles if title.kind == "SHOW")
    person, _ = Person.objects.get_or_create(name="Ida Lupino")
    collection, _ = Collection.objects.get_or_create(name="Harbour Trilogy")
    for title in home.titles[:3]:
        title.collections.add(collection)
        Credit.objects.get_or_create(
            title=title, person=person, role="ACTOR", character="Ada, the first mate"
        )
    return path.format(
        person=person.pk,
        collection=collection.pk,
        movie=home.titles[2].pk,
        show=show.pk,
        file=unmatched.pk,
        root=home.roots[0].pk,
        drive=home.drives[0].pk,
        job=home.jobs[1].pk,
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
class TestLook:
    def test_leaves_nobody_out_and_stays_in_its_width(
        self,
        browser: Browser,
        live_server: LiveServer,
        home: Household,
        size: Any,
        scheme: Any,
    ) -> None:
        context = browser.new_context(
            viewport=size, color_scheme=scheme, reduced_motion="reduce"
        )
        page = context.new_page()
        errors = watch(page)
        faults = check(page, f"{live_server.url}/sign-in/", errors)
        sign_in(page, live_server.url, "anna", "correct horse")
        for path in PAGES:
            faults += check(page, live_server.url + fill_in(path, home), errors)
        context.close()

        assert faults == []
        assert errors == []


def check(page: Page, url: str, errors: list[str]) -> list[str]:
    """Return what is wrong with a page."""
    answer = page.goto(url)
    assert answer
    assert answer.status == 200, url
    return faults_of(page, errors)


def faults_of(page: Page, errors: list[str]) -> list[str]:
    """Return what is wrong with a page that is open."""
    url = page.url
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    heard = len(errors)
    faults = [
        f"{url}: {violation['id']}: {violation['nodes'][0]['html'][:200]}"
        for violation in Axe()
        .run(page, options={"preload": False})
        .response["violations"]
    ]
    # What axe itself loads and styles is no fault of the page.
    del errors[heard:]
    over = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    if over > 0:
        faults.append(f"{url}: {over} px too wide")
    return faults


class TestWeight:
    def test_of_any_first_load_is_small(
        self, page: Page, live_server: LiveServer, home: Household, errors: list[str]
    ) -> None:
        sign_in(page, live_server.url, "anna", "correct horse")
        heavy = {}
        for path in PAGES:
            weight = weigh(page, live_server.url + fill_in(path, home))
            if weight > MOST_BYTES:
                heavy[path] = weight

        assert heavy == {}


def weigh(page: Page, url: str) -> int:
    """Return the bytes of a first load as they travel, pictures aside."""
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    page.on("response", keep)
    page.goto(url, wait_until="load")
    page.remove_listener("response", keep)
    kinds = {"document", "stylesheet", "script"}
    return sum(
        len(gzip.compress(answer.body()))
        for answer in answers
        if answer.request.resource_type in kinds
    )


class TestKeyboard:
    def test_reaches_the_search_with_one_key(
        self, page: Page, live_server: LiveServer, home: Household, errors: list[str]
    ) -> None:
        sign_in(page, live_server.url, "anna", "correct horse")
        page.goto(f"{live_server.url}/titles/")

        page.keyboard.press("/")

        expect(page.get_by_label("Search the library")).to_be_focused()

    def test_skips_to_the_page(
        self, page: Page, live_server: LiveServer, home: Household, errors: list[str]
    ) -> None:
        sign_in(page, live_server.url, "anna", "correct horse")

        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
        page.keyboard.press("Enter")

        expect(page.locator("#main")).to_be_focused()


class TestTheme:
    def test_is_chosen_and_kept(
        self, page: Page, live_server: LiveServer, home: Household, errors: list[str]
    ) -> None:
        sign_in(page, live_server.url, "anna", "correct horse")

        page.get_by_role("button", name="Dark").click()

        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.goto(f"{live_server.url}/titles/")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


class TestTicking:
    def test_ticks_a_folder_at_once_and_a_range_with_shift(
        self, page: Page, live_server: LiveServer, home: Household, errors: list[str]
    ) -> None:
        sign_in(page, live_server.url, "anna", "correct horse")
        page.goto(f"{live_server.url}/unmatched/")
        boxes = page.locator("input[name=file][form=decide-2]")

        page.get_by_label("All 3").check()
        assert [box.is_checked() for box in boxes.all()] == [True, True, True]

        page.get_by_label("All 3").uncheck()
        boxes.nth(0).click()
        boxes.nth(2).click(modifiers=["Shift"])
        assert [box.is_checked() for box in boxes.all()] == [True, True, True]


class TestWithoutScript:
    def test_everything_still_works(
        self, browser: Browser, live_server: LiveServer, home: Household
    ) -> None:
        context = browser.new_context(java_script_enabled=False, viewport=PHONE)
        page = context.new_page()
        sign_in(page, live_server.url, "anna", "correct horse")

        page.goto(f"{live_server.url}/titles/")
        page.get_by_label("Search the library").fill("metropolis")
        page.get_by_label("Search the library").press("Enter")
        page.get_by_role("link", name="Metropolis").click()
        page.get_by_role("link", name="Put on a drive").click()
        page.get_by_role("button", name="Put here on Cabin").click()
        expect(page.get_by_text("goes on “Cabin”.")).to_be_visible()

        page.goto(f"{live_server.url}/queue/")
        page.get_by_role("button", name="Pause: Metropolis").click()
        expect(page.get_by_role("button", name="Resume: Metropolis")).to_be_visible()

        page.goto(f"{live_server.url}/folders/add/")
        page.locator(".picker__folder").first.click()
        expect(page.get_by_role("link", name="films")).to_be_visible()
        context.close()


class TestOffline:
    def test_is_said_and_taken_back(
        self, page: Page, live_server: LiveServer, home: Household
    ) -> None:
        sign_in(page, live_server.url, "anna", "correct horse")
        page.goto(f"{live_server.url}/jobs/")
        note = page.get_by_text("Drivearr does not answer")

        page.context.set_offline(True)
        expect(note).to_be_visible(timeout=10_000)
        page.context.set_offline(False)
        expect(note).to_be_hidden(timeout=10_000)


class TestPicker:
    def test_fills_the_field_and_keeps_the_kind(
        self, page: Page, live_server: LiveServer, home: Household, errors: list[str]
    ) -> None:
        sign_in(page, live_server.url, "anna", "correct horse")
        page.goto(f"{live_server.url}/folders/add/")

        page.get_by_label("Shows").check()
        page.locator(".picker__folder").first.click()
        page.get_by_role("link", name="films").click()

        expect(page.get_by_label("Folder", exact=True)).to_have_value(
            re.compile("/films$")
        )
        expect(page.get_by_label("Shows")).to_be_checked()
