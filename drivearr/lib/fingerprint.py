"""A cheap mark of a file's content: its size and a digest of three samples."""

import os
import stat
from pathlib import Path

from blake3 import blake3

from drivearr.lib.errors import SkipFile

SAMPLE_BYTES = 64 * 1024
DIGEST_BYTES = 16


class FileNotSteady(SkipFile):
    """The file is not the plain file of that size that it was a moment ago."""

    code = "FILE_NOT_STEADY"
    advice = "It is being written or was replaced; it is looked at again next time."
    retryable = True


def fingerprint(file: int | Path, size_bytes: int) -> str:
    """Return `<size>-<blake3 of head, middle and tail>`: the same for the same content.

    Reads at most 192 KiB. A descriptor's position is left alone; a path is opened
    without following a link in its last component.

    Raises:
        FileNotSteady: the file is no plain file of `size_bytes` now.
        OSError: as the system gives it.

    """
    if isinstance(file, int):
        return _of_descriptor(file, size_bytes)
    # O_NONBLOCK: a FIFO of that name must not hang us.
    fd = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return _of_descriptor(fd, size_bytes)
    finally:
        os.close(fd)


def _of_descriptor(fd: int, size_bytes: int) -> str:
    about = os.fstat(fd)
    if not stat.S_ISREG(about.st_mode) or about.st_size != size_bytes:
        raise FileNotSteady(f"The file is not {size_bytes} bytes long any more.")
    digest = blake3()
    for offset, length in _samples(size_bytes):
        digest.update(_read_exactly(fd, offset, length))
    return f"{size_bytes}-{digest.hexdigest(length=DIGEST_BYTES)}"


def _samples(size_bytes: int) -> list[tuple[int, int]]:
    """Return offset and length of each sample; a small file is read whole."""
    if size_bytes <= 3 * SAMPLE_BYTES:
        return [(0, size_bytes)] if size_bytes else []
    last = size_bytes - SAMPLE_BYTES
    return [(offset, SAMPLE_BYTES) for offset in (0, last // 2, last)]


def _read_exactly(fd: int, offset: int, length: int) -> bytes:
    parts = []
    while length:
        part = os.pread(fd, length, offset)
        if not part:
            raise FileNotSteady("The file became shorter while it was read.")
        parts.append(part)
        offset += len(part)
        length -= len(part)
    return b"".join(parts)
