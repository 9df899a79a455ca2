"""Waiting for work on the drive that may take long, and hearing meanwhile to stop."""

from collections.abc import Callable, Iterator, Sequence
from threading import Event, Thread
from typing import Generic, TypeVar

from syncqueue.copying.sizes import ASK_SECONDS

S = TypeVar("S")
T = TypeVar("T")
LEAVE_SECONDS = 1.5
"""So long one who was told to stop is waited for; a disk that hangs takes for ever."""


class Left(Exception):
    """Nobody waits for this work any more."""


def hearing(deed: Callable[[], None], check: Callable[[], None]) -> None:
    """Do `deed` in a thread of its own; what it raises is raised here.

    `check` is called while it is waited for and may raise: then the thread is left to
    end by itself.
    """
    errors: list[BaseException] = []
    is_done = Event()

    def work() -> None:
        try:
            deed()
        except BaseException as error:  # noqa: BLE001 - raised by who waits
            errors.append(error)
        finally:
            is_done.set()

    Thread(target=work, name="flusher", daemon=True).start()
    while not is_done.wait(ASK_SECONDS):
        check()
    if errors:
        raise errors[0]


class Aside(Generic[T]):
    """A deed under way in a thread of its own; it is given what tells it to stop."""

    def __init__(self, deed: Callable[[Callable[[], None]], T]) -> None:
        self._deed = deed
        self._left, self._is_done = Event(), Event()
        self._answers: list[T] = []
        self._errors: list[BaseException] = []
        Thread(target=self._work, name="aside", daemon=True).start()

    def _work(self) -> None:
        try:
            self._answers.append(self._deed(self._hear))
        except BaseException as error:  # noqa: BLE001 - raised by who waits
            self._errors.append(error)
        finally:
            self._is_done.set()

    def _hear(self) -> None:
        if self._left.is_set():
            raise Left

    def wait(self, check: Callable[[], None]) -> T:
        """Return what the deed returns, or raise what it raises; `check` may raise."""
        while not self._is_done.wait(ASK_SECONDS):
            check()
        if self._errors:
            raise self._errors[0]
        return self._answers[0]

    def leave(self, seconds: float = 0.0) -> None:
        """Tell it to stop, and give it so long to do so."""
        self._left.set()
        self._is_done.wait(seconds)


def one_ahead(
    deed: Callable[[S, Callable[[], None]], T],
    things: Sequence[S],
    check: Callable[[], None],
) -> Iterator[tuple[S, T]]:
    """Yield each thing and `deed` of it, done while the thing before was worked on.

    `deed` is called in a thread of its own, with what tells it to stop.
    """
    if not things:
        return
    ahead = _begin(deed, things[0])
    try:
        for number, thing in enumerate(things):
            answer = ahead.wait(check)
            if number + 1 < len(things):
                ahead = _begin(deed, things[number + 1])
            yield thing, answer
    finally:
        ahead.leave()


def _begin(deed: Callable[[S, Callable[[], None]], T], thing: S) -> Aside[T]:
    return Aside(lambda hear: deed(thing, hear))
