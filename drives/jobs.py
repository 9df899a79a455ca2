"""Kinds of background work that drives own."""

from datetime import timedelta

from django.utils.translation import gettext_noop

from drivearr.jobs.kinds import JobKind, Schedule

SCAN = JobKind(
    name="drives.scan",
    label=gettext_noop("Drive scan"),
    task="drives.tasks.scan_drive",
    page="drive_list",
)
"""subject `drive:<id>`; arguments drive_id."""

VERIFY = JobKind(
    name="drives.verify",
    label=gettext_noop("Verify drive"),
    task="drives.tasks.verify_drive",
    queue="copy",
    page="drive_list",
)
"""subject `drive:<id>`; arguments drive_id, since (a time, or None: go on)."""

DELETE = JobKind(
    name="drives.delete",
    label=gettext_noop("Delete from drive"),
    task="drives.tasks.delete_from_drive",
    queue="copy",
    page="drive_list",
)
"""subject `drive:<id>`; arguments drive_id, file_ids, by_id (or None)."""

KINDS = (SCAN, VERIFY, DELETE)

SCHEDULES = (
    Schedule(
        name=gettext_noop("Drives: which are attached"),
        task="drives.tasks.look_for_drives",
        every=timedelta(seconds=30),
        description=gettext_noop("Notices drives that were plugged in or taken away."),
    ),
    Schedule(
        name=gettext_noop("Drives: health"),
        task="drives.tasks.check_health",
        every=timedelta(days=1),
        description=gettext_noop(
            "Asks the disks of attached drives how they are, where they answer."
        ),
    ),
    Schedule(
        name=gettext_noop("Drives: verify those that are due"),
        task="drives.tasks.verify_due",
        every=timedelta(hours=6),
        description=gettext_noop(
            "Reads back the drives whose profile asks for it by now."
        ),
    ),
)
FIGURES = (
    gettext_noop("Files"),
    gettext_noop("Size bytes"),
    gettext_noop("Skipped"),
)
"""What is counted of a run, as the job's page names it."""
