"""Kept reasons, said in the reader's language."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivearr.lib import wording
from library import phrases
from library.metadata import matching
from library.metadata.matching import Reading, Wanted, judge
from library.metadata.source import Candidate
from library.naming import parse
from library.phrases import say


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language that wraps what is translated."""
    monkeypatch.setattr(wording._voice, "gettext", lambda text: f"⟦{text}⟧")


def outside(text: str) -> str:
    """Return what is in no bracket."""
    bare = text
    while "⟦" in bare:
        bare = re.sub(r"⟦[^⟦⟧]*⟧", "", bare)
    return bare.strip(" ,;")


class TestSay:
    @pytest.mark.parametrize(
        ("kept", "said"),
        [
            ("same year", "⟦same year⟧"),
            ("year off by 3", "⟦year off by 3⟧"),
            ("title 92% alike, same year", "⟦title 92% alike⟧, ⟦same year⟧"),
            (
                "not sure: title equal, year off by one",
                "⟦not sure: ⟦title equal⟧, ⟦year off by one⟧⟧",
            ),
            (
                "several fit equally well: Venom (2018), Venom (2005)",
                "⟦several fit equally well: Venom (2018), Venom (2005)⟧",
            ),
            ("no title: the name is a hash", "⟦no title: ⟦the name is a hash⟧⟧"),
            ("chosen by Ann", "⟦chosen by Ann⟧"),
            (
                "name of the file; no source asked",
                "⟦name of the file⟧; ⟦no source asked⟧",
            ),
            ("something of an older version", "something of an older version"),
            ("", ""),
        ],
    )
    def test_wraps_what_is_known(self, bracketed: None, kept: str, said: str) -> None:
        assert say(kept) == said

    def test_says_in_english_what_was_kept(self) -> None:
        for text in phrases._PHRASES:
            kept = text.replace("{why}", "same year")
            kept = re.sub(r"\{\w+\}", "7", kept)
            assert say(kept) == kept

    @given(st.text(max_size=300))
    def test_changes_nothing_in_english(self, kept: str) -> None:
        assert say(kept) == kept

    def test_knows_what_deciding_says(self, bracketed: None) -> None:
        wanted = Wanted(kind="MOVIE", readings=(Reading("The Matrix", 1999),))
        told = [
            Candidate("tmdb", "1", "MOVIE", name, year=year)
            for name, year in (
                ("The Matrix", 1999),
                ("The Matrix", 2003),
                ("The Matrox", 2000),
                ("Matrix", None),
            )
        ]

        verdict = judge(wanted, told)

        reasons = [verdict.reason, *(each.reason for each in verdict.ranking)]
        assert [outside(say(each)) for each in reasons] == [""] * len(reasons)

    def test_knows_every_phrase_of_the_weighing(self, bracketed: None) -> None:
        source = Path(matching.__file__).read_text(encoding="utf-8")
        written = re.findall(r'Evidence\(f?"([^"]+)"', source)
        assert len(written) > 15
        for text in written:
            assert outside(say(re.sub(r"\{[^}]+\}", "7", text))) == "", text

    @pytest.mark.parametrize(
        "name",
        ["The Matrix (1999)/The Matrix.mkv", "0123.mkv", "DSC_0001.mkv", "a.mkv"],
    )
    def test_knows_what_names_rest_on(self, bracketed: None, name: str) -> None:
        parsed = parse(name, "MOVIES")
        for line in (*parsed.evidence, parsed.reason):
            assert outside(say(line)) == "", line
