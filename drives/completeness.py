"""How complete a title is on a drive, from counted items."""

from dataclasses import dataclass
from enum import StrEnum

from drivearr.lib.wording import gettext, gettext_noop


class Completeness(StrEnum):
    """A title's state on a drive. Items are compared, not files."""

    COMPLETE = "COMPLETE"
    PARTIAL = "PARTIAL"
    MISSING = "MISSING"
    OUTDATED = "OUTDATED"


LABELS = {
    Completeness.COMPLETE: gettext_noop("Complete"),
    Completeness.PARTIAL: gettext_noop("Partial"),
    Completeness.MISSING: gettext_noop("Missing"),
    Completeness.OUTDATED: gettext_noop("Outdated"),
}


@dataclass(frozen=True, slots=True)
class Count:
    """Items of a title (season, item): how many of those wanted are there."""

    want: int
    """Items that the library has, or that the drive itself holds."""
    have: int
    """Those of them that are on the drive, current or outdated."""
    outdated: int = 0
    """Those on the drive only as a copy of a file that was replaced since."""
    begun: int = 0
    """Those of which only some parts are on the drive; not among `have`."""

    def __add__(self, other: "Count") -> "Count":
        """Return the count of both together."""
        return Count(
            self.want + other.want,
            self.have + other.have,
            self.outdated + other.outdated,
            self.begun + other.begun,
        )

    @property
    def state(self) -> Completeness:
        """COMPLETE, PARTIAL, MISSING, or OUTDATED when all are there but not current."""
        if self.have == 0:
            return Completeness.PARTIAL if self.begun else Completeness.MISSING
        if self.have < self.want:
            return Completeness.PARTIAL
        return Completeness.OUTDATED if self.outdated else Completeness.COMPLETE

    @property
    def label(self) -> str:
        """Return the state in words."""
        return gettext(LABELS[self.state])


NONE = Count(want=0, have=0)
"""The count of nothing."""
