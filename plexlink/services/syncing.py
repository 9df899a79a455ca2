"""One run over a Plex library: what changed, or everything again."""

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.errors import DrivearrError, SkipFile, StopRun
from drivearr.lib.progress import Cancelled, Progress
from plexlink.client import Listing, PlexClient, Section
from plexlink.jobs import SYNC
from plexlink.models import PlexItem, PlexLibrary, PlexServer, PlexSync
from plexlink.services import connecting, erring
from plexlink.services.absorbing import Absorber
from plexlink.services.counting import Tally
from plexlink.services.detailing import Detailer
from plexlink.services.discovering import store_sections
from plexlink.services.linking import link_new_files, update_states
from plexlink.services.locating import Locator
from plexlink.services.merging_episodes import EpisodeMerger
from plexlink.services.removing import RemovalHeld, remove_unlisted
from plexlink.services.tagging import sync_collections
from plexlink.speaking import PlexTrouble

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
    advice = "What was known of it is kept. It comes back if Plex has it again."


class RowUnreadable(SkipFile):
    """The server cannot give one row of a list."""

    code = "PLEX_ROW_UNREADABLE"
    advice = "Refresh the metadata of that item in Plex, or remove and add it there."


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


def start_sync(
    *,
    library_id: int,
    deep: bool = False,
    confirmed: bool = False,
    trigger: str = Job.Trigger.SYSTEM,
) -> Job:
    """Queue a run over a library; two never run at once."""
    library = PlexLibrary.objects.get(pk=library_id)
    return enqueue(
        SYNC,
        subject=library.subject,
        trigger=trigger,
        library_id=library_id,
        deep=deep,
        confirmed=confirmed,
    )


def sync_library(
    *,
    library_id: int,
    progress: Progress,
    deep: bool = False,
    confirmed: bool = False,
    job: Job | None = None,
) -> Summary:
    """Bring what we know of a library in line with its server.

    Raises:
        PlexTrouble: the server cannot be asked; what was taken over stays.
        LibraryGone: it has no such library.
        Cancelled, Interrupted: see Progress; the next run goes on from there.

    """
    library = PlexLibrary.objects.select_related("server__account").get(pk=library_id)
    run = _Run(library, _take_up(library, deep=deep, job=job), progress, confirmed)
    return run.do()


def _take_up(library: PlexLibrary, *, deep: bool, job: Job | None) -> PlexSync:
    """Return the run that was cut off, to go on with it, or a new one."""
    kind = PlexSync.Kind.DEEP if deep else PlexSync.Kind.INCREMENTAL
    with transaction.atomic():
        sync = library.syncs.filter(state=PlexSync.State.RUNNING).first()
        if sync is None:
            return PlexSync.objects.create(library=library, kind=kind, job=job)
        changes: dict[str, object] = {"job": job, "resumed": sync.resumed + 1}
        if deep and sync.kind != kind:
            changes |= {"kind": kind, "cursor": {}}
        PlexSync.objects.filter(pk=sync.pk).update(**changes)
    sync.refresh_from_db()
    return sync


@dataclass(slots=True)
class _Run:
    """One run, from connecting to the last word."""

    library: PlexLibrary
    sync: PlexSync
    progress: Progress
    confirmed: bool
    tally: Tally = field(default_factory=Tally)
    begun: float = field(default_factory=time.monotonic)
    client: PlexClient | None = None
    is_held: bool = False
    is_whole: bool = True

    @property
    def server(self) -> PlexServer:
        return self.library.server

    @property
    def is_deep(self) -> bool:
        return self.sync.kind == PlexSync.Kind.DEEP

    def do(self) -> Summary:
        """Do it; the record of the run says how it ended."""
        try:
            self._work()
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

    def _fail(self, error: DrivearrError) -> None:
        self.tally.errors += 1
        erring.note_trouble(error, erring.Place(self.server, self.library))
        if isinstance(error, PlexTrouble):
            erring.count_failure(self.server, error)
        PlexLibrary.objects.filter(pk=self.library.pk).update(last_error=error.message)
        self._end(PlexSync.State.FAILED, error)

    # --- The phases --------------------------------------------------------------

    def _work(self) -> None:
        self._phase("Connecting")
        section = self._connect()
        viewer = self._viewer()
        locator = Locator(self.server)
        absorber = Absorber(self.library, self.tally, viewer=viewer)
        lists_all = self._list(section, absorber)
        merger = EpisodeMerger(self.library, self.tally, locator=locator, viewer=viewer)
        self._phase("Taking details over")
        self._detailer(merger).take_stale()
        if self.is_deep:
            self._phase("Looking at everything again")
            self._detailer(merger).take_all()
            update_states(library=self.library, locator=locator, tally=self.tally)
        if lists_all or self.tally.writes:
            self._phase("Collections")
            self._collections()
        self._phase("Tying files")
        link_new_files(library=self.library, locator=locator, tally=self.tally)
        self._remember(section, absorber, lists_all=lists_all)

    def _viewer(self) -> str:
        account = self.server.account
        return (account.name if account else self.server.name)[:100]

    def _sleep(self, seconds: float) -> None:
        """Wait, but hear a wish to stop."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.progress.check()
            time.sleep(min(0.25, left))

    def _connect(self) -> Section:
        """Return our section of the server; its uuid proves that it is the right one."""
        try:
            self.client = connecting.open_client(server=self.server, sleep=self._sleep)
            sections = self.client.sections()
            section = self._own(sections)
            if section is None or section.uuid != self.library.uuid:
                raise connecting.WrongServer("Another server may answer there.")
        except PlexTrouble as trouble:
            sections, section = self._connect_anew(trouble)
        self._store(sections)
        if section is None or not section.kind:
            raise LibraryGone(f"Plex has no library “{self.library.name}” any more.")
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
        self.client = connecting.connect(server=self.server, sleep=self._sleep)
        self.client.speaker.requests += asked
        sections = self.client.sections()
        return sections, self._own(sections)

    def _own(self, sections: tuple[Section, ...]) -> Section | None:
        return next((each for each in sections if each.key == self.library.key), None)

    def _store(self, sections: tuple[Section, ...]) -> None:
        store_sections(server=self.server, sections=sections)
        self.library.refresh_from_db()

    # --- Listing -----------------------------------------------------------------

    def _list(self, section: Section, absorber: Absorber) -> bool:
        """List what changed, or everything; returns whether it was everything."""
        is_first = self.library.last_sync_at is None
        is_begun = bool(self.sync.cursor)
        if is_first or is_begun or self.is_deep or self.library.keys_are_due:
            self._list_all(absorber)
            return True
        self._list_changes(absorber, since=self.library.watermark)
        if self._lacks_something(section):
            self._list_all(absorber)
            return True
        return False

    def _list_changes(self, absorber: Absorber, *, since: int) -> None:
        self._phase("What changed")
        for kind in self._changing_kinds():
            self._read(kind, absorber, Listing(), filters={"updatedAt>": since})
        viewed = {"lastViewedAt>": self.library.viewed_watermark + 1}
        watched = COUNTED[self.library.kind]
        self._read(watched, absorber, Listing(), filters=viewed)

    def _changing_kinds(self) -> tuple[str, ...]:
        # Seasons change with their show; they come with the full listing.
        return tuple(kind for kind in KINDS[self.library.kind] if kind != "SEASON")

    def _lacks_something(self, section: Section) -> bool:
        """Whether the numbers or the server's own hints speak of what no filter shows."""
        assert self.client is not None  # noqa: S101 - connected before
        counted = COUNTED[self.library.kind]
        there = self.client.count(self.library.key, counted)
        known = PlexItem.objects.filter(library=self.library, kind=counted).listed()
        if there != known.count():
            return True
        is_hinted = bool(section.hints) and section.hints != self.library.hints
        return is_hinted and not (self.tally.added or self.tally.changed)

    def _list_all(self, absorber: Absorber) -> None:
        begun = self.sync.cursor
        if begun:
            # Pages were seen by a process that is gone: what they held is not known.
            self.is_whole = False
            absorber.go_on_from(begun.get("marks", [0, 0]))
        done = list(begun.get("done", []))
        for kind in KINDS[self.library.kind]:
            if kind in done:
                continue
            self._phase(f"Listing {kind.lower()}s")
            start = int(begun.get("start", 0)) if begun.get("kind") == kind else 0
            listing = Listing()
            self._read(kind, absorber, listing, start=start)
            self._report(listing, kind)
            if not start:
                self._remove(kind, listing)
            done.append(kind)
            self._save_cursor(absorber, done)
        if begun:
            self._list_changes(absorber, since=absorber.watermark)

    def _read(
        self,
        kind: str,
        absorber: Absorber,
        listing: Listing,
        *,
        filters: dict[str, int] | None = None,
        start: int = 0,
    ) -> None:
        assert self.client is not None  # noqa: S101 - connected before
        pages = self.client.list_items(
            self.library.key, kind, listing, filters=filters, start=start
        )
        shown = start
        for at, rows in pages:
            self.progress.check()
            if shown == start:
                self.progress.expect(listing.total, "ITEMS")
            absorber.absorb(rows, kind=kind)
            self.progress.advance(at - shown)
            shown = at
            if filters is None:
                done = self.sync.cursor.get("done", [])
                self._save_cursor(absorber, done, kind=kind, start=at)

    def _report(self, listing: Listing, kind: str) -> None:
        for place, trouble in listing.skipped:
            self.tally.skipped += 1
            error = RowUnreadable(
                f"Plex cannot give row {place} of the {kind.lower()}s of "
                f"“{self.library.name}”: {trouble.message}"
            )
            self.progress.report(error, path=self.library.name)
            about = f"{kind.lower()} row {place}"
            erring.note_trouble(error, erring.Place(self.server, self.library, about))

    def _remove(self, kind: str, listing: Listing) -> None:
        assert self.client is not None  # noqa: S101 - connected before
        if not listing.is_whole:
            self.is_whole = False
            return
        try:
            remove_unlisted(
                library=self.library,
                kind=kind,
                listing=listing,
                client=self.client,
                tally=self.tally,
                confirmed=self.confirmed,
            )
        except RemovalHeld as held:
            self.is_held = True
            self.progress.report(held, path=self.library.name)
            PlexLibrary.objects.filter(pk=self.library.pk).update(
                held_reason=held.message
            )

    # --- Details, collections ----------------------------------------------------

    def _detailer(self, merger: EpisodeMerger) -> Detailer:
        assert self.client is not None  # noqa: S101 - connected before
        return Detailer(
            library=self.library,
            client=self.client,
            merger=merger,
            progress=self.progress,
            kinds=KINDS[self.library.kind],
        )

    def _collections(self) -> None:
        assert self.client is not None  # noqa: S101 - connected before
        try:
            sync_collections(
                library=self.library,
                client=self.client,
                tally=self.tally,
                deep=self.is_deep,
            )
        except PlexTrouble as trouble:
            if trouble.kind == "SIGN_IN":
                raise
            # The titles are what matters; the next run asks again.
            self.tally.errors += 1
            place = erring.Place(self.server, self.library, "collections")
            erring.note_trouble(trouble, place)

    # --- The record --------------------------------------------------------------

    def _phase(self, name: str) -> None:
        self.progress.check()
        self.progress.note(f"{name}: {self.library.name}")
        PlexSync.objects.filter(pk=self.sync.pk).update(phase=name)

    def _save_cursor(
        self, absorber: Absorber, done: list[str], **place: object
    ) -> None:
        marks = [absorber.watermark, absorber.viewed_watermark]
        cursor = {"done": done, "marks": marks, **place}
        self.sync.cursor = cursor
        PlexSync.objects.filter(pk=self.sync.pk).update(cursor=cursor)

    def _remember(
        self, section: Section, absorber: Absorber, *, lists_all: bool
    ) -> None:
        now = timezone.now()
        # A clock that is ahead must not hide what changes from now on.
        today = int(now.timestamp())
        changes: dict[str, object] = {
            "hints": section.hints,
            "watermark": min(absorber.watermark, today),
            "viewed_watermark": min(absorber.viewed_watermark, today),
            "last_sync_at": now,
            "last_error": "",
        }
        if lists_all:
            changes["keys_are_due"] = not self.is_whole
            if not self.is_held:
                changes["held_reason"] = ""
        if self.is_held:
            changes["keys_are_due"] = True
        if self.is_deep or self.library.last_deep_at is None:
            changes["last_deep_at"] = now
        PlexLibrary.objects.filter(pk=self.library.pk).update(**changes)

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
            kind="deep" if self.is_deep else "incremental",
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


def due_libraries() -> Iterator[tuple[PlexLibrary, bool]]:
    """Yield the libraries whose interval has passed, and whether deeply."""
    now = timezone.now()
    for library in PlexLibrary.objects.enabled().select_related("server").in_order():
        if library.server.is_resting(now=now):
            continue
        if library.is_deep_due(now=now):
            yield library, True
        elif library.is_due(now=now):
            yield library, False
