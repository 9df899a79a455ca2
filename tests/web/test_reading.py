"""What a browser sent."""

import pytest

from drivearr.web.reading import LARGEST_ID, read_choice, read_id, read_ids, read_query


class TestReadQuery:
    @pytest.mark.parametrize(
        ("sent", "query"),
        [
            (None, ""),
            ("  two   words ", "two words"),
            ("nul\0here", "nul here"),
            ("line\nbreak\ttab", "line break tab"),
            ("\ud800", ""),
            ("Ō ☃", "Ō ☃"),
            ("x" * 999, "x" * 200),
        ],
    )
    def test_gives_one_harmless_line(self, sent: str | None, query: str) -> None:
        assert read_query(sent) == query


class TestReadId:
    @pytest.mark.parametrize(
        ("sent", "number"),
        [
            ("7", 7),
            (None, None),
            ("", None),
            ("0", None),
            ("-1", None),
            ("1.5", None),
            ("٧", None),
            (str(LARGEST_ID), LARGEST_ID),
            (str(LARGEST_ID + 1), None),
            ("9" * 400, None),
            ("1 OR 1=1", None),
        ],
    )
    def test_takes_only_what_a_row_can_have(
        self, sent: str | None, number: int | None
    ) -> None:
        assert read_id(sent) == number

    def test_keeps_each_of_many_once(self) -> None:
        assert read_ids(["3", "x", "1", "3"]) == (3, 1)
        assert read_ids(map(str, range(1, 100)), most=2) == (1, 2)


class TestReadChoice:
    def test_falls_back_to_the_other_answer(self) -> None:
        assert read_choice("b", ["a", "b"]) == "b"
        assert read_choice("c", ["a", "b"], "a") == "a"
        assert read_choice(None, ["a"]) == ""
