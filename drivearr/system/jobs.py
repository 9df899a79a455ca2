"""Kinds of background work that the system owns."""

from datetime import timedelta

from django.utils.translation import gettext_noop

from drivearr.jobs.kinds import JobKind, Schedule

BACKUP = JobKind(
    name="system.backup",
    label=gettext_noop("Backup of our own data"),
    task="drivearr.system.tasks.make_backup",
    page="backup_list",
)
"""subject empty; no arguments."""

KINDS = (BACKUP,)

SCHEDULES = (
    Schedule(
        name=gettext_noop("System: backup"),
        task="drivearr.system.tasks.start_backup",
        every=timedelta(days=1),
        description=gettext_noop(
            "Keeps a copy of the database, the key file and the settings."
        ),
        kind="system.backup",
    ),
    Schedule(
        name=gettext_noop("System: health"),
        task="drivearr.system.tasks.look_at_health",
        every=timedelta(minutes=5),
        description=gettext_noop("Runs the checks of the health page."),
    ),
    Schedule(
        name=gettext_noop("System: news"),
        task="drivearr.system.tasks.tell_news",
        every=timedelta(seconds=30),
        description=gettext_noop(
            "Finds what happened, keeps it for the drawer, sends it on."
        ),
    ),
    Schedule(
        name=gettext_noop("System: clean-up"),
        task="drivearr.system.tasks.clean_up",
        every=timedelta(days=1),
        description=gettext_noop(
            "Drops old notices, audit entries, jobs and ended sessions."
        ),
    ),
)
FIGURES = (
    gettext_noop("Name"),
    gettext_noop("Size bytes"),
    gettext_noop("Pruned"),
)
"""What is counted of a run, as the job's page names it."""
