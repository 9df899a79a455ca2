"""Kinds of background work that the system owns."""

from datetime import timedelta

from drivearr.jobs.kinds import JobKind, Schedule

BACKUP = JobKind(
    name="system.backup",
    label="Backup of our own data",
    task="drivearr.system.tasks.make_backup",
    page="backup_list",
)
"""subject empty; no arguments."""

KINDS = (BACKUP,)

SCHEDULES = (
    Schedule(
        name="System: backup",
        task="drivearr.system.tasks.start_backup",
        every=timedelta(days=1),
        description="Keeps a copy of the database, the key file and the settings.",
        kind="system.backup",
    ),
    Schedule(
        name="System: health",
        task="drivearr.system.tasks.look_at_health",
        every=timedelta(minutes=5),
        description="Runs the checks of the health page.",
    ),
    Schedule(
        name="System: news",
        task="drivearr.system.tasks.tell_news",
        every=timedelta(seconds=30),
        description="Finds what happened, keeps it for the drawer, sends it on.",
    ),
    Schedule(
        name="System: clean-up",
        task="drivearr.system.tasks.clean_up",
        every=timedelta(days=1),
        description="Drops old notices, audit entries, jobs and ended sessions.",
    ),
)
