"""What a worker does when it starts and when it is asked to end."""

import logging
from typing import Any

from celery.signals import worker_ready, worker_shutting_down
from django.db import close_old_connections
from django.db.utils import DatabaseError

from drivearr.jobs import running, services

logger = logging.getLogger(__name__)


@worker_ready.connect
def take_up_lost_work(**_: Any) -> None:
    """Queue anew what dead processes of this machine left behind."""
    try:
        services.lose_dead_workers()
        services.sweep_lost()
    except DatabaseError:
        logger.warning("The sweep at start failed; the next one follows", exc_info=True)
    finally:
        close_old_connections()


@worker_shutting_down.connect
def stop_at_a_safe_point(**_: Any) -> None:
    """Let running work stop at its next check and go back to the queue."""
    running.shutting_down.set()
