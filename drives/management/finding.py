"""What the deeds of `drivearr drives` share: finding rows, showing drives and files."""

from typing import Any

import humanize

from drivearr.lib.errors import Refused
from drivearr.web.commands import DrivearrCommand
from drives.models import Drive
from drives.services import listing
from library.models import Title


class NoSuchDrive(Refused):
    """An id on the command line names no drive."""

    code = "NOT_FOUND"


class DriveCommand(DrivearrCommand):
    """Shows drives and files as a person or a program wants them."""

    def show_drive(self, drive: Drive, sentence: str) -> None:
        """Say a sentence, or tell a program all of the drive."""
        if self.as_json:
            self.emit(listing.list_drives(drives=[drive])[0])
        else:
            self.say(sentence)

    def show_files(self, rows: list[dict[str, Any]]) -> None:
        """List files one by one."""
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            ["Id", "File", "Of", "State", "Size", "Title"],
            (
                (
                    row["id"],
                    row["relpath"],
                    row["origin"].lower(),
                    row["state"].lower(),
                    humanize.naturalsize(row["size_bytes"]),
                    row["title"],
                )
                for row in rows
            ),
            empty="No file is known to be on it.",
        )


def find_drive(pk: int) -> Drive:
    """Return a drive; raises NoSuchDrive."""
    drive = Drive.objects.filter(pk=pk).first()
    if drive is None:
        raise NoSuchDrive(
            f"There is no drive {pk}.", advice="`drivearr drives list` shows them."
        )
    return drive


def find_title(pk: int) -> Title:
    """Return a title; raises NoSuchDrive."""
    title = Title.objects.filter(pk=pk).first()
    if title is None:
        raise NoSuchDrive(
            f"There is no title {pk}.", advice="`drivearr titles` shows them."
        )
    return title
