"""Listening to what servers tell by themselves, so that changes come within seconds."""

import logging
import random
import threading
import time
from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from drivearr.jobs.models import Job
from plexlink.jobs import SYNC
from plexlink.models import PlexItem, PlexLibrary, PlexServer
from plexlink.notices import Notice, NoticeSocket
from plexlink.services import connecting
from plexlink.services.opening import me
from plexlink.services.syncing import start_sync
from plexlink.speaking import PlexTrouble

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 5.0
"""How often it is looked which servers are to be listened to."""
SETTLE_SECONDS = 0.5
"""Notices come in bursts; one run for all of a burst."""
FIRST_WAIT_SECONDS, WAIT_MOST_SECONDS = 1.0, 300.0
"""Before the line is tried again; doubles while it fails."""
STEADY_SECONDS = 60.0
"""A line that held so long was no failure."""
LEASE = timedelta(seconds=90)
RENEW_SECONDS = 30.0
KEYS_MOST = 200
"""More changed items than these are no single items: the library is looked at."""


def listen_to_servers(stop: threading.Event) -> None:
    """Keep one listener for each server that wants one, until `stop`."""
    threads: dict[int, tuple[threading.Thread, threading.Event]] = {}
    try:
        while not stop.is_set():
            try:
                _start_and_end(threads, wanted_servers())
            except DatabaseError as error:
                logger.warning("The database does not answer: %s", error)
            close_old_connections()
            stop.wait(LOOK_AGAIN_SECONDS)
    finally:
        _start_and_end(threads, set())


def wanted_servers() -> set[int]:
    """Return the servers to listen to: one library at least takes part."""
    libraries = PlexLibrary.objects.enabled().filter(server__is_live=True)
    return set(libraries.order_by().values_list("server_id", flat=True))


def _start_and_end(
    threads: dict[int, tuple[threading.Thread, threading.Event]], wanted: set[int]
) -> None:
    for server_id, (thread, stop) in list(threads.items()):
        if server_id not in wanted or not thread.is_alive():
            stop.set()
            thread.join(timeout=5)
            del threads[server_id]
    for server_id in wanted - set(threads):
        stop = threading.Event()
        listener = Listener(server_id)
        thread = threading.Thread(
            target=listener.run, args=(stop,), name=f"plex-{server_id}", daemon=True
        )
        thread.start()
        threads[server_id] = (thread, stop)


class Listener:
    """Listens to one server. One thread."""

    def __init__(self, server_id: int) -> None:
        self.server_id = server_id
        self.failures = 0
        self._line: NoticeSocket | None = None
        self._begun = 0.0
        self._told = ""
        self._changed: dict[int, dict[str, None]] = defaultdict(dict)
        """Rating keys by library, in their order; none: the library as such."""
        self._changed_at = 0.0
        self._renewed = 0.0

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop`."""
        try:
            while not stop.is_set():
                stop.wait(self.step())
        finally:
            self.close()
            close_old_connections()

    def step(self) -> float:
        """Open the line, or hear what is said on it; returns how long to wait then.

        A line that breaks is opened again, later each time.
        """
        try:
            if self._line is None:
                self._begin()
            else:
                self._note(self._line.listen())
                self._act()
                self._renew()
        except PlexTrouble as trouble:
            return self._break_off(trouble.message)
        except DatabaseError as error:
            return self._break_off(f"The database does not answer: {error}")
        return 0.0

    def close(self) -> None:
        """Hang up."""
        line, self._line = self._line, None
        if line is not None:
            line.close()
        self._end_lease()

    def _begin(self) -> None:
        self._line = self._open()
        self._begun = time.monotonic()
        self._say("")
        self._renew()
        self._check_all()

    def _break_off(self, why: str) -> float:
        self._say(why)
        if self._line is not None and time.monotonic() - self._begun > STEADY_SECONDS:
            self.failures = 0
        self.close()
        self.failures += 1
        close_old_connections()
        return self.wait_seconds()

    def wait_seconds(self) -> float:
        """Return how long to wait before the next try, with jitter."""
        grown = FIRST_WAIT_SECONDS * 2.0 ** min(self.failures - 1, 20)
        return min(WAIT_MOST_SECONDS, grown) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret

    def _open(self) -> NoticeSocket:
        server = PlexServer.objects.select_related("account").get(pk=self.server_id)
        if self.failures or not server.connections.filter(is_current=True).exists():
            # The address may be another one by now.
            connecting.connect(server=server).close()
            server.refresh_from_db()
        uri = server.connections.get(is_current=True).uri
        token = {"X-Plex-Token": server.token} if server.token else {}
        return NoticeSocket(
            uri,
            headers=me().headers() | token,
            connect_seconds=settings.PLEX_CONNECT_SECONDS,
        )

    def _say(self, text: str) -> None:
        """Log once, not at every try."""
        if text and text != self._told:
            logger.warning("Plex server %s: %s", self.server_id, text)
        elif not text:
            logger.info("Listening to Plex server %s", self.server_id)
        self._told = text

    # --- The lease that pages read -------------------------------------------------

    def _renew(self) -> None:
        now = time.monotonic()
        if self._renewed and now - self._renewed < RENEW_SECONDS:
            return
        self._renewed = now
        until = timezone.now() + LEASE
        PlexServer.objects.filter(pk=self.server_id).update(listens_until=until)

    def _end_lease(self) -> None:
        self._renewed = 0.0
        try:
            PlexServer.objects.filter(pk=self.server_id).update(listens_until=None)
        except DatabaseError as error:
            logger.warning("The database does not answer: %s", error)

    # --- What was heard --------------------------------------------------------------

    def _libraries(self) -> dict[str, PlexLibrary]:
        rows = PlexLibrary.objects.enabled().filter(server=self.server_id)
        return {row.key: row for row in rows}

    def _check_all(self) -> None:
        """Have every library checked: nobody knows what was said during the gap."""
        for library in self._libraries().values():
            PlexLibrary.objects.filter(pk=library.pk).update(keys_are_due=True)
            self._changed[library.pk] = {}
        self._changed_at = time.monotonic() - SETTLE_SECONDS

    def _note(self, notices: tuple[Notice, ...]) -> None:
        if not notices:
            return
        libraries = self._libraries()
        for notice in notices:
            for library in self._libraries_of(notice, libraries):
                is_whole = library.pk in self._changed and not self._changed[library.pk]
                if not notice.key:
                    self._changed[library.pk] = {}
                elif not is_whole:
                    self._changed[library.pk][notice.key] = None
                self._changed_at = time.monotonic()

    def _libraries_of(
        self, notice: Notice, libraries: dict[str, PlexLibrary]
    ) -> list[PlexLibrary]:
        if notice.section:
            return [libraries[notice.section]] if notice.section in libraries else []
        if not notice.key:
            return list(libraries.values())
        row = PlexItem.objects.filter(server=self.server_id, rating_key=notice.key)
        found = row.values_list("library__key", flat=True).first()
        return [libraries[found]] if found in libraries else []

    def _act(self) -> None:
        """Queue a run for what has settled; a library that is busy waits its turn."""
        if not self._changed or time.monotonic() - self._changed_at < SETTLE_SECONDS:
            return
        for library_id, keys in list(self._changed.items()):
            library = PlexLibrary.objects.filter(pk=library_id).first()
            if library is not None:
                if Job.objects.active().of(SYNC.name, library.subject).exists():
                    continue
                named = list(keys) if len(keys) <= KEYS_MOST else []
                start_sync(
                    library_id=library_id, keys=named, trigger=Job.Trigger.SYSTEM
                )
            del self._changed[library_id]
