"""The system app; makes its kinds of work and its checks known."""

from django.apps import AppConfig


class SystemConfig(AppConfig):
    """Health, schedules, backups, notices."""

    name = "drivearr.system"
    label = "system"

    def ready(self) -> None:
        """Register kinds, schedules and checks."""
        from drivearr.jobs import kinds
        from drivearr.system import checks, hints, jobs
        from drivearr.web.checking import register_check

        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
        for check in (checks.folders, checks.backups, checks.log, hints.hint_at_rhythm):
            register_check(check)
