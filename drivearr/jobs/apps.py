"""The jobs app."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The record of background work."""

    name = "drivearr.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Make the Celery app the current one, and listen to its workers."""
        import drivearr.celery  # noqa: F401 - so that shared tasks find their app
        from drivearr.checks import register_checks
        from drivearr.jobs import checks, signals  # noqa: F401 - connects handlers
        from drivearr.web.checking import register_check

        register_checks()
        register_check(checks.broker)
        register_check(checks.work)
