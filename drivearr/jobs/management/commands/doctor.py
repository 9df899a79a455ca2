"""`drivearr doctor`: is everything as it must be, and how to mend it."""

from dataclasses import asdict
from typing import Any

from drivearr.web.checking import Finding, run_checks
from drivearr.web.commands import DONE, FAILED, DrivearrCommand


class Command(DrivearrCommand):
    """Run every check; status 1 when one is not well."""

    help = "Is everything as it must be, and how to mend it."

    def work(self, **_options: Any) -> int:
        """See DrivearrCommand."""
        findings = run_checks()
        ok = all(finding.ok for finding in findings)
        if self.as_json:
            checks = [asdict(finding) for finding in findings]
            for check in checks:
                # Where it is mended and who tells of it is the pages' business.
                del check["page"], check["is_told"]
            self.emit({"ok": ok, "checks": checks})
        else:
            self.table(
                ["", "Check", "Finding", "What helps"],
                (
                    (_sign(finding), finding.name, finding.message, finding.advice)
                    for finding in findings
                ),
            )
        return DONE if ok else FAILED


def _sign(finding: Finding) -> str:
    if finding.is_hint:
        return "->"
    return "ok" if finding.ok else "!!"
