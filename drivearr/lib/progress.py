"""How long work tells how far it is, and learns that it shall stop."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from drivearr.lib.errors import SkipFile

Unit = Literal["BYTES", "FILES", "ITEMS"]


class Cancelled(Exception):
    """A person asked the work to stop."""


class Interrupted(Exception):
    """The process is ending: stop at a safe point; the work goes on elsewhere."""


class Progress(Protocol):
    """What long work calls. It knows nothing of rows or screens."""

    def expect(self, total: int | None, unit: Unit) -> None:
        """Say how much there is to do; None while unknown. Begins at zero done."""

    def advance(self, amount: int = 1) -> None:
        """Say that `amount` more units are done; cheap, call it often."""

    def note(self, text: str) -> None:
        """Say in one line what is in hand now."""

    def report(self, error: SkipFile, *, path: str = "") -> None:
        """Keep one file's trouble; the run goes on."""

    def check(self) -> None:
        """Ask whether to stop.

        Raises:
            Cancelled: a person asked to stop.
            Interrupted: the process is ending, or somebody else holds the work now.

        """


@dataclass(slots=True)
class SilentProgress:
    """Progress for when nobody listens; keeps what was said for a test or a summary."""

    total: int | None = None
    unit: Unit = "ITEMS"
    done: int = 0
    last_note: str = ""
    issues: list[tuple[SkipFile, str]] = field(default_factory=list)

    def expect(self, total: int | None, unit: Unit) -> None:
        """See Progress."""
        self.total, self.unit, self.done = total, unit, 0

    def advance(self, amount: int = 1) -> None:
        """See Progress."""
        self.done += amount

    def note(self, text: str) -> None:
        """See Progress."""
        self.last_note = text

    def report(self, error: SkipFile, *, path: str = "") -> None:
        """See Progress."""
        self.issues.append((error, path))

    def check(self) -> None:
        """See Progress; never stops."""
