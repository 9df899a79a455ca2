"""`drivearr watch_library`: one of the parts of `drivearr up`."""

import contextlib
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from drivearr.jobs.timekeeping import schedules_running
from drivearr.web.commands import DrivearrCommand
from library.services.following import STEP_SECONDS, Follower, start_companions


class Command(DrivearrCommand):
    """Queue scans when something changes in a library folder; until SIGTERM."""

    help = "Watch the library folders and queue scans of what changes."
    has_json = False

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """See DrivearrCommand."""
        parser.add_argument(
            "--with-schedules",
            action="store_true",
            help="keep the schedules too, in place of a Beat process",
        )

    def work(self, *, with_schedules: bool = False, **_options: Any) -> None:
        """See DrivearrCommand."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        schedules = (
            schedules_running(stop=stop) if with_schedules else contextlib.nullcontext()
        )
        with schedules:
            companions = start_companions(stop)
            try:
                Follower().run(stop)
            finally:
                stop.set()
                for each in companions:
                    each.join(timeout=STEP_SECONDS * 10)
