"""The drives app; makes its kinds of work known."""

from django.apps import AppConfig


class DrivesConfig(AppConfig):
    """Drives, their manifests and contents."""

    name = "drives"

    def ready(self) -> None:
        """Register kinds and schedules."""
        from drivearr.jobs import kinds
        from drives import jobs

        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
