"""`drivearr parse`: what names say, one JSON document a line."""

import json
import sys
from typing import Any

from drivearr.web.commands import DrivearrCommand
from library.naming import parse


class Command(DrivearrCommand):
    """Read names from standard input; JSON with or without `--json`; no database."""

    help = "What file names say: names on standard input, JSON lines out."

    def work(self, **_options: Any) -> None:
        """See DrivearrCommand."""
        for line in sys.stdin.buffer:
            name = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
            text = json.dumps(parse(name).as_json())
            self.stdout.write(text)
