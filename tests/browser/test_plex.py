"""From signing in at Plex to a film of Plex on a drive, in a real browser."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from drivearr.lib.progress import SilentProgress
from library.services.scanning import scan_root
from plexlink.models import PlexSignIn
from tests.browser.conftest import sign_in, write_video
from tests.factories.library import make_root
from tests.fakes.plex import FakePlex, FakePlexTv, running_plex, running_plextv

pytestmark = pytest.mark.browser
MIB = 1024**2


@pytest.fixture
def places(settings: LazySettings, tmp_path: Path) -> Path:
    """Make films that Plex has too, and an empty stick."""
    media = tmp_path / "media"
    for name in ("Charade (1963)", "Metropolis (1927)"):
        write_video(media / "films" / name / f"{name}.mkv", size_bytes=MIB)
    episode = "Lantern Street - S01E01.mkv"
    write_video(
        media / "series" / "Lantern Street" / "Season 01" / episode, size_bytes=MIB
    )
    (media / "stick").mkdir()
    settings.BROWSE_ROOTS = [media]
    settings.DATA_DIR = tmp_path / "data"
    return media


@pytest.fixture
def plex() -> Iterator[FakePlex]:
    with running_plex() as fake:
        fake.add_section("1", "movie", "Films", "/data/films")
        fake.add_section("2", "show", "Shows", "/data/shows")
        for key, name, year in ((1, "Charade", 1963), (2, "Metropolis", 1927)):
            folder = f"/data/films/{name} ({year})"
            fake.add_movie(key, name, year, file=f"{folder}/{name} ({year}).mkv")
        for number in range(3, 60):
            fake.add_movie(number, f"Far Away {number}", tmdb=number)
        fake.add_show(
            200, "Lantern Street", tvdb=77, folder="/data/shows/Lantern Street"
        )
        fake.add_episode(
            *(201, 200, 1, 1),
            file="/data/shows/Lantern Street/Season 01/Lantern Street - S01E01.mkv",
        )
        fake.delay_seconds = 0.15
        fake.page_most = 10
        yield fake


@pytest.fixture
def plextv(plex: FakePlex, settings: LazySettings) -> Iterator[FakePlexTv]:
    with running_plextv() as fake:
        fake.add_server(plex)
        settings.PLEXTV_URL = fake.url
        settings.PLEX_CONNECT_SECONDS = 2
        yield fake


@pytest.mark.usefixtures("worker", "places")
class TestPlex:
    def test_leads_from_signing_in_to_a_film_on_a_drive(
        self,
        page: Page,
        live_server: LiveServer,
        plex: FakePlex,
        plextv: FakePlexTv,
        places: Path,
        errors: list[str],
    ) -> None:
        page.set_default_timeout(10_000)
        user = get_user_model().objects.create_superuser("olga", "", "a long secret")
        assert user.is_staff
        sign_in(page, live_server.url, "olga", "a long secret")
        self.sign_in_at_plex(page, live_server.url, plextv)
        series = make_root(places / "series", kind="SHOWS")
        scan_root(root_id=series.pk, progress=SilentProgress())
        self.choose_a_library(page)
        self.watch_it_come(page)
        self.accept_the_suggestion(page, places)
        self.accept_the_rule(page, places)
        self.switch_the_shelf(page, live_server.url)
        self.put_on_the_stick(page, live_server.url, places)

        copied = [*(places / "stick").rglob("*.mkv")]
        source = places / "films" / "Charade (1963)" / "Charade (1963).mkv"
        assert [file.read_bytes() for file in copied] == [source.read_bytes()]
        assert errors == []

    def sign_in_at_plex(self, page: Page, server: str, plextv: FakePlexTv) -> None:
        page.goto(f"{server}/plex/")
        page.get_by_role("button", name="Sign in to Plex").click()
        link = page.get_by_role("link", name="Open Plex")
        expect(link).to_have_attribute("href", re.compile("auth#\\?clientID="))
        plextv.approve(PlexSignIn.objects.get().code)
        expect(page).to_have_url(f"{server}/plex/", timeout=15_000)
        expect(page.get_by_text("Signed in as olga. Found: Attic.")).to_be_visible()
        page.get_by_role("link", name="Attic").click()
        expect(page.get_by_role("heading", name="Attic", level=1)).to_be_visible()

    def choose_a_library(self, page: Page) -> None:
        # None takes part before somebody says so.
        expect(page.get_by_role("button", name="Take part")).to_have_count(2)
        page.get_by_role("button", name=re.compile("Take part.*Films")).click()
        expect(
            page.get_by_role("button", name=re.compile("Stop.*Films"))
        ).to_be_visible()

    def watch_it_come(self, page: Page) -> None:
        phases = set()
        deadline = time.monotonic() + 60
        done = page.locator("#plex-libraries").get_by_text(re.compile("^Synced"))
        while not done.count() and time.monotonic() < deadline:
            found = page.locator("#plex-libraries .entry__name").all_inner_texts()
            phases |= set(found)
            time.sleep(0.1)
        expect(done).to_be_visible()
        assert phases & {"Listing movies", "Details of movies"}, phases
        expect(page.get_by_text("59 only on the server")).to_be_visible()
        expect(page.locator("#plex-libraries-poll")).to_have_attribute(
            "hx-trigger", "every 10s"
        )

    def accept_the_suggestion(self, page: Page, places: Path) -> None:
        """What our own folders of shows look like tells where Plex's are."""
        page.get_by_role("button", name=re.compile("Take part.*Shows")).click()
        accept = page.get_by_role("button", name="Accept /data/shows")
        deadline = time.monotonic() + 30
        while not accept.count() and time.monotonic() < deadline:
            page.reload()
        accept.click()
        said = f"/data/shows is {places / 'series'} here."
        expect(page.get_by_text(said)).to_be_visible()

    def accept_the_rule(self, page: Page, places: Path) -> None:
        page.get_by_text("Write a rule, or test a path").click()
        page.get_by_label("Folder at Plex").fill("/data/films")
        page.get_by_label("The same folder here").fill(str(places / "films"))
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_text("of 60 reached")).to_be_visible()
        page.get_by_role("button", name=re.compile("Keep")).click()
        expect(page.get_by_text("Folders that could join")).to_be_visible()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not page.get_by_text("2 here").count():
            page.reload()
        button = page.get_by_role("button", name="Make it a library folder")
        button.click()
        expect(
            page.get_by_text("is a library folder now and is scanned")
        ).to_be_visible()
        expect(page.get_by_text("Folders that could join")).to_have_count(0)

    def switch_the_shelf(self, page: Page, server: str) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            page.goto(f"{server}/titles/")
            if page.get_by_role("link", name="Charade").count():
                break
        expect(page.get_by_role("link", name="Far Away 5", exact=False)).to_have_count(
            0
        )
        page.get_by_role("link", name="Plex", exact=True).last.click()
        expect(page).to_have_url(re.compile("from=plex"))
        expect(
            page.get_by_role("link", name=re.compile("Far Away")).first
        ).to_be_visible()

    def put_on_the_stick(self, page: Page, server: str, places: Path) -> None:
        page.goto(f"{server}/drives/add/")
        page.get_by_role("link", name="media").click()
        page.get_by_role("link", name="stick").click()
        page.get_by_label("Name", exact=True).fill("Car")
        page.get_by_role("button", name="Use this folder").click()
        page.goto(f"{server}/titles/?from=plex&q=charade")
        page.get_by_role("link", name="Charade").first.click()
        expect(page.get_by_role("heading", name="At Plex")).to_be_visible()
        put = page.get_by_role("button", name="Put here on Car")
        deadline = time.monotonic() + 30
        while not put.count() and time.monotonic() < deadline:
            # The scan of the folder, or the look at the stick, is still under way.
            page.reload()
        put.click()
        complete = page.locator("#placings .badge", has_text="Complete")
        expect(complete).to_be_visible(timeout=30_000)
