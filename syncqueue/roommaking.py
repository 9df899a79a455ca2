"""What could go from a drive so that wishes fit: a suggestion, the least harmful first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Why(StrEnum):
    """Why something could go, best reason first."""

    WATCHED = "WATCHED"
    NOT_WANTED = "NOT_WANTED"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A title, or a season of one, that a drive holds and nobody waits for."""

    title_id: int
    season_id: int | None
    name: str
    files: int
    size_bytes: int
    """What becomes free, in clusters."""
    why: Why
    since: datetime
    """When it was watched, or put there and last wished for."""
    viewers: tuple[str, ...] = ()
    """Who watched it."""

    @property
    def rank(self) -> tuple[bool, datetime, int, int]:
        """What goes first: watched, then what nobody wanted for the longest time."""
        return (
            self.why is not Why.WATCHED,
            self.since,
            self.title_id,
            self.season_id or 0,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """What could go, and for how much of what is lacking that makes room."""

    parts: tuple[Candidate, ...] = ()
    fits: int = 0
    """How many of the files that lack room would fit, in their order."""

    @property
    def freed_bytes(self) -> int:
        """What becomes free."""
        return sum(part.size_bytes for part in self.parts)


def choose(
    *,
    candidates: Iterable[Candidate],
    lacking: Sequence[int],
    spare_bytes: int,
    files_most: int,
) -> Choice:
    """Choose what makes room for as many files as can be, in their order.

    `lacking`: what each file that does not fit takes; `spare_bytes`: what is free for
    them already; `files_most`: more files than this are never suggested at once.
    """
    taken = _take(sorted(candidates, key=lambda one: one.rank), files_most)
    room = spare_bytes + sum(part.size_bytes for part in taken)
    needed = fits = 0
    for size in lacking:
        if needed + size > room:
            break
        needed, fits = needed + size, fits + 1
    if not fits:
        return Choice()
    return Choice(_enough(taken, needed - spare_bytes), fits)


def _take(ordered: Iterable[Candidate], files_most: int) -> list[Candidate]:
    taken, files = [], 0
    for one in ordered:
        if files + one.files <= files_most:
            taken.append(one)
            files += one.files
    return taken


def _enough(ordered: Sequence[Candidate], needed: int) -> tuple[Candidate, ...]:
    """Return the first that free enough, without those that the others make needless."""
    chosen: list[Candidate] = []
    freed = 0
    for one in ordered:
        if freed >= needed:
            break
        chosen.append(one)
        freed += one.size_bytes
    for one in reversed(chosen[:]):
        if freed - one.size_bytes >= needed:
            chosen.remove(one)
            freed -= one.size_bytes
    return tuple(chosen)
