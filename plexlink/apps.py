"""The plexlink app."""

from django.apps import AppConfig


class PlexlinkConfig(AppConfig):
    """What Plex says."""

    name = "plexlink"
