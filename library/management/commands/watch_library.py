"""`drivearr watch_library`: one of the parts of `drivearr up`."""

import signal
import threading
from typing import Any

from drivearr.web.commands import DrivearrCommand
from library.services.following import Follower


class Command(DrivearrCommand):
    """Queue scans when something changes in a library folder; until SIGTERM."""

    help = "Watch the library folders and queue scans of what changes."
    has_json = False

    def work(self, **_options: Any) -> None:
        """See DrivearrCommand."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Follower().run(stop)
