"""The app of the tests' own work; only the tests' processes load it."""

from django.apps import AppConfig


class SlowworkConfig(AppConfig):
    name = "tests.processes.slowwork"
    label = "slowwork"

    def ready(self) -> None:
        from drivearr.jobs import kinds
        from tests.processes.slowwork.tasks import COUNT

        kinds.register(COUNT)
