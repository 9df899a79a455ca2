"""Answers kept for a few seconds, in this process alone.

For figures that cost much and may be a little old: a space bar, which titles a filter
lists. Never for what a deed is decided by.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakSet

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_all: "WeakSet[Remembered[Hashable, object]]" = WeakSet()


class Remembered(Generic[K, V]):
    """At most `most` answers, each for `seconds`; the one longest unused goes first."""

    def __init__(
        self, *, seconds: float, most: int, clock: Callable[[], float]
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        _all.add(self)  # type: ignore[arg-type]  # only to be forgotten

    def find(self, key: K) -> V | None:
        """Return what is known, None when nothing is or it is too old."""
        with self._lock:
            found = self._kept.get(key)
            if found is None or self._clock() - found[0] > self._seconds:
                return None
            self._kept.move_to_end(key)
            return found[1]

    def keep(self, key: K, value: V) -> V:
        """Keep an answer and return it."""
        with self._lock:
            self._kept[key] = (self._clock(), value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return what is known, or make it; two who ask at once may both make it."""
        found = self.find(key)
        return found if found is not None else self.keep(key, make())

    def forget(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._kept.clear()


def forget_all() -> None:
    """Keep nothing anywhere; for tests, whose rows get the same ids again."""
    for one in list(_all):
        one.forget()
