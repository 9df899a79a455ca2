"""Filters of the library's lists, and the page of whereabouts."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from library.contexts.filters import Filters
from library.models import Genre
from tests.scenes.household import Household, put


@pytest.fixture(autouse=True)
def _joined() -> None:
    """Let the apps above put their marks on titles, as the pages do."""
    assert get_resolver().url_patterns


def names(query: str) -> set[str]:
    found = Filters.read(QueryDict(query)).apply()
    return set(found.values_list("name", flat=True))


@pytest.mark.django_db
class TestFilters:
    def test_tell_what_is_on_a_drive_from_what_is_not(
        self, household: Household
    ) -> None:
        drive = household.drives[0]
        everything = names("")

        on, not_on = names(f"where=on-{drive.pk}"), names(f"where=not-{drive.pk}")

        assert on
        assert on | not_on == everything
        assert not on & not_on

    def test_tell_what_is_nowhere(self, household: Household) -> None:
        lonely = names("where=none")

        assert lonely
        title = next(t for t in household.titles if t.name in lonely)
        put(household.drives[3], title)
        assert title.name not in names("where=none")
        assert title.name in names("where=any")

    def test_narrow_by_decade_and_genre(self, household: Household) -> None:
        drama = Genre.objects.get(name="Drama")

        twenties = Filters.read(QueryDict("decade=1920")).apply()

        assert {1920 <= (t.year or 0) <= 1929 for t in twenties} == {True}
        assert names(f"genre={drama.pk}") == {
            t.name for t in drama.titles.all() if t.name in names("")
        }

    @pytest.mark.parametrize(
        "query",
        ["where=on-x", "where=on-", "where=sql", "decade=99999", "genre=-1", "kind=NO"],
    )
    def test_take_nonsense_for_nothing(self, query: str) -> None:
        assert Filters.read(QueryDict(query)) == Filters()

    def test_survive_the_way_through_an_address(self) -> None:
        asked = QueryDict("q=a+b&kind=SHOW&genre=3&decade=1980&where=not-7&page=9")

        assert Filters.read(QueryDict(Filters.read(asked).encode())) == Filters.read(
            asked
        )


@pytest.mark.django_db
class TestWhereList:
    def test_has_a_column_for_each_drive(
        self, household: Household, home_client: Client
    ) -> None:
        page = home_client.get("/where/").content.decode()

        for drive in household.drives:
            assert f">{drive.name}</a>" in page
        assert "Car stick: complete" in page

    def test_costs_the_same_with_more_titles_and_drives(
        self, household: Household, home_client: Client
    ) -> None:
        home_client.get("/where/")
        with CaptureQueriesContext(connection) as few:
            home_client.get("/where/?q=light")
        with CaptureQueriesContext(connection) as many:
            home_client.get("/where/?q=")

        assert len(many) <= len(few) + 1


@pytest.mark.django_db
class TestViews:
    @pytest.mark.parametrize("view", ["grid", "table", "overview", "nonsense"])
    def test_show_the_same_titles(
        self, household: Household, home_client: Client, view: str
    ) -> None:
        page = home_client.get(f"/titles/?q=metropolis&view={view}").content.decode()

        assert "Metropolis" in page
        assert "Charade" not in page
