"""Kinds of background work that the library owns."""

from datetime import timedelta

from django.utils.translation import gettext_noop

from drivearr.jobs.kinds import JobKind, Schedule

SCAN = JobKind(
    name="library.scan",
    label=gettext_noop("Library scan"),
    task="library.tasks.scan_library",
    page="root_list",
)
"""subject `root:<id>`; arguments root_id, deep, confirmed."""

IDENTIFY = JobKind(
    name="library.identify",
    label=gettext_noop("Identify files"),
    task="library.tasks.identify_library",
    page="unmatched_list",
)
"""subject `root:<id>`, or empty for all roots; arguments root_id (or None), again.

Of some files alone: subject `title:<id>` or `file:<id>`; argument file_ids too.
"""

REFRESH = JobKind(
    name="library.refresh",
    label=gettext_noop("Fetch facts and pictures"),
    task="library.tasks.refresh_library",
    page="title_list",
)
"""subject `title:<id>`, or empty for all that is due; arguments title_id (or None),
changes: whether to read the sources' feeds of changes first."""

PROBE = JobKind(
    name="library.probe",
    label=gettext_noop("Read what is in the files"),
    task="library.tasks.probe_library",
    page="title_list",
)
"""No subject, no arguments: all files whose facts are not known."""

AGE = JobKind(
    name="library.age",
    label=gettext_noop("Forget what is long gone"),
    task="library.tasks.age_library",
    page="missing_list",
)
"""No subject, no arguments: all files missing longer than the owner wants to know."""

KINDS = (SCAN, IDENTIFY, REFRESH, PROBE, AGE)

SCHEDULES = (
    Schedule(
        name=gettext_noop("Library: incremental scan"),
        task="library.tasks.start_scans",
        every=timedelta(hours=6),
        arguments={"deep": False},
        description=gettext_noop("Looks for what changed in every library folder."),
        kind="library.scan",
    ),
    Schedule(
        name=gettext_noop("Library: folders whose changes nobody tells"),
        task="library.tasks.start_polls",
        every=timedelta(minutes=5),
        arguments={},
        description=gettext_noop(
            "Looks for what changed in folders on a network and others that cannot be "
            "watched, each as often as its card says."
        ),
    ),
    Schedule(
        name=gettext_noop("Library: deep scan"),
        task="library.tasks.start_scans",
        every=timedelta(days=7),
        arguments={"deep": True},
        description=gettext_noop("Looks at every file of every library folder again."),
        kind="library.scan",
    ),
    Schedule(
        name=gettext_noop("Library: facts and pictures"),
        task="library.tasks.start_refresh",
        every=timedelta(days=1),
        arguments={},
        description=gettext_noop(
            "Asks the metadata sources what changed, and fetches what is "
            "missing or old."
        ),
    ),
    Schedule(
        name=gettext_noop("Library: forget what is long gone"),
        task="library.tasks.start_aging",
        every=timedelta(days=1),
        arguments={},
        description=gettext_noop(
            "Forgets files missing longer than DRIVEARR_MISSING_KEPT_DAYS."
        ),
    ),
)
FIGURES = (
    gettext_noop("State"),
    gettext_noop("Seen"),
    gettext_noop("Added"),
    gettext_noop("Changed"),
    gettext_noop("Moved"),
    gettext_noop("Missing"),
    gettext_noop("Returned"),
    gettext_noop("Unchanged"),
    gettext_noop("Ignored"),
    gettext_noop("Errors"),
    gettext_noop("Seconds"),
    gettext_noop("Considered"),
    gettext_noop("Matched"),
    gettext_noop("Ambiguous"),
    gettext_noop("Unmatched"),
    gettext_noop("Requests"),
    gettext_noop("Refreshed"),
    gettext_noop("Gone"),
    gettext_noop("Pictures"),
    gettext_noop("Forgotten"),
    gettext_noop("Kept away"),
    gettext_noop("Read"),
    gettext_noop("Unreadable"),
    gettext_noop("Left"),
)
"""What is counted of a run, as the job's page names it."""
