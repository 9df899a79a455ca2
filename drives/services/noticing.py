"""Noticing within two seconds that a drive was plugged in or taken away."""

import logging
import threading

from django.db import DatabaseError, close_old_connections

from drives.models import Attachment
from drives.mountwatch import MountWatch
from drives.services.attaching import look_for_drives
from drives.services.opening import host_name

logger = logging.getLogger(__name__)

STEP_SECONDS = 0.5
"""A pulled device is noticed after this at the latest, a mount at once."""
SETTLE_SECONDS = 0.2
"""A desktop mounts, looks and mounts again; one look for all of it."""


def notice_drives(stop: threading.Event) -> None:
    """Look for drives whenever the mount table changes, until `stop`."""
    try:
        with MountWatch() as watch:
            _follow(watch)
            while not stop.is_set():
                if watch.wait(STEP_SECONDS):
                    stop.wait(SETTLE_SECONDS)
                    _look(watch)
    finally:
        close_old_connections()


def _look(watch: MountWatch) -> None:
    close_old_connections()
    try:
        seen = look_for_drives(scan=True)
        _follow(watch)
    except DatabaseError as error:
        # The schedule looks again in half a minute.
        logger.warning("The database does not answer: %s", error)
        return
    for drive in seen.attached:
        logger.info("%s is plugged in", drive)
    for drive in seen.detached:
        logger.info("%s is gone", drive)


def _follow(watch: MountWatch) -> None:
    try:
        here = Attachment.objects.current().filter(host=host_name())
        watch.follow(here.exclude(device="").values_list("device", flat=True))
    except DatabaseError as error:
        logger.warning("The database does not answer: %s", error)
