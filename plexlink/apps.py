"""The plexlink app; makes its kinds of work known."""

from django.apps import AppConfig


class PlexlinkConfig(AppConfig):
    """What Plex says."""

    name = "plexlink"

    def ready(self) -> None:
        """Register kinds and schedules."""
        from drivearr.jobs import kinds
        from plexlink import jobs

        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
