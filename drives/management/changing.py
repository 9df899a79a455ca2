"""Deeds of `drivearr drives` that change a drive, its profile, or what is on it."""

from pathlib import Path
from typing import Any

import humanize

from drivearr.web.commands import DONE, FAILED, row_id
from drives.management.finding import DriveCommand, find_drive, find_title
from drives.models import Drive
from drives.services import (
    deleting,
    deleting_foreign,
    ejecting,
    listing,
    profiling,
    registering,
    weighing,
)


class Changing(DriveCommand):
    """Assign, fill, empty, eject, forget."""

    def assign(self, *, what: str, to: int) -> None:
        """Tie a drive that lost its manifest to a known profile."""
        target = find_drive(to)
        if what.isascii() and what.isdigit():
            registering.assign_drive(drive=find_drive(row_id(what)), to=target)
        else:
            place = Path(what).absolute()
            registering.assign_place(path=place, to=target)
        self.show_drive(target, f"It is “{target.name}”, drive {target.pk}, now.")

    def profile(self, *, drive_id: int, **changes: Any) -> None:
        """Change how a drive wants to be filled."""
        drive = find_drive(drive_id)
        given = {name: value for name, value in changes.items() if value is not None}
        profiling.edit_profile(drive=drive, **given)
        self.show_drive(drive, f"“{drive.name}” is changed.")

    def remove(self, *, drive_id: int, title: int, yes: bool, sure: bool) -> None:
        """List a title's files that we wrote; delete them when told so.

        `sure`: also when they may be the only copies there are.
        """
        drive, wanted = find_drive(drive_id), find_title(title)
        files = deleting.list_deletable(drive=drive, titles=[wanted])
        if not files:
            raise deleting.NothingToDelete(
                f"Nothing of “{wanted.label}” on “{drive.name}” can be deleted."
            )
        if not self.as_json:
            self.show_files([listing.file_row(row) for row in files])
        weight = weighing.weigh(drive=drive, files=files)
        if yes:
            weight.check(is_sure=sure)
        deleted = self.delete_here(drive, files) if yes else {}
        if self.as_json:
            rows = [listing.file_row(row) for row in files]
            self.emit({"drive": drive.pk, "files": rows, "deleted": deleted or None})
        elif yes:
            freed = humanize.naturalsize(deleted.get("size_bytes", 0))
            self.say(f"{deleted.get('files', 0)} files deleted, {freed} freed.")
        else:
            self.say("Nothing was deleted. Add --yes to delete these files.")
            if weight.only_here:
                self.say(
                    f"{len(weight.only_here)} of them cannot be had from the library now "
                    "and may be the only copies: that takes --sure, too."
                )

    def remove_foreign(self, *, drive_id: int, relpath: str, yes: bool) -> None:
        """Show one file of others; delete it when told so."""
        drive = find_drive(drive_id)
        row = deleting_foreign.find_foreign(drive=drive, relpath=relpath)
        shown = listing.file_row(row)
        if yes:
            deleting_foreign.delete_foreign(drive=drive, relpath=relpath)
        if self.as_json:
            self.emit({"drive": drive.pk, "file": shown, "deleted": yes})
        elif yes:
            self.say(f"{relpath} is deleted.")
        else:
            self.show_files([shown])
            self.say("Nothing was deleted. Others wrote it; add --yes to delete it.")

    def eject(self, *, drive_id: int) -> int:
        """Flush and unmount a drive; status 1 when it is not safe to unplug."""
        report = ejecting.eject_drive(drive=find_drive(drive_id))
        if self.as_json:
            self.emit(
                {
                    "id": drive_id,
                    "is_safe": report.is_safe,
                    "message": report.message,
                    "holders": list(report.holders),
                }
            )
        else:
            self.say(report.message)
        return DONE if report.is_safe else FAILED

    def forget(self, *, drive_id: int, profile: bool, history: bool) -> None:
        """Forget a drive, or its profile or history; nothing on it is touched."""
        drive = find_drive(drive_id)
        if profile or history:
            self._forget_part(drive, "profile" if profile else "history")
            return
        registering.forget_drive(drive=drive)
        if self.as_json:
            self.emit({"forgotten": drive_id, "name": drive.name})
        else:
            self.say(f"“{drive.name}” is forgotten. Its files are untouched.")

    def _forget_part(self, drive: Drive, part: str) -> None:
        if part == "profile":
            registering.forget_profile(drive=drive)
        else:
            registering.forget_history(drive=drive)
        self.show_drive(drive, f"The {part} of “{drive.name}” is forgotten.")
