"""News: found in the rows, kept for the drawer, sent where they are read."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from django.utils import timezone

from drivearr.system.services import telling
from drivearr.web.models import Kept, Notice
from drives.models import HealthReading, SyncRecord
from syncqueue.models import QueueItem
from tests.scenes.household import Household


def end(wish: QueueItem, state: str, **facts: object) -> None:
    now = timezone.now()
    QueueItem.objects.filter(pk=wish.pk).update(
        state=state,
        changed_at=now,
        finished_at=now if state == "DONE" else None,
        **facts,
    )


def told() -> dict[str, str]:
    return {n.event: n.text for n in Notice.objects.filter(user=None)}


@pytest.fixture
def _began(household: Household) -> None:
    telling.gather_news()


@pytest.mark.django_db
class TestGatherNews:
    def test_takes_what_lies_before_the_first_look_for_no_news(
        self, household: Household
    ) -> None:
        assert telling.gather_news() == 0
        assert told() == {}

    @pytest.mark.usefixtures("_began")
    def test_puts_what_got_done_on_a_drive_together(self, household: Household) -> None:
        drive = household.drives[1]
        for title in household.titles[:5]:
            end(QueueItem.objects.create(drive=drive, title=title), "DONE")

        assert telling.gather_news() == 1

        assert "and 2 more are on “Cabin”, whole and read back" in told()["done"]

    @pytest.mark.usefixtures("_began")
    def test_tells_failures_from_what_does_not_fit(self, household: Household) -> None:
        drive, titles = household.drives[1], household.titles
        full = QueueItem.objects.create(drive=drive, title=titles[0])
        torn = QueueItem.objects.create(drive=drive, title=titles[1])
        end(full, "FAILED", error_code="DRIVE_FULL", error_message="It is full.")
        end(torn, "FAILED", error_code="SOURCE_CHANGED", error_message="It changed.")

        telling.gather_news()

        assert "will not fit on “Cabin”. It is full." in told()["wont_fit"]
        assert "could not be copied to “Cabin”. It changed." in told()["failed"]

    @pytest.mark.usefixtures("_began")
    def test_tells_of_drives(self, household: Household) -> None:
        drive = household.drives[0]
        SyncRecord.objects.create(drive=drive, action="ATTACHED")
        SyncRecord.objects.create(drive=drive, action="DETACHED", message="Ejected")
        SyncRecord.objects.create(drive=drive, action="DETACHED", message="Pulled")
        HealthReading.objects.create(drive=drive, source="smart", verdict="FAILING")

        assert telling.gather_news() == 3

        assert told().keys() == {"attached", "unplug", "ailing"}

    @pytest.mark.usefixtures("_began")
    def test_tells_nothing_twice(self, household: Household) -> None:
        SyncRecord.objects.create(drive=household.drives[0], action="ATTACHED")

        assert [telling.gather_news(), telling.gather_news()] == [1, 0]


@pytest.fixture
def inbox() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Listen as a service that takes messages; yields its address and what came."""
    came: list[dict[str, str]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}", came
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.django_db
@pytest.mark.filterwarnings("default")
class TestSendWaiting:
    def test_sends_what_is_wanted_once(
        self, inbox: tuple[str, list[dict[str, str]]]
    ) -> None:
        address, came = inbox
        telling.write_outgoing(urls=address, events=["done"], digest_hours=0)
        Notice.objects.create(event="done", text="Charade is on “Car”.")
        Notice.objects.create(event="attached", text="“Car” is plugged in.")

        assert [telling.send_waiting(), telling.send_waiting()] == [1, 0]

        assert [message["message"] for message in came] == ["Charade is on “Car”."]

    def test_gathers_a_digest(self, inbox: tuple[str, list[dict[str, str]]]) -> None:
        address, came = inbox
        telling.write_outgoing(urls=address, events=["done"], digest_hours=24)
        Notice.objects.create(event="done", text="One.")

        assert telling.send_waiting() == 0
        Notice.objects.update(at=timezone.now() - timedelta(hours=25))
        Notice.objects.create(event="done", text="Two.")
        assert telling.send_waiting() == 2

        assert came[0]["message"] == "One.\nTwo."

    def test_keeps_what_could_not_be_sent(self) -> None:
        telling.write_outgoing(
            urls="json://127.0.0.1:9/", events=["done"], digest_hours=0
        )
        Notice.objects.create(event="done", text="One.")

        assert telling.send_waiting() == 0

        assert Notice.objects.get().sent_at is None


@pytest.mark.django_db
@pytest.mark.filterwarnings("default")
class TestPage:
    def test_keeps_addresses_sealed_and_shows_their_kind_alone(
        self, owner_client: Client
    ) -> None:
        sent = {"urls": "ntfys://s3cret-token@ntfy.sh/home", "digest_hours": "0"}

        page = owner_client.post("/system/notices/", sent, follow=True).content.decode()

        assert "ntfys://…" in page
        assert "s3cret" not in page
        assert "s3cret" not in json.dumps(Kept.read("notices-outgoing"))
        assert telling.read_outgoing().addresses() == [sent["urls"]]

    def test_keeps_the_addresses_when_the_field_stays_empty(
        self, owner_client: Client
    ) -> None:
        telling.write_outgoing(urls="json://localhost", events=[], digest_hours=0)

        owner_client.post("/system/notices/", {"events": "done", "digest_hours": "24"})

        assert telling.read_outgoing().addresses() == ["json://localhost"]
        assert telling.read_outgoing().events == ["done"]

    def test_sends_a_test(
        self, owner_client: Client, inbox: tuple[str, list[dict[str, str]]]
    ) -> None:
        address, came = inbox
        telling.write_outgoing(urls=address, events=[], digest_hours=0)

        page = owner_client.post("/system/notices/test/", follow=True)

        assert "was taken" in page.content.decode()
        assert came[0]["title"] == "Drivearr: a test"

    def test_says_which_kind_of_address_is_none(self, owner_client: Client) -> None:
        telling.write_outgoing(urls="nonsense://s3cret", events=[], digest_hours=0)

        page = owner_client.post("/system/notices/test/", follow=True).content.decode()

        assert "(nonsense://…) is none that Apprise knows" in page
        assert "s3cret" not in page
