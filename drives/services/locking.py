"""One writer per drive (law 8), also between two installations and two processes."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import StopRun
from drivearr.lib.progress import Progress
from drives import manifest
from drives.services.opening import OpenDrive

_PAUSE_SECONDS = 0.1


class DriveBusy(StopRun):
    """Another process writes to the drive."""

    code = "DRIVE_BUSY"
    advice = gettext_noop("Pause the copying to this drive, or wait until it is done.")
    retryable = True


@contextlib.contextmanager
def write_lock(
    opened: OpenDrive, *, progress: Progress, wait_seconds: float = 5
) -> Iterator[None]:
    """Be the only one who writes files to the drive.

    Raises: DriveBusy after `wait_seconds`; OSError as the drive gives it.
    """
    opened.root.mkdirs(manifest.FOLDER)
    fd = opened.root.open(manifest.LOCK_NAME, os.O_RDWR | os.O_CREAT)
    try:
        until = time.monotonic() + wait_seconds
        while not _take(fd):
            if time.monotonic() >= until:
                raise DriveBusy(
                    gettext("Something writes to “{drive}” now.").format(
                        drive=opened.drive.name
                    )
                )
            progress.check()
            time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        # A drive that is gone refuses even this; nothing was written through it.
        with contextlib.suppress(OSError):
            os.close(fd)


def _take(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A share without locks: the fence in the database must do.
        return True
    return True
