"""The process that has everything loaded; Python parts are forked from it.

Forked parts share the memory of what they all import, and start in a moment. Run by
`Nursery` in `forking.py`, as `python -m drivearr.processes.nursery FD`, where FD is one
end of a SOCK_SEQPACKET pair. Each message is one JSON object:

    request  {"argv": [module, ...], "env": {...}, "title": "..."} and a descriptor
             for the part's output
    answers  {"pid": 1} when a part is forked, {"ended": 1, "code": 0} when one ended,
             with a signal's number below zero

It ends, and with it its parts, when the other end of the pair is closed.
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
from dataclasses import dataclass

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
        self._channel = channel
        self._living: set[int] = set()
        self._wake, ours = socket.socketpair()
        ours.settimeout(0)
        self._wake.settimeout(0)
        self._ours = ours
        # A signal that only wakes: Ctrl-C and the end are the supervisor's to tell.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(ours.fileno())

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
                        self._channel, MESSAGE_MOST_BYTES, 1, socket.MSG_DONTWAIT
                    )
                except BlockingIOError:
                    continue
                if not text:
                    self._wait_for_parts()
                    return None
                birth = self._fork(text, outputs[0])
                if birth is not None:
                    return birth

    def _reap(self) -> None:
        try:
            self._wake.recv(4096)
        except BlockingIOError:
            return
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self._living.discard(pid)
                self._tell({"ended": pid, "code": os.waitstatus_to_exitcode(status)})

    def _wait_for_parts(self) -> None:
        """Take leave of the parts that still run, and of those that just ended."""
        for pid in self._living:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)

    def _tell(self, message: dict[str, int]) -> None:
        try:
            self._channel.send(json.dumps(message).encode())
        except OSError:
            # The supervisor is gone; the next look at the channel says so.
            return

    def _fork(self, text: bytes, output: int) -> _Birth | None:
        wish = json.loads(text)
        parent = os.getpid()
        pid = os.fork()
        if pid:
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
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for one in (self._channel, self._wake, self._ours):
            one.close()


def _live(birth: _Birth) -> None:
    """Be the part: run its module as `python -m` would."""
    import setproctitle

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
