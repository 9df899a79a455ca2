"""Deeds of `drivearr drives` that look at a drive and change nothing on it."""

import json
from collections.abc import Callable
from typing import Any

import humanize
from django.utils import timezone

from drivearr.jobs.kinds import JobKind
from drivearr.jobs.models import Job
from drivearr.jobs.running import RunningJob, run_here
from drivearr.web.commands import DONE, FAILED
from drives import manifest
from drives.jobs import SCAN, VERIFY
from drives.management.finding import DriveCommand, find_drive
from drives.models import Drive, DriveScan
from drives.services import (
    checking,
    listing,
    repairing,
    scanning,
    telling,
    verifying,
)


class Looking(DriveCommand):
    """Show, scan, verify, list."""

    def show(self, *, drive_id: int) -> None:
        """Show all that is known of a drive."""
        row = listing.show_drive(find_drive(drive_id))
        if self.as_json:
            self.emit(row)
            return
        for label, value in listing.drive_words(row):
            self.say(f"{label + ':':<12} {value}")
        for reading in row["readings"]:
            verdict = f"{reading['verdict'].lower():<8}"
            self.say(f"  {reading['at']:%Y-%m-%d} {verdict} {reading['message']}")

    def health(self, *, drive_id: int) -> None:
        """Ask a drive's disk how it is, and weigh all evidence."""
        drive = checking.check_health(drive=find_drive(drive_id), force=True)
        self.show_drive(
            drive,
            f"“{drive.name}”: {drive.get_health_display().lower()}. "
            f"{drive.health_reason}".rstrip(),
        )

    def repair(self, *, drive_id: int) -> int:
        """Have damaged files replaced; status 1 when one cannot be."""
        drive = find_drive(drive_id)
        done = repairing.repair_drive(drive=drive)
        if self.as_json:
            refused = [
                listing.file_row(row) | {"message": why} for row, why in done.refused
            ]
            asked = [listing.file_row(row) for row in done.asked]
            self.emit({"drive": drive.pk, "asked": asked, "refused": refused})
        else:
            for row in done.asked:
                self.say(f"{row.relpath} is replaced with the next copying.")
            for row, why in done.refused:
                self.say(f"{row.relpath}: {why}")
        return FAILED if done.refused else DONE

    def _look(
        self, kind: JobKind, body: Callable[..., object], drive: Drive
    ) -> tuple[Job, dict[str, Any]]:
        """Look at a drive here and now; return the job, and what it found as a row."""
        with self.progress() as listener:
            job = run_here(
                kind,
                body,
                subject=drive.subject,
                listener=listener,
                drive_id=drive.pk,
            )
        self.conclude(job)
        return job, listing.scan_row(DriveScan.objects.get(job=job))

    def scan(self, *, drive_id: int) -> None:
        """Look what is on a drive, here and now."""
        drive = find_drive(drive_id)

        def body(run: RunningJob, *, drive_id: int) -> None:
            scanning.scan_drive(drive_id=drive_id, progress=run, job=run.job)

        _, row = self._look(SCAN, body, drive)
        if self.as_json:
            self.emit(row)
            return
        self.say(
            f"{row['seen']} files: {row['ours']} of ours ({row['altered']} altered), "
            f"{row['foreign']} foreign ({row['recognised']} recognised now); "
            f"{row['vanished']} vanished, {row['errors']} could not be looked at."
        )

    def verify(self, *, drive_id: int, afresh: bool) -> int:
        """Read everything back and compare; status 1 when something is wrong."""
        drive = find_drive(drive_id)
        since = timezone.now() if afresh else None

        def body(run: RunningJob, *, drive_id: int) -> None:
            verifying.verify_drive(
                drive_id=drive_id, progress=run, job=run.job, since=since
            )

        job, row = self._look(VERIFY, body, drive)
        if self.as_json:
            self.emit(row)
        else:
            self.say(
                f"{row['seen']} files read back: {row['altered']} differ, "
                f"{row['vanished']} are gone, {row['errors']} troubles."
            )
            for issue in job.issues.order_by("pk"):
                self.say(f"{issue.path}: {issue.message} {issue.advice}")
        return FAILED if row["errors"] or row["vanished"] else DONE

    def contents(self, *, drive_id: int, files: bool) -> None:
        """List the titles on a drive, or its files one by one."""
        drive = find_drive(drive_id)
        if files:
            self.show_files(listing.list_drive_files(drive=drive))
            return
        rows = listing.list_contents(drive=drive)
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            ["Id", "Title", "Year", "State", "Have", "Files", "Size"],
            (
                (
                    row["id"],
                    row["title"],
                    row["year"],
                    row["state"].lower(),
                    f"{row['have']} of {row['want']}",
                    row["files"],
                    humanize.naturalsize(row["size_bytes"]),
                )
                for row in rows
            ),
            empty="No title is known to be on it. Look: drivearr drives scan ID",
        )

    def manifest(self, *, drive_id: int) -> None:
        """Show the manifest that our rows make, as it is written to the drive."""
        told = telling.build_manifest(drive=find_drive(drive_id), now=timezone.now())
        if self.as_json:
            self.emit(json.loads(manifest.encode(told)))
            return
        self.say(
            f"Drive {told.drive_uuid} “{told.name}”, generation {told.generation - 1}, "
            f"{len(told.files)} files, {len(told.history)} lines of history."
        )
        self.table(
            ["File", "Size", "Verified by", "Title"],
            (
                (
                    entry.relpath,
                    humanize.naturalsize(entry.size_bytes),
                    entry.verified_by.lower(),
                    entry.title.name,
                )
                for entry in told.files
            ),
        )
