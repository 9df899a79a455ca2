"""The syncqueue app; makes its kinds of work known."""

from django.apps import AppConfig


class SyncqueueConfig(AppConfig):
    """Wishes, plans, copying."""

    name = "syncqueue"

    def ready(self) -> None:
        """Register kinds and schedules."""
        from drivearr.jobs import kinds
        from drives.services.arriving import register_listener
        from drives.services.repairing import register_wisher
        from syncqueue import jobs
        from syncqueue.services.starting import go_on
        from syncqueue.services.wishing import wish_again

        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
        register_wisher(wish_again)
        register_listener(go_on)
