"""Many titles at once, and the way back."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from drivearr.web import rights
from drivearr.web.rights import Role
from syncqueue.models import QueueItem
from tests.scenes.household import Household


def open_wishes(household: Household, index: int = 3) -> set[int]:
    wishes = QueueItem.objects.open().filter(drive=household.drives[index])
    return set(wishes.values_list("title_id", flat=True))


def press(client: Client, page: str) -> str:
    """Press Undo or Redo on a page; return the next one."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return client.post("/undo/", {"token": found[1]}, follow=True).content.decode()


@pytest.mark.django_db
class TestChooseDrive:
    def test_says_what_it_weighs_and_where_it_fits(
        self, household: Household, home_client: Client
    ) -> None:
        car = household.drives[0]
        car.attachments.update(free_bytes=1)
        chosen = [title.pk for title in household.titles[1:4]]

        page = home_client.post("/queue/choose/", {"title": chosen}).content.decode()

        assert "3 titles" in page
        assert "too much" in page
        assert "left afterwards" in page

    def test_takes_all_that_match(
        self, household: Household, home_client: Client
    ) -> None:
        sent = {"all": "1", "query": "kind=SHOW"}

        page = home_client.post("/queue/choose/", sent).content.decode()

        shows = [title for title in household.titles if title.kind == "SHOW"]
        assert f"{len(shows)} titles" in page
        assert 'name="query" value="kind=SHOW"' in page

    def test_asks_for_titles_when_none_is_ticked(self, home_client: Client) -> None:
        assert home_client.post("/queue/choose/").headers["Location"] == "/titles/"

    def test_offers_a_narrowed_member_the_own_drives_alone(
        self, household: Household, member: User
    ) -> None:
        subject = household.drives[0].subject
        rights.assign(user=member, role=Role.MEMBER, subjects=[subject])
        client = Client()
        client.force_login(User.objects.get(pk=member.pk))

        sent = {"title": household.titles[0].pk}
        page = client.post("/queue/choose/", sent).content.decode()

        assert household.drives[0].name in page
        assert household.drives[1].name not in page


@pytest.mark.django_db
class TestPutMany:
    def test_wishes_for_the_ticked_ones_alone(
        self, household: Household, home_client: Client
    ) -> None:
        chosen = {title.pk for title in household.titles[1:4]}
        sent = {"title": list(chosen), "drive": household.drives[3].pk}

        answer = home_client.post("/queue/put/", sent)

        assert answer.headers["Location"] == f"/drives/{household.drives[3].pk}/plan/"
        assert open_wishes(household) == chosen

    def test_wishes_for_all_that_match(
        self, household: Household, home_client: Client
    ) -> None:
        sent = {"all": "1", "query": "kind=SHOW", "drive": household.drives[3].pk}

        home_client.post("/queue/put/", sent)

        shows = {title.pk for title in household.titles if title.kind == "SHOW"}
        assert open_wishes(household) == shows

    def test_can_be_taken_back_once(
        self, household: Household, home_client: Client
    ) -> None:
        chosen = [title.pk for title in household.titles[1:4]]
        sent = {"title": chosen, "drive": household.drives[3].pk}
        page = home_client.post("/queue/put/", sent, follow=True).content.decode()
        found = re.search(r'name="token" value="([^"]+)"', page)
        assert found

        told = [
            home_client.post(
                "/undo/", {"token": found[1]}, follow=True
            ).content.decode()
            for _ in range(2)
        ]

        assert open_wishes(household) == set()
        assert "3 wishes are taken back" in told[0]
        assert "Nothing was left to take back" in told[1]

    def test_can_be_done_again_and_taken_back_again(
        self, household: Household, home_client: Client
    ) -> None:
        chosen = [title.pk for title in household.titles[1:4]]
        sent = {"title": chosen, "drive": household.drives[3].pk}
        page = home_client.post("/queue/put/", sent, follow=True).content.decode()
        wished = open_wishes(household)
        held = []
        for button in ("Undo", "Redo", "Undo", "Redo"):
            assert f">{button}</button>" in page
            page = press(home_client, page)
            held.append(open_wishes(household))

        assert held == [set(), wished, set(), wished]
        assert "3 titles wait again." in page

    def test_is_done_again_only_on_drives_the_person_may_use(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[3]
        sent = {"title": [household.titles[1].pk], "drive": drive.pk}
        page = home_client.post("/queue/put/", sent, follow=True).content.decode()
        page = press(home_client, page)
        rights.assign(
            user=household.member,
            role=Role.MEMBER,
            subjects=[household.drives[0].subject],
        )
        member = Client()
        member.force_login(household.member)
        page = press(member, page)

        assert "Nothing was left to do again." in page
        assert open_wishes(household) == set()

    def test_cannot_be_taken_back_with_a_made_up_token(
        self, household: Household, home_client: Client
    ) -> None:
        before = QueueItem.objects.open().count()

        page = home_client.post("/undo/", {"token": "eyJ:x:y"}, follow=True)

        assert "cannot be taken back" in page.content.decode()
        assert QueueItem.objects.open().count() == before
