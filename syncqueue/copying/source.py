"""The library's side of a copy: opened for reading only, watched for change, not for ever.

Its disk may be a share whose server is gone: each call is made in a thread that may be
left behind.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Thread

from drivearr.lib.hanging import Caller, DiskHangs, give_up
from drivearr.lib.wording import gettext
from syncqueue.copying import faults
from syncqueue.copying.filesystem import Filesystem
from syncqueue.copying.task import CopyTask, SourceIdentity


class Source:
    """An opened library file. Its errors are named here, apart from the drive's."""

    def __init__(
        self,
        fs: Filesystem,
        path: Path,
        opened: tuple[int, os.stat_result],
        caller: Caller,
        place: str,
    ) -> None:
        self._fs, self._path, (self._fd, about) = fs, path, opened
        self._caller, self._place = caller, place
        if not stat.S_ISREG(about.st_mode):
            raise faults.SourceVanished(
                gettext("The library file is no plain file any more.")
            )
        self.identity = SourceIdentity.of(about)

    def read(self, buffer: memoryview, offset: int) -> int:
        """Read some bytes; for a thread that may be left behind.

        Raises: SourceChanged when the file ends here; SourceVanished, SourceUnreadable.
        """
        with _named():
            got = self._fs.read_source(self._fd, buffer, offset)
        if got == 0:
            raise faults.SourceChanged(gettext("The library file became shorter."))
        return got

    def read_in_time(self, size: int, offset: int) -> bytes:
        """Return some bytes, at most `size`; may be called from any thread.

        Raises: as `read`, and SourceHangs.
        """
        # Its own memory: a read that is left behind writes into nobody's.
        buffer = bytearray(size)
        with _named():
            got = self._caller.call(lambda: self.read(memoryview(buffer), offset))
        return bytes(buffer[:got])

    def hangs(self, thread: Thread, seconds: float) -> faults.SourceHangs:
        """Remember that a thread hangs in `read`; return the error that says so."""
        return _hanging(give_up(self._place, thread, seconds))

    def check(self) -> None:
        """Make sure that it still is what it was, ends where it ended, and lies there.

        Raises: SourceChanged, SourceVanished, SourceUnreadable, SourceHangs.
        """
        with _named():
            now, beyond, at_path = self._caller.call(self._look)
        if now != self.identity or beyond:
            raise faults.SourceChanged(
                gettext("The library file changed while it was copied.")
            )
        if (at_path.dev, at_path.ino) != (now.dev, now.ino):
            raise faults.SourceChanged(
                gettext("The library file was replaced meanwhile.")
            )

    def _look(self) -> tuple[SourceIdentity, int, SourceIdentity]:
        now = SourceIdentity.of(self._fs.about_source(self._fd))
        beyond = self._fs.read_source(
            self._fd, memoryview(bytearray(1)), self.identity.size
        )
        return now, beyond, SourceIdentity.of(self._fs.find_source(self._path))


@contextlib.contextmanager
def opened_source(
    fs: Filesystem, task: CopyTask, check: Callable[[], None]
) -> Iterator[Source]:
    """Hold a library file open for reading; `check` may raise while it is waited for.

    Raises: SourceVanished, SourceUnreadable, SourceHangs.
    """
    path, place = task.source, task.place or str(task.source.parent)
    caller = Caller(place, check=check)
    opened: list[int] = []

    def open_it() -> tuple[int, os.stat_result]:
        fd = fs.open_source(path)
        opened.append(fd)
        return fd, fs.about_source(fd)

    try:
        with _named():
            found = caller.call(open_it)
        yield Source(fs, path, found, caller, place)
    finally:
        # In the same thread: also what was opened after nobody waited any more.
        caller.leave(partial(_close, fs, opened))


def _close(fs: Filesystem, opened: list[int]) -> None:
    for fd in opened:
        fs.close_source(fd)


@contextlib.contextmanager
def _named() -> Iterator[None]:
    """Turn errors of the library's calls into named ones."""
    try:
        yield
    except OSError as error:
        raise faults.on_source(error) from error
    except DiskHangs as error:
        raise _hanging(error) from error


def _hanging(error: DiskHangs) -> faults.SourceHangs:
    return faults.SourceHangs(
        gettext("The library file cannot be read: {why}").format(why=error.message)
    )
