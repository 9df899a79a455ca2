"""The pages of Plex in light and dark, wide and on a phone, with everything the matter."""

import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from drivearr.jobs.models import Job
from drivearr.jobs.running import PUBLISH_SECONDS
from drivearr.lib.text import number_words
from library.models import Title
from tests.browser.conftest import PHONE, WIDE, sign_in, watch
from tests.browser.test_pages import check, faults_of
from tests.fakes.gdm import answer_of, running_gdm
from tests.fakes.plex import FakePlex, FakePlexTv, running_plex, running_plextv
from tests.scenes.household import furnish
from tests.scenes.plexed import Plexed, link

pytestmark = pytest.mark.browser


@pytest.fixture
def plex() -> Iterator[FakePlex]:
    with running_plex() as fake:
        fake.add_section("1", "movie", "Films", "/data/Movies")
        fake.add_section("2", "show", "Shows", "/data/TV")
        yield fake


@pytest.fixture
def plextv(plex: FakePlex, settings: LazySettings) -> Iterator[FakePlexTv]:
    with running_plextv() as fake:
        fake.add_server(plex)
        settings.PLEXTV_URL = fake.url
        yield fake


@pytest.fixture
def scene(
    live_server: LiveServer, plex: FakePlex, plextv: FakePlexTv, settings: LazySettings
) -> Iterator[Plexed]:
    furnish()
    answers = (answer_of("Cellar", 32400, "m-2"), answer_of("Attic", 1, "machine-one"))
    with running_gdm(*answers) as gdm:
        settings.PLEX_SEARCH_ADDRESS = gdm.address
        yield link(plex)


def addresses(scene: Plexed) -> dict[str, str]:
    """Return the pages of Plex by name."""
    plex_title = Title.objects.filter(plex_items__isnull=False).order_by("pk")[0]
    server, films = scene.server.pk, scene.films.pk
    return {
        "plex": reverse("plex"),
        "server": reverse("plex_server", args=[server]),
        "resting": reverse("plex_server", args=[scene.resting.pk]),
        "edit_server": reverse("edit_plex_server", args=[server]),
        "edit_library": reverse("edit_plex_library", args=[films]),
        "gone": reverse("plex_gone", args=[films]),
        "gone_none": reverse("plex_gone", args=[scene.shows.pk]),
        "add": reverse("add_plex_server"),
        "found": reverse("add_plex_server") + "?look=1",
        "token": reverse("paste_plex_token"),
        "sign_in": reverse("plex_sign_in", args=[scene.sign_in.pk]),
        "shelf": "/titles/?from=plex",
        "title": reverse("title_detail", args=[plex_title.pk]),
        "home": "/",
        "sources": "/system/sources/",
    }


class TestProgress:
    def test_comes_to_the_page_while_it_grows(
        self, page: Page, live_server: LiveServer, scene: Plexed, errors: list[str]
    ) -> None:
        sign_in(page, live_server.url, "anna", "correct horse")
        page.goto(live_server.url + reverse("plex_server", args=[scene.server.pk]))
        took = []
        for done in range(700, 1700, 110):
            page.wait_for_timeout(done % 7 * 60)
            Job.objects.filter(subject=scene.shows.subject).update(done=done)
            begun = time.monotonic()
            expect(page.get_by_text(f"{number_words(done)} of")).to_be_visible()
            took.append(time.monotonic() - begun)

        # How long is for performance.md; that each figure came, `expect` made sure of.
        behind = statistics.median(took) + PUBLISH_SECONDS
        sys.stdout.write(f"run to browser: median {behind:.2f} s at most\n")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
class TestLook:
    def test_leaves_nobody_out_and_stays_in_its_width(
        self,
        browser: Browser,
        live_server: LiveServer,
        scene: Plexed,
        size: Any,
        scheme: Any,
    ) -> None:
        context = browser.new_context(
            viewport=size, color_scheme=scheme, reduced_motion="reduce"
        )
        page = context.new_page()
        errors = watch(page)
        sign_in(page, live_server.url, "anna", "correct horse")
        faults = []
        for path in addresses(scene).values():
            faults += check(page, live_server.url + path, errors)
        page.goto(live_server.url + reverse("plex_server", args=[scene.server.pk]))
        faults += self.try_a_rule(page, errors)
        context.close()

        assert faults == []
        assert errors == []

    def try_a_rule(self, page: Page, errors: list[str]) -> list[str]:
        page.evaluate(
            "document.querySelectorAll('details').forEach(d => d.open = true)"
        )
        page.get_by_label("Folder at Plex").fill("/data/Movies")
        page.get_by_label("The same folder here").fill("/media/other films")
        page.get_by_role("button", name="Try it", exact=True).click()
        page.get_by_role("button", name="Keep it").wait_for()
        return faults_of(page, errors)
