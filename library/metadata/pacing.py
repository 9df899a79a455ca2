"""A polite pace and a fuse: how often a service is asked, and when it is left in peace."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

TROUBLES_MOST = 5
"""So many failures in a row, and the service is left in peace."""
REST_SECONDS = 15 * 60


class Gate(Protocol):
    """Through it goes every request to one service."""

    def wait(self) -> None:
        """Return when the next request may leave.

        Raises: SourceResting while the service is left in peace.
        """

    def note_success(self) -> None:
        """The service answered."""

    def note_trouble(self, why: str) -> None:
        """The service failed; after TROUBLES_MOST in a row it rests."""

    def note_refusal(self, why: str) -> None:
        """The service is well, but does not let us in."""


class Pace:
    """A gate for one process: moments at least `1 / per_second` apart, no fuse."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._apart = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """See Gate."""
        with self._lock:
            now = self._clock()
            at = max(now, self._next)
            self._next = at + self._apart
        if at > now:
            self._sleep(at - now)

    def note_success(self) -> None:
        """See Gate."""

    def note_trouble(self, why: str) -> None:
        """See Gate."""

    def note_refusal(self, why: str) -> None:
        """See Gate."""
