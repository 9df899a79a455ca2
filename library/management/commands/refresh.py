"""`drivearr refresh`: fetch facts and pictures of titles, here and now."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from drivearr.jobs.running import RunningJob, run_here
from drivearr.web.commands import DrivearrCommand, row_id
from library.jobs import REFRESH
from library.models import Title
from library.services import refreshing
from library.services.listing import FilterRefused
from library.services.refreshing import RefreshSummary


class Command(DrivearrCommand):
    """Refresh titles in this process."""

    help = "Fetch facts and pictures that are missing or old (all: again)."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """See DrivearrCommand."""
        parser.add_argument("--title", type=row_id, metavar="ID", help="only this one")
        parser.add_argument(
            "--all", action="store_true", help="of all titles that a source knows"
        )
        parser.add_argument(
            "--changes",
            action="store_true",
            help="ask the sources first what they have changed",
        )

    def work(self, **options: Any) -> None:
        """See DrivearrCommand."""
        title_id = options["title"]
        if title_id is not None and not Title.objects.filter(pk=title_id).exists():
            raise FilterRefused(
                f"There is no title {title_id}.",
                advice="`drivearr titles` shows which there are.",
            )
        kept: list[RefreshSummary] = []

        def body(
            run: RunningJob, *, title_id: int | None, changes: bool
        ) -> RefreshSummary:
            summary = refreshing.refresh_titles(
                title_ids=None if title_id is None else [title_id],
                again=options["all"],
                changes=changes,
                progress=run,
                job=run.job,
            )
            kept.append(summary)
            return summary

        with self.progress() as listener:
            job = run_here(
                REFRESH,
                body,
                subject="" if title_id is None else f"title:{title_id}",
                listener=listener,
                takes_queued=True,
                title_id=title_id,
                changes=options["changes"],
            )
        if not kept:
            self.conclude(job)
        self._show(kept[0])

    def _show(self, summary: RefreshSummary) -> None:
        if self.as_json:
            self.emit(asdict(summary))
            return
        self.say(
            f"{summary.considered} titles looked at: {summary.refreshed} refreshed, "
            f"{summary.unchanged} unchanged; {summary.pictures} pictures, "
            f"{summary.errors} errors, {summary.requests} requests, "
            f"{summary.seconds:.1f} s."
        )
