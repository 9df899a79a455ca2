"""How fast bytes move, and how long the rest takes."""

import pytest

from syncqueue.rates import Rate, Speeds, seconds_left


class TestRate:
    def test_is_unknown_at_first(self) -> None:
        rate = Rate()
        rate.note(at=0, done=0)

        assert rate.bytes_per_second is None

    def test_is_that_of_the_last_ten_seconds(self) -> None:
        rate = Rate()
        for second in range(30):
            # Fast at first, from a cache; then as fast as the drive is.
            rate.note(at=second, done=second * 10 if second > 5 else second * 1000)
        for second in range(30, 60):
            rate.note(at=second, done=290 + (second - 29) * 20)

        assert rate.bytes_per_second == 20

    def test_begins_anew_when_the_work_does(self) -> None:
        rate = Rate()
        rate.note(at=0, done=0)
        rate.note(at=1, done=1000)
        rate.note(at=2, done=0)
        rate.note(at=3, done=100)

        assert rate.bytes_per_second == 100


class TestSecondsLeft:
    @pytest.mark.parametrize(
        ("speeds", "expected"),
        [
            (Speeds(100, 200), 15.0),
            (Speeds(100, None), 20.0),
            (Speeds(None, 200), 10.0),
            (Speeds(), None),
        ],
    )
    def test_counts_writing_and_reading_back(
        self, speeds: Speeds, expected: float | None
    ) -> None:
        assert seconds_left(to_write=1000, to_read=1000, speeds=speeds) == expected

    def test_does_not_jump_between_the_phases(self) -> None:
        speeds = Speeds(100, 200)
        before = seconds_left(to_write=1, to_read=1000, speeds=speeds)
        after = seconds_left(to_write=0, to_read=999, speeds=speeds)

        assert before == pytest.approx(after, abs=0.1)
