"""Waiting until the mount table changes: at once on Linux, by looking elsewhere."""

import contextlib
import os
import select
from collections.abc import Iterable
from types import TracebackType

from drives import detection

Table = tuple[detection.Mount, ...]


class MountWatch:
    """Wakes when something is mounted or unmounted, or a device was pulled.

    Source: proc_pid_mountinfo(5): poll(2) marks the open file with POLLPRI.
    """

    def __init__(self, *, by_poll: bool = True) -> None:
        """`by_poll`: use the kernel's own word where it gives one."""
        self._poll: select.poll | None = None
        self._fd = -1
        self._table: Table = ()
        self._devices: tuple[str, ...] = ()
        if by_poll:
            with contextlib.suppress(OSError, AttributeError):
                self._begin_poll()
        if self._poll is None:
            self._table = detection.list_mounts()

    def _begin_poll(self) -> None:
        self._fd = os.open(detection.MOUNTINFO, os.O_RDONLY | os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLPRI)

    def follow(self, devices: Iterable[str]) -> None:
        """Name the block devices (`major:minor`) whose pulling is to be noticed.

        A drive that was pulled stays in the mount table: only its device is gone.
        """
        self._devices = tuple(
            device for device in devices if detection.device_is_there(device)
        )

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; say whether something changed."""
        if self._poll is not None:
            changed = bool(self._poll.poll(seconds * 1000))
        else:
            select.select([], [], [], seconds)
            before, self._table = self._table, detection.list_mounts()
            changed = before != self._table
        return changed or self._is_one_gone()

    def _is_one_gone(self) -> bool:
        return not all(detection.device_is_there(each) for each in self._devices)

    def close(self) -> None:
        """Watch nothing any more."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> "MountWatch":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
