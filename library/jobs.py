"""Kinds of background work that the library owns."""

from datetime import timedelta

from drivearr.jobs.kinds import JobKind, Schedule

SCAN = JobKind(
    name="library.scan",
    label="Library scan",
    task="library.tasks.scan_library",
    page="root_list",
)
"""subject `root:<id>`; arguments root_id, deep, confirmed."""

IDENTIFY = JobKind(
    name="library.identify",
    label="Identify files",
    task="library.tasks.identify_library",
    page="unmatched_list",
)
"""subject `root:<id>`, or empty for all roots; arguments root_id (or None), again.

Of some files alone: subject `title:<id>` or `file:<id>`; argument file_ids too.
"""

REFRESH = JobKind(
    name="library.refresh",
    label="Fetch facts and pictures",
    task="library.tasks.refresh_library",
    page="title_list",
)
"""subject `title:<id>`, or empty for all that is due; arguments title_id (or None),
changes: whether to read the sources' feeds of changes first."""

PROBE = JobKind(
    name="library.probe",
    label="Read what is in the files",
    task="library.tasks.probe_library",
    page="title_list",
)
"""No subject, no arguments: all files whose facts are not known."""

AGE = JobKind(
    name="library.age",
    label="Forget what is long gone",
    task="library.tasks.age_library",
    page="missing_list",
)
"""No subject, no arguments: all files missing longer than the owner wants to know."""

KINDS = (SCAN, IDENTIFY, REFRESH, PROBE, AGE)

SCHEDULES = (
    Schedule(
        name="Library: incremental scan",
        task="library.tasks.start_scans",
        every=timedelta(hours=6),
        arguments={"deep": False},
        description="Looks for what changed in every library folder.",
        kind="library.scan",
    ),
    Schedule(
        name="Library: look at folders on a network",
        task="library.tasks.start_polls",
        every=timedelta(minutes=30),
        arguments={},
        description="Looks for what changed in folders whose changes the system does not tell.",
    ),
    Schedule(
        name="Library: deep scan",
        task="library.tasks.start_scans",
        every=timedelta(days=7),
        arguments={"deep": True},
        description="Looks at every file of every library folder again.",
        kind="library.scan",
    ),
    Schedule(
        name="Library: facts and pictures",
        task="library.tasks.start_refresh",
        every=timedelta(days=1),
        arguments={},
        description="Asks the metadata sources what changed, and fetches what is missing or old.",
    ),
    Schedule(
        name="Library: forget what is long gone",
        task="library.tasks.start_aging",
        every=timedelta(days=1),
        arguments={},
        description="Forgets files missing longer than DRIVEARR_MISSING_KEPT_DAYS.",
    ),
)
