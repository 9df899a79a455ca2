"""A polite pace: so many requests a second, shared by the threads of a process."""

import threading
import time
from collections.abc import Callable


class Pace:
    """Hands out moments at least `1 / per_second` apart."""

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
        """Return when the next request may leave."""
        with self._lock:
            now = self._clock()
            at = max(now, self._next)
            self._next = at + self._apart
        if at > now:
            self._sleep(at - now)
