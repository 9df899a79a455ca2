"""`drivearr identify`: match what is not yet matched, here and now."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from drivearr.jobs.running import RunningJob, run_here
from drivearr.web.commands import DrivearrCommand, row_id
from library.jobs import IDENTIFY
from library.models import Root
from library.services import identifying
from library.services.identifying import IdentifySummary
from library.services.listing import FilterRefused


class Command(DrivearrCommand):
    """Identify files in this process."""

    help = "Match what is not yet matched (all: again)."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """See DrivearrCommand."""
        parser.add_argument("--root", type=row_id, metavar="ID", help="only this one")
        parser.add_argument(
            "--all",
            action="store_true",
            help="look at matched files again; what a person chose stays",
        )

    def work(self, **options: Any) -> None:
        """See DrivearrCommand."""
        root_id = options["root"]
        if root_id is not None and not Root.objects.filter(pk=root_id).exists():
            raise FilterRefused(
                f"There is no library folder {root_id}.",
                advice="`drivearr roots list` shows which there are.",
            )
        kept: list[IdentifySummary] = []

        def body(run: RunningJob, **arguments: Any) -> IdentifySummary:
            kept.append(
                identifying.identify_files(progress=run, job=run.job, **arguments)
            )
            return kept[0]

        with self.progress() as listener:
            job = run_here(
                IDENTIFY,
                body,
                subject="" if root_id is None else f"root:{root_id}",
                listener=listener,
                root_id=root_id,
                again=options["all"],
            )
        if not kept:
            self.conclude(job)
        self._show(kept[0])

    def _show(self, summary: IdentifySummary) -> None:
        if self.as_json:
            self.emit(asdict(summary))
            return
        self.say(
            f"{summary.considered} files looked at: {summary.matched} matched, "
            f"{summary.ambiguous} ambiguous, {summary.unmatched} unmatched; "
            f"{summary.errors} errors, {summary.requests} requests, "
            f"{summary.seconds:.1f} s."
        )
