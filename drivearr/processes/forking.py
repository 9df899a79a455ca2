"""Starts Python parts by forking them from the nursery."""

import contextlib
import json
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

LOAD_SECONDS = 60.0
"""Longest wait for a nursery to load everything and fork."""
TELL_SECONDS = 5.0
"""Longest wait for a nursery to tell how a part ended whose end was seen."""


@dataclass(frozen=True, slots=True)
class Output:
    """The end of a pipe that a process writes to, and who reads the other."""

    write: int
    reader: threading.Thread


def follow(name: str, say: Callable[[str, str], None]) -> Output:
    """Return a pipe whose lines are said under this name; the caller closes `write`."""
    read, write = os.pipe()

    def hear() -> None:
        with os.fdopen(read, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.strip():
                    say(name, line.rstrip())

    reader = threading.Thread(target=hear, daemon=True)
    reader.start()
    return Output(write, reader)


class NurseryFailed(Exception):
    """The nursery did not give birth: it died, or it hangs."""


class ForkedProcess:
    """A part that is not our own child; looks like a Popen to those who watch it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.is_orphan = False
        """Whether its nursery is gone, so that nobody tells its code any more."""
        self._handle: int | None = None
        # It may have ended already; then its code is told next.
        with contextlib.suppress(ProcessLookupError):
            self._handle = os.pidfd_open(pid)

    def __del__(self) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def poll(self) -> int | None:
        """Return its exit code, below zero for a signal; None while it lives."""
        if self.returncode is None and self._has_ended(seconds=0):
            # Its nursery died and could not tell the code.
            self.returncode = self._told_soon()
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for its end.

        Raises: subprocess.TimeoutExpired.
        """
        if self.returncode is None and not self._has_ended(seconds=timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return self.poll() or 0

    def send_signal(self, number: int) -> None:
        """Send a signal to it, and to no later process of its number."""
        if self._handle is None:
            raise ProcessLookupError(self.pid)
        signal.pidfd_send_signal(self._handle, number)

    def _has_ended(self, *, seconds: float) -> bool:
        if self._handle is None:
            return True
        return bool(select.select([self._handle], [], [], seconds)[0])

    def _told_soon(self) -> int:
        """Return the exit code; it is told a moment after the end is seen."""
        until = time.monotonic() + TELL_SECONDS
        while self.returncode is None and not self.is_orphan:
            if time.monotonic() > until:
                break
            time.sleep(0.01)
        return -signal.SIGTERM if self.returncode is None else self.returncode


class Stillborn:
    """A part that could not be forked: it ended at once."""

    pid = 0
    returncode: int | None = 1

    def poll(self) -> int | None:
        """Return its exit code."""
        return self.returncode

    def wait(self, timeout: float) -> int:  # noqa: ARG002
        """Return its exit code."""
        return 1

    def send_signal(self, number: int) -> None:
        """Raise ProcessLookupError: there is no process."""
        raise ProcessLookupError(number)


class Nursery:
    """The other end of `nursery.py`: starts it when needed, and anew when it died."""

    def __init__(
        self, *, env: Mapping[str, str], say: Callable[[str, str], None]
    ) -> None:
        """Take what is set for it beside our own environment, and who hears of it."""
        self._env = dict(env)
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._born: queue.Queue[ForkedProcess | None] = queue.Queue()

    def start(
        self, argv: Sequence[str], *, env: Mapping[str, str], title: str, output: int
    ) -> ForkedProcess:
        """Fork a part that runs the module `argv[0]`; `output` takes what it prints.

        Raises: NurseryFailed.
        """
        wish = {"argv": list(argv), "env": dict(env), "title": title}
        channel = self._open()
        try:
            socket.send_fds(channel, [json.dumps(wish).encode()], [output])
            born = self._born.get(timeout=LOAD_SECONDS)
        except (OSError, queue.Empty) as error:
            self.end()
            raise NurseryFailed(f"it does not answer ({error})") from error
        if born is None:
            self.end()
            raise NurseryFailed("it could not load the program; see above")
        return born

    def end(self) -> None:
        """Close the channel: the nursery ends, and what it bore is told to end."""
        if self._channel is not None:
            # The reader's end of file; a mere close would leave it waiting.
            with contextlib.suppress(OSError):
                self._channel.shutdown(socket.SHUT_RDWR)
            self._channel.close()
            self._channel = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=2)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _open(self) -> socket.socket:
        alive = self._process is not None and self._process.poll() is None
        if alive and self._channel is not None:
            return self._channel
        self.end()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        output = follow("nursery", self._say)
        with theirs, os.fdopen(output.write):
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "drivearr.processes.nursery"),
                    str(theirs.fileno()),
                ],
                env=os.environ | self._env,
                stdin=subprocess.DEVNULL,
                stdout=output.write,
                stderr=output.write,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._channel, self._born = ours, queue.Queue()
        threading.Thread(target=_listen, args=(ours, self._born), daemon=True).start()
        return ours


def _listen(channel: socket.socket, born: "queue.Queue[ForkedProcess | None]") -> None:
    """Take the nursery's answers until it ends; None in the queue says that it did."""
    living: dict[int, ForkedProcess] = {}
    with contextlib.suppress(OSError):
        while text := channel.recv(1000):
            message = json.loads(text)
            if "pid" in message:
                living[message["pid"]] = ForkedProcess(message["pid"])
                born.put(living[message["pid"]])
            else:
                ended = living.pop(message["ended"], None)
                if ended is not None:
                    ended.returncode = message["code"]
    for orphan in living.values():
        orphan.is_orphan = True
    born.put(None)
