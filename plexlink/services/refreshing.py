"""Asking Plex to look for files that came: after a scan, after copying to a drive.

Only where the owner turned it on. Wanted and done are apart, so that many files make one
request, and that Plex being away costs nothing but time.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.progress import Progress
from plexlink.jobs import REFRESH
from plexlink.models import PlexLibrary, PlexServer
from plexlink.services import connecting, erring
from plexlink.services.locating import Locator
from plexlink.speaking import PlexTrouble

QUIET = timedelta(minutes=1)
"""A library is asked to look no more often."""


@dataclass(frozen=True, slots=True)
class RefreshSummary:
    """What one run came to."""

    libraries: int


def tell(*, server_id: int, progress: Progress) -> RefreshSummary:
    """Tell one server of the files that came."""
    progress.check()
    server = PlexServer.objects.select_related("account").get(pk=server_id)
    return RefreshSummary(tell_server(server=server))


def follow_copy(folder: str) -> None:
    """Queue what files that were copied into a folder mean for Plex; asks nobody."""
    for server in PlexServer.objects.filter(refreshes_sections=True).order_by("pk"):
        if want_refresh(server=server, folder=folder):
            start_refresh(server_id=server.pk)


def start_refresh(*, server_id: int, trigger: str = Job.Trigger.SYSTEM) -> Job:
    """Queue telling a server; the one under way if any."""
    subject = f"plex_server:{server_id}"
    return enqueue(REFRESH, subject=subject, trigger=trigger, server_id=server_id)


def start_those_that_wait() -> None:
    """Queue telling the servers that were not told yet, or told too short ago."""
    rows = PlexLibrary.objects.filter(refresh_wanted_at__isnull=False)
    wanted = rows.filter(server__refreshes_sections=True).order_by("server")
    for pk in wanted.values_list("server", flat=True).distinct():
        start_refresh(server_id=pk, trigger=Job.Trigger.SCHEDULE)


def want_refresh(*, server: PlexServer, folder: str) -> int:
    """Note which libraries have a folder in there, or around it; returns how many."""
    if not server.refreshes_sections:
        return 0
    locator = Locator(server)
    wanted = [
        library.pk
        for library in server.libraries.enabled().in_order()
        if any(_touch(locator.find_folder(each), folder) for each in library.locations)
    ]
    rows = PlexLibrary.objects.filter(pk__in=wanted)
    return rows.update(refresh_wanted_at=timezone.now()) if wanted else 0


def tell_server(*, server: PlexServer) -> int:
    """Ask a server to look into the libraries that want it; returns how many were.

    One that was asked a moment ago waits for the next time. Trouble is noted, and tried
    again by the schedule: Plex finds the files by itself sooner or later.
    """
    now = timezone.now()
    due = [
        library
        for library in server.libraries.enabled().in_order()
        if library.refresh_wanted_at is not None
        and (
            library.refresh_asked_at is None or now - library.refresh_asked_at >= QUIET
        )
    ]
    if not due or not server.refreshes_sections or server.is_resting(now=now):
        return 0
    try:
        client = connecting.open_client(server=server)
        try:
            for library in due:
                client.refresh_section(library.key)
                _note_asked(library)
        finally:
            client.close()
    except PlexTrouble as trouble:
        erring.note_trouble(trouble, erring.Place(server, about="refresh"))
        return 0
    return len(due)


def _note_asked(library: PlexLibrary) -> None:
    rows = PlexLibrary.objects.filter(pk=library.pk)
    rows.update(refresh_asked_at=timezone.now())
    # What came since is still wanted.
    rows.filter(refresh_wanted_at=library.refresh_wanted_at).update(
        refresh_wanted_at=None
    )


def _touch(folder: str, other: str) -> bool:
    mine, theirs = other.rstrip("/") + "/", folder.rstrip("/") + "/"
    return bool(folder) and (theirs.startswith(mine) or mine.startswith(theirs))
