"""`drivearr drives`: the drives, what they hold, and what is done with them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import humanize

from drivearr.web.commands import Deeds, row_id
from drives.management.changing import Changing
from drives.management.looking import Looking
from drives.services import (
    attaching,
    listing,
    placing,
    registering,
)


class Command(Looking, Changing):
    """Add and list drives, look at them, verify, empty, eject and forget them."""

    help = "Drives: add, list, scan, contents, verify, remove, eject, …"

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """See DrivearrCommand."""
        deeds = self.add_deeds(parser)
        deeds.add("list", self.list_drives, says="list the known drives")
        deeds.add(
            "candidates", self.candidates, says="list what is plugged in and not known"
        )
        adding = deeds.add("add", self.add_drive, says="make a drive known")
        adding.add_argument("path", metavar="PATH", help="its mount point")
        adding.add_argument("--name", default="", metavar="N")
        adding.add_argument(
            "--folder", action="store_true", help="use a plain folder as a drive"
        )
        adding.add_argument(
            "--as-new",
            action="store_true",
            help="give it an identity of its own, whatever manifest it carries",
        )
        for name, work, says in (
            ("show", self.show, "show all that is known of a drive"),
            ("health", self.health, "ask a drive's disk how it is"),
            ("scan", self.scan, "look what is on a drive"),
            ("contents", self.contents, "list the titles on a drive"),
            ("verify", self.verify, "read everything back and compare"),
            ("repair", self.repair, "have damaged files replaced from the library"),
            ("manifest", self.manifest, "show a drive's manifest"),
            ("eject", self.eject, "flush and unmount a drive"),
            ("forget", self.forget, "forget a drive; nothing on it is touched"),
        ):
            deed = deeds.add(name, work, says=says)
            deed.add_argument("drive_id", metavar="ID", type=row_id)
            self._add_options(name, deed)
        assigning = deeds.add(
            "assign",
            self.assign,
            says="tie a drive that lost its manifest to a profile",
        )
        assigning.add_argument("what", metavar="ID|PATH")
        assigning.add_argument("--to", type=row_id, required=True, metavar="ID")
        removing = deeds.add(
            "remove", self.remove, says="delete a title's files that we wrote"
        )
        removing.add_argument("drive_id", metavar="ID", type=row_id)
        removing.add_argument("--title", type=row_id, required=True, metavar="T")
        removing.add_argument(
            "--yes", action="store_true", help="delete what is listed"
        )
        removing.add_argument(
            "--sure",
            action="store_true",
            help="also the only copies there may be, or most of the drive",
        )
        self._add_removing(deeds)
        self._add_profile(deeds.add("profile", self.profile, says="change a profile"))

    def _add_options(self, name: str, deed: ArgumentParser) -> None:
        if name == "contents":
            deed.add_argument("--files", action="store_true", help="file by file")
        if name == "verify":
            deed.add_argument(
                "--afresh",
                action="store_true",
                help="from the beginning, not where the last one was stopped",
            )
        if name == "forget":
            only = deed.add_mutually_exclusive_group()
            for what in ("profile", "history"):
                only.add_argument(
                    f"--{what}",
                    action="store_true",
                    help=f"forget only its {what}; the drive stays known",
                )

    def _add_removing(self, deeds: Deeds) -> None:
        foreign = deeds.add(
            "remove-foreign",
            self.remove_foreign,
            says="delete one file that others wrote, by its name",
        )
        foreign.add_argument("drive_id", metavar="ID", type=row_id)
        foreign.add_argument("relpath", metavar="FILE", help="as `contents --files`")
        foreign.add_argument("--yes", action="store_true", help="delete it")

    def _add_profile(self, parser: ArgumentParser) -> None:
        parser.add_argument("drive_id", metavar="ID", type=row_id)
        parser.add_argument("--name", metavar="N")
        parser.add_argument("--owner", metavar="O")
        parser.add_argument("--side-files", type=str.upper, metavar="S")
        parser.add_argument("--verification", type=str.upper, metavar="V")
        parser.add_argument(
            "--engine", type=str.upper, metavar="E", help="own, or rsync"
        )
        parser.add_argument(
            "--rsync-flags",
            metavar="F",
            help="options for rsync, in one word: --rsync-flags='--bwlimit=20M'",
        )
        parser.add_argument(
            "--fill-from",
            dest="sources",
            metavar="ROOT",
            type=row_id,
            nargs="*",
            help="ids of the library folders it is filled from; none: all of them",
        )
        parser.add_argument(
            "--outdated",
            type=str.upper,
            metavar="P",
            help="when the library has a newer file: ask, keep, or replace",
        )
        parser.add_argument(
            "--makes-room",
            type=_choice_word,
            metavar="R",
            help="what plans suggest to delete: watched-first, watched-only, nothing",
        )
        parser.add_argument("--reserve-bytes", type=row_id, metavar="B")
        parser.add_argument(
            "--verify-days", type=row_id, metavar="D", help="0: only when asked"
        )

    def list_drives(self) -> None:
        """List the known drives."""
        attaching.look_for_drives()
        rows = listing.list_drives()
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            ["Id", "Name", "State", "Where", "Free", "Health", "Files", "Last seen"],
            (_cells(row) for row in rows),
            empty="No drives yet. Add one: drivearr drives add PATH",
        )
        found = placing.list_candidates()
        if found:
            self.say("\nPlugged in, but not known:")
            self._show_candidates(found)

    def candidates(self) -> None:
        """List what is plugged in and not known."""
        found = placing.list_candidates()
        if not self.as_json:
            self._show_candidates(found)
            return
        self.emit(
            [
                {
                    "path": str(mount.path),
                    "filesystem": mount.filesystem,
                    "label": mount.label or None,
                    "filesystem_uuid": mount.uuid or None,
                    "is_read_only": mount.is_read_only,
                }
                for mount in found
            ]
        )

    def _show_candidates(self, found: tuple[placing.Mount, ...]) -> None:
        self.table(
            ["Path", "File system", "Label"],
            ((mount.path, mount.filesystem, mount.label) for mount in found),
            empty="Nothing is plugged in that is not known.",
        )

    def add_drive(self, *, path: str, name: str, folder: bool, as_new: bool) -> None:
        """Make a drive known, or recognise it."""
        place = Path(path).absolute()
        drive = registering.add_drive(
            path=place, name=name, folder=folder, as_new=as_new
        )
        self.show_drive(drive, f"“{drive.name}” is drive {drive.pk}.")


def _choice_word(text: str) -> str:
    return text.upper().replace("-", "_")


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    free, total = row["free_bytes"], row["total_bytes"]
    space = (
        f"{humanize.naturalsize(free)} of {humanize.naturalsize(total)}"
        if total is not None
        else None
    )
    seen = row["last_seen_at"]
    return (
        row["id"],
        row["name"],
        row["state"].lower().replace("_", "-"),
        row["mount"],
        space,
        row["health"].lower(),
        row["files"],
        humanize.naturaltime(seen) if seen else "never",
    )
