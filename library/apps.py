"""The library app; makes its kinds of work known."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Titles, items and files."""

    name = "library"

    def ready(self) -> None:
        """Register kinds and schedules."""
        from drivearr.jobs import kinds
        from library import jobs

        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
