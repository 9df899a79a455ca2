"""Not faster than asked: a drive's speed limit, and the hours it holds in."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import time as TimeOfDay  # noqa: N812 - the module has the plain name

STEP_SECONDS = 0.25
"""The longest sleep between two looks whether to stop."""
_BURST_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Limit:
    """So many bytes a second, from one time of day until another; always when equal."""

    bytes_per_second: int
    begins: TimeOfDay = TimeOfDay(0)
    ends: TimeOfDay = TimeOfDay(0)

    def holds_at(self, moment: TimeOfDay) -> bool:
        """Whether it holds at a local time of day; 22:00 to 06:00 goes over midnight."""
        if self.begins == self.ends:
            return True
        if self.begins < self.ends:
            return self.begins <= moment < self.ends
        return moment >= self.begins or moment < self.ends


@dataclass(slots=True)
class Pacer:
    """Sleeps so that what moves stays below a rate that may change meanwhile."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _rate: int | None = None
    _due: float = field(default=0.0)
    """When all that moved so far may have moved."""

    def set_rate(self, bytes_per_second: int | None) -> None:
        """Hear what holds from now on; None: no limit."""
        if bytes_per_second != self._rate:
            self._rate, self._due = bytes_per_second, self.clock()

    def moved(self, amount: int, *, check: Callable[[], None]) -> None:
        """Wait as long as `amount` bytes deserve; `check` may raise to stop."""
        if not self._rate:
            return
        now = self.clock()
        # What was not used of a quiet time does not become a burst.
        self._due = max(self._due, now - _BURST_SECONDS) + amount / self._rate
        while (left := self._due - self.clock()) > 0 and self._rate:
            self.sleep(min(left, STEP_SECONDS))
            check()
