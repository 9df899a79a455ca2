"""Following changes in library folders: a scan is queued when a burst has settled."""

import logging
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.db import DatabaseError, close_old_connections
from django.utils.translation import gettext

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.errors import StopRun
from drivearr.lib.hanging import DiskHangs, call_in_time
from library.jobs import SCAN
from library.models import Root
from library.services.guarding import ANSWER_SECONDS
from library.watching import (
    FolderWatch,
    Settler,
    WatchLimit,
    find_file_system,
    has_room,
    is_on_network,
    limit_at,
)

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 30.0
"""How often roots are read anew, and looked for when they are away."""
BUSY_SECONDS = 10.0
"""A change during a scan is looked at again after this."""
STEP_SECONDS = 0.5

Companion = Callable[[threading.Event], None]
_companions: list[Companion] = []


def register_companion(work: Companion) -> None:
    """Name work that lives beside the watching, in a thread of its own, until told."""
    if work not in _companions:
        _companions.append(work)


def start_companions(stop: threading.Event) -> list[threading.Thread]:
    """Start what other apps want to run in the watching process; ends with `stop`."""
    threads = [
        threading.Thread(target=work, args=(stop,), name=work.__name__)
        for work in _companions
    ]
    for thread in threads:
        thread.start()
    return threads


class Follower:
    """Watches all local roots of this machine. One thread calls `step`."""

    def __init__(self, *, quiet_seconds: float | None = None) -> None:
        self.settler = Settler() if quiet_seconds is None else Settler(quiet_seconds)
        self._watches: dict[int, tuple[str, FolderWatch]] = {}
        self._away: set[int] = set()
        self._told: set[tuple[int, str]] = set()
        self._waiting: dict[int, float] = {}
        self._looked = -LOOK_AGAIN_SECONDS

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop`; a database away is waited for."""
        try:
            while not stop.wait(STEP_SECONDS):
                try:
                    self.step(now=time.monotonic())
                except DatabaseError as error:
                    logger.warning("The database does not answer: %s", error)
                    close_old_connections()
        finally:
            self.close()

    def step(self, *, now: float) -> None:
        """Do what is due: read the roots again, queue scans of what has settled."""
        if now - self._looked >= LOOK_AGAIN_SECONDS:
            self._looked = now
            self._look()
        due = self.settler.take_settled(now=now)
        due += [key for key, at in list(self._waiting.items()) if now >= at]
        for root_id in dict.fromkeys(due):
            self._scan(root_id, now=now)

    def close(self) -> None:
        """Watch nothing any more."""
        for root_id in list(self._watches):
            self._forget(root_id)

    @property
    def watched(self) -> frozenset[int]:
        """The roots that are watched."""
        return frozenset(self._watches)

    # --- Roots --------------------------------------------------------------------

    def _look(self) -> None:
        close_old_connections()
        roots = {root.pk: root for root in Root.objects.all()}
        for root_id in set(self._watches) - set(roots):
            self._forget(root_id)
        for root in roots.values():
            self._follow(root)

    def _follow(self, root: Root) -> None:
        identity = _identity(root.folder)
        known = self._watches.get(root.pk)
        if known and known[0] == identity and known[1].is_alive:
            is_limited = not has_room()
            if known[1].is_limited == is_limited:
                return
            # Raised meanwhile, or reached: it is watched anew, and told.
        if known:
            self._forget(root.pk)
        if not identity:
            self._away.add(root.pk)
            return
        was_away = root.pk in self._away or known is not None
        self._away.discard(root.pk)
        self._watch(root, identity)
        if was_away:
            # What changed while nobody listened.
            self.settler.note(root.pk, now=time.monotonic())

    def _watch(self, root: Root, identity: str) -> None:
        if is_on_network(root.folder):
            kind = find_file_system(root.folder)
            self._tell(
                root,
                Root.Watching.POLLED,
                gettext(
                    "{path} is on a network ({kind}): what others change there is not "
                    "told. It is looked at as often as you choose."
                ).format(path=root.path, kind=kind),
            )
            return
        root_id = root.pk
        try:
            watch = call_in_time(
                lambda: FolderWatch(
                    root.folder,
                    lambda: self.settler.note(root_id, now=time.monotonic()),
                ),
                place=root.path,
            )
        except StopRun as error:
            is_limit = isinstance(error, WatchLimit)
            state = Root.Watching.LIMITED if is_limit else Root.Watching.FAILED
            self._tell(root, state, f"{error.message} {error.advice}")
            return
        self._watches[root.pk] = (identity, watch)
        if watch.is_limited:
            limit = limit_at(root.folder)
            self._tell(root, Root.Watching.LIMITED, f"{limit.message} {limit.advice}")
            return
        root.note_watching(Root.Watching.WATCHED)
        logger.info("Watching %s", root.path)

    def _forget(self, root_id: int) -> None:
        self._watches.pop(root_id)[1].close()
        self._told = {told for told in self._told if told[0] != root_id}

    def _tell(self, root: Root, state: Root.Watching, text: str) -> None:
        """Keep it for the page; log once, not every half minute."""
        if (root.watching, root.watching_reason) != (state, text):
            root.note_watching(state, reason=text)
        if (root.pk, text) not in self._told:
            self._told.add((root.pk, text))
            logger.warning("%s", text)

    # --- Scans --------------------------------------------------------------------

    def _scan(self, root_id: int, *, now: float) -> None:
        self._waiting.pop(root_id, None)
        root = Root.objects.filter(pk=root_id).first()
        if root is None:
            return
        job = enqueue(
            SCAN,
            subject=root.subject,
            root_id=root_id,
            deep=False,
            confirmed=False,
        )
        if job.state == Job.State.RUNNING:
            # It may have passed the place already.
            self._waiting[root_id] = now + BUSY_SECONDS


def _identity(folder: Path) -> str:
    try:
        about = call_in_time(
            folder.stat, place=os.fspath(folder), seconds=ANSWER_SECONDS
        )
    except (DiskHangs, OSError):
        return ""
    is_folder = stat.S_ISDIR(about.st_mode)
    return f"{about.st_dev}:{about.st_ino}" if is_folder else ""
