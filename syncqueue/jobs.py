"""Kinds of background work that the queue owns."""

from datetime import timedelta

from django.utils.translation import gettext_noop

from drivearr.jobs.kinds import JobKind, Schedule

COPY = JobKind(
    name="syncqueue.copy",
    label=gettext_noop("Copy to drive"),
    task="syncqueue.tasks.copy_to_drive",
    queue="copy",
    page="queue",
    attempts=1000,
)
"""subject `drive:<id>`; arguments drive_id. Works off the drive's wishes."""

RENAME = JobKind(
    name="syncqueue.rename",
    label=gettext_noop("Rename on drive"),
    task="syncqueue.tasks.rename_on_drive",
    queue="copy",
    page="queue",
)
"""subject `drive:<id>`; arguments drive_id. Gives files the names of today."""

KINDS = (COPY, RENAME)

SCHEDULES = (
    Schedule(
        name=gettext_noop("Queue: continue copying"),
        task="syncqueue.tasks.start_due_copies",
        every=timedelta(seconds=30),
        description=gettext_noop(
            "Starts copying for attached drives with open wishes."
        ),
        kind="syncqueue.copy",
    ),
)
FIGURES = (
    gettext_noop("Files done"),
    gettext_noop("Files failed"),
    gettext_noop("Bytes done"),
    gettext_noop("Seconds"),
    gettext_noop("Files"),
    gettext_noop("Skipped"),
)
"""What is counted of a run, as the job's page names it."""
