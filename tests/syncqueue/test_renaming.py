"""Which files on a drive carry an old name, and how they get the new one."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncqueue.naming import clash_key
from syncqueue.renaming import Named, Rename, plan_renames


def pairs(renames: tuple[Rename, ...]) -> list[tuple[str, str]]:
    return [(each.old, each.new) for each in renames]


class TestPlanRenames:
    def test_of_right_names_is_empty(self) -> None:
        videos = [Named(1, "Movies/A/A.mkv", ["Movies/A/A.mkv"])]

        assert plan_renames(videos=videos, sides=[]) == ()

    def test_keeps_the_name_that_tells_a_twin_apart(self) -> None:
        videos = [Named(1, "M/A [7]/A.mkv", ["M/A/A.mkv", "M/A [7]/A.mkv"])]

        assert plan_renames(videos=videos, sides=[]) == ()

    def test_gives_the_twins_name_when_the_plain_one_is_taken(self) -> None:
        videos = [Named(1, "M/Old/Old.mkv", ["M/A/A.mkv", "M/A [7]/A.mkv"])]

        found = plan_renames(videos=videos, sides=[], others=["m/a/A.MKV"])

        assert pairs(found) == [("M/Old/Old.mkv", "M/A [7]/A.mkv")]

    def test_takes_side_files_along(self) -> None:
        videos = [Named(1, "M/Old/Old.mkv", ["M/New/New.mkv"])]
        sides = [
            Named(2, "M/Old/Old.en.forced.srt"),
            Named(3, "M/Old/poster.jpg"),
            Named(4, "M/Other/Other.srt"),
        ]

        # The video last: as long as it has its old name, the rest knows where to go.
        assert pairs(plan_renames(videos=videos, sides=sides)) == [
            ("M/Old/Old.en.forced.srt", "M/New/New.en.forced.srt"),
            ("M/Old/poster.jpg", "M/New/poster.jpg"),
            ("M/Old/Old.mkv", "M/New/New.mkv"),
        ]

    def test_takes_a_shows_own_files_along(self) -> None:
        videos = [
            Named(1, "T/Old/Season 01/e1.mkv", ["T/New/Season 01/e1.mkv"]),
            Named(2, "T/Old/Season 02/e1.mkv", ["T/New/Season 02/e1.mkv"]),
        ]
        sides = [Named(3, "T/Old/poster.jpg"), Named(4, "T/Old/Season 01/x.jpg")]

        found = pairs(plan_renames(videos=videos, sides=sides))

        assert ("T/Old/poster.jpg", "T/New/poster.jpg") in found
        assert ("T/Old/Season 01/x.jpg", "T/New/Season 01/x.jpg") in found

    def test_leaves_the_folders_files_with_a_video_that_stays(self) -> None:
        videos = [
            Named(1, "M/A/A.mkv", ["M/B/B.mkv"]),
            Named(2, "M/A/C.mkv", ["M/A/C.mkv"]),
        ]

        found = plan_renames(videos=videos, sides=[Named(3, "M/A/poster.jpg")])

        assert pairs(found) == [("M/A/A.mkv", "M/B/B.mkv")]

    def test_waits_for_a_name_that_another_gives_up(self) -> None:
        videos = [Named(1, "a.mkv", ["b.mkv"]), Named(2, "b.mkv", ["c.mkv"])]

        found = plan_renames(videos=videos, sides=[])

        assert pairs(found) == [("b.mkv", "c.mkv"), ("a.mkv", "b.mkv")]

    @pytest.mark.parametrize("new", ["A.mkv", "a.MKV"])
    def test_leaves_a_name_that_differs_in_case_only(self, new: str) -> None:
        # FAT and exFAT take the call and do nothing.
        assert plan_renames(videos=[Named(1, "a.mkv", [new])], sides=[]) == ()

    def test_leaves_two_that_want_each_others_name(self) -> None:
        videos = [Named(1, "a.mkv", ["b.mkv"]), Named(2, "b.mkv", ["a.mkv"])]

        assert plan_renames(videos=videos, sides=[]) == ()

    names = st.sampled_from([f"{f}/{n}.mkv" for f in "aAb" for n in "xyzXé"])

    @settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(
        there=st.lists(names, unique_by=clash_key, max_size=6),
        wanted=st.lists(names, min_size=6, max_size=6),
        split=st.integers(0, 6),
    )
    def test_never_writes_over_a_file(
        self, there: list[str], wanted: list[str], split: int
    ) -> None:
        ours, others = there[:split], there[split:]
        videos = [
            Named(n, old, [new])
            for n, (old, new) in enumerate(zip(ours, wanted, strict=False))
        ]

        taken = {clash_key(name) for name in there}
        for each in plan_renames(videos=videos, sides=[], others=others):
            taken.remove(clash_key(each.old))
            assert clash_key(each.new) not in taken
            taken.add(clash_key(each.new))
