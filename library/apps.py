"""The library app; makes its kinds of work known."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Titles, items and files."""

    name = "library"

    def ready(self) -> None:
        """Register kinds and schedules, and what keeps the shelf in step with the files."""
        from django.db.models.signals import post_migrate, pre_migrate

        from drivearr.jobs import kinds
        from drivearr.web.checking import register_check
        from library import jobs
        from library.services import shelving

        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
        register_check(shelving.check_shelf)
        pre_migrate.connect(shelving.before_migrating, sender=self)
        post_migrate.connect(shelving.after_migrating, sender=self)
