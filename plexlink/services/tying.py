"""After a scan or a new rule: which of Plex's files are ours now, and telling Plex."""

from dataclasses import dataclass

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.progress import Progress
from library.models import Root
from library.services.scanning import ScanSummary
from plexlink.jobs import TIE
from plexlink.models import PlexServer
from plexlink.services import refreshing
from plexlink.services.counting import Tally
from plexlink.services.linking import link_new_files, update_states
from plexlink.services.locating import Locator


@dataclass(frozen=True, slots=True)
class TieSummary:
    """What was tied."""

    files: int
    writes: int
    sections_refreshed: int


def start_tie(*, server_id: int, root_id: int | None = None) -> Job:
    """Queue a look at which files are here; with `root_id` Plex may be told of them."""
    return enqueue(
        TIE, subject=f"plex_server:{server_id}", server_id=server_id, root_id=root_id
    )


def follow_scan(summary: ScanSummary) -> None:
    """Queue what a scan that found something means for Plex."""
    if not (summary.added or summary.moved or summary.returned or summary.missing):
        return
    new = summary.added or summary.moved or summary.returned
    for pk in PlexServer.objects.order_by("pk").values_list("pk", flat=True):
        start_tie(server_id=pk, root_id=summary.id if new else None)


def tie_files(
    *, server_id: int, root_id: int | None = None, progress: Progress
) -> TieSummary:
    """Tie files that came since the last sync, and look which are here."""
    server = PlexServer.objects.select_related("account").get(pk=server_id)
    locator, tally = Locator(server), Tally()
    files = 0
    for library in server.libraries.enabled().select_related("server").in_order():
        progress.check()
        progress.note(library.name)
        files += link_new_files(library=library, locator=locator, tally=tally)
        update_states(library=library, locator=locator, tally=tally)
    root = Root.objects.filter(pk=root_id).first() if root_id else None
    if root is not None:
        refreshing.want_refresh(server=server, folder=root.path)
    told = refreshing.tell_server(server=server)
    return TieSummary(files, tally.writes, told)
