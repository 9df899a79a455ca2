"""Kinds of background work that the link to Plex owns."""

from datetime import timedelta

from django.utils.translation import gettext_noop

from drivearr.jobs.kinds import JobKind, Schedule

SYNC = JobKind(
    name="plexlink.sync",
    label=gettext_noop("Plex sync"),
    task="plexlink.tasks.sync_library",
    page="",
)
"""subject `plex_library:<id>`; arguments library_id, deep, confirmed, keys."""

TIE = JobKind(
    name="plexlink.tie",
    label=gettext_noop("Plex files"),
    task="plexlink.tasks.tie_files",
    page="",
)
"""subject `plex_server:<id>`; arguments server_id, root_id."""

PICTURES = JobKind(
    name="plexlink.pictures",
    label=gettext_noop("Plex pictures"),
    task="plexlink.tasks.fetch_pictures",
    page="",
)
"""No subject: one run fetches what is due of all servers."""

REFRESH = JobKind(
    name="plexlink.refresh",
    label=gettext_noop("Telling Plex of new files"),
    task="plexlink.tasks.tell_of_new_files",
    page="",
)
"""subject `plex_server:<id>`; argument server_id."""

KINDS = (SYNC, TIE, PICTURES, REFRESH)

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
            "Renews sign-ins that soon expire, checks them and the connections, "
            "and notes how fast servers are."
        ),
    ),
    Schedule(
        name=gettext_noop("Plex: clean-up"),
        task="plexlink.tasks.clean_up",
        every=timedelta(days=1),
        description=gettext_noop("Lets go of items gone for long, and of old records."),
    ),
)
