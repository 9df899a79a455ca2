"""Which title and items a file on a drive is: by content, by manifest, by name."""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from drivearr.lib.errors import SkipFile
from drivearr.lib.rootfolder import RootFolder
from drives.manifest import Entry
from drives.models import DriveFile
from library.fingerprinting import fingerprint_of
from library.models import ExternalId, Item, MediaFile, MediaFileItem, Title
from library.models.title import fold
from library.naming import ParsedName, parse

_KINDS = {"movie": "MOVIE", "episode": "SHOW", "season": "SHOW", "other": "OTHER"}
_CHUNK = 500
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
    _by_size: set[int] | None = None
    _by_name: dict[tuple[str, str], set[tuple[int, int | None]]] | None = None
    _by_id: dict[tuple[str, str, str], int] | None = None
    _twins: dict[str, Recognised] = field(default_factory=dict)
    _items: dict[int, dict[tuple[int, int], int]] = field(default_factory=dict)

    def recognise(self, relpath: str, size_bytes: int) -> Recognised | None:
        """Return what the video at `relpath` is; None when nothing fits."""
        return self._by_content(relpath, size_bytes) or self._from_name(relpath)

    def read_ahead(self, fingerprints: Sequence[str]) -> None:
        """Find the library's twins of many files by a few queries instead of many."""
        wanted = sorted(set(fingerprints) - {""})
        for start in range(0, len(wanted), _CHUNK):
            rows = MediaFile.objects.filter(
                fingerprint__in=wanted[start : start + _CHUNK], title__isnull=False
            )
            # A file that is there comes last, so that it outranks a remembered one.
            found = list(
                rows.order_by("state", "-pk").values_list(
                    "pk", "fingerprint", "title_id"
                )
            )
            items = _items_of([pk for pk, _, _ in found])
            for pk, mark, title_id in found:
                self._twins[mark] = Recognised(
                    title_id=title_id or 0,
                    item_ids=tuple(items[pk]),
                    by=DriveFile.RecognisedBy.MANIFEST,
                    fingerprint=mark,
                    media_file_id=pk,
                )

    def recognise_entry(self, entry: Entry) -> Recognised | None:
        """Return what a manifest's entry is, by its fingerprint or by its ids.

        Only fingerprints that were read ahead are known.
        """
        twin = self._twins.get(entry.source_fingerprint)
        if twin is not None:
            return twin
        facts = entry.title
        by = DriveFile.RecognisedBy.MANIFEST
        title_id = self._title_of(entry)
        return self._with_items(title_id, facts.episodes, by, entry.source_fingerprint)

    def read_entries_ahead(self, entries: Sequence[Entry]) -> None:
        """Find all that `recognise_entry` needs by a few queries instead of many."""
        self.read_ahead([entry.source_fingerprint for entry in entries])
        found = {
            self._title_of(entry)
            for entry in entries
            if entry.source_fingerprint not in self._twins
        }
        wanted = sorted(pk for pk in found if pk and pk not in self._items)
        for start in range(0, len(wanted), _CHUNK):
            some = wanted[start : start + _CHUNK]
            self._items.update({pk: {} for pk in some})
            rows = Item.objects.filter(title_id__in=some).values_list(
                "title_id", "season__number", "number", "pk"
            )
            for title_id, season, number, pk in rows:
                self._items[title_id][_number(season, number)] = pk

    def _title_of(self, entry: Entry) -> int | None:
        facts = entry.title
        return self._title_by_ids(facts.kind, facts.ids) or self._title_by_name(
            facts.kind, [facts.name], facts.year
        )

    # --- By content ---------------------------------------------------------------

    def _by_content(self, relpath: str, size_bytes: int) -> Recognised | None:
        if size_bytes not in self._sizes():
            return None
        mark = self._fingerprint(relpath)
        if not mark:
            return None
        self.read_ahead([mark])
        twin = self._twins.get(mark)
        return replace(twin, by=DriveFile.RecognisedBy.CONTENT) if twin else None

    def _sizes(self) -> set[int]:
        if self._by_size is None:
            rows = MediaFile.objects.filter(title__isnull=False).exclude(fingerprint="")
            self._by_size = set(rows.values_list("size_bytes", flat=True))
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


def _items_of(media_file_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return the items of each file, in their order."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = MediaFileItem.objects.filter(media_file__in=media_file_ids)
    pairs = rows.order_by("position", "pk").values_list("media_file_id", "item_id")
    for file_id, item_id in pairs:
        found[file_id].append(item_id)
    return found
