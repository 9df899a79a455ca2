"""Starts parts in order, restarts one that dies, stops all in reverse."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drivearr.processes.forking import (
    ForkedProcess,
    Nursery,
    NurseryFailed,
    Stillborn,
    follow,
)
from drivearr.processes.plan import PART_ENV, Part

STOP_SECONDS = 8.0
"""Time for all parts to end by themselves; then they are killed. Ten in all."""
READY_SECONDS = 30.0
YOUNG_SECONDS = 10.0
"""A part that dies younger than this could not really live."""
YOUNG_DEATHS_MOST = 5
BACKOFF_MOST_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1
_IS_LINUX = sys.platform == "linux"

Say = Callable[[str, str], None]
"""Called with the part's name and a line."""


@dataclass(slots=True)
class _Running:
    part: Part
    process: "subprocess.Popen[bytes] | ForkedProcess | Stillborn | None" = None
    started_at: float = 0.0
    young_deaths: int = 0
    restart_at: float = 0.0
    reader: threading.Thread | None = None


def _die_with_parent() -> None:
    """Ask Linux to end this child when the supervisor dies, however it dies."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Keeps parts alive until `stop` is set."""

    def __init__(self, parts: Sequence[Part], *, say: Say) -> None:
        self._running = [_Running(part) for part in parts]
        self._say = say
        # Elsewhere a fork of a loaded process is not safe: libraries start threads.
        self._nursery = Nursery(env=PART_ENV, say=say) if _IS_LINUX else None
        self.stop = threading.Event()

    def run(self, *, on_ready: Callable[[], None]) -> int:
        """Run until stopped; return 0, or 1 when a part cannot live."""
        try:
            for one in self._running:
                self._start(one)
                if not self._wait_ready(one):
                    return int(not self.stop.is_set())
            on_ready()
            while not self.stop.wait(0.25):
                for one in self._running:
                    if not self._look_after(one):
                        return 1
            return 0
        finally:
            self._stop_all()

    def _start(self, one: _Running) -> None:
        one.started_at = time.monotonic()
        output = follow(one.part.name, self._say)
        one.reader = output.reader
        try:
            one.process = self._launch(one.part, output.write)
        except NurseryFailed as error:
            self._say(one.part.name, f"cannot start: {error}")
            one.process = Stillborn()
        finally:
            os.close(output.write)

    def _launch(
        self, part: Part, output: int
    ) -> "subprocess.Popen[bytes] | ForkedProcess":
        env = PART_ENV | {"DRIVEARR_PART": part.name}
        if part.is_python and self._nursery is not None:
            return self._nursery.start(
                part.argv, env=env, title=f"drivearr: {part.name}", output=output
            )
        start = (sys.executable, "-m") if part.is_python else ()
        return subprocess.Popen(
            (*start, *part.argv),
            env=os.environ | env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A group of its own: Ctrl-C reaches the supervisor alone.
            start_new_session=True,
            preexec_fn=_die_with_parent if _IS_LINUX else None,  # noqa: PLW1509
        )

    def _wait_ready(self, one: _Running) -> bool:
        """Wait until the part is ready, starting it anew if it dies meanwhile."""
        until = time.monotonic() + READY_SECONDS
        while not self.stop.is_set() and one.part.is_ready is not None:
            if one.part.is_ready() and self._is_alive(one):
                return True
            if time.monotonic() > until:
                self._say(one.part.name, f"is not ready after {READY_SECONDS:.0f} s")
                return False
            if not self._look_after(one):
                return False
            self.stop.wait(0.05)
        return not self.stop.is_set()

    @staticmethod
    def _is_alive(one: _Running) -> bool:
        return one.process is not None and one.process.poll() is None

    def _look_after(self, one: _Running) -> bool:
        """Restart a dead part when its time has come; False when it cannot live."""
        if self._is_alive(one):
            if time.monotonic() - one.started_at > 6 * YOUNG_SECONDS:
                one.young_deaths = 0
            return True
        now = time.monotonic()
        if one.process is not None:
            if not self._note_death(one, now):
                return False
            one.process = None
        if now >= one.restart_at:
            self._start(one)
        return True

    def _note_death(self, one: _Running, now: float) -> bool:
        code = (one.process.poll() if one.process else None) or 0
        if one.reader is not None:
            one.reader.join(timeout=1)
        young = now - one.started_at < YOUNG_SECONDS
        one.young_deaths = one.young_deaths + 1 if young else 0
        if one.young_deaths >= YOUNG_DEATHS_MOST:
            self._say(
                one.part.name, f"died {one.young_deaths} times at its start; giving up"
            )
            return False
        wait = min(2.0 ** max(one.young_deaths - 1, 0), BACKOFF_MOST_SECONDS) - 0.5
        one.restart_at = now + wait
        mended = one.part.mend() if one.part.mend and one.young_deaths >= 2 else ""  # noqa: PLR2004
        how = f"ended by signal {-code}" if code < 0 else f"ended with status {code}"
        note = f"; {mended}" if mended else ""
        self._say(one.part.name, f"{how}; starting it again in {wait:.1f} s{note}")
        return True

    def _stop_all(self) -> None:
        """End parts in reverse order: the broker last, when nobody needs it any more."""
        until = time.monotonic() + STOP_SECONDS
        first, *others = self._running
        users = list(reversed(others))
        for one in users:
            self._signal(one, signal.SIGTERM)
        self._wait_gone(users, until)
        self._signal(first, signal.SIGTERM)
        self._wait_gone([first], max(until, time.monotonic() + 1))
        if self._nursery is not None:
            self._nursery.end()
        for one in self._running:
            if one.reader is not None:
                one.reader.join(timeout=0.5)

    def _wait_gone(self, those: Sequence[_Running], until: float) -> None:
        while time.monotonic() < until and any(self._is_alive(one) for one in those):
            time.sleep(0.05)
        for one in those:
            if self._is_alive(one):
                self._say(one.part.name, "did not end by itself and was killed")
                self._signal(one, signal.SIGKILL)
                if one.process:
                    one.process.wait(timeout=5)

    def _signal(self, one: _Running, number: int) -> None:
        if one.process is None or not self._is_alive(one):
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if number == signal.SIGKILL:
                # Its children too: an embedded Beat is one.
                os.killpg(one.process.pid, number)
            else:
                one.process.send_signal(number)
