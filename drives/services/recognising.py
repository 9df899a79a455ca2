"""Which title and items a file on a drive is: by content, by manifest, by name."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from drivearr.lib.errors import SkipFile
from drivearr.lib.rootfolder import RootFolder
from drives.manifest import Entry
from drives.models import DriveFile
from library.fingerprinting import fingerprint_of
from library.models import ExternalId, Item, MediaFile, Title
from library.models.title import fold
from library.naming import ParsedName, parse

_KINDS = {"movie": "MOVIE", "episode": "SHOW", "season": "SHOW", "other": "OTHER"}
Episodes = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is."""

    title_id: int
    item_ids: tuple[int, ...]
    by: str
    fingerprint: str = ""
    media_file_id: int | None = None


@dataclass(slots=True)
class Recogniser:
    """Knows the library: its sizes, so that only possible twins are read; its names.

    Each part is read on first use, by a query or two.
    """

    root: RootFolder
    _by_size: dict[int, list[int]] | None = None
    _by_name: dict[tuple[str, str], set[tuple[int, int | None]]] | None = None
    _by_id: dict[tuple[str, str, str], int] | None = None
    _items: dict[int, dict[tuple[int, int], int]] = field(default_factory=dict)

    def recognise(self, relpath: str, size_bytes: int) -> Recognised | None:
        """Return what the video at `relpath` is; None when nothing fits."""
        return self._by_content(relpath, size_bytes) or self._from_name(relpath)

    def recognise_entry(self, entry: Entry) -> Recognised | None:
        """Return what a manifest's entry is, by its fingerprint or by its ids."""
        twin = _find_twin(fingerprint=entry.source_fingerprint)
        by = DriveFile.RecognisedBy.MANIFEST
        if twin is not None:
            return _as(twin, by=by)
        facts = entry.title
        title_id = self._title_by_ids(facts.kind, facts.ids) or self._title_by_name(
            facts.kind, [facts.name], facts.year
        )
        return self._with_items(title_id, facts.episodes, by, entry.source_fingerprint)

    # --- By content ---------------------------------------------------------------

    def _by_content(self, relpath: str, size_bytes: int) -> Recognised | None:
        if size_bytes not in self._sizes():
            return None
        mark = self._fingerprint(relpath)
        twin = _find_twin(fingerprint=mark, among=self._sizes()[size_bytes])
        return _as(twin, by=DriveFile.RecognisedBy.CONTENT) if twin else None

    def _sizes(self) -> dict[int, list[int]]:
        if self._by_size is None:
            self._by_size = defaultdict(list)
            rows = MediaFile.objects.filter(title__isnull=False).exclude(fingerprint="")
            for pk, size in rows.values_list("pk", "size_bytes").iterator(2000):
                self._by_size[size].append(pk)
        return self._by_size

    def _fingerprint(self, relpath: str) -> str:
        try:
            fd = self.root.open(relpath, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return ""
        try:
            return fingerprint_of(fd)
        except (OSError, SkipFile):
            return ""
        finally:
            os.close(fd)

    # --- By name ------------------------------------------------------------------

    def _from_name(self, relpath: str) -> Recognised | None:
        parsed = parse(relpath)
        if parsed.part is not None:
            # One part of several: the whole would be claimed.
            return None
        kind = _KINDS[parsed.kind]
        names = [name for name in (parsed.title, *parsed.alt_titles) if name]
        title_id = self._title_by_ids(kind, parsed.ids) or self._title_by_name(
            kind, names, parsed.year
        )
        return self._with_items(
            title_id, _episodes_of(parsed), DriveFile.RecognisedBy.NAME, ""
        )

    def _title_by_ids(self, kind: str, ids: Mapping[str, str]) -> int | None:
        if self._by_id is None:
            rows = ExternalId.objects.filter(title__isnull=False).values_list(
                "title__kind", "source", "value", "title_id"
            )
            self._by_id = {(k, s, v): pk for k, s, v, pk in rows if k and pk}
        found = {self._by_id.get((kind, source, v)) for source, v in ids.items()}
        found.discard(None)
        return found.pop() if len(found) == 1 else None

    def _title_by_name(
        self, kind: str, names: Sequence[str], year: int | None
    ) -> int | None:
        """Return the one title of that name; two that fit equally are none."""
        for name in names:
            known = self._names().get((kind, fold(name)), set())
            fits = {pk for pk, y in known if year is None or y is None or y == year}
            if len(fits) == 1:
                return fits.pop()
        return None

    def _names(self) -> dict[tuple[str, str], set[tuple[int, int | None]]]:
        if self._by_name is None:
            self._by_name = defaultdict(set)
            rows = Title.objects.values_list(
                "pk", "kind", "name", "original_name", "year"
            )
            for pk, kind, name, original, year in rows.iterator(2000):
                for each in {fold(name), fold(original)} - {""}:
                    self._by_name[kind, each].add((pk, year))
        return self._by_name

    # --- Items --------------------------------------------------------------------

    def _with_items(
        self, title_id: int | None, episodes: Episodes, by: str, mark: str
    ) -> Recognised | None:
        if title_id is None:
            return None
        known = self._items_of(title_id)
        wanted = episodes or ([(-1, -1)] if (-1, -1) in known else [])
        item_ids = tuple(known[number] for number in wanted if number in known)
        if not item_ids:
            return None
        return Recognised(title_id, item_ids, by, mark)

    def _items_of(self, title_id: int) -> dict[tuple[int, int], int]:
        """Return a title's items by season and number; (-1, -1) is the one without."""
        if title_id not in self._items:
            rows = Item.objects.filter(title_id=title_id).values_list(
                "season__number", "number", "pk"
            )
            self._items[title_id] = {_number(s, n): pk for s, n, pk in rows}
        return self._items[title_id]


def _number(season: int | None, number: int | None) -> tuple[int, int]:
    return (-1, -1) if season is None or number is None else (season, number)


def _episodes_of(parsed: ParsedName) -> Episodes:
    if parsed.kind != "episode" or parsed.season is None:
        return ()
    return [(parsed.season, number) for number in parsed.episodes]


def _find_twin(
    *, fingerprint: str, among: Iterable[int] | None = None
) -> MediaFile | None:
    if not fingerprint:
        return None
    rows = MediaFile.objects.filter(fingerprint=fingerprint, title__isnull=False)
    if among is not None:
        rows = rows.filter(pk__in=among)
    # A file that is there outranks one that is only remembered.
    return rows.order_by("-state", "pk").first()


def _as(twin: MediaFile, *, by: str) -> Recognised | None:
    if twin.title_id is None:
        return None
    items = twin.items.order_by("mediafileitem__position", "pk")
    return Recognised(
        title_id=twin.title_id,
        item_ids=tuple(items.values_list("pk", flat=True)),
        by=by,
        fingerprint=twin.fingerprint,
        media_file_id=twin.pk,
    )
