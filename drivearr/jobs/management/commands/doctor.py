"""`drivearr doctor`: is everything as it must be, and how to mend it."""

from dataclasses import asdict
from typing import Any

from drivearr.web.checking import run_checks
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
                # Where it is mended in the pages is no part of the contract.
                del check["page"]
            self.emit({"ok": ok, "checks": checks})
        else:
            self.table(
                ["", "Check", "Finding", "What helps"],
                (
                    ("ok" if f.ok else "!!", f.name, f.message, f.advice)
                    for f in findings
                ),
            )
        return DONE if ok else FAILED
