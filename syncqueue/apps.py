"""The syncqueue app; makes its kinds of work known."""

from django.apps import AppConfig


class SyncqueueConfig(AppConfig):
    """Wishes, plans, copying."""

    name = "syncqueue"

    def ready(self) -> None:
        """Register kinds and schedules."""
        from drivearr.jobs import kinds
        from syncqueue import jobs

        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
