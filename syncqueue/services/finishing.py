"""Copying here and now until nothing is left: what `drivearr queue run` does."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import close_old_connections, connection

from drivearr.jobs.models import Job
from drivearr.jobs.running import AlreadyWorkedOn, RunningJob, run_here
from drivearr.jobs.services import lose_dead_workers
from drivearr.lib.errors import SkipFile
from drivearr.lib.progress import Progress, Unit
from drives.models import Drive
from drives.services.attaching import look_for_drives
from syncqueue.backoff import ATTEMPTS_MOST, wait_seconds
from syncqueue.jobs import COPY
from syncqueue.services import draining, renewing, starting

_PASSING = {"DRIVE_BUSY", "DRIVE_FAILING", "MACHINE_OVERBURDENED"}
"""Codes of failed runs after which another try may end well, with nobody's help."""
_LOOK_SECONDS = 0.5


def finish_drives(*, drive: Drive | None, listener: Progress) -> dict[Drive, Job]:
    """Copy to a drive, or at once to all that have work; return the last job of each.

    A run that a dead process left is taken over; one that a worker does is watched.

    Raises: Cancelled when the listener was asked to stop.
    """
    look_for_drives()
    lose_dead_workers()
    starting.tidy_dead_runs()
    renewing.renew_by_itself()
    drives = [drive] if drive is not None else starting.drives_to_finish()
    if len(drives) == 1:
        return {drives[0]: _finish(drives[0], listener)}
    return finish_together(drives=drives, listener=listener)


def finish_together(*, drives: Sequence[Drive], listener: Progress) -> dict[Drive, Job]:
    """Copy to several drives at once: one that hangs keeps no other waiting."""
    shared = Together(listener)
    with ThreadPoolExecutor(max(1, len(drives)), thread_name_prefix="drive") as pool:
        jobs = pool.map(lambda drive: _finish_apart(drive, shared), drives)
        return dict(zip(drives, jobs, strict=True))


def _finish_apart(drive: Drive, listener: Progress) -> Job:
    close_old_connections()
    try:
        return _finish(drive, listener)
    finally:
        connection.close()


def _finish(drive: Drive, listener: Progress) -> Job:
    failures = 0
    while True:
        job = _run_or_watch(drive, listener)
        if job.state != Job.State.FAILED or job.error_code not in _PASSING:
            return job
        failures += 1
        if failures >= ATTEMPTS_MOST or not _is_waiting(drive):
            return job
        _rest(wait_seconds(failures), listener)


def _is_waiting(drive: Drive) -> bool:
    return drive.wishes.filter(state="WAITING").exists()


def _rest(seconds: float, listener: Progress) -> None:
    listener.note("Waiting to try again")
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        listener.check()
        time.sleep(min(_LOOK_SECONDS, left))


def _run_or_watch(drive: Drive, listener: Progress) -> Job:
    """Do a run here, or wait for the end of the one that a worker does."""
    while True:
        try:
            return run_here(
                COPY,
                _body,
                subject=drive.subject,
                listener=listener,
                takes_queued=True,
                drive_id=drive.pk,
            )
        except AlreadyWorkedOn:
            _watch(drive, listener)


def _body(run: RunningJob, *, drive_id: int) -> draining.DrainSummary:
    return draining.copy_to_drive(
        drive_id=drive_id, progress=run, job=run.job, is_patient=True
    )


def _watch(drive: Drive, listener: Progress) -> None:
    job = Job.objects.running().of(COPY.name, drive.subject).first()
    told = 0
    if job is not None and job.total:
        listener.expect(job.total, "BYTES")
    while job is not None and job.state == Job.State.RUNNING:
        listener.note(job.note)
        listener.advance(max(0, job.done - told))
        told = max(told, job.done)
        listener.check()
        time.sleep(_LOOK_SECONDS)
        lose_dead_workers()
        job = Job.objects.filter(pk=job.pk).first()


class Together:
    """One Progress for the runs of several drives: the sum of them all."""

    def __init__(self, listener: Progress) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._total = self._done = 0

    def expect(self, total: int | None, unit: Unit) -> None:
        """See Progress."""
        with self._lock:
            self._total += total or 0
            self._listener.expect(self._total or None, unit)
            # Expecting begins at zero; what others did already stays done.
            self._listener.advance(self._done)

    def advance(self, amount: int = 1) -> None:
        """See Progress."""
        with self._lock:
            self._done += amount
            self._listener.advance(amount)

    def note(self, text: str) -> None:
        """See Progress."""
        with self._lock:
            self._listener.note(text)

    def report(self, error: SkipFile, *, path: str = "") -> None:
        """See Progress."""
        with self._lock:
            self._listener.report(error, path=path)

    def check(self) -> None:
        """See Progress."""
        self._listener.check()
