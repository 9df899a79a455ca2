"""Pages of long lists."""

import pytest

from drivearr.web.paging import LARGEST_PAGE, Span, read_number


class TestReadNumber:
    @pytest.mark.parametrize(
        ("asked", "number"),
        [
            (None, 1),
            ("", 1),
            ("3", 3),
            (" 3 ", 3),
            ("0", 1),
            ("-4", 1),
            ("x", 1),
            ("٣", 1),
            ("1e9", 1),
            ("9" * 5000, LARGEST_PAGE),
        ],
    )
    def test_makes_a_number_of_anything(self, asked: str | None, number: int) -> None:
        assert read_number(asked) == number


class TestSpan:
    def test_of_an_empty_list_is_one_page(self) -> None:
        span = Span.of(asked="7", total=0, per_page=10)

        assert (span.number, span.pages, span.first, span.stop) == (1, 1, 0, 0)
        assert not span.is_needed

    def test_past_the_end_is_the_last_page(self) -> None:
        span = Span.of(asked="99", total=25, per_page=10)

        assert (span.number, span.start, span.stop) == (3, 20, 25)
        assert (span.previous, span.next) == (2, None)

    @pytest.mark.parametrize(
        ("number", "window"),
        [
            ("1", (1, 2, None, 9)),
            ("5", (1, None, 4, 5, 6, None, 9)),
            ("9", (1, None, 8, 9)),
            ("2", (1, 2, 3, None, 9)),
        ],
    )
    def test_links_the_ends_and_the_neighbours(
        self, number: str, window: tuple[int | None, ...]
    ) -> None:
        assert Span.of(asked=number, total=90, per_page=10).window == window
