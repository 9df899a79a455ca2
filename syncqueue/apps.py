"""The syncqueue app; makes its kinds of work known."""

from django.apps import AppConfig


class SyncqueueConfig(AppConfig):
    """Wishes, plans, copying."""

    name = "syncqueue"

    def ready(self) -> None:
        """Register kinds and schedules."""
        from drivearr.jobs import kinds
        from drivearr.web import slots
        from drives import waiting
        from drives.contexts.pages import DRIVE_SLOT
        from library.contexts.titles import TITLE_SLOT
        from syncqueue import jobs
        from syncqueue.contexts import lanes, panels

        slots.register(
            TITLE_SLOT,
            template="syncqueue/partials/title_panel.html",
            build=panels.build_title_panel,
        )
        slots.register(
            DRIVE_SLOT,
            template="syncqueue/partials/drive_panel.html",
            build=panels.build_drive_panel,
        )
        waiting.register(lanes.find_waiting)
        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
