"""What could go, chosen without a database."""

from datetime import UTC, datetime, timedelta

from syncqueue.roommaking import Candidate, Choice, Why, choose

_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def candidate(
    title: int, size: int, *, why: Why = Why.NOT_WANTED, days: int = 0, files: int = 1
) -> Candidate:
    return Candidate(
        title_id=title,
        season_id=None,
        name=f"Title {title}",
        files=files,
        size_bytes=size,
        why=why,
        since=_DAY + timedelta(days=days),
    )


def chosen(
    candidates: list[Candidate],
    lacking: list[int],
    *,
    spare: int = 0,
    files_most: int = 20,
) -> tuple[list[int], int]:
    choice = choose(
        candidates=candidates,
        lacking=lacking,
        spare_bytes=spare,
        files_most=files_most,
    )
    return [part.title_id for part in choice.parts], choice.fits


class TestChoose:
    def test_takes_what_was_watched_before_what_is_old(self) -> None:
        old = candidate(1, 10, days=-300)
        watched = candidate(2, 10, why=Why.WATCHED)

        assert chosen([old, watched], [10]) == ([2], 1)

    def test_takes_the_oldest_first(self) -> None:
        assert chosen([candidate(1, 10), candidate(2, 10, days=-1)], [5]) == ([2], 1)

    def test_takes_no_more_than_is_needed(self) -> None:
        small, large = candidate(1, 2, days=-2), candidate(2, 10, days=-1)

        assert chosen([small, large], [9]) == ([2], 1)

    def test_counts_what_is_free_already(self) -> None:
        assert chosen([candidate(1, 10), candidate(2, 10)], [15], spare=6) == ([1], 1)

    def test_counts_a_reserve_that_is_broken_into(self) -> None:
        assert chosen([candidate(1, 10), candidate(2, 10)], [5], spare=-6) == (
            [1, 2],
            1,
        )

    def test_makes_room_for_the_first_of_them_where_not_all_can_fit(self) -> None:
        assert chosen([candidate(1, 10)], [6, 3, 50, 1]) == ([1], 2)

    def test_suggests_nothing_that_helps_nobody(self) -> None:
        assert chosen([candidate(1, 10)], [50]) == ([], 0)

    def test_never_goes_beyond_the_most_files(self) -> None:
        many = candidate(1, 100, files=21, days=-1)
        few = candidate(2, 30, files=3)

        assert chosen([many, few], [20]) == ([2], 1)

    def test_frees_what_its_parts_take(self) -> None:
        parts = (candidate(1, 10), candidate(2, 7))

        assert Choice(parts, 1).freed_bytes == 17
