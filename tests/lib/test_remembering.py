"""Answers kept for a few seconds."""

from drivearr.lib.remembering import Remembered, forget_all


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class TestRemembered:
    def test_makes_an_answer_once_until_it_is_too_old(self) -> None:
        clock = Clock()
        kept = Remembered[str, int](seconds=10, most=3, clock=clock)
        made = iter(range(10))

        answers = [kept.get("a", lambda: next(made)) for _ in range(3)]
        clock.now += 10.1
        answers.append(kept.get("a", lambda: next(made)))

        assert answers == [0, 0, 0, 1]

    def test_lets_go_of_what_was_longest_unused(self) -> None:
        kept = Remembered[str, int](seconds=10, most=2, clock=Clock())
        kept.keep("a", 1)
        kept.keep("b", 2)
        kept.find("a")

        kept.keep("c", 3)

        assert (kept.find("a"), kept.find("b"), kept.find("c")) == (1, None, 3)

    def test_is_forgotten_on_demand(self) -> None:
        kept = Remembered[str, int](seconds=10, most=2, clock=Clock())
        kept.keep("a", 1)

        forget_all()

        assert kept.find("a") is None
