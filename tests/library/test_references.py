"""Ids and addresses that people type or paste."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.metadata.references import Reference, read_reference


class TestReadReference:
    @pytest.mark.parametrize(
        ("typed", "reference"),
        [
            ("tt0133093", Reference("imdb", "tt0133093")),
            ("  TT0133093 ", Reference("imdb", "tt0133093")),
            ("imdb: tt0133093", Reference("imdb", "tt0133093")),
            (
                "https://www.imdb.com/title/tt0133093/?ref_=nv_sr_1",
                Reference("imdb", "tt0133093"),
            ),
            ("https://m.imdb.com/title/tt0133093", Reference("imdb", "tt0133093")),
            ("tmdb:603", Reference("tmdb", "603")),
            ("tmdbid-603", Reference("tmdb", "603")),
            ("tmdb=603", Reference("tmdb", "603")),
            (
                "https://www.themoviedb.org/movie/603-the-matrix?language=de",
                Reference("tmdb", "603", "MOVIE"),
            ),
            ("themoviedb.org/tv/1399", Reference("tmdb", "1399", "SHOW")),
            (
                "https://www.themoviedb.org/tv/1399-game-of-thrones/season/2",
                Reference("tmdb", "1399", "SHOW"),
            ),
            ("tvdb: 121361", Reference("tvdb", "121361")),
            (
                "https://thetvdb.com/dereferrer/series/121361",
                Reference("tvdb", "121361", "SHOW"),
            ),
            (
                "https://www.thetvdb.com/dereferrer/movie/169",
                Reference("tvdb", "169", "MOVIE"),
            ),
            (
                "https://www.thetvdb.com/?tab=series&id=121361",
                Reference("tvdb", "121361", "SHOW"),
            ),
            (
                "https://thetvdb.com/series/game-of-thrones/seasons/official/1",
                Reference("tvdb-slug", "game-of-thrones", "SHOW"),
            ),
            (
                "thetvdb.com/movies/the-matrix",
                Reference("tvdb-slug", "the-matrix", "MOVIE"),
            ),
        ],
    )
    def test_knows_what_the_sites_call_a_title(
        self, typed: str, reference: Reference
    ) -> None:
        assert read_reference(typed) == reference

    @pytest.mark.parametrize(
        "typed",
        [
            "The Matrix",
            "1917",
            "tt12",
            "ttt0133093",
            "tmdb",
            "tmdb:",
            "tmdb:abc",
            "https://example.com/title/tt0133093/",
            "https://www.imdb.com/name/nm0000206/",
            "https://www.themoviedb.org/person/6384",
            "https://themoviedb.org.example.com/movie/603",
            "",
        ],
    )
    def test_takes_all_else_for_a_name(self, typed: str) -> None:
        assert read_reference(typed) is None

    @given(st.text())
    def test_never_fails(self, typed: str) -> None:
        read_reference(typed)

    @given(st.integers(1, 999_999_999))
    def test_reads_every_number(self, number: int) -> None:
        assert read_reference(f"tmdb:{number}") == Reference("tmdb", str(number))
