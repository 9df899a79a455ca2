"""Disk work that may hang for ever: done in a thread of its own, with an end to waiting.

A call on a mount whose server is gone cannot be taken back. The thread that made it is left
behind until the mount answers or is taken away; no second one goes to the same place.
"""

import itertools
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from drivearr.lib.errors import StopRun
from drivearr.lib.wording import carried, gettext, gettext_noop

S = TypeVar("S")
T = TypeVar("T")
HANGS_SECONDS = 60.0
"""Longer than a disk takes to spin up, or a server to come back from a short trouble."""
_LOOK_SECONDS = 0.5
_CALL_SECONDS = 0.25
_AHEAD_MOST = 64
"""How many things may be found before they are taken."""
_TOGETHER = 16
_TOGETHER_SECONDS = 0.02
"""Who takes is woken for so many things, or after so long: each waking costs time."""
_AT_ONCE = 8
"""How many things are handed over together: each handing over costs time."""
_stuck: dict[str, threading.Thread] = {}


class DiskHangs(StopRun):
    """A folder's disk or server gives no answer, not even an error."""

    code = "DISK_HANGS"
    advice = gettext_noop(
        "Nothing was changed. See whether its disk or server is well; a "
        "mount that stays dead is taken away by umount -f -l. Then mount "
        "it again."
    )
    retryable = True


def in_time(
    make: Callable[[], Iterable[T]],
    *,
    place: str,
    seconds: float | None = None,
    check: Callable[[], None] = lambda: None,
) -> Generator[T, None, None]:
    """Yield what `make()` yields, made in another thread; `check` is called in waiting.

    `place` is the folder that the work is about. `seconds` (None: HANGS_SECONDS) counts
    anew from each thing. What the work raises is raised here.

    Raises:
        DiskHangs: nothing came in time, or an earlier call still hangs at that place.

    """
    limit = HANGS_SECONDS if seconds is None else seconds
    if is_stuck(place):
        raise _hangs(place, gettext("an earlier look at it still waits"))
    worker = _Worker(make, place)
    worker.start()
    try:
        yield from worker.take(limit, check)
    finally:
        worker.left.set()


def call_in_time(
    deed: Callable[[], T], *, place: str, seconds: float | None = None
) -> T:
    """Return what `deed()` returns, called in another thread.

    Raises:
        DiskHangs: see `in_time`.

    """
    return next(iter(in_time(lambda: (deed(),), place=place, seconds=seconds)))


def give_up(place: str, thread: threading.Thread, seconds: float) -> DiskHangs:
    """Remember that a thread hangs at a place; return the error that says so."""
    _stuck[place] = thread
    return _hangs(
        place, gettext("it was waited for {limit:.0f} s").format(limit=seconds)
    )


class Caller:
    """A thread that makes disk calls at one place for somebody, one after the other.

    For many small calls: it costs some microseconds each, not a thread.
    """

    def __init__(
        self,
        place: str,
        *,
        seconds: float | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """`seconds` and `check`: see `in_time`."""
        self._place, self._check = place, check
        self._limit = HANGS_SECONDS if seconds is None else seconds
        self._work: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=self._run, name=f"disk {place}", daemon=True
        )
        self._thread.start()

    def _run(self) -> None:
        while (deed := self._work.get()) is not None:
            deed()

    def call(
        self, deed: Callable[[], T], *, undo: Callable[[T], object] = lambda _: None
    ) -> T:
        """Return what `deed()` returns, or raise what it raises.

        `undo` is given the answer, in the thread, when it comes after nobody waits.

        Raises:
            DiskHangs: see `in_time`.

        """
        if is_stuck(self._place):
            raise _hangs(self._place, gettext("an earlier look at it still waits"))
        asked = _Asked(deed, undo)
        self._work.put(asked.answer)
        try:
            self._wait(asked.is_answered)
        except BaseException:
            asked.leave()
            raise
        return asked.take()

    def _wait(self, is_answered: threading.Event) -> None:
        begun = time.monotonic()
        while not is_answered.wait(min(_CALL_SECONDS, self._limit)):
            self._check()
            if time.monotonic() - begun >= self._limit:
                raise give_up(self._place, self._thread, self._limit)

    def leave(self, deed: Callable[[], object] = lambda: None) -> None:
        """End the thread after a last deed; waits for it unless the place is stuck."""
        done = threading.Event()
        self._work.put(deed)
        self._work.put(done.set)
        self._work.put(None)
        if not is_stuck(self._place) and not done.wait(self._limit):
            _stuck[self._place] = self._thread


class _Asked(Generic[T]):
    """One call: its answer is taken once, by who asked or by `undo`."""

    def __init__(self, deed: Callable[[], T], undo: Callable[[T], object]) -> None:
        self._deed, self._undo = deed, undo
        self._lock = threading.Lock()
        self._is_left = False
        self._answer: list[T] = []
        self._error: BaseException | None = None
        self.is_answered = threading.Event()

    def answer(self) -> None:
        try:
            answer = self._deed()
        except BaseException as error:  # noqa: BLE001 - raised again by who takes
            self._error = error
        else:
            with self._lock:
                self._answer = [answer]
                is_left = self._is_left
            if is_left:
                self._undo(answer)
        self.is_answered.set()

    def leave(self) -> None:
        with self._lock:
            self._is_left = True
            answers = list(self._answer)
        for answer in answers:
            self._undo(answer)

    def take(self) -> T:
        if self._error is not None:
            raise self._error
        return self._answer[0]


def map_in_time(
    deed: Callable[[S], T],
    things: Sequence[S],
    *,
    place: str,
    threads: int = 1,
    check: Callable[[], None] = lambda: None,
) -> list[T]:
    """Return `deed(thing)` of each, done by several threads at once; see `in_time`.

    The time allowed counts anew from every few things.

    Raises:
        DiskHangs: see `in_time`.

    """
    if is_stuck(place):
        raise _hangs(place, gettext("an earlier look at it still waits"))
    parts = [things[at : at + _AT_ONCE] for at in range(0, len(things), _AT_ONCE)]
    workers = [
        _Worker(partial(_do_parts, deed, parts[number::threads]), place)
        for number in range(min(threads, len(parts)))
    ]
    try:
        for worker in workers:
            worker.start()
        takes = [each.take(HANGS_SECONDS, check) for each in workers]
        turns = (takes[number % len(takes)] for number in range(len(parts)))
        return [answer for take in turns for answer in next(take)]
    finally:
        for worker in workers:
            worker.left.set()


def _do_parts(
    deed: Callable[[S], T], parts: Iterable[Sequence[S]]
) -> Iterator[list[T]]:
    return ([deed(thing) for thing in part] for part in parts)


def is_stuck(place: str) -> bool:
    """Whether an earlier call there still hangs."""
    thread = _stuck.get(place)
    if thread and not thread.is_alive():
        _stuck.pop(place, None)
        return False
    return thread is not None


def _hangs(place: str, why: str) -> DiskHangs:
    return DiskHangs(
        gettext("{place} does not answer: {why}.").format(place=place, why=why)
    )


@dataclass(frozen=True, slots=True)
class _Ended:
    error: BaseException | None


class _Worker(threading.Thread, Generic[T]):
    """Runs ahead of the one who takes, until it is left."""

    def __init__(self, make: Callable[[], Iterable[T]], place: str) -> None:
        # A daemon: the process must be able to end while this one hangs.
        super().__init__(name=f"disk {place}", daemon=True)
        self.make = make
        self.place = place
        self.left = threading.Event()
        self._work = carried(self._make)
        self._found: deque[T] = deque()
        self._ended: _Ended | None = None
        self._has_come = threading.Event()
        self._has_room = threading.Event()

    def run(self) -> None:
        self._work()

    def _make(self) -> None:
        error: BaseException | None = None
        try:
            self._fill()
        except BaseException as raised:  # noqa: BLE001 - raised again by who takes
            error = raised
        self._ended = _Ended(error)
        self._has_come.set()

    def _fill(self) -> None:
        told = time.monotonic()
        for thing in self.make():
            self._found.append(thing)
            now = time.monotonic()
            if len(self._found) < _TOGETHER and now - told < _TOGETHER_SECONDS:
                continue
            told = now
            self._has_come.set()
            if not self._find_room():
                return

    def _find_room(self) -> bool:
        """Wait while too much was not taken yet; False: nobody will take it."""
        while len(self._found) >= _AHEAD_MOST:
            self._has_room.clear()
            if self.left.is_set():
                return False
            if len(self._found) >= _AHEAD_MOST:
                self._has_room.wait(_LOOK_SECONDS)
        return True

    def take(self, limit: float, check: Callable[[], None]) -> Generator[T, None, None]:
        while True:
            while self._found:
                yield self._found.popleft()
            self._has_room.set()
            ended = self._ended
            if self._found:
                continue
            if ended is None:
                self._wait(limit, check)
            elif ended.error:
                raise ended.error
            else:
                return

    def _wait(self, limit: float, check: Callable[[], None]) -> None:
        for step in itertools.count():
            is_told = self._has_come.wait(min(_LOOK_SECONDS, limit))
            self._has_come.clear()
            # A few may have come without a word.
            if is_told or self._found:
                return
            check()
            if (step + 1) * _LOOK_SECONDS >= limit:
                break
        raise give_up(self.place, self, limit)
