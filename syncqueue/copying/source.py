"""The library's side of a copy: opened for reading only, and watched for change."""

import contextlib
import stat
from collections.abc import Iterator
from pathlib import Path

from drivearr.lib.wording import gettext
from syncqueue.copying import faults
from syncqueue.copying.filesystem import Filesystem
from syncqueue.copying.task import SourceIdentity


class Source:
    """An opened library file. Its errors are named here, apart from the drive's."""

    def __init__(self, fs: Filesystem, path: Path, fd: int) -> None:
        self._fs, self._path, self._fd = fs, path, fd
        about = fs.about_source(fd)
        if not stat.S_ISREG(about.st_mode):
            raise faults.SourceVanished(
                gettext("The library file is no plain file any more.")
            )
        self.identity = SourceIdentity.of(about)

    def read(self, buffer: memoryview, offset: int) -> int:
        """Read some bytes; may run in another thread.

        Raises: SourceChanged when the file ends here; SourceVanished, SourceUnreadable.
        """
        with _named():
            got = self._fs.read_source(self._fd, buffer, offset)
        if got == 0:
            raise faults.SourceChanged(gettext("The library file became shorter."))
        return got

    def check(self) -> None:
        """Make sure that it still is what it was, ends where it ended, and lies there.

        Raises: SourceChanged, SourceVanished, SourceUnreadable.
        """
        with _named():
            now = SourceIdentity.of(self._fs.about_source(self._fd))
            beyond = self._fs.read_source(
                self._fd, memoryview(bytearray(1)), self.identity.size
            )
            at_path = SourceIdentity.of(self._fs.find_source(self._path))
        if now != self.identity or beyond:
            raise faults.SourceChanged(
                gettext("The library file changed while it was copied.")
            )
        if (at_path.dev, at_path.ino) != (now.dev, now.ino):
            raise faults.SourceChanged(
                gettext("The library file was replaced meanwhile.")
            )


@contextlib.contextmanager
def opened_source(fs: Filesystem, path: Path) -> Iterator[Source]:
    """Hold a library file open for reading.

    Raises: SourceVanished, SourceUnreadable.
    """
    with _named():
        fd = fs.open_source(path)
    try:
        with _named():
            source = Source(fs, path, fd)
        yield source
    finally:
        fs.close_source(fd)


@contextlib.contextmanager
def _named() -> Iterator[None]:
    """Turn errors of the library's calls into named ones."""
    try:
        yield
    except OSError as error:
        raise faults.on_source(error) from error
