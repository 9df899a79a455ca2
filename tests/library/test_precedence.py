"""Whose facts win, field by field."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.precedence import Precedence, Standing, settle

USUAL = Precedence(("tmdb", "tvdb", "nfo", "plex"))
BLANK: dict[str, Any] = {"name": "", "sort_name": "", "overview": "", "year": None}


def standing(
    main: str = "", others: Any = (), locked: Any = (), **values: Any
) -> Standing:
    return Standing(BLANK | values, main, dict(others), locked)


class TestSettle:
    @pytest.mark.parametrize(
        ("main", "origin", "wins"),
        [
            ("name", "plex", True),
            ("", "nfo", True),
            ("plex", "tmdb", True),
            ("tmdb", "plex", False),
            ("tmdb", "tmdb", True),
            ("tvdb", "nfo", False),
            ("gone", "plex", True),
            ("plex", "gone", False),
        ],
    )
    def test_lets_the_source_win_that_is_believed_more(
        self, main: str, origin: str, wins: bool
    ) -> None:
        found = settle(
            standing(main, name="Old", overview="Old."),
            {"name": "New", "overview": "New."},
            origin=origin,
            precedence=USUAL,
        )
        assert (found.changes.get("name") == "New") == wins
        assert (found.changes.get("overview") == "New.") == wins
        assert found.main == (origin if wins else main)

    def test_fills_a_gap_and_remembers_who_did(self) -> None:
        found = settle(
            standing("tmdb", name="Film"),
            {"name": "Other", "overview": "Said."},
            origin="plex",
            precedence=USUAL,
        )
        assert found.changes == {"overview": "Said."}
        assert (found.main, found.others) == ("tmdb", {"overview": "plex"})

    def test_keeps_what_another_filled_when_the_main_one_speaks_again(self) -> None:
        found = settle(
            standing("tmdb", {"overview": "plex"}, name="Film", overview="Said."),
            {"name": "Film", "overview": ""},
            origin="tmdb",
            precedence=USUAL,
        )
        assert found.changes == {}
        assert found.others == {"overview": "plex"}

    def test_takes_a_filled_gap_over_when_the_main_one_knows_at_last(self) -> None:
        found = settle(
            standing("tmdb", {"overview": "plex"}, name="Film", overview="Said."),
            {"name": "Film", "overview": "Better."},
            origin="tmdb",
            precedence=USUAL,
        )
        assert found.changes == {"overview": "Better."}
        assert found.others == {}

    def test_lets_a_source_take_back_only_what_is_its_own(self) -> None:
        known = standing("plex", {"year": "nfo"}, name="F", overview="Said.", year=1999)
        found = settle(
            known,
            {"name": "F", "overview": "", "year": None},
            origin="plex",
            precedence=USUAL,
        )
        assert found.changes == {"overview": ""}

    def test_leaves_what_a_lesser_source_knew_in_its_name(self) -> None:
        found = settle(
            standing("plex", name="F", overview="Of Plex.", year=1999),
            {"name": "G", "overview": "", "year": 2000},
            origin="tmdb",
            precedence=USUAL,
        )
        assert found.changes == {"name": "G", "year": 2000}
        assert found.others == {"overview": "plex"}

    def test_never_changes_what_a_person_wrote(self) -> None:
        found = settle(
            standing("name", locked=["name", "year"], name="Mine", year=1),
            {"name": "F", "sort_name": "f", "overview": "Said.", "year": 1999},
            origin="tmdb",
            precedence=USUAL,
        )
        assert found.changes == {"overview": "Said."}

    VALUES = st.fixed_dictionaries(
        {
            "name": st.sampled_from(["A", "B"]),
            "overview": st.sampled_from(["", "a", "b"]),
            "year": st.sampled_from([None, 1999, 2001]),
        }
    )

    @given(
        told=st.permutations(["tmdb", "tvdb", "nfo", "plex"]),
        said=st.fixed_dictionaries(dict.fromkeys(USUAL.order, VALUES)),
    )
    def test_comes_to_the_same_in_whichever_order_they_speak(
        self, told: list[str], said: dict[str, dict[str, Any]]
    ) -> None:
        now = standing()
        for origin in told:
            found = settle(now, said[origin], origin=origin, precedence=USUAL)
            now = Standing({**now.values, **found.changes}, found.main, found.others)
        assert now.main == "tmdb"
        for field in ("name", "overview", "year"):
            best = next((said[o][field] for o in USUAL.order if said[o][field]), None)
            assert (now.values[field] or None) == best

    @given(said=VALUES, origin=st.sampled_from(USUAL.order))
    def test_changes_nothing_when_the_same_is_said_again(
        self, said: dict[str, Any], origin: str
    ) -> None:
        once = settle(standing(), said, origin=origin, precedence=USUAL)
        now = Standing({**BLANK, **once.changes}, once.main, once.others)
        again = settle(now, said, origin=origin, precedence=USUAL)
        assert again.changes == {}
        assert (again.main, again.others) == (once.main, once.others)
