"""The drives app; makes its kinds of work known."""

from django.apps import AppConfig


class DrivesConfig(AppConfig):
    """Drives, their manifests and contents."""

    name = "drives"

    def ready(self) -> None:
        """Register kinds and schedules."""
        from drivearr.jobs import kinds
        from drives import jobs
        from drives.services.placing import list_drive_folders
        from library.services.rooting import register_forbidden

        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
        register_forbidden(list_drive_folders)
