"""How sizes, times and states look."""

from datetime import timedelta

import pytest
from django.utils import timezone

from drivearr.lib.counting import count_words
from drivearr.web.templatetags import ui
from library.marks import Mark


class TestSize:
    @pytest.mark.parametrize(
        ("size_bytes", "said"),
        [
            (None, "—"),
            (0, "0 Bytes"),
            (1, "1 Byte"),
            (999, "999 Bytes"),
            (1000, "1 kB"),
            (4_700_000_000, "4.7 GB"),
            (2_000_000_000_000, "2 TB"),
        ],
    )
    def test_is_said_as_drives_are_sold(
        self, size_bytes: int | None, said: str
    ) -> None:
        assert ui.size(size_bytes) == said


class TestDuration:
    @pytest.mark.parametrize(
        ("seconds", "said"),
        [
            (None, ""),
            (-1, ""),
            (0.4, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (7080, "1 h 58 min"),
            (7200, "2 h"),
            (3599, "1 h"),
            (200_000, "2 days"),
        ],
    )
    def test_is_said_in_words(self, seconds: float | None, said: str) -> None:
        assert ui.duration(seconds) == said


class TestAgo:
    def test_carries_the_exact_moment(self) -> None:
        moment = timezone.now() - timedelta(hours=3)

        said = ui.ago(moment)

        assert ">3 hours ago</time>" in said
        assert moment.isoformat() in said
        assert 'title="' in said

    def test_has_a_word_for_never(self) -> None:
        assert ui.ago(None) == "never"


class TestCountWords:
    @pytest.mark.parametrize(
        ("done", "total", "unit", "said"),
        [
            (0, None, "FILES", ""),
            (3, None, "FILES", "3 files"),
            (3, 12, "FILES", "3 of 12 files"),
            (0, 1, "ITEMS", "0 of 1 item"),
            (1200, 4120, "FILES", "1\u202f200 of 4\u202f120 files"),
            (10**9, 4 * 10**9, "BYTES", "1 GB of 4 GB"),
        ],
    )
    def test_says_how_far(
        self, done: int, total: int | None, unit: str, said: str
    ) -> None:
        assert count_words(done, total, unit) == said


class TestInitials:
    @pytest.mark.parametrize(
        ("name", "letters"),
        [
            ("Night of the Hunter", "NH"),
            ("M", "M"),
            ("", "?"),
            ("…", "?"),
            ("älskling", "Ä"),
            ("2001: A Space Odyssey", "2O"),
        ],
    )
    def test_stand_for_a_name(self, name: str, letters: str) -> None:
        assert ui.initials(name) == letters
        assert 0 <= ui.tint(name) < ui.TINTS


class TestIcon:
    def test_is_silent_unless_it_has_a_label(self) -> None:
        assert 'aria-hidden="true"' in ui.icon("film")
        named = ui.icon("film", label='A "film" <b>')
        assert 'role="img"' in named
        assert "<b>" not in named

    def test_exists_for_every_state(self) -> None:
        for _words, name in ui.STATE_WORDS.values():
            assert "<svg" in ui.icon(name, "mini")


class TestMarks:
    def test_are_told_by_sign_and_in_words(self) -> None:
        said = ui.marks_of([Mark("Car <1>", "PARTIAL", 2, 3, "episode")])

        assert 'href="#mark-PARTIAL"' in said
        assert said.count("Car &lt;1&gt;: partial, 2 of 3 episodes") == 2
        assert "<1>" not in said
