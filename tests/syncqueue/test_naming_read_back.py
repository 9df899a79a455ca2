"""What we write to drives is read back as what it was."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.naming import parse
from syncqueue.naming import Named, video_relpath

WORDS = [
    "Alpha",
    "Beta",
    "of",
    "the",
    "Night's",
    "Ocean",
    "11",
    "Dr.",
    "Who",
    "&",
    "Co.",
    "Été",
    "Łódź",
    "東京",
    "Война",
    "Don't",
    "Über",
]
titles = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(
    lambda words: "The " + " ".join(words).rstrip(".")
)
years = st.none() | st.integers(1920, 2035)


def as_written(named: Named) -> dict[str, Any]:
    return parse(video_relpath(named, extension=".mkv")).as_json()


class TestReadBack:
    @given(
        titles,
        st.integers(1920, 2035),
        st.sampled_from(["", "Director's Cut", "Extended"]),
        st.none() | st.integers(1, 9),
    )
    @settings(max_examples=300, deadline=None)
    def test_of_a_film_is_read_back(
        self, title: str, year: int, edition: str, part: int | None
    ) -> None:
        named = Named("MOVIE", title, year, edition=edition, part=part)

        found = as_written(named)

        assert (found["kind"], found["title"], found["year"]) == ("movie", title, year)
        assert found["part"] == part
        assert (found["edition"] or "") == edition

    @given(
        titles,
        years,
        st.integers(0, 60),
        st.integers(0, 999),
        st.integers(1, 4),
        titles | st.just(""),
    )
    @settings(max_examples=300, deadline=None)
    def test_of_an_episode_is_read_back(
        self,
        title: str,
        year: int | None,
        season: int,
        first: int,
        count: int,
        name: str,
    ) -> None:
        numbers = list(range(first, first + count))
        episodes = [(season, number) for number in numbers]
        named = Named("SHOW", title, year, episodes=episodes, episode_name=name)

        found = as_written(named)

        assert (found["kind"], found["title"], found["year"]) == (
            "episode",
            title,
            year,
        )
        assert (found["season"], found["episodes"]) == (season, numbers)
        assert (found["episode_title"] or "") == name

    @given(titles, st.sets(st.integers(0, 99), min_size=2, max_size=4))
    @settings(max_examples=200, deadline=None)
    def test_of_episodes_with_some_left_out_is_read_back(
        self, title: str, numbers: set[int]
    ) -> None:
        episodes = [(1, number) for number in sorted(numbers)]

        found = as_written(Named("SHOW", title, 2001, episodes=episodes, part=2))

        assert found["episodes"] == sorted(numbers)
        assert (found["title"], found["part"]) == (title, 2)

    @given(titles, st.dates(date(1971, 1, 1), date(2035, 12, 31)))
    @settings(max_examples=200, deadline=None)
    def test_of_a_daily_episode_is_read_back(self, title: str, day: date) -> None:
        named = Named("SHOW", title, None, air_date=day, episode_name="A Guest")

        found = as_written(named)

        assert (found["kind"], found["title"]) == ("episode", title)
        assert found["air_date"] == day.isoformat()
        assert found["episode_title"] == "A Guest"

    @pytest.mark.parametrize(
        "title", ["1917", "2012", "300", "24", "UFC 100", "S.W.A.T."]
    )
    def test_of_titles_like_numbers_is_read_back(self, title: str) -> None:
        film = as_written(Named("MOVIE", title, 2017))
        episode = as_written(Named("SHOW", title, 2017, episodes=[(1, 2)]))

        assert (film["title"].rstrip("."), film["year"]) == (title.rstrip("."), 2017)
        assert (episode["title"].rstrip("."), episode["year"]) == (
            title.rstrip("."),
            2017,
        )
        assert episode["episodes"] == [2]
