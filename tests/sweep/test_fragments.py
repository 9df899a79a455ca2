"""What pages ask for again and again is small on the wire, on the busiest evening too."""

import gzip
import re
from html import unescape

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from drivearr.jobs.models import Job
from plexlink.models import PlexServer
from syncqueue.models import Copy, QueueItem
from tests.scenes.busy import crowd
from tests.scenes.household import Household

pytestmark = pytest.mark.django_db

MOST_BYTES = 2_000
PADDING = 100
"""Django makes a compressed answer longer by up to so much, by chance (BREACH)."""
_TAG = re.compile(r"<\w+\s[^>]*hx-trigger=\"(?:every|load)[^>]*>")
_ADDRESS = re.compile(r'hx-get="([^"]*)"')
_SEEN = re.compile(r"""hx-headers='\{"X-Seen": "([\w.]+)"}'""")


def polled(html: str) -> dict[str, str]:
    """Return what a page asks for by itself, and what it says it has seen."""
    found = {}
    for tag in _TAG.findall(html):
        address, seen = _ADDRESS.search(tag), _SEEN.search(tag)
        if address:
            found[unescape(address[1])] = seen[1] if seen else ""
    return found


@pytest.fixture
def client(household: Household) -> Client:
    crowd(household)
    client = Client(headers={"accept-encoding": "gzip"})
    client.force_login(household.owner)
    return client


def pages(home: Household) -> list[str]:
    server = PlexServer.objects.get()
    names = (
        *("dashboard", "queue", "drive_list", "job_list", "root_list", "plex"),
        *("start", "log_page", "unmatched_list"),
    )
    return [
        *(reverse(name) for name in names),
        *(reverse("drive_detail", args=[drive.pk]) for drive in home.drives),
        *(f"{reverse('queue')}?drive={drive.pk}" for drive in home.drives[:2]),
        *(reverse("job_detail", args=[job.pk]) for job in home.jobs),
        *(reverse("title_detail", args=[title.pk]) for title in home.titles[:3]),
        reverse("plex_server", args=[server.pk]),
    ]


def move() -> None:
    """Let everything that is under way come further."""
    Copy.objects.filter(state="COPYING").update(durable_bytes=F("durable_bytes") + 999)
    Job.objects.filter(state="RUNNING").update(done=F("done") + 7, note="Further on")


class TestPolledFragments:
    def test_are_small_on_the_wire(self, household: Household, client: Client) -> None:
        sizes: dict[str, int] = {}
        for page in pages(household):
            shown = polled(gzip.decompress(client.get(page).content).decode())
            move()
            for address, seen in shown.items():
                headers = {"hx-request": "true"} | ({"x-seen": seen} if seen else {})
                answer = client.get(address, headers=headers)
                assert answer.status_code in {200, 204}, address
                sizes[f"{page}: {address}"] = len(answer.content)

        assert len(sizes) > 30
        assert {k: n for k, n in sizes.items() if n > MOST_BYTES + PADDING} == {}


class TestQueue:
    def test_sends_only_what_moved(self, household: Household, client: Client) -> None:
        seen = polled(client.get("/queue/", headers={"accept-encoding": ""}).text)
        headers = {
            "accept-encoding": "",
            "hx-request": "true",
            "x-seen": seen["/queue/"],
        }
        assert client.get("/queue/", headers=headers).status_code == 204

        copy = Copy.objects.filter(state="COPYING").latest("pk")
        Copy.objects.filter(pk=copy.pk).update(durable_bytes=copy.size_bytes // 2)
        answer = client.get("/queue/", headers=headers)

        assert answer.text.count("hx-swap-oob") == 1
        assert f'id="wish-{copy.queue_item_id}" hx-swap-oob="true"' in answer.text
        assert "HX-Retarget" not in answer.headers
        again = polled(answer.text)["/queue/"]
        headers["x-seen"] = again
        assert client.get("/queue/", headers=headers).status_code == 204

    def test_sends_all_of_it_when_a_wish_came(
        self, household: Household, client: Client
    ) -> None:
        seen = polled(client.get("/queue/", headers={"accept-encoding": ""}).text)
        QueueItem.objects.filter(state="WAITING").latest("pk").delete()

        answer = client.get(
            "/queue/",
            headers={
                "accept-encoding": "",
                "hx-request": "true",
                "x-seen": seen["/queue/"],
            },
        )

        assert answer.headers["HX-Reswap"] == "none"
        assert answer.text.count("hx-swap-oob") == 1
        assert 'id="lanes" hx-swap-oob="true"' in answer.text
