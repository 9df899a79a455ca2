"""A place where apps say what must be right on this machine, and how to mend it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check."""

    name: str
    ok: bool
    message: str
    advice: str = ""
    """What to do; empty when all is well."""
    page: str = ""
    """Name of the url where it is mended; empty when it is no page of ours."""


Check = Callable[[], Iterable[Finding]]

_checks: list[Check] = []


def register_check(check: Check) -> Check:
    """Make a check known to `drivearr doctor` and the health page."""
    if check not in _checks:
        _checks.append(check)
    return check


def run_checks() -> list[Finding]:
    """Run all checks; one that breaks is itself a finding."""
    findings: list[Finding] = []
    for check in _checks:
        try:
            findings += check()
        except Exception as error:  # noqa: BLE001 - the doctor must not fall ill itself
            name = getattr(check, "__name__", "check").replace("_", " ")
            findings.append(
                Finding(
                    name=name,
                    ok=False,
                    message=gettext("The check itself failed: {error}").format(
                        error=error
                    ),
                    advice=gettext(
                        "Look at the sentence above; it usually names the cause."
                    ),
                )
            )
    return findings
