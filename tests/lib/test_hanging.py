"""Work that may hang for ever."""

import threading
import time
from collections.abc import Iterator

import pytest

from drivearr.lib.hanging import (
    Caller,
    DiskHangs,
    call_in_time,
    in_time,
    is_stuck,
    map_in_time,
)


def counting(most: int) -> Iterator[int]:
    yield from range(most)


class TestInTime:
    def test_gives_everything_in_order(self) -> None:
        assert list(in_time(lambda: counting(1000), place="/a")) == list(range(1000))

    def test_does_not_run_far_ahead(self) -> None:
        made = []

        def make() -> Iterator[int]:
            for number in range(1000):
                made.append(number)
                yield number

        things = in_time(make, place="/a")
        next(things)
        time.sleep(0.1)

        assert len(made) < 100
        things.close()

    def test_raises_what_the_work_raises(self) -> None:
        def make() -> Iterator[int]:
            yield 1
            raise PermissionError(13, "no")

        things = in_time(make, place="/a")

        assert next(things) == 1
        with pytest.raises(PermissionError):
            next(things)

    def test_ends_the_waiting(self) -> None:
        answers = threading.Event()

        def make() -> Iterator[int]:
            yield 1
            answers.wait(20)

        things = in_time(make, place="/hangs", seconds=0.2)

        assert next(things) == 1
        with pytest.raises(DiskHangs, match="/hangs does not answer"):
            next(things)
        answers.set()

    def test_counts_anew_from_each_thing(self) -> None:
        def make() -> Iterator[int]:
            for number in range(6):
                time.sleep(0.1)
                yield number

        assert len(list(in_time(make, place="/slow", seconds=0.4))) == 6

    def test_asks_meanwhile_whether_to_stop(self) -> None:
        answers = threading.Event()

        def stop() -> None:
            raise KeyError

        with pytest.raises(KeyError):
            next(in_time(lambda: [answers.wait(20)], place="/a", check=stop))
        answers.set()

    def test_leaves_no_thread_when_it_is_left(self) -> None:
        things = in_time(lambda: counting(10**9), place="/left")
        next(things)
        things.close()

        until = time.monotonic() + 5
        while time.monotonic() < until and any(
            thread.name == "disk /left" for thread in threading.enumerate()
        ):
            time.sleep(0.02)
        assert "disk /left" not in [thread.name for thread in threading.enumerate()]


class TestCallInTime:
    def test_returns_what_it_is_told(self) -> None:
        assert call_in_time(lambda: 7, place="/a") == 7

    def test_sends_no_second_call_after_one_that_hangs(self) -> None:
        answers = threading.Event()
        with pytest.raises(DiskHangs):
            call_in_time(lambda: answers.wait(20), place="/dead", seconds=0.1)

        began = time.monotonic()
        with pytest.raises(DiskHangs, match="still waits"):
            call_in_time(lambda: 1, place="/dead")
        assert time.monotonic() - began < 1
        assert call_in_time(lambda: 1, place="/well") == 1

        answers.set()
        until = time.monotonic() + 5
        while is_stuck("/dead") and time.monotonic() < until:
            time.sleep(0.02)
        assert call_in_time(lambda: 1, place="/dead") == 1


class TestCaller:
    def test_answers_one_call_after_the_other(self) -> None:
        caller = Caller("/a")

        assert [caller.call(lambda: 1), caller.call(lambda: 2)] == [1, 2]
        caller.leave()

    def test_raises_what_the_call_raises(self) -> None:
        caller = Caller("/a")

        def fail() -> None:
            raise PermissionError(13, "no")

        with pytest.raises(PermissionError):
            caller.call(fail)
        caller.leave()

    def test_does_the_last_deed_before_it_is_left(self) -> None:
        done: list[int] = []
        caller = Caller("/a")

        caller.leave(lambda: done.append(1))

        assert done == [1]

    def test_ends_the_waiting_and_undoes_what_comes_too_late(self) -> None:
        answers, undone = threading.Event(), threading.Event()
        closed: list[int] = []
        caller = Caller("/late", seconds=0.2)

        def slow() -> int:
            answers.wait(20)
            return 7

        def undo(number: int) -> None:
            closed.append(number)
            undone.set()

        with pytest.raises(DiskHangs, match="/late does not answer"):
            caller.call(slow, undo=undo)
        with pytest.raises(DiskHangs, match="still waits"):
            Caller("/late").call(lambda: 1)
        caller.leave()
        answers.set()

        assert undone.wait(5)
        assert closed == [7]

    def test_lets_a_person_stop_the_waiting(self) -> None:
        answers = threading.Event()

        def check() -> None:
            raise KeyboardInterrupt

        caller = Caller("/stop", check=check)

        with pytest.raises(KeyboardInterrupt):
            caller.call(lambda: answers.wait(20))
        answers.set()
        caller.leave()

        assert not is_stuck("/stop")


class TestMapInTime:
    def test_gives_the_answers_in_the_order_of_the_things(self) -> None:
        def slow_first(number: int) -> int:
            time.sleep(0.05 if number == 0 else 0)
            return number * 2

        answers = map_in_time(slow_first, range(100), place="/a", threads=4)

        assert answers == [number * 2 for number in range(100)]

    def test_asks_for_several_at_once(self) -> None:
        both = threading.Barrier(2, timeout=5)

        def meet(number: int) -> int:
            if number in {0, 8}:
                both.wait()
            return number

        assert len(map_in_time(meet, range(16), place="/a", threads=2)) == 16

    def test_of_nothing_is_nothing(self) -> None:
        assert map_in_time(len, [], place="/a", threads=4) == []

    def test_raises_what_the_work_raises(self) -> None:
        def refuse(number: int) -> int:
            raise PermissionError(13, f"no {number}")

        with pytest.raises(PermissionError):
            map_in_time(refuse, range(50), place="/a", threads=4)

    def test_ends_the_waiting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("drivearr.lib.hanging.HANGS_SECONDS", 0.3)
        answers = threading.Event()

        with pytest.raises(DiskHangs, match="/lost does not answer"):
            map_in_time(lambda _: answers.wait(20), range(40), place="/lost", threads=2)
        with pytest.raises(DiskHangs, match="an earlier look"):
            map_in_time(str, range(40), place="/lost", threads=2)
        answers.set()
