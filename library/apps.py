"""The library app; makes its kinds of work known."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Titles, items and files."""

    name = "library"

    def ready(self) -> None:
        """Register kinds and schedules."""
        from drivearr.jobs import kinds, subjects
        from library import jobs
        from library.contexts.folders import name_roots

        subjects.register_namer("root", name_roots)

        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
