"""The process that has everything loaded; Python parts are forked from it.

Forked parts share the memory of what they all import, and start in a moment. Run by
`Nursery` in `forking.py`, as `python -m drivearr.processes.nursery FD`, where FD is one
end of a SOCK_SEQPACKET pair. Each message is one JSON object:

    request  {"argv": [module, ...], "env": {...}, "title": "..."} and a descriptor
             for the part's output
    answers  {"pid": 1} when a part is forked, {"ended": 1, "code": 0} when one ended,
             with a signal's number below zero

It ends, and with it its parts, when the other end of the pair is closed or it is told
to with SIGTERM; a part that does not end by itself is killed.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass

END_SECONDS = 10.0
"""Time for the parts to end by themselves when nobody is left who looks after them."""
GC_THRESHOLDS = 10_000, 20, 20
"""New objects until the collector looks; Python's own are 700, 10, 10."""
MESSAGE_MOST_BYTES = 100_000
PR_SET_PDEATHSIG = 1
"""Source: prctl(2)."""

_SHARED = (
    "billiard.dummy",
    "billiard.pool",
    "celery.app.amqp",
    "celery.app.control",
    "celery.app.events",
    "celery.app.log",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.beat",
    "celery.bin.beat",
    "celery.bin.celery",
    "celery.bin.worker",
    "celery.concurrency.thread",
    "celery.events",
    "celery.events.dispatcher",
    "celery.events.receiver",
    "celery.fixups.django",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.consumer.delayed_delivery",
    "celery.worker.strategy",
    "django.contrib.sessions.backends.db",
    "django.contrib.staticfiles.finders",
    "django.core.handlers.wsgi",
    "django.core.management",
    "django.core.wsgi",
    "django.db.models.sql.compiler",
    "django_celery_beat.schedulers",
    "drivearr.cli",
    "drivearr.urls",
    "drivearr.web.command_line",
    "drivearr.web.static_storage",
    "kombu.mixins",
    "kombu.transport.redis",
    "library.management.commands.watch_library",
    "plexlink.services.listening",
    "waitress.runner",
    "websocket",
    "whitenoise.storage",
)
"""What the parts import sooner or later, beside the apps themselves."""


@dataclass(frozen=True, slots=True)
class _Birth:
    argv: tuple[str, ...]
    env: dict[str, str]
    title: str
    output: int


def main() -> None:
    """Load everything, then fork a part for each request."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    die_with_parent()
    _load()
    birth = _Forge(channel).serve()
    if birth is not None:
        _live(birth)


def die_with_parent() -> None:
    """Ask Linux to end this process with SIGTERM when its parent dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _load() -> None:
    # No collection until the parts are born: it would leave holes in the pages they
    # share, which they would fill. Source: the documentation of gc.freeze.
    gc.disable()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drivearr.settings")
    import django

    django.setup()
    for name in _SHARED:
        importlib.import_module(name)
    from drivearr.celery import app

    app.loader.import_default_modules()
    app.finalize()
    # What is here now stays: a collection in a part would copy its pages.
    gc.freeze()
    fill_holes()


class _MallInfo(ctypes.Structure):
    """What malloc says of itself, in bytes. Source: mallinfo(3)."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def fill_holes() -> None:
    """Take what malloc has free between what is loaded, from large to small.

    A part would put what it needs there, a little on each page, and so copy the pages
    that it shares: opening the database alone copied 7 MB. Only with glibc.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallinfo2"):
        return
    libc.mallinfo2.restype = _MallInfo
    libc.sbrk.restype = libc.malloc.restype = ctypes.c_void_p
    libc.sbrk.argtypes = [ctypes.c_ssize_t]
    libc.malloc.argtypes = [ctypes.c_size_t]
    end = libc.sbrk(0) - libc.mallinfo2().keepcost
    for bits in range(16, 4, -1):
        for size in (3 << (bits - 1), 1 << bits):
            while libc.malloc(size - 8) < end:
                continue


class _Forge:
    """Answers requests until the channel closes; in a part, returns what it shall be."""

    def __init__(self, channel: socket.socket) -> None:
        # Not MSG_DONTWAIT: Python 3.11 does not pass flags on. Source: socket.recv_fds.
        channel.settimeout(0)
        self._channel = channel
        self._living: set[int] = set()
        self._wake, ours = socket.socketpair()
        ours.settimeout(0)
        self._wake.settimeout(0)
        self._ours = ours
        self._is_ending = False
        # A signal that only wakes: Ctrl-C and the end are the supervisor's to tell.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(ours.fileno())

    def _end(self, *_: object) -> None:
        self._is_ending = True

    def serve(self) -> _Birth | None:
        """Return None at the end of the channel, a birth in a forked part."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                selector.select()
                self._reap()
                try:
                    text, outputs, _, _ = socket.recv_fds(
                        self._channel, MESSAGE_MOST_BYTES, 1
                    )
                except BlockingIOError:
                    if not self._is_ending:
                        continue
                    text, outputs = b"", []
                if not text:
                    self._end_parts()
                    return None
                birth = self._fork(text, outputs[0])
                if birth is not None:
                    return birth

    def _reap(self) -> None:
        try:
            self._wake.recv(4096)
        except BlockingIOError:
            return
        self._take_leave(os.WNOHANG)

    def _take_leave(self, how: int) -> None:
        """Tell of the parts that ended; of all, unless told not to wait."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, how)
                if pid == 0:
                    return
                self._living.discard(pid)
                self._tell({"ended": pid, "code": os.waitstatus_to_exitcode(status)})

    def _end_parts(self) -> None:
        """End the parts that still run; kill those that do not end in time."""
        self._signal_parts(signal.SIGTERM)
        until = time.monotonic() + END_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake, selectors.EVENT_READ)
            while self._living and time.monotonic() < until:
                selector.select(timeout=0.5)
                self._reap()
        self._signal_parts(signal.SIGKILL)
        self._take_leave(0)

    def _signal_parts(self, number: int) -> None:
        for pid in self._living:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            if number == signal.SIGKILL:
                # Its children too: an embedded Beat is one.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, number)

    def _tell(self, message: dict[str, int]) -> None:
        try:
            self._channel.send(json.dumps(message).encode())
        except OSError:
            # The supervisor is gone; the next look at the channel says so.
            return

    def _fork(self, text: bytes, output: int) -> _Birth | None:
        wish = json.loads(text)
        parent = os.getpid()
        # One that comes before the part has let go waits until it has.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        pid = os.fork()
        if pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            os.close(output)
            self._living.add(pid)
            self._tell({"pid": pid})
            return None
        self._leave(parent)
        return _Birth(tuple(wish["argv"]), wish["env"], wish["title"], output)

    def _leave(self, parent: int) -> None:
        """Let go, in a part, of what is the nursery's."""
        die_with_parent()
        if os.getppid() != parent:
            os._exit(0)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for one in (self._channel, self._wake, self._ours):
            one.close()


def _live(birth: _Birth) -> None:
    """Be the part: run its module as `python -m` would."""
    import setproctitle

    # Fewer looks for what nobody holds any more: they took a tenth of a page's time.
    gc.set_threshold(*GC_THRESHOLDS)
    gc.enable()
    os.setsid()
    for number in (1, 2):
        os.dup2(birth.output, number)
    os.close(birth.output)
    os.environ.update(birth.env)
    setproctitle.setproctitle(birth.title)
    # In place: whoever was imported early holds the list.
    sys.argv[:] = birth.argv
    runpy.run_module(birth.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
