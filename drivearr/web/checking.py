"""A place where apps say what must be right on this machine, and how to mend it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import DatabaseError
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
    is_hint: bool = False
    """Nothing is wrong, but `advice` would make it faster or better."""
    is_told: bool = False
    """Whoever found it gives notice of it already."""


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
    unread: list[str] = []
    for check in _checks:
        try:
            findings += check()
        except DatabaseError:
            unread.append(_name_of(check))
        except Exception as error:  # noqa: BLE001 - the doctor must not fall ill itself
            findings.append(_broken(check, error))
    if unread:
        findings.append(_unread(unread))
    return findings


def _name_of(check: Check) -> str:
    name = getattr(check, "__name__", "check").removeprefix("check_")
    return str(name).replace("_", " ")


def _broken(check: Check, error: Exception) -> Finding:
    return Finding(
        name=_name_of(check),
        ok=False,
        message=gettext("The check itself failed: {error}").format(error=error),
        advice=gettext("Look at the sentence above; it usually names the cause."),
    )


def _unread(names: list[str]) -> Finding:
    """Tell once what all those found that need rows which are not to be had."""
    return Finding(
        name=gettext("not looked at"),
        ok=False,
        message=gettext("The database could not be asked about: {names}.").format(
            names=", ".join(names)
        ),
        advice=gettext("Run: drivearr migrate, then look again."),
    )
