"""The same content wherever it lies: a digest of a file's head, middle and tail."""

import os
import stat
from pathlib import Path

from blake3 import blake3

from drivearr.lib.errors import SkipFile
from drivearr.lib.wording import gettext, gettext_noop

SAMPLE_BYTES = 64 * 1024
_DIGEST_BYTES = 20


class FileUnreadable(SkipFile):
    """A file is there but cannot be read."""

    code = "FILE_UNREADABLE"
    advice = gettext_noop(
        "Check its owner and permissions, and whether its disk is healthy."
    )


class FileVanished(SkipFile):
    """A file that was just listed is gone, or is no plain file any more."""

    code = "FILE_VANISHED"
    advice = gettext_noop("Nothing to do: the next scan sees how it ended.")


def read_fingerprint(path: Path | str) -> str:
    """Return `<size>-<digest>` of the file at `path`; reads at most 192 KiB.

    Raises:
        FileVanished: it is gone, or no plain file.
        FileUnreadable: the system does not give its bytes.

    """
    try:
        # O_NONBLOCK: a FIFO put in its place must not hang us.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise FileVanished(gettext("The file is gone.")) from error
    except OSError as error:
        raise FileUnreadable(
            gettext("The file cannot be opened: {strerror}.").format(
                strerror=error.strerror
            )
        ) from error
    try:
        return fingerprint_of(fd)
    except OSError as error:
        raise FileUnreadable(
            gettext("The file cannot be read: {strerror}.").format(
                strerror=error.strerror
            )
        ) from error
    finally:
        os.close(fd)


def fingerprint_of(fd: int) -> str:
    """Return the fingerprint of an open file; OSError as the system gives it.

    Raises:
        FileVanished: it is no plain file.

    """
    about = os.fstat(fd)
    if not stat.S_ISREG(about.st_mode):
        raise FileVanished(gettext("The file is no plain file."))
    size = about.st_size
    digest = blake3()
    for offset, length in _samples(size):
        digest.update(os.pread(fd, length, offset))
    return f"{size}-{digest.hexdigest(length=_DIGEST_BYTES)}"


def _samples(size: int) -> tuple[tuple[int, int], ...]:
    if size <= 3 * SAMPLE_BYTES:
        return ((0, size),)
    middle = (size - SAMPLE_BYTES) // 2
    return tuple((at, SAMPLE_BYTES) for at in (0, middle, size - SAMPLE_BYTES))
