"""Put the default schedules into the database."""

from typing import Any

from drivearr.jobs.schedules import install_schedules
from drivearr.web.commands import DrivearrCommand


class Command(DrivearrCommand):
    """Make missing schedules; a person's edits are kept."""

    help = "put the default schedules into the database"
    has_json = False

    def work(self, **_options: Any) -> None:
        """Install them."""
        self.say(f"{install_schedules()} schedules added.")
