"""The first page."""

import pytest
from django.test import Client

from library.models import Root
from tests.scenes.household import Household


@pytest.mark.django_db
class TestDashboard:
    def test_begins_with_a_folder(self, owner_client: Client) -> None:
        assert b"Begin with a folder" in owner_client.get("/").content

    def test_asks_a_member_to_wait_for_the_owner(self, member_client: Client) -> None:
        page = member_client.get("/").content

        assert b"An owner of this household" in page
        assert b"/folders/add/" not in page

    def test_goes_on_with_a_drive(self, owner_client: Client) -> None:
        Root.objects.create(path="/films", kind="MOVIES")

        assert b"Now a drive" in owner_client.get("/").content

    def test_says_what_needs_attention_and_where_to_mend_it(
        self, household: Household, home_client: Client
    ) -> None:
        household.drives[0].trouble = "Its file system is damaged."
        household.drives[0].save()

        page = home_client.get("/").content.decode()
        needs = page.split("Needs attention")[1].split("Under way")[0]

        assert "/media/home-videos needs your word" in needs
        assert "M (1931) is not on “Car stick”" in needs
        assert "Its file system is damaged." in needs
        assert "4 files are not matched" in needs
        for url in ("/folders/", "/queue/", "/unmatched/"):
            assert f'href="{url}"' in needs

    def test_shows_drives_work_and_what_is_new(
        self, household: Household, home_client: Client
    ) -> None:
        page = home_client.get("/").content.decode()

        assert "36 movies, 6 shows, 3 other videos" in page
        assert "Library scan" in page
        assert "3 titles copying, 1 failed" in page
        assert "Roof Works" in page

    def test_says_nothing_needs_attention_when_nothing_does(
        self, owner_client: Client
    ) -> None:
        assert b"Needs attention" not in owner_client.get("/").content
