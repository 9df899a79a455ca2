"""Deeds of `drivearr plex` that sync, and say how everything stands."""

import sys
import time
from typing import Any

import humanize

from drivearr.jobs.models import Job
from drivearr.jobs.running import AlreadyWorkedOn, RunningJob, run_here
from drivearr.lib.counting import counted
from drivearr.lib.progress import Cancelled
from drivearr.web.commands import DONE, FAILED
from plexlink.jobs import SYNC
from plexlink.management.finding import NoSuchThing, PlexCommand, find_library
from plexlink.models import PlexLibrary
from plexlink.services import syncing, telling
from plexlink.services.running import Summary

_POLL_SECONDS = 0.5


class Syncing(PlexCommand):
    """Bring libraries in line with Plex; tell what came of it."""

    def sync(self, *, library: list[int], deep: bool, wait: bool, confirm: bool) -> int:
        """Sync the libraries that take part, here and now."""
        rows: list[dict[str, Any]] = []
        failed = False
        libraries = [find_library(pk) for pk in library] or list(
            PlexLibrary.objects.enabled().select_related("server").in_order()
        )
        if not libraries:
            raise NoSuchThing(
                "No Plex library takes part.",
                advice="Choose some: drivearr plex libraries --enable ID",
            )
        for each in libraries:
            row = self._sync_one(each, deep=deep, wait=wait, confirm=confirm)
            failed = failed or row.get("error") is not None
            rows.append(row)
        if self.as_json:
            self.emit(rows)
        else:
            self._show_runs(rows)
        return FAILED if failed else DONE

    def _sync_one(
        self, library: PlexLibrary, *, deep: bool, wait: bool, confirm: bool
    ) -> dict[str, Any]:
        def body(
            run: RunningJob,
            *,
            library_id: int,
            deep: bool,
            confirmed: bool,
            keys: list[str] | None = None,
        ) -> Summary:
            return syncing.sync_library(
                library_id=library_id,
                deep=deep,
                confirmed=confirmed,
                keys=keys or (),
                progress=run,
                job=run.job,
            )

        try:
            with self.progress() as listener:
                job = run_here(
                    SYNC,
                    body,
                    subject=library.subject,
                    listener=listener,
                    library_id=library.pk,
                    deep=deep,
                    confirmed=confirm,
                )
        except AlreadyWorkedOn:
            if not wait:
                raise
            job = self._wait_for(library)
        return self._row(library, job)

    def _wait_for(self, library: PlexLibrary) -> Job:
        """Wait until the worker that is at it has ended."""
        job = Job.objects.of(SYNC.name, library.subject).newest_first()[0]
        while job.is_active:
            time.sleep(_POLL_SECONDS)
            job.refresh_from_db()
        return job

    def _row(self, library: PlexLibrary, job: Job) -> dict[str, Any]:
        if job.state == Job.State.CANCELLED:
            raise Cancelled
        sync = library.syncs.filter(job=job).order_by("-pk").first()
        row: dict[str, Any] = telling.sync_row(sync) if sync else {}
        row |= {"library": library.name, "library_id": library.pk, "error": None}
        row |= {"server": library.server.name}
        library.refresh_from_db()
        row["held"] = library.held_reason or None
        if job.state != Job.State.SUCCEEDED:
            row["error"] = {
                "code": job.error_code,
                "message": job.error_message,
                "advice": job.error_advice,
            }
            sys.stderr.write(f"{library.name}: {job.error_message}\n")
        return row

    def _show_runs(self, rows: list[dict[str, Any]]) -> None:
        names = ("listed", "added", "changed", "moved", "removed", "errors", "seconds")
        self.table(
            ["Library", *(name.capitalize() for name in names)],
            ((row["library"], *(row.get(name) for name in names)) for row in rows),
        )
        for row in rows:
            if row["held"]:
                self.say(
                    f"{row['held']} Nothing was marked. Add --confirm if it is so."
                )

    def status(self) -> None:
        """Show how everything stands."""
        told = telling.tell_status()
        if self.as_json:
            self.emit(told)
            return
        for account in told["accounts"]:
            self.say(f"{account['name']}: {account['state'].lower()}")
        self.show_servers(told["servers"])
        self.table(
            ["Id", "Library", "Takes part", "Items", "Last sync"],
            (
                (
                    *(r["id"], r["name"], "yes" if r["enabled"] else "no", r["items"]),
                    humanize.naturaltime(r["last_sync_at"])
                    if r["last_sync_at"]
                    else "never",
                )
                for r in told["libraries"]
            ),
        )
        for error in told["errors"]:
            times = counted(error["count"], "time")
            self.say(f"{error['message']} {error['advice']} ({times})")
