"""Rows of the queue that the database refuses."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from drives.models import Drive
from library.models import Item, Season, Title
from syncqueue.models import QueueItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def drive() -> Drive:
    return Drive.objects.create(name="Cabin", is_folder=True)


@pytest.fixture
def show() -> Title:
    return Title.objects.create(kind=Title.Kind.SHOW, name="Lost", identity_key="x:1")


@pytest.fixture
def scopes(show: Title) -> dict[str, dict[str, Season | Item | None]]:
    season = Season.objects.create(title=show, number=1)
    item = Item.objects.create(title=show, season=season, number=1)
    return {
        "title": {},
        "season": {"season": season},
        "item": {"season": season, "item": item},
    }


class TestQueueItem:
    @pytest.mark.parametrize("scope", ["title", "season", "item"])
    def test_is_open_once_for_each_wish(
        self,
        drive: Drive,
        show: Title,
        scopes: dict[str, dict[str, Season | Item | None]],
        scope: str,
    ) -> None:
        QueueItem.objects.create(drive=drive, title=show, **scopes[scope])

        with pytest.raises(IntegrityError), transaction.atomic():
            QueueItem.objects.create(drive=drive, title=show, **scopes[scope])

    def test_may_be_open_for_a_title_and_parts_of_it(
        self,
        drive: Drive,
        show: Title,
        scopes: dict[str, dict[str, Season | Item | None]],
    ) -> None:
        for scope in scopes.values():
            QueueItem.objects.create(drive=drive, title=show, **scope)

        assert QueueItem.objects.open().count() == 3

    def test_may_be_made_again_when_the_first_is_over(
        self, drive: Drive, show: Title
    ) -> None:
        QueueItem.objects.create(
            drive=drive,
            title=show,
            state=QueueItem.State.DONE,
            finished_at=timezone.now(),
        )

        QueueItem.objects.create(drive=drive, title=show)

        assert QueueItem.objects.count() == 2

    @pytest.mark.parametrize(
        "values",
        [
            {"state": "DONE"},
            {"state": "WAITING", "finished_at": timezone.now()},
            {"state": "FAILED"},
        ],
    )
    def test_refuses_states_that_lie(
        self, drive: Drive, show: Title, values: dict[str, object]
    ) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            QueueItem.objects.create(drive=drive, title=show, **values)
