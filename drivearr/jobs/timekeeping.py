"""Celery Beat in a thread, where a process of its own would cost too much memory."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from celery import current_app
from celery.beat import Service

logger = logging.getLogger(__name__)


@contextmanager
def schedules_running(*, stop: threading.Event) -> Iterator[None]:
    """Send work when it is due; sets `stop` should the schedules end by themselves."""
    service = Service(current_app, scheduler_cls=current_app.conf.beat_scheduler)

    def run() -> None:
        try:
            service.start()
        except Exception:
            logger.exception("The schedules stopped.")
        finally:
            stop.set()

    thread = threading.Thread(target=run, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        service.stop(wait=False)
        thread.join(timeout=5)
