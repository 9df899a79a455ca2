"""Failures, alike ones together."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from drivearr.jobs.errors import ErrorList
from drivearr.jobs.models import Job


def fail(code: str = "DRIVE_GONE", *, days_ago: int = 0, **facts: object) -> Job:
    at = timezone.now() - timedelta(days=days_ago)
    values = {"kind": "drives.scan", "state": "FAILED", "error_code": code} | facts
    return Job.objects.create(
        queued_at=at, started_at=at, finished_at=at, error_message="Gone.", **values
    )


@pytest.mark.django_db
class TestErrorList:
    def test_puts_alike_failures_together_with_their_trend(self) -> None:
        fail(days_ago=3)
        fail(days_ago=3)
        latest = fail()
        fail("OTHER", days_ago=40)

        sorts = ErrorList.build(today=timezone.localdate()).sorts

        gone = next(each for each in sorts if each.code == "DRIVE_GONE")
        assert len(sorts) == 2
        assert (gone.count, gone.last_pk) == (3, latest.pk)
        assert gone.per_day[-1] == 1
        assert gone.per_day[-4] == 2
        assert sum(gone.per_day) == 3

    def test_forgets_what_was_resolved_until_it_comes_again(
        self, owner_client: Client
    ) -> None:
        fail()
        sent = {"kind": "drives.scan", "code": "DRIVE_GONE"}

        page = owner_client.post("/jobs/errors/resolve/", sent, follow=True)

        assert "1 failure is resolved" in page.content.decode()
        assert not Job.objects.failing().exists()
        fail()
        assert Job.objects.failing().count() == 1

    def test_resolves_no_other_sort(self, owner_client: Client) -> None:
        fail("OTHER")

        owner_client.post("/jobs/errors/resolve/", {"kind": "drives.scan", "code": "X"})

        assert Job.objects.failing().exists()
