"""Kinds of background work that the queue owns."""

from datetime import timedelta

from drivearr.jobs.kinds import JobKind, Schedule

COPY = JobKind(
    name="syncqueue.copy",
    label="Copy to drive",
    task="syncqueue.tasks.copy_to_drive",
    queue="copy",
    page="queue",
    attempts=1000,
)
"""subject `drive:<id>`; arguments drive_id. Works off the drive's wishes."""

RENAME = JobKind(
    name="syncqueue.rename",
    label="Rename on drive",
    task="syncqueue.tasks.rename_on_drive",
    queue="copy",
    page="queue",
)
"""subject `drive:<id>`; arguments drive_id. Gives files the names of today."""

KINDS = (COPY, RENAME)

SCHEDULES = (
    Schedule(
        name="Queue: continue copying",
        task="syncqueue.tasks.start_due_copies",
        every=timedelta(seconds=30),
        description="Starts copying for attached drives with open wishes.",
        kind="syncqueue.copy",
    ),
)
