"""Pictures of Plex servers: fetched in the background into our own cache.

A page shows the kept picture; no link leads to a server, and none holds a token.
"""

from dataclasses import dataclass

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.progress import Progress
from library.metadata.source import SourceLacks, SourceUnreachable
from library.models import Artwork
from library.pictures import MOST_BYTES
from library.services.artwork import fetch_artwork, is_fetching_due
from plexlink.client import PlexClient
from plexlink.jobs import PICTURES
from plexlink.models import PlexServer
from plexlink.services import connecting
from plexlink.speaking import PlexLacks, PlexTrouble


@dataclass(frozen=True, slots=True)
class PicturesSummary:
    """What one run came to."""

    fetched: int


def start_if_due(*, trigger: str = Job.Trigger.SYSTEM) -> Job | None:
    """Queue the fetching of pictures where some are missing or old."""
    if not is_fetching_due(origin=Artwork.Origin.PLEX):
        return None
    return enqueue(PICTURES, subject="", trigger=trigger)


def fetch_pictures(*, progress: Progress) -> PicturesSummary:
    """Fetch what is due; trouble with one picture is reported and tried again later."""
    pictures = PlexPictures()
    try:
        return PicturesSummary(fetch_artwork(sources=[pictures], progress=progress))
    finally:
        pictures.close()


class PlexPictures:
    """Pictures of all known servers; see library.services.artwork.PictureSource."""

    name = "plex"

    def __init__(self) -> None:
        self._clients: dict[str, PlexClient] = {}

    def close(self) -> None:
        """Hang up."""
        for client in self._clients.values():
            client.close()

    def fetch_picture(self, *, path: str, width: int) -> bytes:  # noqa: ARG002 - servers give one size
        """Return a picture; `path`: a server's machine identifier and its own path."""
        machine_id, slash, rest = path.partition("/")
        try:
            client = self._client(machine_id)
            return client.speaker.picture(slash + rest, most_bytes=MOST_BYTES)
        except PlexLacks as error:
            raise SourceLacks(error.message, advice=error.advice) from None
        except PlexTrouble as error:
            raise SourceUnreachable(error.message, advice=error.advice) from None

    def _client(self, machine_id: str) -> PlexClient:
        if machine_id not in self._clients:
            rows = PlexServer.objects.select_related("account")
            server = rows.filter(machine_id=machine_id).first()
            if server is None:
                raise PlexLacks("Its server is not known any more.")
            self._clients[machine_id] = connecting.open_client(server=server)
        return self._clients[machine_id]
