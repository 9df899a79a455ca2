"""Runs the checks and keeps what they found, so that pages need not wait."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils import timezone

from drivearr.web.checking import Finding, run_checks
from drivearr.web.models import Kept
from drivearr.web.navigation import HEALTH


@dataclass(frozen=True, slots=True)
class Health:
    """What the last look found."""

    at: datetime
    findings: tuple[Finding, ...]

    @property
    def troubles(self) -> tuple[Finding, ...]:
        """What is not well."""
        return tuple(each for each in self.findings if not each.ok)


def look() -> Health:
    """Run all checks now and keep the outcome; takes a second or two."""
    health = Health(timezone.now(), tuple(run_checks()))
    Kept.write(
        HEALTH,
        {
            "at": health.at.isoformat(),
            "troubles": len(health.troubles),
            "findings": [asdict(each) for each in health.findings],
        },
    )
    return health


def find_last() -> Health | None:
    """Return what was kept; None before the first look. One query."""
    kept = Kept.read(HEALTH)
    if not isinstance(kept, dict):
        return None
    return Health(
        datetime.fromisoformat(kept["at"]),
        tuple(Finding(**each) for each in kept["findings"]),
    )
