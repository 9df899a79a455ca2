"""Which found title a name means."""

import pytest

from library.metadata.matching import Verdict, clean, decide
from library.metadata.source import FoundTitle


def found(
    name: str, year: int | None, popularity: float = 1.0, **more: str
) -> FoundTitle:
    return FoundTitle(
        source="tmdb",
        id=f"{name}-{year}",
        kind="MOVIE",
        name=name,
        year=year,
        popularity=popularity,
        original_name=more.get("original", ""),
    )


class TestClean:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("The Harbour", "harbour"),
            ("Amélie", "Amelie"),
            ("Tom & Jerry", "Tom and Jerry"),
            ("Ocean's Door", "Oceans Door"),
            ("A.B: C - D", "a b c d"),
        ],
    )
    def test_makes_equal_what_people_write_differently(
        self, one: str, other: str
    ) -> None:
        assert clean(one) == clean(other)

    def test_keeps_a_lone_article(self) -> None:
        assert clean("The") == "the"


class TestDecide:
    def test_matches_the_same_title_and_year(self) -> None:
        decision = decide(
            name="Quiet Harbour",
            year=1999,
            found=[found("Quiet Harbour", 2010, 99), found("Quiet Harbour", 1999)],
        )

        assert decision.verdict == Verdict.MATCHED
        assert decision.best is not None
        assert decision.best.found.year == 1999
        assert "year 1999" in decision.reason

    def test_matches_a_year_that_is_one_off(self) -> None:
        decision = decide(name="Harbour", year=2000, found=[found("Harbour", 1999)])

        assert decision.verdict == Verdict.MATCHED

    def test_suggests_a_remake_named_without_a_year(self) -> None:
        decision = decide(
            name="Harbour",
            year=None,
            found=[found("Harbour", 2018, 99), found("Harbour", 1984)],
        )

        assert decision.verdict == Verdict.SUGGESTED
        assert len(decision.candidates) == 2

    def test_matches_a_lone_title_without_a_year(self) -> None:
        decision = decide(
            name="Quiet Harbour", year=None, found=[found("Quiet Harbour", 1999)]
        )

        assert decision.verdict == Verdict.MATCHED

    def test_does_not_take_the_most_popular_for_the_right_one(self) -> None:
        decision = decide(
            name="Harbour Lights", year=1999, found=[found("City Lights", 1999, 500)]
        )

        assert decision.verdict == Verdict.UNMATCHED
        assert decision.best is None

    def test_forgives_a_typing_error_when_the_year_agrees(self) -> None:
        decision = decide(
            name="Quiet Habour", year=1999, found=[found("Quiet Harbour", 1999)]
        )

        assert decision.verdict == Verdict.MATCHED

    def test_does_not_match_another_year(self) -> None:
        decision = decide(name="Harbour", year=1950, found=[found("Harbour", 1999)])

        assert decision.verdict != Verdict.MATCHED

    def test_knows_the_original_title(self) -> None:
        decision = decide(
            name="Port tranquille",
            year=1999,
            found=[found("Quiet Harbour", 1999, original="Port tranquille")],
        )

        assert decision.verdict == Verdict.MATCHED

    def test_says_that_nothing_was_found(self) -> None:
        decision = decide(name="x", year=None, found=[])

        assert decision.verdict == Verdict.UNMATCHED
        assert "nothing found" in decision.reason
