"""What the deeds of `drivearr drives` share: finding rows, showing drives and files."""

from collections.abc import Iterable
from typing import Any

import humanize

from drivearr.jobs.running import RunningJob, run_here
from drivearr.lib.errors import Refused
from drivearr.web.commands import DrivearrCommand
from drives.jobs import DELETE
from drives.models import Drive, DriveFile
from drives.services import listing, removing
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

    def delete_here(
        self, drive: Drive, files: Iterable[DriveFile], *, is_sure: bool = True
    ) -> dict[str, Any]:
        """Delete files that were listed, here and now; return what was done.

        Unless `is_sure`, what the library cannot give again by then stays.
        """

        def body(
            run: RunningJob, *, drive_id: int, file_ids: list[int]
        ) -> removing.Deleted:
            return removing.delete_files(
                drive_id=drive_id,
                file_ids=file_ids,
                progress=run,
                job=run.job,
                is_sure=is_sure,
            )

        with self.progress() as listener:
            job = run_here(
                DELETE,
                body,
                subject=drive.subject,
                listener=listener,
                drive_id=drive.pk,
                file_ids=[row.pk for row in files],
            )
        self.conclude(job)
        return dict(job.metrics)


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
