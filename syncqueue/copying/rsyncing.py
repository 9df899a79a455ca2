"""rsync as the engine that writes a partial file; all the rest is as with our own.

It is started in the held folder of the partial, on a name that begins with `./`, by a list of
arguments and no shell. It writes in place behind the last durable block; we follow, hash
what it read while that is still in memory, make it durable and journal it. It is held
back when it runs too far ahead, so that a speed limit, and a pause, hold for it too.

Source: rsync(1) 3.2 to 3.5: options, exit values, the form of `--info=progress2`.
"""

import contextlib
import errno
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drivearr.lib.errors import DrivearrError, SkipFile, StopRun
from drivearr.lib.programs import find_rsync
from drivearr.lib.wording import gettext, gettext_noop
from syncqueue.copying import faults, sizes
from syncqueue.copying.journaling import Journal
from syncqueue.copying.resuming import find_start
from syncqueue.copying.working import Try

AHEAD_BYTES = 16 * 1024**2
"""It is held back when it wrote so much more than what is hashed."""
WINDOW_BYTES = 8 * 1024**2
"""After so much the file is flushed: what is in memory only cannot be counted."""
ANSWER_SECONDS = 60
"""rsync's own limit for a call that hangs."""
_LOOK_SECONDS = 0.05
_END_SECONDS = 1.0
_MESSAGES_MOST = 8192
_OPTIONS = (
    "--inplace",
    "--append",
    "--copy-links",
    "--ignore-times",
    "--info=progress2",
    "--no-human-readable",
    "--outbuf=N",
    f"--timeout={ANSWER_SECONDS}",
)
_SHIM = (
    "import ctypes, os, signal, sys\n"
    "ctypes.CDLL(None).prctl(1, signal.SIGKILL)\n"
    "os.getppid() == int(sys.argv[1]) or os._exit(1)\n"
    "os.execv(sys.argv[2], sys.argv[2:])\n"
)
"""Lets it die with us. 1 is PR_SET_PDEATHSIG. Source: prctl(2)."""
_PROGRESS = re.compile(rb"[\r\n ]([0-9][0-9,.]*) +[0-9]{1,3}%")
_ERROR = re.compile(r"\[(sender|generator|receiver|Receiver)\].*\((\d{1,3})\)\s*$")


class RsyncMissing(StopRun):
    """A drive is to be written by rsync, which is not installed."""

    code = "RSYNC_MISSING"
    advice = gettext_noop(
        "Install rsync, or choose Drivearr's own engine in the drive's profile."
    )


class RsyncFailed(SkipFile):
    """rsync ended without a copy, for a reason of its own."""

    code = "RSYNC_FAILED"
    advice = gettext_noop(
        "It is tried again a few times. If it stays so, choose Drivearr's own engine in "
        "the drive's profile."
    )
    retryable = True


class RsyncTimedOut(RsyncFailed):
    """rsync waited too long for the library or the drive."""

    code = "RSYNC_TIMED_OUT"
    advice = gettext_noop(
        "See whether the library's disk and the drive answer; it is tried again."
    )


_MEANINGS: dict[int, tuple[type[DrivearrError], str]] = {
    1: (RsyncFailed, gettext_noop("rsync does not know an option; it may be too old")),
    2: (RsyncFailed, gettext_noop("rsync's two halves do not understand each other")),
    4: (RsyncFailed, gettext_noop("rsync cannot do what was asked of it")),
    11: (faults.DriveFailing, gettext_noop("rsync met an error on the drive")),
    12: (RsyncFailed, gettext_noop("rsync's two halves lost each other")),
    14: (RsyncFailed, gettext_noop("rsync's two halves cannot speak with each other")),
    20: (RsyncFailed, gettext_noop("rsync was ended by a signal")),
    21: (RsyncFailed, gettext_noop("rsync lost one of its processes")),
    22: (faults.MachineOverburdened, gettext_noop("rsync had no memory left")),
    23: (
        faults.SourceUnreadable,
        gettext_noop("rsync could not read all of the library file"),
    ),
    24: (
        faults.SourceVanished,
        gettext_noop("The library file vanished while rsync read it"),
    ),
    30: (RsyncTimedOut, gettext_noop("rsync waited too long for an answer")),
    35: (RsyncTimedOut, gettext_noop("rsync waited too long for a connection")),
}
"""By exit value. Source: rsync(1), EXIT VALUES."""


def meaning_of(status: int, messages: str, *, is_there: bool) -> DrivearrError:
    """Return what an end of rsync means; what it said comes before its exit value.

    `status` is below zero when a signal ended it.
    """
    for line in messages.splitlines():
        found = _ERROR.search(line.strip())
        if found is None:
            continue
        code = int(found[2])
        error = OSError(code, os.strerror(code))
        if found[1] == "sender":
            return faults.on_source(error)
        return faults.on_drive(error, is_there=is_there)
    if not is_there:
        return faults.on_drive(OSError(errno.EIO, "rsync ended"), is_there=False)
    kind, words = _MEANINGS.get(
        status if status >= 0 else 20, (RsyncFailed, gettext_noop("rsync failed"))
    )
    return kind(f"{gettext(words)} ({gettext('exit status')} {status}).")


def parse_progress(text: bytes) -> int | None:
    """Return the last number of bytes that `--info=progress2` told; None: none."""
    found = _PROGRESS.findall(b"\n" + text)
    return int(re.sub(rb"[,.]", b"", found[-1])) if found else None


def rsync_partial(now: Try) -> int:
    """Have rsync write what is not durable yet; return the byte it began at.

    Raises: RsyncMissing, and what `meaning_of` gives.
    """
    program = find_rsync()
    if not program:
        raise RsyncMissing(gettext("rsync is not installed here."))
    start = find_start(now)
    begun_at = start.offset
    now.witness.began(now.source.identity, blocks=tuple(now.blocks))
    fd = now.fs.open_partial(now.partial, fresh=start.offset == 0)
    journal = Journal(now, fd, start, every_bytes=WINDOW_BYTES)
    try:
        # What lies behind the last durable block may be torn.
        now.fs.cut(fd, start.offset)
        if start.offset < now.size:
            with _running(now, program) as process:
                _Follower(now, fd, journal, process, start.offset).work()
        now.fs.cut(fd, now.size)
        journal.settle()
        if now.fs.size_of(fd) != now.size:
            raise faults.SourceChanged(gettext("The library file became shorter."))
        journal.flush()
    finally:
        journal.close()
        now.fs.close(fd)
    now.witness.progressed("COPYING", now.size)
    if not now.task.verify:
        now.sha256 = start.whole.hexdigest()
    return begun_at


def command_for(
    program: str, source: Path, partial: str, *, flags: Sequence[str] = ()
) -> list[str]:
    """Return the arguments; no name can be taken for an option or for another host.

    `flags`: checked options of the drive; a later one of the same name counts.
    """
    name = partial.rpartition("/")[2]
    return [program, *_OPTIONS, *flags, "--", str(source), f"./{name}"]


@contextlib.contextmanager
def _running(now: Try, program: str) -> "Iterator[subprocess.Popen[bytes]]":
    """Run it in the folder of the partial, which is held; it never outlives us."""
    command = command_for(
        program, now.task.source, now.partial, flags=now.task.rsync_flags
    )
    folder = now.fs.open_folder(now.partial)
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _SHIM, str(os.getpid()), *command],
            cwd=f"/proc/self/fd/{folder}",
            env={"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    finally:
        now.fs.close(folder)
    try:
        yield process
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        # One that hangs in the kernel ends when its disk answers.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_END_SECONDS)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


@dataclass(slots=True)
class _Follower:
    """Hashes, makes durable and journals what rsync wrote, a little behind it."""

    now: Try
    fd: int
    journal: Journal
    process: "subprocess.Popen[bytes]"
    done: int
    said: int = 0
    """By its own progress."""
    messages: str = ""
    is_held: bool = False
    _tail: bytes = b""
    _open: list[int] = field(default_factory=list)

    def work(self) -> None:
        """Follow it to its end.

        Raises: what `meaning_of` gives, and what `witness.check` raises.
        """
        self._open = [
            stream.fileno()
            for stream in (self.process.stdout, self.process.stderr)
            if stream is not None
        ]
        began_at = self.done
        while self.process.poll() is None:
            self.now.witness.check()
            there = max(self.now.fs.size_of(self.fd), min(self.said, self.now.size))
            is_behind = there - self.done >= sizes.CHUNK_BYTES
            self._hold(back=there - self.done > AHEAD_BYTES)
            self._listen(0.0 if is_behind else _LOOK_SECONDS)
            if is_behind:
                self._take()
        self._drain()
        if self.process.returncode != 0:
            raise meaning_of(
                self.process.returncode, self.messages, is_there=self.now.fs.is_there()
            )
        if self.now.fs.size_of(self.fd) <= began_at:
            raise RsyncFailed(gettext("rsync ended well and wrote nothing."))
        while self.done < self.now.size:
            self.now.witness.check()
            self._take()

    def _take(self) -> None:
        """Hash the next piece of the source, and let it become durable."""
        size = min(sizes.CHUNK_BYTES, self.now.size - self.done)
        data = self.now.source.read_in_time(size, self.done)
        self.journal.hash(memoryview(data))
        self.done += len(data)
        self.journal.wrote(self.done)
        self.now.witness.progressed("COPYING", self.journal.durable_end)

    def _hold(self, *, back: bool) -> None:
        if back == self.is_held:
            return
        # The sender alone: the other half then waits, and dies with it.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGSTOP if back else signal.SIGCONT)
        self.is_held = back

    def _listen(self, seconds: float) -> None:
        ready: list[int] = []
        if self._open:
            ready, _, _ = select.select(self._open, [], [], seconds)
        else:
            time.sleep(seconds)
        for number in ready:
            data = os.read(number, 65536)
            if not data:
                self._open.remove(number)
            elif self.process.stdout and number == self.process.stdout.fileno():
                self._tail = (self._tail + data)[-256:]
                self.said = parse_progress(self._tail) or self.said
            else:
                text = data.decode("utf-8", "replace")
                self.messages = (self.messages + text)[-_MESSAGES_MOST:]

    def _drain(self) -> None:
        until = time.monotonic() + _END_SECONDS
        while self._open and time.monotonic() < until:
            self._listen(_LOOK_SECONDS)
