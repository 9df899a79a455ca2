"""Kinds of background work that the link to Plex owns."""

from datetime import timedelta

from django.utils.translation import gettext_noop

from drivearr.jobs.kinds import JobKind, Schedule

SYNC = JobKind(
    name=gettext_noop("plexlink.sync"),
    label=gettext_noop("Plex sync"),
    task="plexlink.tasks.sync_library",
    page="",
)
"""subject `plex_library:<id>`; arguments library_id, deep, confirmed, keys."""

TIE = JobKind(
    name=gettext_noop("plexlink.tie"),
    label=gettext_noop("Plex files"),
    task="plexlink.tasks.tie_files",
    page="",
)
"""subject `plex_server:<id>`; arguments server_id, root_id."""

KINDS = (SYNC, TIE)

SCHEDULES = (
    Schedule(
        name=gettext_noop("Plex: libraries that are due"),
        task="plexlink.tasks.sync_due",
        every=timedelta(minutes=15),
        description=gettext_noop(
            "Each library at its own interval: what changed every 6 hours, "
            "everything every 7 days."
        ),
    ),
    Schedule(
        name=gettext_noop("Plex: accounts and servers"),
        task="plexlink.tasks.check_servers",
        every=timedelta(hours=1),
        description=gettext_noop(
            "Checks sign-ins and connections, and notes how fast servers are."
        ),
    ),
    Schedule(
        name=gettext_noop("Plex: clean-up"),
        task="plexlink.tasks.clean_up",
        every=timedelta(days=1),
        description=gettext_noop("Lets go of items gone for long, and of old records."),
    ),
)
