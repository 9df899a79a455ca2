"""`drivearr scan`: bring the index in line with the disk, here and now."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from drivearr.jobs.running import RunningJob, run_here
from drivearr.lib.errors import StopRun
from drivearr.web.commands import DONE, FAILED, DrivearrCommand, row_id
from library.jobs import SCAN
from library.models import Root
from library.services import scanning
from library.services.listing import FilterRefused
from library.services.scanning import ScanSummary

SHOWN = (
    *("seen", "added", "changed", "moved"),
    *("missing", "returned", "ignored", "errors"),
)


class Command(DrivearrCommand):
    """Scan library folders in this process; status 1 when one could not be."""

    help = "Bring the index in line with the disk, here and now."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """See DrivearrCommand."""
        parser.add_argument(
            "--root", type=row_id, action="append", metavar="ID", help="only this one"
        )
        parser.add_argument(
            "--deep", action="store_true", help="read every file's fingerprint again"
        )
        parser.add_argument(
            "--confirm",
            action="store_true",
            help="what is gone was deleted: mark it missing, however much it is",
        )

    def work(self, **options: Any) -> int:
        """See DrivearrCommand."""
        roots = _find_roots(options["root"])
        outcomes = [
            self._scan(root, deep=options["deep"], confirmed=options["confirm"])
            for root in roots
        ]
        if self.as_json:
            self.emit({"roots": [asdict(summary) for summary, _ in outcomes]})
        else:
            self._show([summary for summary, _ in outcomes])
        troubles = [trouble for _, trouble in outcomes if trouble]
        for trouble in troubles:
            self.stderr.write(f"{trouble.message} {trouble.advice}")
        return FAILED if troubles else DONE

    def _scan(
        self, root: Root, *, deep: bool, confirmed: bool
    ) -> tuple[ScanSummary, StopRun | None]:
        kept: list[ScanSummary] = []

        def body(run: RunningJob, **arguments: Any) -> ScanSummary:
            kept.append(scanning.scan_root(progress=run, job=run.job, **arguments))
            scanning.check_summary(kept[0])
            return kept[0]

        with self.progress() as listener:
            job = run_here(
                SCAN,
                body,
                subject=root.subject,
                listener=listener,
                root_id=root.pk,
                deep=deep,
                confirmed=confirmed,
            )
        if not kept:
            self.conclude(job)
        return kept[0], _find_trouble(kept[0])

    def _show(self, summaries: list[ScanSummary]) -> None:
        self.table(
            ["Folder", "State", *(name.capitalize() for name in SHOWN), "Seconds"],
            (
                (
                    each.path,
                    each.state.lower(),
                    *(getattr(each, name) for name in SHOWN),
                    f"{each.seconds:.1f}",
                )
                for each in summaries
            ),
            empty="No library folders yet. Add one: drivearr roots add PATH --kind movies",
        )


def _find_roots(ids: list[int] | None) -> list[Root]:
    roots = Root.objects.in_order()
    if not ids:
        return list(roots)
    known = {root.pk: root for root in roots.filter(pk__in=ids)}
    for root_id in ids:
        if root_id not in known:
            raise FilterRefused(
                f"There is no library folder {root_id}.",
                advice="`drivearr roots list` shows which there are.",
            )
    return [known[root_id] for root_id in dict.fromkeys(ids)]


def _find_trouble(summary: ScanSummary) -> StopRun | None:
    try:
        scanning.check_summary(summary)
    except StopRun as trouble:
        return trouble
    return None
