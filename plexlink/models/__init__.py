"""Who we are to Plex, which servers and libraries there are, and what they hold."""

from plexlink.models.account import Installation, PlexAccount, PlexSignIn
from plexlink.models.error import PlexError
from plexlink.models.item import PlexItem, PlexPart, PlexTag
from plexlink.models.library import PathMapping, PlexLibrary
from plexlink.models.server import ConnectionReading, PlexConnection, PlexServer
from plexlink.models.sync import PlexSync

__all__ = [
    "ConnectionReading",
    "Installation",
    "PathMapping",
    "PlexAccount",
    "PlexConnection",
    "PlexError",
    "PlexItem",
    "PlexLibrary",
    "PlexPart",
    "PlexServer",
    "PlexSignIn",
    "PlexSync",
    "PlexTag",
]
