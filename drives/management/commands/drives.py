"""`drivearr drives`: the drives, what they hold, and what is done with them."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import humanize
from django.utils import timezone

from drivearr.jobs.running import RunningJob, run_here
from drivearr.lib.errors import Refused
from drivearr.web.commands import DONE, FAILED, Deeds, DrivearrCommand, row_id
from drives import manifest
from drives.jobs import DELETE, SCAN, VERIFY
from drives.models import Drive, DriveFile, DriveScan
from drives.services import (
    attaching,
    checking,
    deleting,
    ejecting,
    listing,
    placing,
    profiling,
    registering,
    repairing,
    scanning,
    telling,
    verifying,
)
from library.models import Title


class NoSuchDrive(Refused):
    """An id on the command line names no drive."""

    code = "NOT_FOUND"


class Command(DrivearrCommand):
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
        parser.add_argument("--reserve-bytes", type=row_id, metavar="B")
        parser.add_argument(
            "--verify-days", type=row_id, metavar="D", help="0: only when asked"
        )

    # --- Which there are ----------------------------------------------------------

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
        self._show(drive, f"“{drive.name}” is drive {drive.pk}.")

    def _show(self, drive: Drive, sentence: str) -> None:
        if self.as_json:
            self.emit(listing.list_drives(drives=[drive])[0])
        else:
            self.say(sentence)

    # --- Looking ------------------------------------------------------------------

    def show(self, *, drive_id: int) -> None:
        """Show all that is known of a drive."""
        row = listing.show_drive(_drive(drive_id))
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
        drive = checking.check_health(drive=_drive(drive_id), force=True)
        self._show(
            drive,
            f"“{drive.name}”: {drive.get_health_display().lower()}. "
            f"{drive.health_reason}".rstrip(),
        )

    def repair(self, *, drive_id: int) -> int:
        """Have damaged files replaced; status 1 when one cannot be."""
        drive = _drive(drive_id)
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

    def scan(self, *, drive_id: int) -> None:
        """Look what is on a drive, here and now."""
        drive = _drive(drive_id)

        def body(run: RunningJob, *, drive_id: int) -> None:
            scanning.scan_drive(drive_id=drive_id, progress=run, job=run.job)

        with self.progress() as listener:
            job = run_here(
                SCAN,
                body,
                subject=drive.subject,
                listener=listener,
                drive_id=drive.pk,
            )
        self.conclude(job)
        row = listing.scan_row(DriveScan.objects.get(job=job))
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
        drive = _drive(drive_id)
        since = timezone.now() if afresh else None

        def body(run: RunningJob, *, drive_id: int) -> None:
            verifying.verify_drive(
                drive_id=drive_id, progress=run, job=run.job, since=since
            )

        with self.progress() as listener:
            job = run_here(
                VERIFY,
                body,
                subject=drive.subject,
                listener=listener,
                drive_id=drive.pk,
            )
        self.conclude(job)
        row = listing.scan_row(DriveScan.objects.get(job=job))
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
        drive = _drive(drive_id)
        if files:
            self._files(listing.list_drive_files(drive=drive))
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

    def _files(self, rows: list[dict[str, Any]]) -> None:
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

    def manifest(self, *, drive_id: int) -> None:
        """Show the manifest that our rows make, as it is written to the drive."""
        told = telling.build_manifest(drive=_drive(drive_id), now=timezone.now())
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

    # --- Changing -----------------------------------------------------------------

    def assign(self, *, what: str, to: int) -> None:
        """Tie a drive that lost its manifest to a known profile."""
        target = _drive(to)
        if what.isascii() and what.isdigit():
            registering.assign_drive(drive=_drive(row_id(what)), to=target)
        else:
            place = Path(what).absolute()
            registering.assign_place(path=place, to=target)
        self._show(target, f"It is “{target.name}”, drive {target.pk}, now.")

    def profile(self, *, drive_id: int, **changes: Any) -> None:
        """Change how a drive wants to be filled."""
        drive = _drive(drive_id)
        given = {name: value for name, value in changes.items() if value is not None}
        profiling.edit_profile(drive=drive, **given)
        self._show(drive, f"“{drive.name}” is changed.")

    def remove(self, *, drive_id: int, title: int, yes: bool) -> None:
        """List a title's files that we wrote; delete them when told so."""
        drive, wanted = _drive(drive_id), _title(title)
        files = deleting.list_deletable(drive=drive, titles=[wanted])
        if not files:
            raise deleting.NothingToDelete(
                f"Nothing of “{wanted.label}” on “{drive.name}” can be deleted."
            )
        if not self.as_json:
            self._files([listing.file_row(row) for row in files])
        deleted = self._delete(drive, files) if yes else {}
        if self.as_json:
            rows = [listing.file_row(row) for row in files]
            self.emit({"drive": drive.pk, "files": rows, "deleted": deleted or None})
        elif yes:
            freed = humanize.naturalsize(deleted.get("size_bytes", 0))
            self.say(f"{deleted.get('files', 0)} files deleted, {freed} freed.")
        else:
            self.say("Nothing was deleted. Add --yes to delete these files.")

    def _delete(self, drive: Drive, files: tuple[DriveFile, ...]) -> dict[str, Any]:
        def body(
            run: RunningJob, *, drive_id: int, file_ids: list[int]
        ) -> deleting.Deleted:
            return deleting.delete_files(
                drive_id=drive_id, file_ids=file_ids, progress=run, job=run.job
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

    def remove_foreign(self, *, drive_id: int, relpath: str, yes: bool) -> None:
        """Show one file of others; delete it when told so."""
        drive = _drive(drive_id)
        row = deleting.find_foreign(drive=drive, relpath=relpath)
        shown = listing.file_row(row)
        if yes:
            deleting.delete_foreign(drive=drive, relpath=relpath)
        if self.as_json:
            self.emit({"drive": drive.pk, "file": shown, "deleted": yes})
        elif yes:
            self.say(f"{relpath} is deleted.")
        else:
            self._files([shown])
            self.say("Nothing was deleted. Others wrote it; add --yes to delete it.")

    def eject(self, *, drive_id: int) -> int:
        """Flush and unmount a drive; status 1 when it is not safe to unplug."""
        report = ejecting.eject_drive(drive=_drive(drive_id))
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
        drive = _drive(drive_id)
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
        self._show(drive, f"The {part} of “{drive.name}” is forgotten.")


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


def _drive(pk: int) -> Drive:
    drive = Drive.objects.filter(pk=pk).first()
    if drive is None:
        raise NoSuchDrive(
            f"There is no drive {pk}.", advice="`drivearr drives list` shows them."
        )
    return drive


def _title(pk: int) -> Title:
    title = Title.objects.filter(pk=pk).first()
    if title is None:
        raise NoSuchDrive(
            f"There is no title {pk}.", advice="`drivearr titles` shows them."
        )
    return title
