"""The doors between the pages and the admin."""

import pytest
from django.contrib import admin
from django.test import Client

from drivearr.web.templatetags.crossing import PAGES, admin_of, page_of
from tests.scenes.household import Household


@pytest.mark.django_db
class TestAdmin:
    def test_leads_to_the_page_of_a_row(
        self, household: Household, home_client: Client
    ) -> None:
        title, drive, job = household.titles[0], household.drives[0], household.jobs[1]
        expected = {
            admin_of("library.title", title.pk): f"/titles/{title.pk}/",
            admin_of("drives.drive", drive.pk): f"/drives/{drive.pk}/",
            admin_of("jobs.job", job.pk): f"/jobs/{job.pk}/",
        }
        for address, page in expected.items():
            shown = home_client.get(address).content.decode()

            assert f'<a href="{page}">On its page</a>' in shown

    def test_is_led_to_from_the_pages_of_owners_alone(
        self, household: Household, home_client: Client
    ) -> None:
        member = Client()
        member.force_login(household.member)
        for place, label, row in (
            ("titles", "library.title", household.titles[0]),
            ("drives", "drives.drive", household.drives[0]),
            ("jobs", "jobs.job", household.jobs[1]),
        ):
            path, door = f"/{place}/{row.pk}/", f'href="{admin_of(label, row.pk)}"'

            assert door in home_client.get(path).content.decode()
            assert door not in member.get(path).content.decode()

    def test_carries_our_name_and_leads_back(
        self, household: Household, home_client: Client
    ) -> None:
        page = home_client.get("/admin/").content.decode()

        assert "Drivearr admin" in page
        assert "css/admin.css" in page
        assert '<a href="/">View site</a>' in page


class TestPageOf:
    def test_is_empty_for_what_no_page_shows(self) -> None:
        assert page_of(None) == ""
        assert admin_of("library.nothing", 1) == ""

    @pytest.mark.django_db
    def test_finds_every_page_it_names(self, household: Household) -> None:
        for label, (name, _field) in PAGES.items():
            model = next(
                each for each in admin.site._registry if each._meta.label_lower == label
            )
            row = model._default_manager.first()
            assert row is None or page_of(row).startswith("/"), (label, name)
