"""Rows of the link to Plex for tests."""

from drivearr.lib.progress import SilentProgress
from drivearr.web.sealing import seal
from plexlink.models import PlexLibrary, PlexServer
from plexlink.services.discovering import refresh_libraries, set_enabled
from plexlink.services.running import Summary
from plexlink.services.syncing import sync_library
from tests.fakes.plex import TOKEN, FakePlex


def make_server(plex: FakePlex, *, is_enabled: bool = True) -> PlexServer:
    """The stand-in as a known server, with its libraries taking part."""
    server = PlexServer.objects.create(
        machine_id=plex.machine_id, name=plex.name, sealed_token=seal(TOKEN)
    )
    server.connections.create(uri=plex.url, is_local=True)
    for library in refresh_libraries(server=server):
        set_enabled(library=library, is_enabled=is_enabled)
    server.refresh_from_db()
    plex.asked.clear()
    return server


def library_of(server: PlexServer, key: str) -> PlexLibrary:
    return server.libraries.get(key=key)


def sync(
    library: PlexLibrary, *, deep: bool = False, confirmed: bool = False
) -> Summary:
    """One run, here and now."""
    return sync_library(
        library_id=library.pk,
        deep=deep,
        confirmed=confirmed,
        progress=SilentProgress(),
    )
