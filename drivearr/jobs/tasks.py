"""The sweep that finds lost work."""

from celery import shared_task

from drivearr.jobs import services


@shared_task(name="drivearr.jobs.tasks.sweep_lost", ignore_result=True)
def sweep_lost() -> None:
    """Mark silent jobs lost and start their work again."""
    services.sweep_lost()
