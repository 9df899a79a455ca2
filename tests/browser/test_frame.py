"""What every page has around it: toasts, the drawer, paper, errors of polls, other roles."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from drivearr.web import rights
from drivearr.web.models import Notice
from drivearr.web.rights import Role
from syncqueue.models import QueueItem
from tests.browser.conftest import PHONE, WIDE, sign_in, watch
from tests.browser.test_pages import PAGES, check, fill_in
from tests.scenes.household import Household, furnish
from tests.test_pages import OWNERS_ONLY

pytestmark = pytest.mark.browser


@pytest.fixture
def home(live_server: LiveServer, settings: LazySettings, tmp_path: Path) -> Household:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    settings.BROWSE_ROOTS = [tmp_path]
    return furnish(folder=tmp_path)


@pytest.fixture
def owner_page(
    page: Page, live_server: LiveServer, home: Household, errors: list[str]
) -> Page:
    sign_in(page, live_server.url, "anna", "correct horse")
    return page


class TestToast:
    def test_goes_by_itself_and_can_be_read_in_the_drawer(
        self, owner_page: Page, live_server: LiveServer, home: Household
    ) -> None:
        page = owner_page
        page.clock.install()
        page.goto(f"{live_server.url}/queue/add/?title={home.titles[30].pk}")
        page.get_by_role("button", name="Put here on").first.click()
        toast = page.locator("#messages > .message")
        expect(toast).to_be_visible()

        page.clock.fast_forward(30_000)
        expect(toast).to_be_hidden()

        page.get_by_role("link", name="Notices").click()
        drawer = page.get_by_role("dialog", name="Notices")
        expect(drawer.get_by_text(home.titles[30].name)).to_be_visible()
        page.keyboard.press("Escape")
        expect(drawer).to_be_hidden()
        assert page.url.endswith(f"?title={home.titles[30].pk}") or "queue" in page.url

    def test_of_trouble_stays_until_it_is_closed(
        self, owner_page: Page, live_server: LiveServer
    ) -> None:
        page = owner_page
        page.clock.install()
        page.goto(f"{live_server.url}/system/notices/")
        page.get_by_label("Addresses").fill("nonsense-that-is-no-address")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Send a test").click()
        toast = page.locator("#messages > .message[data-state=FAILED]")
        expect(toast).to_be_visible()

        page.clock.fast_forward(60_000)
        expect(toast).to_be_visible()
        toast.get_by_role("button", name="Close").click()

        expect(toast).to_be_hidden()


class TestUndo:
    def test_takes_back_and_does_again_by_one_key(
        self, owner_page: Page, live_server: LiveServer, home: Household
    ) -> None:
        page = owner_page
        title = home.titles[30]
        page.goto(f"{live_server.url}/queue/add/?title={title.pk}")
        page.get_by_role("button", name="Put here on").first.click()
        wishes = QueueItem.objects.open().filter(title=title)
        toast = page.locator("#messages > .message")
        expect(toast.get_by_role("button", name="Undo")).to_be_visible()

        page.keyboard.press("z")
        expect(toast).to_contain_text("1 wish is taken back.")
        assert not wishes.exists()

        page.keyboard.press("z")
        expect(toast).to_contain_text("1 title waits again.")
        assert wishes.exists()


class TestDrawer:
    def test_marks_all_as_seen(self, owner_page: Page, live_server: LiveServer) -> None:
        Notice.objects.create(event="done", text="Charade is whole on “Car”.")
        page = owner_page
        page.goto(f"{live_server.url}/titles/")
        bell = page.get_by_role("link", name="Notices")
        expect(bell).to_contain_text("1")

        bell.click()
        page.get_by_role("dialog").get_by_role("button", name="All seen").click()

        expect(page.get_by_role("link", name="Notices").first).not_to_contain_text("1")

    def test_leads_to_a_page_without_script(
        self, browser: Browser, live_server: LiveServer, home: Household
    ) -> None:
        context = browser.new_context(java_script_enabled=False, viewport=WIDE)
        page = context.new_page()
        sign_in(page, live_server.url, "anna", "correct horse")

        page.get_by_role("link", name="Notices").click()

        expect(page.get_by_role("heading", name="Notices", level=1)).to_be_visible()
        context.close()


class TestPollThatFails:
    @pytest.mark.parametrize(
        ("status", "said"),
        [
            (500, "That went wrong in Drivearr"),
            (502, "Drivearr does not answer"),
            (403, "That is not allowed"),
            (404, "is gone"),
        ],
    )
    def test_says_what_is_the_matter(
        self,
        page: Page,
        live_server: LiveServer,
        home: Household,
        status: int,
        said: str,
    ) -> None:
        sign_in(page, live_server.url, "anna", "correct horse")

        def refuse(route: Route) -> None:
            if route.request.headers.get("hx-request"):
                route.fulfill(status=status, body="")
            else:
                route.continue_()

        page.route("**/*", refuse)
        page.goto(f"{live_server.url}/jobs/")

        expect(page.locator("#offline")).to_contain_text(said, timeout=10_000)
        page.unroute("**/*")
        expect(page.locator("#offline")).to_be_hidden(timeout=10_000)
        page.close()

    def test_leads_to_the_sign_in_when_the_session_ended(
        self, owner_page: Page, live_server: LiveServer
    ) -> None:
        owner_page.goto(f"{live_server.url}/jobs/")

        owner_page.context.clear_cookies()

        owner_page.wait_for_url(re.compile(r"/sign-in/\?next=.*jobs"), timeout=10_000)


class TestPaper:
    def test_has_no_frame_and_no_buttons(
        self, owner_page: Page, live_server: LiveServer
    ) -> None:
        owner_page.goto(f"{live_server.url}/where/")

        owner_page.emulate_media(media="print", color_scheme="dark")

        expect(owner_page.locator(".side")).to_be_hidden()
        expect(owner_page.locator(".matrix")).to_be_visible()
        expect(owner_page.get_by_role("button")).to_have_count(0)
        # Colours change over a frame or two.
        expect(owner_page.locator("body")).to_have_css(
            "background-color", "rgb(255, 255, 255)"
        )


class TestOutside:
    def test_is_asked_for_nothing(
        self, owner_page: Page, live_server: LiveServer, home: Household
    ) -> None:
        own = urlsplit(live_server.url).netloc
        asked: set[str] = set()
        owner_page.on("request", lambda request: asked.add(request.url))

        for path in PAGES:
            owner_page.goto(live_server.url + fill_in(path, home))

        outside = {url for url in asked if urlsplit(url).netloc != own}
        assert {url for url in outside if not url.startswith("data:")} == set()
        assert len(asked) > len(PAGES)


def may_see(path: str) -> bool:
    """Whether those who are no owners may look at a page."""
    from django.urls import resolve  # noqa: PLC0415 - the urls are of this test's settings

    return resolve(path.partition("?")[0]).url_name not in OWNERS_ONLY


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
class TestOtherPeople:
    @pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
    def test_have_pages_as_whole_as_owners(
        self,
        browser: Browser,
        live_server: LiveServer,
        home: Household,
        size: dict[str, int],
        scheme: str,
        role: Role,
    ) -> None:
        subjects = [home.drives[0].subject] if role is Role.MEMBER else None
        rights.assign(user=home.member, role=role, subjects=subjects)
        self.look(browser, live_server, home, size, scheme, "ben", "battery staple")

    def test_see_an_empty_house_with_a_next_step(
        self,
        browser: Browser,
        live_server: LiveServer,
        size: dict[str, int],
        scheme: str,
    ) -> None:
        User.objects.create_superuser("anna", password="correct horse")
        context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type] # words of the parameters
        page = context.new_page()
        errors = watch(page)
        sign_in(page, live_server.url, "anna", "correct horse")
        faults = []
        for path in [path for path in PAGES if "{" not in path]:
            faults += check(page, live_server.url + path, errors)
        context.close()

        assert faults == []
        assert errors == []

    def look(
        self,
        browser: Browser,
        live_server: LiveServer,
        home: Household,
        size: dict[str, int],
        scheme: str,
        name: str,
        password: str,
    ) -> None:
        context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type] # words of the parameters
        page = context.new_page()
        errors = watch(page)
        sign_in(page, live_server.url, name, password)
        faults = []
        for path in [fill_in(path, home) for path in PAGES]:
            if may_see(path):
                faults += check(page, live_server.url + path, errors)
        context.close()

        assert faults == []
        assert errors == []
