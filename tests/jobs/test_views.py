"""The pages on background work."""

import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from drivearr.jobs.models import Job
from library.models import Root
from tests.scenes.fixtures import HTMX
from tests.scenes.household import Household


@pytest.mark.django_db
class TestJobList:
    def test_names_what_each_is_about(
        self, household: Household, home_client: Client
    ) -> None:
        page = home_client.get("/jobs/").content.decode()

        assert "Library scan" in page
        assert "/media/series" in page
        assert "Grandmother" in page
        assert "1\u202f204 of 4\u202f120 files" in page

    def test_filters_by_state_and_kind(
        self, household: Household, home_client: Client
    ) -> None:
        failed = home_client.get("/jobs/?state=failed", headers=HTMX).content.decode()
        scans = home_client.get(
            "/jobs/?kind=drives.scan", headers=HTMX
        ).content.decode()

        assert "was pulled out" in failed
        assert "Identify files</a>" not in failed
        assert scans.count('class="rows__entry"') == 2

    def test_polls_calmly_while_none_is_active(
        self, household: Household, home_client: Client
    ) -> None:
        assert b"every 1s" in home_client.get("/jobs/").content
        calm = home_client.get("/jobs/?state=done").content
        assert b"every 10s" in calm
        assert b"every 1s" not in calm


@pytest.mark.django_db
class TestJobDetail:
    def test_shows_what_went_wrong_and_what_helps(
        self, household: Household, home_client: Client
    ) -> None:
        page = home_client.get(f"/jobs/{household.jobs[2].pk}/").content.decode()

        assert "was pulled out while it was being looked at" in page
        assert "Plug it in again" in page

    def test_shows_issues_and_outcome(
        self, household: Household, home_client: Client
    ) -> None:
        page = home_client.get(f"/jobs/{household.jobs[1].pk}/").content.decode()

        assert "films/broken 2.mkv" in page
        assert "Look at its permissions." in page
        assert ">84<" in page

    def test_shows_the_traceback_to_owners_only(
        self, household: Household, home_client: Client, client: Client
    ) -> None:
        client.force_login(household.member)
        url = f"/jobs/{household.jobs[3].pk}/"

        assert b"Traceback" in home_client.get(url).content
        assert b"Traceback" not in client.get(url).content

    def test_of_a_kind_nobody_knows_shows_its_name(self, owner_client: Client) -> None:
        job = Job.objects.create(kind="gone.away", subject="odd:thing:1")

        assert b"gone.away" in owner_client.get(f"/jobs/{job.pk}/").content


@pytest.mark.django_db
class TestWithoutBroker:
    def test_a_deed_waits_for_nobody(
        self, owner_client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        root = Root.objects.create(path="/films", kind="MOVIES")
        begun = time.monotonic()

        with django_capture_on_commit_callbacks(execute=True):
            owner_client.post(f"/folders/{root.pk}/scan/")

        job = Job.objects.get()
        assert (job.state, job.sent_at) == ("QUEUED", None)
        assert time.monotonic() - begun < 3


@pytest.mark.django_db
class TestCancelJob:
    def test_ends_a_queued_one_at_once(self, owner_client: Client) -> None:
        job = Job.objects.create(kind="library.scan")

        owner_client.post(f"/jobs/{job.pk}/cancel/")

        job.refresh_from_db()
        assert job.state == "CANCELLED"

    def test_asks_a_running_one_to_stop(self, owner_client: Client) -> None:
        now = timezone.now()
        job = Job.objects.create(
            kind="library.scan", state="RUNNING", started_at=now, heartbeat_at=now
        )

        page = owner_client.post(f"/jobs/{job.pk}/cancel/", follow=True).content

        job.refresh_from_db()
        assert job.cancel_requested_at is not None
        assert b"Stopping" in page

    def test_of_what_is_over_says_so(
        self, household: Household, home_client: Client
    ) -> None:
        url = f"/jobs/{household.jobs[1].pk}/cancel/"

        assert b"over already" in home_client.post(url, follow=True).content
