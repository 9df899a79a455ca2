"""A drive that comes or goes is known within two seconds."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection

from drives.models import Drive
from drives.services.noticing import notice_drives
from drives.services.registering import add_drive
from tests.mounts import LoopDriveMaker


def _within(seconds: float, is_so: Callable[[], bool]) -> float:
    began = time.monotonic()
    while not _holds(is_so):
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


def _holds(is_so: Callable[[], bool]) -> bool:
    try:
        return is_so()
    except OperationalError:
        # In memory that threads share, a table somebody writes to cannot be read at all.
        return False


@pytest.mark.root
@pytest.mark.django_db(transaction=True)
class TestNoticeDrives:
    def test_sees_a_drive_come_and_go_within_two_seconds(
        self, loop_drive: LoopDriveMaker
    ) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path, name="real")
        stop = threading.Event()
        thread = threading.Thread(target=_in_thread, args=(stop,))
        thread.start()
        try:
            time.sleep(0.5)
            real.unmount()
            _within(2, lambda: not _is_attached(drive))
            real.mount()
            _within(2, lambda: _is_attached(drive))
        finally:
            stop.set()
            thread.join(timeout=10)
        assert not thread.is_alive()


def _in_thread(stop: threading.Event) -> None:
    try:
        notice_drives(stop)
    finally:
        connection.close()


def _is_attached(drive: Drive) -> bool:
    return drive.attachments.current().exists()
