"""One run over a Plex library: its way to the server, its end, and its record."""

import resource
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.lib.errors import DrivearrError, StopRun
from drivearr.lib.progress import Cancelled, Progress
from plexlink.client import PlexClient, Section
from plexlink.models import PlexLibrary, PlexServer, PlexSync
from plexlink.services import connecting, erring, renewing
from plexlink.services.counting import Tally
from plexlink.services.discovering import store_sections
from plexlink.speaking import PlexRefused, PlexTrouble

KINDS = {
    "MOVIES": ("MOVIE",),
    "SHOWS": ("SHOW", "SEASON", "EPISODE"),
    "OTHER": ("VIDEO",),
}
"""What a library holds, in the order it is taken over."""
COUNTED = {"MOVIES": "MOVIE", "SHOWS": "EPISODE", "OTHER": "VIDEO"}
"""Whose number tells that something was removed."""


class LibraryGone(StopRun):
    """The server has no such library any more."""

    code = "PLEX_LIBRARY_GONE"
    advice = gettext_noop(
        "What was known of it is kept. It comes back if Plex has it again."
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one run, as the command prints them."""

    library: str
    library_id: int
    server: str
    kind: str
    listed: int
    added: int
    changed: int
    unchanged: int
    moved: int
    removed: int
    skipped: int
    errors: int
    requests: int
    writes: int
    seconds: float
    peak_rss_bytes: int


_LARGER: list[str] = [
    PlexSync.Kind.ITEMS,
    PlexSync.Kind.INCREMENTAL,
    PlexSync.Kind.DEEP,
]
"""Each does what the ones before it do."""


def take_up(library: PlexLibrary, *, kind: str, job: Job | None) -> PlexSync:
    """Return the run that was cut off, to go on with it, or a new one."""
    with transaction.atomic():
        sync = library.syncs.filter(state=PlexSync.State.RUNNING).first()
        if sync is None:
            return PlexSync.objects.create(library=library, kind=kind, job=job)
        changes: dict[str, object] = {"job": job, "resumed": sync.resumed + 1}
        if _LARGER.index(kind) > _LARGER.index(sync.kind):
            changes |= {"kind": kind, "cursor": {}}
        PlexSync.objects.filter(pk=sync.pk).update(**changes)
    sync.refresh_from_db()
    return sync


def viewer_of(server: PlexServer) -> str:
    """Return whose watch state a server tells us; needs `account` loaded."""
    return (server.account.name if server.account else server.name)[:100]


@dataclass(slots=True)
class Run(ABC):
    """One run, from connecting to the last word."""

    library: PlexLibrary
    sync: PlexSync
    progress: Progress
    tally: Tally = field(default_factory=Tally)
    begun: float = field(default_factory=time.monotonic)
    client: PlexClient | None = None

    @property
    def server(self) -> PlexServer:
        """The server of the library."""
        return self.library.server

    @property
    def is_deep(self) -> bool:
        """Whether everything is looked at again."""
        return self.sync.kind == PlexSync.Kind.DEEP

    def do(self) -> Summary:
        """Do it; the record of the run says how it ended."""
        try:
            self._work_with_a_good_token()
        except Cancelled:
            self._end(PlexSync.State.CANCELLED)
            raise
        except DrivearrError as error:
            self._fail(error)
            raise
        finally:
            # Interrupted leaves the run open: the next worker goes on with it.
            self._note_figures()
            if self.client is not None:
                self.client.close()
        erring.resolve(library=self.library)
        self._end(PlexSync.State.DONE)
        return self.summary()

    def _work_with_a_good_token(self) -> None:
        """Do the work; a token that ends on the way is renewed once, and work goes on."""
        try:
            self.work()
        except PlexRefused:
            if not renewing.renew_server(server=self.server):
                raise
            if self.client is not None:
                self.client.close()
            self.work()

    def _fail(self, error: DrivearrError) -> None:
        self.tally.errors += 1
        erring.note_trouble(error, erring.Place(self.server, self.library))
        if isinstance(error, PlexTrouble):
            erring.count_failure(self.server, error)
        PlexLibrary.objects.filter(pk=self.library.pk).update(last_error=error.message)
        self._end(PlexSync.State.FAILED, error)

    # --- What a kind of run says for itself ----------------------------------------

    @abstractmethod
    def work(self) -> None:
        """Do what this run is for."""

    # --- The way to the server ------------------------------------------------------

    @property
    def viewer(self) -> str:
        """Whose watch state the server tells us."""
        return viewer_of(self.server)

    def sleep(self, seconds: float) -> None:
        """Wait, but hear a wish to stop."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.progress.check()
            time.sleep(min(0.25, left))

    def connect(self) -> Section:
        """Return our section of the server; its uuid proves that it is the right one."""
        try:
            self.client = connecting.open_client(
                server=self.server, library=self.library, sleep=self.sleep
            )
            sections = self.client.sections()
            section = self._own(sections)
            if section is None or section.uuid != self.library.uuid:
                raise connecting.WrongServer(
                    gettext("Another server may answer there.")
                )
        except PlexTrouble as trouble:
            sections, section = self._connect_anew(trouble)
        self._store(sections)
        if section is None or not section.kind:
            raise LibraryGone(
                gettext("Plex has no library “{name}” any more.").format(
                    name=self.library.name
                )
            )
        erring.count_success(self.server)
        return section

    def _connect_anew(
        self, trouble: PlexTrouble
    ) -> tuple[tuple[Section, ...], Section | None]:
        if trouble.kind == "SIGN_IN":
            raise trouble
        asked = self.client.requests if self.client else 0
        if self.client is not None:
            self.client.close()
        self.client = connecting.connect(
            server=self.server, library=self.library, sleep=self.sleep
        )
        self.client.speaker.requests += asked
        sections = self.client.sections()
        return sections, self._own(sections)

    def _own(self, sections: tuple[Section, ...]) -> Section | None:
        return next((each for each in sections if each.key == self.library.key), None)

    def _store(self, sections: tuple[Section, ...]) -> None:
        store_sections(server=self.server, sections=sections)
        self.library.refresh_from_db()

    # --- The record --------------------------------------------------------------

    def phase(self, name: str) -> None:
        """Say what is done from now on."""
        self.progress.check()
        self.progress.note(f"{name}: {self.library.name}")
        # What is done in this phase is counted from nought.
        self.progress.expect(None, "ITEMS")
        PlexSync.objects.filter(pk=self.sync.pk).update(
            phase=name, phase_at=timezone.now()
        )

    def _note_figures(self) -> None:
        summary = self.summary()
        PlexSync.objects.filter(pk=self.sync.pk).update(
            **{name: getattr(summary, name) for name in _FIGURES}
        )

    def _end(self, state: str, error: DrivearrError | None = None) -> None:
        PlexSync.objects.filter(pk=self.sync.pk).update(
            state=state,
            phase="",
            cursor={},
            finished_at=timezone.now(),
            error_code=error.code if error else "",
            error=error.message if error else "",
        )

    def summary(self) -> Summary:
        """Return the figures as they are now."""
        tally = self.tally
        return Summary(
            library=self.library.name,
            library_id=self.library.pk,
            server=self.server.name,
            kind=self.sync.kind.lower(),
            listed=tally.listed,
            added=tally.added,
            changed=tally.changed,
            unchanged=tally.unchanged,
            moved=tally.moved,
            removed=tally.removed,
            skipped=tally.skipped,
            errors=tally.errors,
            requests=self.client.requests if self.client else 0,
            writes=tally.writes,
            seconds=round(time.monotonic() - self.begun, 3),
            peak_rss_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        )


_FIGURES = (
    *("listed", "added", "changed", "unchanged", "moved", "removed", "skipped"),
    *("errors", "requests", "writes", "seconds", "peak_rss_bytes"),
)
