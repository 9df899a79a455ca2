"""Details of many items: fetched by several at once, taken over one batch at a time."""

from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import SkipFile
from drivearr.lib.progress import Progress
from plexlink.answers import Row, text_of
from plexlink.client import DETAILS_ROWS, PlexClient
from plexlink.models import PlexItem, PlexLibrary
from plexlink.models.item import PlexItemQuerySet
from plexlink.services import erring
from plexlink.services.absorbing import Absorber
from plexlink.services.merging_episodes import EpisodeMerger, ShowUnknown
from plexlink.speaking import PlexConfused, PlexFailed, PlexTrouble

_FAILURES_MOST = 50
"""After so many items without details the server is ill, not the items."""


class DetailsFailed(SkipFile):
    """The details of one item cannot be had."""

    code = "PLEX_DETAILS_FAILED"
    advice = gettext_noop("It is asked for again at the next sync.")


@dataclass(slots=True)
class Fetched:
    """The details of one batch, and what went wrong with single items."""

    keys: tuple[str, ...]
    rows: dict[str, Row] = field(default_factory=dict)
    failed: dict[str, PlexTrouble] = field(default_factory=dict)


@dataclass(slots=True)
class Detailer:
    """Takes details of one library over."""

    library: PlexLibrary
    client: PlexClient
    merger: EpisodeMerger
    progress: Progress
    kinds: tuple[str, ...]
    phase: Callable[[str], None]
    """Told what is done from now on."""
    failures: int = 0

    def take_stale(self) -> None:
        """Take over the details of what is new or changed."""
        for kind in self.kinds:
            rows = PlexItem.objects.filter(library=self.library, kind=kind).stale()
            self._take(kind, _in_order(rows), "Details of {}")

    def take_all(self) -> None:
        """Take over the details of everything; what is the same is not written."""
        since = timezone.now()
        for kind in self.kinds:
            rows = PlexItem.objects.filter(library=self.library, kind=kind).listed()
            # What was just taken over is as new as can be.
            rows = rows.exclude(scanned_at__gte=since)
            self._take(kind, _in_order(rows), "Looking at all {} again")

    def _take(self, kind: str, pks: "array[int]", says: str) -> None:
        if not pks:
            return
        self.phase(says.format(f"{kind.lower()}s"))
        self.progress.expect(len(pks), "ITEMS")
        for fetched in self._fetch_all(pks):
            self.progress.check()
            self._merge(kind, fetched)
            self._note_failed(fetched)
            self.progress.advance(len(fetched.keys))

    def _fetch_all(self, pks: "array[int]") -> Iterator[Fetched]:
        """Yield batches in their order, while the next ones are on their way."""
        starts = range(0, len(pks), DETAILS_ROWS)
        batches = (_keys_of(pks[at : at + DETAILS_ROWS]) for at in starts)
        width = self.library.requests_at_once
        with ThreadPoolExecutor(max_workers=width) as pool:
            waiting: deque[Future[Fetched]] = deque(
                pool.submit(self._fetch, batch) for batch in islice(batches, width + 1)
            )
            try:
                while waiting:
                    yield waiting.popleft().result()
                    waiting.extend(
                        pool.submit(self._fetch, batch) for batch in islice(batches, 1)
                    )
            finally:
                for future in waiting:
                    future.cancel()

    def _fetch(self, keys: tuple[str, ...]) -> Fetched:
        """Fetch a batch; what fails is halved down to the item that is bad."""
        try:
            rows = self.client.details(keys)
        except (PlexFailed, PlexConfused) as error:
            if len(keys) == 1:
                return Fetched(keys, failed={keys[0]: error})
            middle = len(keys) // 2
            first, second = self._fetch(keys[:middle]), self._fetch(keys[middle:])
            return Fetched(keys, first.rows | second.rows, first.failed | second.failed)
        return Fetched(keys, {text_of(row, "ratingKey"): row for row in rows})

    def _merge(self, kind: str, fetched: Fetched) -> None:
        items = self._items(fetched.rows)
        pairs = [(item, fetched.rows[item.rating_key]) for item in items]
        if not pairs:
            return
        try:
            self.merger.merge(pairs, kind=kind)
        except ShowUnknown as error:
            self._take_shows(error.keys)
            known = self._with_shows(self._items(fetched.rows))
            self.merger.merge(
                [(item, fetched.rows[item.rating_key]) for item in known], kind=kind
            )

    def _items(self, rows: dict[str, Row]) -> list[PlexItem]:
        found = PlexItem.objects.filter(
            server_id=self.library.server_id, rating_key__in=list(rows)
        )
        if self.library.kind != PlexLibrary.Kind.SHOWS:
            found = found.select_related("title")
        return list(found.order_by("pk"))

    def _take_shows(self, keys: Sequence[str] | set[str]) -> None:
        """Take over shows that came up since the shows were listed."""
        wanted = [key for key in sorted(keys) if key]
        if not wanted:
            return
        rows = self.client.details(wanted)
        absorber = Absorber(self.library, self.merger.tally, viewer=self.merger.viewer)
        absorber.absorb(rows, kind=PlexItem.Kind.SHOW)
        by_key = {text_of(row, "ratingKey"): row for row in rows}
        items = [
            item for item in self._items(by_key) if item.kind == PlexItem.Kind.SHOW
        ]
        pairs = [(item, by_key[item.rating_key]) for item in items]
        self.merger.merge(pairs, kind=PlexItem.Kind.SHOW)

    def _with_shows(self, items: list[PlexItem]) -> list[PlexItem]:
        """Return those whose show is known; the others wait for the next sync."""
        keys = {item.show_key for item in items}
        shows = set(
            PlexItem.objects.filter(
                server_id=self.library.server_id,
                rating_key__in=keys,
                title__isnull=False,
            ).values_list("rating_key", flat=True)
        )
        return [item for item in items if item.show_key in shows]

    def _note_failed(self, fetched: Fetched) -> None:
        """Write down what failed: it stays due, so that the next sync asks again."""
        for key, trouble in fetched.failed.items():
            self.failures += 1
            self.merger.tally.errors += 1
            PlexItem.objects.filter(
                server_id=self.library.server_id, rating_key=key
            ).update(
                state=PlexItem.State.ERROR,
                error=trouble.message,
                error_count=F("error_count") + 1,
            )
            error = DetailsFailed(
                gettext("Details of item {key} failed: {message}").format(
                    key=key, message=trouble.message
                )
            )
            self.progress.report(error, path=key)
            place = erring.Place(self.library.server, self.library, f"item {key}")
            erring.note_trouble(error, place)
            if self.failures >= _FAILURES_MOST:
                raise trouble


def _in_order(rows: PlexItemQuerySet) -> "array[int]":
    """Return ids, show by show: a batch then touches few of them.

    Eight bytes each is all that is kept of a whole library at once.
    """
    rows = rows.order_by("show_key", "season_number", "number", "pk")
    return array("q", rows.values_list("pk", flat=True).iterator())


def _keys_of(pks: "array[int]") -> tuple[str, ...]:
    """Return the rating keys of these items, in their order."""
    rows = PlexItem.objects.filter(pk__in=list(pks)).listed()
    keys = dict(rows.values_list("pk", "rating_key"))
    return tuple(keys[pk] for pk in pks if pk in keys)
