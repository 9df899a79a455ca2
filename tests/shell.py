"""A command line as a person types it, in this process."""

import io
import sys
from dataclasses import dataclass

from drivearr.web.command_line import CommandLine


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


def run(line: list[str], stdin: str = "") -> Ended:
    """Run a command line as the installed program does."""
    out, err = io.StringIO(), io.StringIO()
    read = io.TextIOWrapper(io.BytesIO(stdin.encode("utf-8", "surrogateescape")))
    kept = sys.argv, sys.stdin, sys.stdout, sys.stderr
    sys.argv = line
    sys.stdin, sys.stdout, sys.stderr = read, out, err
    try:
        CommandLine(line).execute()
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = kept
    return Ended(status, out.getvalue(), err.getvalue())
