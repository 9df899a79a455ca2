"""From an empty house to the first scan, with pauses."""

import pytest
from django.test import Client
from django.utils import timezone

from drivearr.web.models import Kept
from drives.models import Drive
from library.models import Root

GOOD = "a long enough secret"


def next_step(client: Client) -> str:
    page = client.get("/start/").content.decode()
    if 'aria-current="step"' not in page:
        return ""
    return page.split('aria-current="step"')[1].split('step__name">')[1].split("<")[0]


@pytest.fixture
def fresh(client: Client, db: None) -> Client:
    sent = {"username": "olga", "password1": GOOD, "password2": GOOD}
    answer = client.post("/setup/", sent)
    assert answer.headers["Location"] == "/start/"
    return client


def change(client: Client, deed: str, step: str = "") -> None:
    client.post("/start/change/", {"deed": deed, "step": step})


@pytest.mark.django_db
class TestStart:
    def test_leads_through_the_steps(self, fresh: Client) -> None:
        assert next_step(fresh) == "Library folders"

        root = Root.objects.create(path="/films", kind="MOVIES")
        assert next_step(fresh) == "Posters and descriptions"

        change(fresh, "skip", "keys")
        change(fresh, "skip", "plex")
        assert next_step(fresh) == "The first drive"

        Drive.objects.create(name="Car", is_folder=True)
        assert next_step(fresh) == "The first scan"

        root.last_scan_at = timezone.now()
        root.save()
        assert next_step(fresh) == ""
        assert "All set" in fresh.get("/start/").content.decode()

    def test_goes_on_where_it_was_left(self, fresh: Client) -> None:
        Root.objects.create(path="/films", kind="MOVIES")
        change(fresh, "skip", "keys")

        assert "Go on with setting up" in fresh.get("/titles/").content.decode()
        assert next_step(fresh) == "Plex"

    def test_comes_back_to_what_was_left_out(self, fresh: Client) -> None:
        Root.objects.create(path="/films", kind="MOVIES")
        change(fresh, "skip", "keys")
        change(fresh, "back", "keys")

        assert next_step(fresh) == "Posters and descriptions"

    def test_leaves_no_needed_step_out(self, fresh: Client) -> None:
        change(fresh, "skip", "folders")

        assert next_step(fresh) == "Library folders"

    def test_is_silent_when_it_was_ended(self, fresh: Client) -> None:
        change(fresh, "end")

        assert "Go on with setting up" not in fresh.get("/titles/").content.decode()

    def test_asks_nobody_else(self, member_client: Client) -> None:
        Kept.write("start", {"skipped": []})

        assert "Go on" not in member_client.get("/titles/").content.decode()
        assert member_client.get("/start/").status_code == 403
