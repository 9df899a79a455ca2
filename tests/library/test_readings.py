"""In which ways a name can be read, the likeliest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.metadata.readings import READINGS_MOST, read_titles


def told(
    titles: tuple[str, ...], year: int | None, **more: str
) -> list[tuple[str, int | None]]:
    return [(each.title, each.year) for each in read_titles(titles, year, **more)]  # type: ignore[arg-type]  # words alone here


class TestReadTitles:
    @pytest.mark.parametrize(
        ("title", "first"),
        [
            ("Fargo", "Fargo"),
            ("Matrix, The", "The Matrix"),
            ("02 - Fatal Beauty", "Fatal Beauty"),
            ("03. The Debt", "The Debt"),
            ("8. 10 Things I Hate About You", "10 Things I Hate About You"),
            ("01_The Debt", "The Debt"),
            # A bare number is as often a part of the title.
            ("12 Angry Men", "12 Angry Men"),
            ("7 Simpatico", "7 Simpatico"),
            ("1917", "1917"),
            ("Bachelor Party GERMAN", "Bachelor Party"),
            ("The Good GERMAN", "The Good"),
            # Capitals throughout say nothing of the last word.
            ("THE GOOD GERMAN", "THE GOOD GERMAN"),
            ("The Good German", "The Good German"),
        ],
    )
    def test_puts_the_likeliest_first(self, title: str, first: str) -> None:
        assert told((title,), 2001)[0] == (first, 2001)

    @pytest.mark.parametrize(
        ("title", "another"),
        [
            ("7 Simpatico", "Simpatico"),
            ("02 - Fatal Beauty", "02 - Fatal Beauty"),
            ("The Good GERMAN", "The Good GERMAN"),
            ("PiecesOfApril", "Pieces Of April"),
            ("BackToTheFuturePartII", "Back To The Future Part II"),
        ],
    )
    def test_keeps_the_other_in_mind(self, title: str, another: str) -> None:
        assert (another, 2001) in told((title,), 2001)

    def test_takes_a_plain_year_for_a_part_of_the_title_too(self) -> None:
        readings = told(("Blade Runner",), 2049, stem="Blade.Runner.2049")
        assert ("Blade Runner 2049", None) in readings
        in_brackets = told(("Blade Runner",), 2017, stem="Blade Runner (2017)")
        assert in_brackets == [("Blade Runner", 2017)]

    def test_takes_the_year_of_the_folder_around(self) -> None:
        found = read_titles(("Oliver Twist",), None, year_around=1948)
        assert [(each.title, each.year) for each in found] == [("Oliver Twist", 1948)]
        own = read_titles(("Oliver Twist",), 2005, year_around=1948)
        assert own[0].year == 2005

    def test_reads_a_year_in_front(self) -> None:
        assert told(("Alien",), None, stem="1979 - Alien")[0] == ("Alien", 1979)

    def test_thinks_less_of_half_a_name(self) -> None:
        whole, half = read_titles(("Dune Part Two", "Dune"), 2024)[:2]
        assert whole.malus < half.malus

    def test_of_nothing_is_nothing(self) -> None:
        assert read_titles((), None) == ()
        assert read_titles(("",), None) == ()

    @given(
        st.lists(st.text(max_size=60), max_size=4), st.none() | st.integers(1900, 2030)
    )
    def test_never_fails_nor_grows(self, titles: list[str], year: int | None) -> None:
        found = read_titles(tuple(titles), year, stem="".join(titles))
        assert len(found) <= READINGS_MOST
