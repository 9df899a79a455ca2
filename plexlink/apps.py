"""The plexlink app; makes its kinds of work known."""

from threading import Event

from django.apps import AppConfig


class PlexlinkConfig(AppConfig):
    """What Plex says."""

    name = "plexlink"

    def ready(self) -> None:
        """Register kinds and schedules."""
        from drivearr.jobs import kinds
        from library.services.following import register_companion
        from plexlink import jobs

        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
        register_companion(listen_to_plex)


def listen_to_plex(stop: Event) -> None:
    """Listen to Plex servers until `stop`; loaded only where it runs."""
    from plexlink.services.listening import listen_to_servers

    listen_to_servers(stop)
