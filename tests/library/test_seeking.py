"""Which questions a source is asked for a name, and how many."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from library.metadata.matching import Wanted
from library.metadata.readings import read_titles
from library.metadata.seeking import Finding, seek
from library.metadata.tmdb import Tmdb
from tests.fakes.tmdb import V3_KEY, FakeTmdb

Ask = Callable[..., tuple[Finding, list[tuple[str, str]]]]


@pytest.fixture
def ask(tmdb: FakeTmdb) -> Ask:
    """Seek a film; return what was found, and words and year of each search."""

    def ask(
        *titles: str, year: int | None = None, stem: str = "", doubt: str = ""
    ) -> tuple[Finding, list[tuple[str, str]]]:
        source = Tmdb(key=V3_KEY, url=f"{tmdb.url}/3", backoff_seconds=0.01)
        readings = read_titles(titles, year, stem=stem)
        found = seek(source, Wanted("MOVIE", readings, doubt=doubt), {})
        searches = [each for each in tmdb.asked if "/search/" in each]
        return found, [words_and_year(each) for each in searches]

    return ask


def words_and_year(path: str) -> tuple[str, str]:
    query = parse_qs(urlsplit(path).query)
    return query["query"][0], query.get("primary_release_year", [""])[0]


class TestSeek:
    def test_asks_once_for_a_film_by_its_name(self, tmdb: FakeTmdb, ask: Ask) -> None:
        tmdb.add_movie(1, "Fargo", 1996)

        found, searches = ask("Fargo", year=1996)

        assert found.verdict.state == "MATCHED"
        assert searches == [("Fargo", "1996")]

    def test_asks_not_for_more_words_than_those_found_in_vain(self, ask: Ask) -> None:
        found, searches = ask("Nobody Knows Me", year=2014)

        assert found.verdict.state == "UNMATCHED"
        assert searches[:2] == [("Nobody Knows Me", "2014"), ("Nobody Knows Me", "")]
        assert ("Nobody Knows Me 2014", "") not in searches

    def test_finds_a_title_that_ends_in_a_year(self, tmdb: FakeTmdb, ask: Ask) -> None:
        tmdb.add_movie(1, "Blade Runner 2049", 2017)

        found, searches = ask("Blade Runner", year=2049, stem="Blade.Runner.2049")

        assert found.verdict.best
        assert found.verdict.best.candidate.id == "1"
        assert searches == [("Blade Runner", "2049"), ("Blade Runner", "")]

    def test_asks_first_for_words_apart(self, tmdb: FakeTmdb, ask: Ask) -> None:
        tmdb.add_movie(1, "Laws of Attraction", 2004)

        found, searches = ask("LawsOfAttraction", year=2004)

        assert found.verdict.state == "MATCHED"
        assert searches == [("Laws Of Attraction", "2004")]

    def test_leaves_two_words_in_one_as_they_are(
        self, tmdb: FakeTmdb, ask: Ask
    ) -> None:
        tmdb.add_movie(1, "RoboCop", 1987)

        assert ask("RoboCop", year=1987)[1] == [("RoboCop", "1987")]

    def test_seeks_no_typing_error_where_no_answer_is_sure(self, ask: Ask) -> None:
        _, searches = ask("Screen Recording", year=2021, doubt="made by a camera")

        assert [words for words, _ in searches] == ["Screen Recording"] * 2

    def test_seeks_a_typing_error_where_the_year_is_known(
        self, tmdb: FakeTmdb, ask: Ask
    ) -> None:
        tmdb.add_movie(1, "Dark Passage", 1947)

        found, searches = ask("Dark Psasage", year=1947)

        assert found.verdict.state == "MATCHED"
        assert searches[-1] == ("Dark", "1947")

    def test_leaves_out_the_key_of_a_video_site(self, ask: Ask) -> None:
        _, searches = ask(
            "Sourdough for beginners (QPf7i72L6eQ)",
            "Sourdough for beginners",
            "QPf7i72L6eQ",
        )

        assert searches == [("Sourdough for beginners", "")]
