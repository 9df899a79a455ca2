"""How fast bytes move, and how long the rest takes: two phases at two speeds."""

from collections import deque
from dataclasses import dataclass, field

WINDOW_SECONDS = 10.0
_LEAST_SEEN = 2


@dataclass(slots=True)
class Rate:
    """Bytes a second over the last ten seconds; old bursts and pauses are forgotten."""

    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def note(self, *, at: float, done: int) -> None:
        """Hear that so many bytes were done at a moment of a monotonic clock."""
        if self._seen and done < self._seen[-1][1]:
            # It began anew.
            self._seen.clear()
        self._seen.append((at, done))
        while len(self._seen) > _LEAST_SEEN and at - self._seen[1][0] > WINDOW_SECONDS:
            self._seen.popleft()

    @property
    def bytes_per_second(self) -> int | None:
        """Return the rate; None until two moments are known."""
        if len(self._seen) < _LEAST_SEEN:
            return None
        (begun, before), (now, done) = self._seen[0], self._seen[-1]
        return int((done - before) / (now - begun)) if now > begun else None


@dataclass(frozen=True, slots=True)
class Speeds:
    """How fast a drive is written and read back, in bytes a second; None: unknown."""

    write: int | None = None
    read: int | None = None
    is_read_back: bool = True
    """Whether what is written is read back at all."""


def seconds_left(*, to_write: int, to_read: int, speeds: Speeds) -> float | None:
    """Return how long the rest takes; None while no speed is known.

    A phase nobody has measured yet is taken to be as fast as the other.
    """
    if not speeds.is_read_back:
        to_read = 0
    write = speeds.write or speeds.read
    read = speeds.read or speeds.write
    if not write or not read:
        return None
    return max(to_write, 0) / write + max(to_read, 0) / read
