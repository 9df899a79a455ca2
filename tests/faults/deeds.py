"""What the laboratory's processes do: each call runs in a process that may be killed."""

import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from drivearr.jobs.models import Job  # noqa: E402
from drivearr.jobs.running import run_here  # noqa: E402
from drivearr.jobs.services import request_cancel  # noqa: E402
from drivearr.lib import hanging  # noqa: E402
from drivearr.lib.progress import SilentProgress  # noqa: E402
from drivearr.lib.rootfolder import RootFolder  # noqa: E402
from drives.jobs import VERIFY  # noqa: E402
from drives.models import Drive, DriveFile, SyncRecord  # noqa: E402
from drives.services import comparing, registering, verifying  # noqa: E402
from library.models import MediaFile, Root, Title  # noqa: E402
from library.services import scanning  # noqa: E402
from syncqueue import backoff  # noqa: E402
from syncqueue.copying import sizes  # noqa: E402
from syncqueue.copying.filesystem import DriveFilesystem  # noqa: E402
from syncqueue.jobs import COPY  # noqa: E402
from syncqueue.models import Copy, QueueItem  # noqa: E402
from syncqueue.services import (  # noqa: E402
    batching,
    finishing,
    fulfilling,
    renaming,
    sending,
    starting,
    wishing,
)
from tests.factories.library import make_movie, make_root, make_side  # noqa: E402


def begin(database: str, out: str, deed: str, arguments: dict[str, Any]) -> None:
    """Do one deed on a database of the laboratory; write what it answers to `out`."""
    _use(database)
    # So small that a kill falls between all the steps.
    sizes.BLOCK_BYTES = 1024 * 1024
    sizes.CHUNK_BYTES = 256 * 1024
    sizes.JOURNAL_SECONDS = 0.05
    answer = DEEDS[deed](**arguments)
    partial = Path(out + ".partial")
    partial.write_text(json.dumps(answer, default=str))
    partial.rename(out)
    connections.close_all()
    # Nothing of the parent's shall run at the end of this process.
    sys.stdout.flush()
    os._exit(0)


def _use(database: str) -> None:
    connections.close_all()
    for alias in connections:
        connections[alias].settings_dict["NAME"] = database
    settings.DATABASES["default"]["NAME"] = database


# --- Before -----------------------------------------------------------------------


def prepare() -> None:
    call_command("migrate", verbosity=0, interactive=False)


def make_library(folder: str, sizes_kb: list[int], first: int = 0) -> list[int]:
    """Make films with subtitles, numbered from `first`; return their ids."""
    root = make_root(Path(folder))
    made = []
    for number, size in enumerate(sizes_kb, start=first):
        movie = make_movie(root, f"Film {number}", data=os.urandom(size * 1024))
        make_side(MediaFile.objects.get(title=movie), ".en.srt", kind="SUBTITLE")
        made.append(movie.pk)
    return made


def make_two_libraries(far: str, near: str) -> list[int]:
    """Make films in two library folders; return the ids of those in the first."""
    made = make_library(far, [6000, 40])
    make_library(near, [2000, 30], first=len(made))
    return made


def add_drive(path: str, name: str) -> int:
    drive = registering.add_drive(path=Path(path), name=name)
    Drive.objects.filter(pk=drive.pk).update(reserve_bytes=0)
    return drive.pk


def use_rsync(drive: int) -> int:
    return Drive.objects.filter(pk=drive).update(engine=Drive.Engine.RSYNC)


def wish(drive: int, titles: list[int] | None = None) -> int:
    target = Drive.objects.get(pk=drive)
    if titles is None:
        return len(wishing.add_missing(drive=target))
    for pk in titles:
        wishing.add_wish(drive=target, title=Title.objects.get(pk=pk))
    return len(titles)


# --- The work ---------------------------------------------------------------------


def run(
    drives: list[int],
    clock_years: float = 0,
    pace: float = 0,
    die_at: int = 0,
    hangs_after: float = 0,
    batch: int = 0,
) -> list[list[str]]:
    """Copy until nothing is left; state, code and sentence of each drive's last job.

    `clock_years`: what the clock is set forward by in the middle of it. `pace`: seconds
    that each block takes at least. `die_at`: end this process as a power cut does before
    its disk call or commit of that number. `hangs_after`: seconds after which a call on
    the library counts as hung. `batch`: so many small files go together, and no more.
    """
    if batch:
        batching.FILES_MOST = batch
        vars(fulfilling)["Measure"] = partial(batching.Measure, files=batch)
    if hangs_after:
        hanging.HANGS_SECONDS = hangs_after
        sending.HUNG_SOURCE_SECONDS = 0
    if clock_years:
        _jump(clock_years)
    if pace:
        _slow_down(pace)
    if die_at:
        _die_at(die_at)
    # Waits are the same, only shorter.
    backoff.UNIT_SECONDS = 0.02
    # One by name, or all that have work at once.
    only = Drive.objects.get(pk=drives[0]) if len(drives) == 1 else None
    done = finishing.finish_drives(drive=only, listener=SilentProgress())
    jobs = [done[each] for each in Drive.objects.filter(pk__in=drives).order_by("pk")]
    return [
        [job.state, job.error_code, job.error_message, job.traceback] for job in jobs
    ]


def _slow_down(pace: float) -> None:
    flush = DriveFilesystem.flush

    def slow(self: DriveFilesystem, fd: int) -> None:
        time.sleep(pace)
        flush(self, fd)

    DriveFilesystem.flush = slow  # type: ignore[method-assign]
    whole = DriveFilesystem.flush_all

    def slow_whole(self: DriveFilesystem) -> None:
        time.sleep(pace)
        whole(self)

    DriveFilesystem.flush_all = slow_whole  # type: ignore[method-assign]


def _jump(years: float) -> None:
    real, begun = timezone.now, time.monotonic()

    def now() -> Any:
        late = time.monotonic() - begun > 0.3
        return real() + timedelta(days=365 * years if late else 0)

    timezone.now = now


def _die_at(number: int) -> None:
    """Kill this process before the n-th of all calls that change a disk or the database."""
    count = itertools.count(1)

    def watched(call: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*arguments: Any, **named: Any) -> Any:
            if next(count) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **named)

        return instead

    for name in ("pwrite", "fsync", "fdatasync", "rename", "mkdir", "unlink", "utime"):
        setattr(os, name, watched(getattr(os, name)))
    whole = RootFolder.sync_all
    RootFolder.sync_all = watched(whole)  # type: ignore[method-assign]
    connections["default"].execute_wrappers.append(
        lambda execute, sql, *rest: (
            execute if sql.startswith("SELECT") else watched(execute)
        )(sql, *rest)
    )


def take_up() -> list[str]:
    """Do what the schedule does: tidy up after the dead, name what is due."""
    starting.tidy_dead_runs()
    return [drive.name for drive in starting.drives_due()]


def pause_after(wish_id: int, seconds: float) -> float:
    time.sleep(seconds)
    wishing.pause_wish(wish=QueueItem.objects.get(pk=wish_id))
    return time.time()


def stop(how: str, drive: int) -> float:
    """Do what a person can to a copy under way; return when."""
    target = Drive.objects.get(pk=drive)
    wish = QueueItem.objects.filter(drive=target, state="COPYING").first()
    asked_at = time.time()
    if how == "pause drive":
        wishing.pause_drive(drive=target)
    elif how == "cancel run":
        request_cancel(job=Job.objects.running().of(COPY.name, target.subject).get())
    elif wish is not None:
        deed = wishing.pause_wish if how == "pause wish" else wishing.cancel_wish
        deed(wish=wish)
    return asked_at


def go_on(drive: int) -> None:
    """Take back what `stop` did."""
    target = Drive.objects.get(pk=drive)
    wishing.resume_drive(drive=target)
    for row in QueueItem.objects.filter(drive=target, state="PAUSED"):
        wishing.resume_wish(wish=row)
    wishing.add_missing(drive=target)


def change(state: str, wishes: list[int]) -> None:
    deeds: dict[str, Callable[..., bool]] = {
        "pause": wishing.pause_wish,
        "resume": wishing.resume_wish,
        "cancel": wishing.cancel_wish,
        "retry": wishing.retry_wish,
    }
    for row in QueueItem.objects.filter(pk__in=wishes):
        deeds[state](wish=row)


def give_names(names: dict[str, str]) -> None:
    for old, new in names.items():
        Title.objects.filter(name=old).update(name=new)


def rename(drive: int, die_at: int = 0) -> int:
    if die_at:
        _die_at(die_at)
    found = renaming.rename_on_drive(drive_id=drive, progress=SilentProgress())
    return found.skipped


def scan_library() -> None:
    for root in Root.objects.all():
        scanning.scan_root(root_id=root.pk, progress=SilentProgress())


def verify(drive: int) -> dict[str, Any]:
    job = run_here(
        VERIFY,
        lambda run, **_: verifying.verify_drive(
            drive_id=drive, progress=run, job=run.job
        ),
        subject=Drive.objects.get(pk=drive).subject,
    )
    return {"state": job.state, "issues": job.issues.count()}


# --- After ------------------------------------------------------------------------


def facts() -> dict[str, Any]:
    """Return what rows, and so the pages, say."""
    return {
        "wishes": list(
            QueueItem.objects.order_by("pk").values(
                "pk", "drive_id", "title_id", "state", "error_code", "error_advice"
            )
        ),
        "copies": list(
            Copy.objects.order_by("pk").values("relpath", "state", "attempts")
        ),
        "files": list(
            DriveFile.objects.order_by("pk").values(
                "drive_id", "relpath", "state", "sha256", "size_bytes", "verified_by",
                "damaged_at", "media_file__relpath", "side_file__relpath",
            )
        ),
        "drives": list(
            Drive.objects.order_by("pk").values(
                "pk", "health", "health_reason", "trouble", "manifest_is_due"
            )
        ),
        "jobs": list(Job.objects.order_by("pk").values("state", "error_code")),
        "history": list(
            SyncRecord.objects.order_by("pk").values("action", "relpath", "code")
        ),
        "complete": {
            drive.pk: sorted(
                pk
                for pk, count in comparing.count_titles(drive=drive).items()
                if count.state == "COMPLETE"
            )
            for drive in Drive.objects.all()
        },
    }  # fmt: skip


DEEDS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(
            prepare,
            make_library,
            make_two_libraries,
            add_drive,
            use_rsync,
            wish,
            run,
            take_up,
            pause_after,
            stop,
            go_on,
        ),
        *(change, scan_library, verify, facts, give_names, rename),
    )
}
