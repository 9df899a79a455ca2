"""When two spellings mean one title."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.metadata.likeness import EQUAL, alike, normalise, split_country
from library.metadata.matching import LIKE_ENOUGH


class TestAlike:
    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ("The Matrix", "the matrix"),
            ("Matrix", "The Matrix"),
            ("Matrix, The", "The Matrix"),
            ("Amelie", "Amélie"),
            ("Tom & Jerry", "Tom and Jerry"),
            ("Rocky II", "Rocky 2"),
            ("Rocky Two", "Rocky II"),
            ("WALL·E", "Wall-E"),
            ("Ocean's Eleven", "Oceans Eleven"),
            ("S.W.A.T.", "SWAT"),
            ("Spider-Man: Far from Home", "Spider Man - Far From Home"),
            ("!!!", "!!!"),
        ],
    )
    def test_spellings_of_one_title_are_equal(self, left: str, right: str) -> None:
        assert alike(left, right) >= EQUAL

    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ("Armagedon", "Armageddon"),
            ("Incepiton", "Inception"),
            ("The Shawshenk Redemption", "The Shawshank Redemption"),
        ],
    )
    def test_a_typing_error_is_alike_and_not_equal(self, left: str, right: str) -> None:
        assert LIKE_ENOUGH <= alike(left, right) < EQUAL

    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ("Rocky II", "Rocky III"),
            ("Part 2", "Part 3"),
            ("Blade Runner", "Blade Runner 2049"),
            ("The Ring", "The Rink and the Queen"),
            ("Home", "Home Alone"),
            ("", "Home"),
        ],
    )
    def test_other_titles_are_not_alike(self, left: str, right: str) -> None:
        assert alike(left, right) < LIKE_ENOUGH

    @given(st.text(max_size=50), st.text(max_size=50))
    def test_is_a_ratio_and_the_same_from_both_sides_of_itself(
        self, left: str, right: str
    ) -> None:
        assert 0 <= alike(left, right) <= 1
        assert alike(left, left) in {0.0, 1.0}

    @given(st.text(max_size=50))
    def test_normalising_twice_changes_nothing(self, title: str) -> None:
        once = normalise(title)
        assert normalise(once) == once or alike(once, title) >= EQUAL


class TestSplitCountry:
    @pytest.mark.parametrize(
        ("title", "parts"),
        [
            ("The Office (US)", ("The Office", "US")),
            ("The Office US", ("The Office", "US")),
            ("Ghosts UK", ("Ghosts", "GB")),
            ("Us", ("Us", "")),
            ("The Office", ("The Office", "")),
        ],
    )
    def test_takes_the_country_off(self, title: str, parts: tuple[str, str]) -> None:
        assert split_country(title) == parts
