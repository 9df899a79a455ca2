"""Drivearr under a path of its own, as behind a reverse proxy that has other things too."""

import importlib
import re
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import clear_url_caches, set_urlconf

import drivearr.urls
from tests.scenes.fixtures import HTMX
from tests.scenes.household import Household

BASE = "/drivearr"
PAGES = (
    *("/", "/titles/", "/titles/?view=table", "/where/", "/queue/", "/drives/"),
    *("/drives/{drive}/", "/drives/{drive}/plan/", "/titles/{title}/", "/jobs/"),
    *("/unmatched/", "/folders/", "/plex/", "/notices/", "/system/", "/system/log/"),
    *("/system/log/?tail=1", "/system/statistics/", "/system/people/", "/start/"),
    *("/system/backups/", "/system/schedules/", "/more/", "/about/", "/nowhere/"),
)
PARTS = ("/running/", "/queue/", "/drives/{drive}/status/", "/titles/", "/notices/")
_ADDRESS = re.compile(r'\s(?:href|src|action|hx-get|hx-post|data-url)="(/[^"]*)"')


@pytest.fixture
def _below(settings: LazySettings) -> Iterator[None]:
    settings.BASE_URL = BASE
    settings.STATIC_URL = f"{BASE}/static/"
    importlib.reload(drivearr.urls)
    clear_url_caches()
    set_urlconf(None)
    yield
    settings.BASE_URL = ""
    importlib.reload(drivearr.urls)
    clear_url_caches()


@pytest.mark.django_db
@pytest.mark.usefixtures("_below")
class TestSubPath:
    def fill_in(self, path: str, home: Household) -> str:
        return BASE + path.format(drive=home.drives[0].pk, title=home.titles[0].pk)

    def test_is_before_every_address_of_every_page(
        self, household: Household, home_client: Client
    ) -> None:
        plain: dict[str, str] = {}
        asked = [(self.fill_in(path, household), plain) for path in PAGES]
        asked += [(self.fill_in(path, household), HTMX) for path in PARTS]
        for path, headers in asked:
            answer = home_client.get(path, headers=headers)
            found = _ADDRESS.findall(answer.content.decode())

            assert answer.status_code == (404 if "nowhere" in path else 200), path
            assert [each for each in found if not each.startswith(f"{BASE}/")] == []

    def test_is_kept_on_the_way_through_the_sign_in(
        self, household: Household, client: Client
    ) -> None:
        asked = client.get(f"{BASE}/queue/")
        sent = {"username": "anna", "password": "correct horse"}
        let_in = client.post(asked.headers["Location"], sent)

        assert asked.headers["Location"].startswith(f"{BASE}/sign-in/?next={BASE}/")
        assert let_in.headers["Location"] == f"{BASE}/queue/"

    def test_leaves_nothing_at_the_top(self, home_client: Client) -> None:
        assert home_client.get("/titles/").status_code == 404
