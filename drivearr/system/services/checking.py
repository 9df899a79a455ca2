"""Runs the checks and keeps what they found, so that pages need not wait."""

import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from drivearr.web.checking import Finding, run_checks
from drivearr.web.models import Kept, Notice
from drivearr.web.navigation import HEALTH
from drivearr.web.saying import tell_all

_NUMBERS = re.compile(r"\d+")


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
    """Run all checks now, keep the outcome, tell what stays wrong; takes a second or two."""
    kept = Kept.read(HEALTH)
    before = _read(kept)
    health = Health(timezone.now(), tuple(run_checks()))
    told = _tell_lasting(before, health, told=set(kept.get("told", ()))) if kept else ()
    Kept.write(
        HEALTH,
        {
            "at": health.at.isoformat(),
            "troubles": len(health.troubles),
            "findings": [asdict(each) for each in health.findings],
            "told": sorted(told),
        },
    )
    return health


def _tell_lasting(before: Health | None, now: Health, *, told: set[str]) -> set[str]:
    """Give notice once of each trouble that two looks in a row found.

    Returns what is told of and lasts; a trouble that went and comes again is told again.
    """
    lasting = {_mark_of(each) for each in before.troubles} if before else set()
    found = {_mark_of(each): each for each in now.troubles}
    for mark in found.keys() & lasting - told:
        finding = found[mark]
        if not finding.is_told:
            tell_all(
                event="health",
                text=f"{finding.message} {finding.advice}".strip(),
                url=reverse("health_page"),
                level=Notice.Level.FAILED,
            )
    return found.keys() & (lasting | told)


def _mark_of(finding: Finding) -> str:
    """Return what stays the same while only a count grows."""
    return f"{finding.name}: {_NUMBERS.sub('#', finding.message)}"


def find_last() -> Health | None:
    """Return what was kept; None before the first look. One query."""
    return _read(Kept.read(HEALTH))


def _read(kept: Any) -> Health | None:
    if not isinstance(kept, dict):
        return None
    names = {each.name for each in fields(Finding)}
    return Health(
        datetime.fromisoformat(kept["at"]),
        tuple(
            Finding(**{name: each[name] for name in each if name in names})
            for each in kept["findings"]
        ),
    )
