"""`drivearr backup`: our own data, kept and put back."""

from argparse import ArgumentParser
from pathlib import Path

import humanize

from drivearr.lib.text import size_words
from drivearr.system.services import backing_up
from drivearr.web.commands import DrivearrCommand


class Command(DrivearrCommand):
    """Make, list and restore backups; videos are never touched."""

    help = "Our own data: back it up, list backups, restore one."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """See DrivearrCommand."""
        deeds = self.add_deeds(parser)
        deeds.add("make", self.make_backup, says="make a backup now")
        deeds.add("list", self.list_backups, says="list the backups there are")
        restoring = deeds.add(
            "restore",
            self.restore_backup,
            says="put back a backup; what is there now is backed up first",
        )
        restoring.add_argument("backup", metavar="NAME|FILE")

    def make_backup(self) -> None:
        """Make a backup."""
        made = backing_up.make()
        if self.as_json:
            self.emit({"name": made.name, "size_bytes": made.size_bytes})
        else:
            self.say(f"{made.name}, {size_words(made.size_bytes)}.")

    def list_backups(self) -> None:
        """List the backups."""
        backups = backing_up.list_backups()
        if self.as_json:
            rows = [
                {
                    "name": each.name,
                    "reason": each.reason,
                    "at": each.at,
                    "size_bytes": each.size_bytes,
                }
                for each in backups
            ]
            self.emit(rows)
            return
        self.table(
            ["Name", "Made", "Size"],
            (
                (each.name, humanize.naturaltime(each.at), size_words(each.size_bytes))
                for each in backups
            ),
        )

    def restore_backup(self, *, backup: str) -> None:
        """Restore a backup by its name in the backup folder, or by its path."""
        path = Path(backup).expanduser()
        if not path.is_file():
            path = backing_up.find_backup(backup).path
        done = backing_up.restore(path)
        if self.as_json:
            self.emit({"before": done.before, "needs_restart": done.needs_restart})
            return
        self.say(f"Restored. What was there before is kept as {done.before}.")
        if done.needs_restart:
            self.say("The key or the settings are others now: restart Drivearr.")
