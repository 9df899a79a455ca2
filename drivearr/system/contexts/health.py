"""What the health page shows."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import NoReverseMatch, reverse

from drivearr.system.services import checking
from drivearr.web.checking import Finding


@dataclass(frozen=True, slots=True)
class Row:
    """One finding with the way to its fix."""

    finding: Finding
    url: str


@dataclass(frozen=True, slots=True)
class HealthPage:
    """What is wrong first, then what could be better, then what is well."""

    at: datetime
    troubles: tuple[Row, ...]
    hints: tuple[Row, ...]
    well: tuple[Row, ...]

    @classmethod
    def build(cls) -> "HealthPage":
        """Make it from the last look; looks now when there was none."""
        health = checking.find_last() or checking.look()
        rows = [Row(each, _url(each.page)) for each in health.findings]
        return cls(
            at=health.at,
            troubles=tuple(row for row in rows if not row.finding.ok),
            hints=tuple(row for row in rows if row.finding.is_hint),
            well=tuple(
                row for row in rows if row.finding.ok and not row.finding.is_hint
            ),
        )


def _url(page: str) -> str:
    try:
        return reverse(page) if page else ""
    except NoReverseMatch:
        return ""
