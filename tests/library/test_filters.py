"""Filters of the library's lists, and the page of whereabouts."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from library.contexts.filters import Filters
from library.contexts.suggestions import suggest
from library.models import Genre, MediaFile, Root, Title, WatchState
from tests.factories.library import MediaFileFactory, TitleFactory
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

    def test_narrow_by_quality(self, household: Household) -> None:
        one, two, *_ = household.titles
        one.media_files.update(resolution="2160p")
        two.media_files.update(resolution="480p")

        assert names("quality=2160p") == {one.name}
        assert names("quality=sd") == {two.name}
        assert one.name not in names("quality=1080p")

    def test_narrow_by_state(self, household: Household) -> None:
        show = next(each for each in household.titles if each.media_files.count() > 1)
        lost = show.media_files.all()[:1]
        MediaFile.objects.filter(pk__in=[each.pk for each in lost]).update(
            state=MediaFile.State.MISSING, missing_since=timezone.now()
        )
        item = household.titles[0].items.all()[0]
        WatchState.objects.create(item=item, viewer="olga", is_watched=True)

        assert names("state=gone") == {show.name}
        assert names("state=seen") == {household.titles[0].name}
        assert names("state=seen") | names("state=unseen") == names("")
        assert names("state=away") == set()
        Root.objects.update(state=Root.State.UNAVAILABLE)
        assert names("state=away") == names("")

    def test_find_a_year_among_the_words(self, household: Household) -> None:
        title = next(each for each in household.titles if each.year)

        assert title.name in names(f"q={title.name.split()[0]}+{title.year}")

    @pytest.mark.parametrize(
        "query",
        [
            "where=on-x",
            "where=on-",
            "where=sql",
            "decade=99999",
            "genre=-1",
            "kind=NO",
            "state=x",
            "quality=8K",
        ],
    )
    def test_take_nonsense_for_nothing(self, query: str) -> None:
        assert Filters.read(QueryDict(query)) == Filters()

    def test_survive_the_way_through_an_address(self) -> None:
        asked = QueryDict(
            "q=a+b&kind=SHOW&genre=3&decade=1980&where=not-7&quality=sd&state=gone&page=9"
        )

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


@pytest.mark.django_db
class TestSuggestions:
    @pytest.mark.parametrize("typed", ["martix", "the matrxi", "natrix", "Mattrix"])
    def test_name_what_was_perhaps_meant(self, typed: str) -> None:
        meant = _on_shelf("The Matrix", 1999)
        _on_shelf("Quiet Harbour", 2001)
        _on_shelf("The Marsh", 1998)

        found = suggest(typed, Title.objects.with_files())

        assert [each.pk for each in found] == [meant.pk]
        assert found[0].label == "The Matrix (1999)"

    def test_stand_on_the_page_that_found_nothing(self, owner_client: Client) -> None:
        meant = _on_shelf("The Matrix", 1999)

        page = owner_client.get("/titles/", {"q": "martix"}).content.decode()

        assert "Did you mean" in page
        assert f'href="/titles/{meant.pk}/"' in page
        found = owner_client.get("/titles/", {"q": "matrix"}).content.decode()
        assert "Did you mean" not in found

    def test_are_none_for_what_is_like_nothing(self) -> None:
        _on_shelf("The Matrix", 1999)

        assert suggest("zzzzzz", Title.objects.with_files()) == ()
        assert suggest("", Title.objects.with_files()) == ()


def _on_shelf(name: str, year: int) -> Title:
    title = TitleFactory.create(name=name, year=year)
    MediaFileFactory.create(title=title)
    return title
