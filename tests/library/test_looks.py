"""Looks of folders, packed."""

import sys

import pytest

from library.looks import KnownLooks, SameFolders
from library.walking import Look

LOOK = Look(
    mtime_ns=-(2**62),
    device=-7,
    inode=-(2**63),
    ignored=3,
    folders="Season 1/Сезон 2",
    names="ü.mkv//b.srt",
    digest="0011223344556677",
    videos=2**31,
    video_tally=2**62,
    sides=1,
    side_tally=2**40,
)


class TestKnownLooks:
    """KnownLooks."""

    @pytest.mark.parametrize("look", [LOOK, Look(1, 2, 3), LOOK._replace(names="")])
    def test_gives_back_what_was_kept(self, look: Look) -> None:
        looks = KnownLooks()
        looks["Show"] = look

        assert looks["Show"] == look
        assert list(looks) == ["Show"]

    def test_forgets_what_is_taken_out(self) -> None:
        looks = KnownLooks()
        looks["Show"] = LOOK
        looks["Show/Season 1"] = LOOK

        assert looks.pop("Show") == LOOK
        assert looks.pop("Show", None) is None
        assert list(looks.keys()) == ["Show/Season 1"]

    def test_takes_half_the_memory_of_plain_looks(self) -> None:
        looks = KnownLooks()
        looks["Show"] = LOOK
        plain = sys.getsizeof(LOOK) + sum(map(sys.getsizeof, LOOK))

        assert sys.getsizeof(looks._packed["Show"]) * 2 < plain


class TestSameFolders:
    """SameFolders."""

    def test_tells_the_tallies_in_the_order_of_the_folders(self) -> None:
        same = SameFolders()
        same.add("A", Look(1, 2, 3, videos=4, video_tally=5, sides=6, side_tally=7))
        same.add("B", LOOK)
        same.add("C", Look(1, 2, 3))
        same.discard("C")
        same.discard("D")

        assert list(same.relpaths()) == ["A", "B"]
        assert list(same.videos()) == [(4, 5), (2**31, 2**62)]
        assert list(same.sides()) == [(6, 7), (1, 2**40)]
