"""Not faster than asked."""

from datetime import time

import pytest

from syncqueue.pacing import Limit, Pacer


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class TestLimit:
    @pytest.mark.parametrize(
        ("begins", "ends", "moment", "expected"),
        [
            (time(0), time(0), time(12), True),
            (time(8), time(18), time(8), True),
            (time(8), time(18), time(18), False),
            (time(8), time(18), time(3), False),
            (time(22), time(6), time(23), True),
            (time(22), time(6), time(5, 59), True),
            (time(22), time(6), time(12), False),
        ],
    )
    def test_holds_in_its_hours(
        self, begins: time, ends: time, moment: time, expected: bool
    ) -> None:
        assert Limit(1, begins, ends).holds_at(moment) is expected


class TestPacer:
    def test_lets_no_more_pass_than_the_rate(self) -> None:
        clock = Clock()
        pacer = Pacer(clock=clock, sleep=clock.sleep)
        pacer.set_rate(1000)

        for _ in range(20):
            pacer.moved(500, check=lambda: None)

        assert clock.now - 100 == pytest.approx(10, abs=0.6)

    def test_does_not_sleep_without_a_limit(self) -> None:
        clock = Clock()
        Pacer(clock=clock, sleep=clock.sleep).moved(10**12, check=lambda: None)

        assert clock.now == 100

    def test_asks_whether_to_stop_while_it_sleeps(self) -> None:
        clock = Clock()
        pacer = Pacer(clock=clock, sleep=clock.sleep)
        pacer.set_rate(1)

        def stop() -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            pacer.moved(1000, check=stop)
        assert clock.now - 100 <= 0.25

    def test_a_limit_that_is_lifted_ends_the_wait(self) -> None:
        clock = Clock()
        pacer = Pacer(clock=clock, sleep=clock.sleep)
        pacer.set_rate(1)

        pacer.moved(1000, check=lambda: pacer.set_rate(None))

        assert clock.now - 100 <= 0.25

    def test_a_quiet_time_gives_no_burst(self) -> None:
        clock = Clock()
        pacer = Pacer(clock=clock, sleep=clock.sleep)
        pacer.set_rate(1000)
        pacer.moved(10, check=lambda: None)
        clock.now += 3600

        pacer.moved(2000, check=lambda: None)

        assert clock.now - 3700 >= 1.4
