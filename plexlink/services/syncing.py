"""One run over a Plex library: what changed, or everything again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.errors import SkipFile
from drivearr.lib.progress import Progress
from library.services.sourcing import read_precedence
from plexlink.client import Listing, Section
from plexlink.jobs import SYNC
from plexlink.models import PlexItem, PlexLibrary, PlexSync
from plexlink.services import erring, picturing
from plexlink.services.absorbing import Absorber
from plexlink.services.detailing import Detailer
from plexlink.services.linking import link_new_files, update_states
from plexlink.services.locating import Locator
from plexlink.services.looking import look_at_items
from plexlink.services.merging import standing_of
from plexlink.services.merging_episodes import EpisodeMerger
from plexlink.services.removing import RemovalHeld, remove_unlisted
from plexlink.services.running import COUNTED, KINDS, Run, Summary, take_up
from plexlink.services.tagging import sync_collections
from plexlink.speaking import PlexTrouble


class RowUnreadable(SkipFile):
    """The server cannot give one row of a list."""

    code = "PLEX_ROW_UNREADABLE"
    advice = gettext_noop(
        "Refresh the metadata of that item in Plex, or remove and add it there."
    )


def start_sync(
    *,
    library_id: int,
    deep: bool = False,
    confirmed: bool = False,
    keys: Sequence[str] = (),
    trigger: str = Job.Trigger.SYSTEM,
) -> Job:
    """Queue a run over a library, or over items of it; two never run at once."""
    library = PlexLibrary.objects.get(pk=library_id)
    return enqueue(
        SYNC,
        subject=library.subject,
        trigger=trigger,
        library_id=library_id,
        deep=deep,
        confirmed=confirmed,
        keys=list(keys),
    )


def sync_library(
    *,
    library_id: int,
    progress: Progress,
    deep: bool = False,
    confirmed: bool = False,
    keys: Sequence[str] = (),
    job: Job | None = None,
) -> Summary:
    """Bring what we know of a library in line with its server.

    With `keys` only of these items, and of what changed lately.

    Raises:
        PlexTrouble: the server cannot be asked; what was taken over stays.
        LibraryGone: it has no such library.
        Cancelled, Interrupted: see Progress; the next run goes on from there.

    """
    library = PlexLibrary.objects.select_related("server__account").get(pk=library_id)
    sync = take_up(library, kind=_kind(library, deep=deep, keys=keys), job=job)
    named = tuple(keys) if sync.kind == PlexSync.Kind.ITEMS else ()
    return _Sync(library, sync, progress, confirmed=confirmed, keys=named).do()


def _kind(library: PlexLibrary, *, deep: bool, keys: Sequence[str]) -> str:
    if deep:
        return PlexSync.Kind.DEEP
    # Before the first sync nothing is known that single items could join.
    is_first = library.last_sync_at is None
    return PlexSync.Kind.ITEMS if keys and not is_first else PlexSync.Kind.INCREMENTAL


@dataclass(slots=True)
class _Sync(Run):
    """A run over the whole library, or over single items of it."""

    confirmed: bool = False
    keys: tuple[str, ...] = ()
    """Rating keys to look at; the rest of the library is left for another run."""
    is_held: bool = False
    is_whole: bool = True

    def work(self) -> None:
        """See Run."""
        self.phase("Connecting")
        section = self.connect()
        locator = Locator(self.server)
        absorber = Absorber(self.library, self.tally, viewer=self.viewer)
        lists_all = self._list(section, absorber)
        merger = EpisodeMerger(
            self.library, self.tally, locator=locator, viewer=self.viewer
        )
        self._detailer(merger).take_stale()
        if self.is_deep:
            self._detailer(merger).take_all()
            update_states(library=self.library, locator=locator, tally=self.tally)
        if lists_all or self.tally.writes:
            self.phase("Collections")
            self._collections()
        self.phase("Tying files")
        link_new_files(library=self.library, locator=locator, tally=self.tally)
        self._remember(
            section,
            absorber,
            lists_all=lists_all,
            standing=standing_of(merger.precedence),
        )
        if self.tally.writes:
            picturing.start_if_due()

    # --- Listing -----------------------------------------------------------------

    def _list(self, section: Section, absorber: Absorber) -> bool:
        """List what changed, or everything; returns whether it was everything."""
        if self.keys:
            self._list_named(absorber)
            return False
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
        self.phase("What changed")
        for kind in self._changing_kinds():
            self._read(kind, absorber, Listing(), filters={"updatedAt>": since})
        viewed = {"lastViewedAt>": self.library.viewed_watermark + 1}
        watched = COUNTED[self.library.kind]
        self._read(watched, absorber, Listing(), filters=viewed)

    def _list_named(self, absorber: Absorber) -> None:
        assert self.client is not None  # noqa: S101 - connected before
        self._list_changes(absorber, since=self.library.watermark)
        self.phase("Looking at single items")
        look_at_items(
            library=self.library,
            client=self.client,
            keys=self.keys,
            absorber=absorber,
            tally=self.tally,
        )

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
            self.phase(f"Listing {kind.lower()}s")
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
            self.library.key,
            kind,
            listing,
            filters=filters,
            start=start,
            page_rows=settings.PLEX_PAGE_ROWS,
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
                gettext(
                    "Plex cannot give row {place} of the {kind}s of “{name}”: {message}"
                ).format(
                    place=place,
                    kind=kind.lower(),
                    name=self.library.name,
                    message=trouble.message,
                )
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
            phase=self.phase,
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

    # --- What is remembered --------------------------------------------------------

    def _save_cursor(
        self, absorber: Absorber, done: list[str], **place: object
    ) -> None:
        marks = [absorber.watermark, absorber.viewed_watermark]
        cursor = {"done": done, "marks": marks, **place}
        self.sync.cursor = cursor
        PlexSync.objects.filter(pk=self.sync.pk).update(cursor=cursor)

    def _remember(
        self, section: Section, absorber: Absorber, *, lists_all: bool, standing: str
    ) -> None:
        now = timezone.now()
        # A clock that is ahead must not hide what changes from now on.
        today = int(now.timestamp())
        changes: dict[str, object] = {
            "watermark": min(absorber.watermark, today),
            "viewed_watermark": min(absorber.viewed_watermark, today),
            "last_error": "",
        }
        if not self.keys:
            changes |= {"hints": section.hints, "last_sync_at": now}
        if lists_all:
            changes["keys_are_due"] = not self.is_whole
            if not self.is_held:
                changes["held_reason"] = ""
        if self.is_held:
            changes["keys_are_due"] = True
        if self.is_deep or (not self.keys and self.library.last_deep_at is None):
            changes |= {"last_deep_at": now, "believed_less_than": standing}
        PlexLibrary.objects.filter(pk=self.library.pk).update(**changes)


def due_libraries() -> Iterator[tuple[PlexLibrary, bool]]:
    """Yield the libraries whose interval has passed, and whether deeply."""
    now = timezone.now()
    standing = standing_of(read_precedence())
    for library in PlexLibrary.objects.enabled().select_related("server").in_order():
        if library.server.is_resting(now=now):
            continue
        if library.is_deep_due(now=now) or library.is_of_another_order(standing):
            yield library, True
        elif library.is_due(now=now):
            yield library, False


def follow_order() -> int:
    """Queue the libraries whose facts are of another order of the sources; how many.

    One that is under way, or whose server rests, is taken up by the next schedule.
    """
    standing = standing_of(read_precedence())
    libraries = [
        library
        for library in PlexLibrary.objects.enabled().in_order()
        if library.last_sync_at and library.believed_less_than != standing
    ]
    for library in libraries:
        start_sync(library_id=library.pk, deep=True, trigger=Job.Trigger.PERSON)
    return len(libraries)
