"""Facts and pictures: first, when a source changed them, when they are old."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from drivearr.jobs.models import Job
from drivearr.lib.progress import SilentProgress
from library.models import Credit, Root, Title
from library.services import refreshing
from library.services.refreshing import RefreshSummary, find_due
from library.services.sourcing import DatabaseReplies, purge_replies
from tests.fakes import serving
from tests.fakes.tmdb import FakeTmdb
from tests.fakes.tvdb import KEY, FakeTvdb, running_tvdb
from tests.library.test_identifying import Library

pytestmark = pytest.mark.django_db

MATRIX = "The Matrix (1999)/The Matrix (1999).mkv"


@pytest.fixture
def films(tmp_path: Path) -> Library:
    return Library(tmp_path / "films", Root.Kind.MOVIES)


@pytest.fixture
def matrix(films: Library, source: FakeTmdb) -> Title:
    """The film, identified and refreshed."""
    source.add_movie(603, "The Matrix", 1999, poster_path=None)
    films.run(MATRIX)
    refresh()
    return films.title(MATRIX)


def refresh(*, changes: bool = False, again: bool = False) -> RefreshSummary:
    return refreshing.refresh_titles(
        changes=changes, again=again, progress=SilentProgress()
    )


class TestRefresh:
    def test_is_queued_by_identifying(self, films: Library, source: FakeTmdb) -> None:
        source.add_movie(603, "The Matrix", 1999)
        films.run(MATRIX)

        assert Job.objects.filter(kind="library.refresh").count() == 1
        assert find_due().count() == 1

    def test_brings_what_a_search_does_not_tell(self, matrix: Title) -> None:
        matrix.refresh_from_db()

        assert [each.name for each in matrix.genres.all()] == ["Drama"]
        assert matrix.tagline == "So it goes."
        assert find_due().count() == 0

    def test_asks_nothing_when_nothing_is_due(
        self, matrix: Title, source: FakeTmdb
    ) -> None:
        source.asked.clear()

        assert refresh().considered == 0
        assert source.asked == []

    def test_writes_nothing_when_nothing_is_new(
        self, matrix: Title, source: FakeTmdb
    ) -> None:
        credits_ = list(Credit.objects.order_by("pk").values())
        summary = refresh(again=True)

        assert (summary.refreshed, summary.unchanged) == (0, 1)
        assert list(Credit.objects.order_by("pk").values()) == credits_

    def test_takes_away_relations_that_are_gone(
        self, matrix: Title, source: FakeTmdb
    ) -> None:
        source.movies[603] |= {
            "_genres": [{"id": 2, "name": "Action"}],
            "_cast": [{"id": 10, "name": "Another Actor", "character": "Neo"}],
        }
        summary = refresh(again=True)

        assert summary.refreshed == 1
        assert [each.name for each in matrix.genres.all()] == ["Action"]
        names = matrix.credits.filter(role="ACTOR").values_list(
            "person__name", flat=True
        )
        assert list(names) == ["Another Actor"]

    def test_leaves_what_a_person_edited(self, matrix: Title, source: FakeTmdb) -> None:
        Title.objects.filter(pk=matrix.pk).update(
            name="Matrix", overview="Ours", locked_fields=["name", "overview", "genres"]
        )
        source.movies[603] |= {"overview": "Theirs", "tagline": "x", "_genres": []}
        refresh(again=True)

        matrix.refresh_from_db()
        assert (matrix.name, matrix.overview) == ("Matrix", "Ours")
        assert matrix.genres.count() == 1

    def test_of_what_the_source_lacks_keeps_what_is_known(
        self, matrix: Title, source: FakeTmdb
    ) -> None:
        del source.movies[603]
        summary = refresh(again=True)

        matrix.refresh_from_db()
        assert summary.gone == 1
        assert matrix.overview == "About The Matrix."

    def test_of_old_facts_comes_within_the_terms(
        self, matrix: Title, source: FakeTmdb
    ) -> None:
        source.movies[603]["overview"] = "New"
        with time_machine.travel(timezone.now() + timedelta(days=151)):
            assert refresh().refreshed == 1

        matrix.refresh_from_db()
        assert matrix.overview == "New"


class TestChanges:
    def test_are_fetched_for_titles_that_are_here(
        self, matrix: Title, source: FakeTmdb
    ) -> None:
        source.movies[603]["overview"] = "Changed"
        source.changed["movie"] = [1, 2, 603]
        source.asked.clear()
        summary = refresh(changes=True)

        matrix.refresh_from_db()
        assert (summary.considered, matrix.overview) == (1, "Changed")
        assert sum("/movie/603" in each for each in source.asked) == 1

    def test_are_read_page_by_page(self, matrix: Title, source: FakeTmdb) -> None:
        source.changed["movie"] = [*range(1000, 1250), 603]
        source.asked.clear()

        assert refresh(changes=True).considered == 1
        assert sum("/movie/changes" in each for each in source.asked) == 3

    def test_that_cannot_be_read_are_read_from_there_the_next_time(
        self, matrix: Title, source: FakeTmdb
    ) -> None:
        source.changed["movie"] = [603]
        source.faults = [serving.html]
        first = refresh(changes=True)
        second = refresh(changes=True)

        assert (first.errors, first.considered) == (1, 0)
        assert (second.errors, second.considered) == (0, 1)


class TestChangesOfTheTvdb:
    @pytest.fixture
    def tvdb(self, settings: Settings) -> Iterator[FakeTvdb]:
        with running_tvdb() as fake:
            settings.TVDB_KEY = KEY
            settings.TVDB_URL = f"{fake.url}/v4"
            yield fake

    @pytest.fixture
    def film(self, films: Library, tvdb: FakeTvdb) -> Title:
        tvdb.add_movie(603, "The Matrix", 1999)
        films.run(MATRIX)
        refresh()
        return films.title(MATRIX)

    def change(self, number: int, **more: object) -> dict[str, object]:
        moment = int(timezone.now().timestamp()) - 60
        row = {"recordType": "movies", "recordId": number, "timeStamp": moment}
        return row | {"method": "update", "methodInt": 2, "entityType": "movies"} | more

    def test_are_fetched_anew(self, film: Title, tvdb: FakeTvdb) -> None:
        tvdb.titles["movie", 603]["translations"] = {"eng": "The Matrix Anew"}
        tvdb.updates = [self.change(603), self.change(999)]
        summary = refresh(changes=True)

        film.refresh_from_db()
        assert film.name == "The Matrix Anew"
        assert summary.considered == 1

    def test_let_a_title_go_by_the_id_it_was_merged_into(
        self, film: Title, tvdb: FakeTvdb
    ) -> None:
        del tvdb.titles["movie", 603]
        tvdb.add_movie(700, "The Matrix", 1999)
        gone = {"method": "delete", "methodInt": 3}
        merged = {"mergeToId": 700, "mergeToEntityType": "movies"}
        tvdb.updates = [self.change(603, **gone, **merged)]
        summary = refresh(changes=True)

        ids = dict(film.external_ids.values_list("source", "value"))
        assert ids["tvdb"] == "700"
        assert (summary.gone, summary.errors) == (0, 0)


class TestKeptReplies:
    def test_are_good_for_a_while_and_purged_within_the_terms(self) -> None:
        replies = DatabaseReplies("tmdb")
        replies.put("/search/movie", {"query": "x"}, {"results": []})
        replies.put("/movie/1", {"language": "de"}, {"id": 1})

        with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
            assert replies.get("/search/movie", {"query": "x"}) == {"results": []}
            assert replies.get("/movie/1", {"language": "de"}) is None
            assert purge_replies() == 0
        with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
            assert replies.get("/search/movie", {"query": "x"}) is None
        with time_machine.travel(timezone.now() + timedelta(days=151), tick=False):
            assert purge_replies() == 2

    def test_of_another_language_or_source_are_others(self) -> None:
        DatabaseReplies("tmdb").put("/movie/1", {"language": "de"}, {"id": 1})
        assert DatabaseReplies("tmdb").get("/movie/1", {"language": "fr"}) is None
        assert DatabaseReplies("tvdb").get("/movie/1", {"language": "de"}) is None

    def test_hold_what_postgresql_can_keep(self) -> None:
        DatabaseReplies("tmdb").put("/movie/1", {}, {"title": "a\x00b"})
        assert DatabaseReplies("tmdb").get("/movie/1", {}) == {"title": "ab"}


class TestTrouble:
    def test_in_the_middle_leaves_the_rest_for_the_next_run(
        self, films: Library, source: FakeTmdb
    ) -> None:
        for number in range(1, 7):
            source.add_movie(number, f"Film {number}", 2000, poster_path=None)
        films.run(*(f"Film {number} (2000).mkv" for number in range(1, 7)))
        source.faults = [lambda handler: False] * 2 + [serving.html] * 3
        first = refresh()

        assert (first.refreshed, first.errors) == (2, 3)
        assert find_due().count() == 4
        second = refresh()
        assert (second.refreshed, find_due().count()) == (4, 0)
