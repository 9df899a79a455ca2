"""Copies on a drive whose library file was replaced since: which, and which stay."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction

from drives.models import Drive, DriveFile, DriveFileItem
from drives.services.comparing import IDS_MOST, whole_items
from library.models import Item, MediaFile, MediaFileItem, Title
from syncqueue.models import QueueItem

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Outdated:
    """A title of which a drive has copies that the library has newer files of."""

    title_id: int
    name: str
    items: int
    old_bytes: int
    """Of the copies on the drive."""
    new_bytes: int
    """Of the library's files that would take their place."""
    is_kept: bool = False
    """Whether a person said that the copies stay."""


def find_outdated_titles(*, drive: Drive) -> tuple[int, ...]:
    """Return the titles of which anything is outdated on a drive; looks at all of it."""
    outdated = whole_items(drive=drive).outdated
    return tuple({title for _, title, _ in _read_items(outdated)})


def list_outdated(
    *, drive: Drive, title_ids: Collection[int] | None = None
) -> tuple[Outdated, ...]:
    """Return what is outdated on a drive and not asked to be renewed yet, by name.

    `title_ids`: only of these; None: of all. What a person wanted to keep comes last.
    A handful of queries; none of titles when nothing is outdated.
    """
    items = find_undecided(drive=drive, title_ids=title_ids)
    if not items:
        return ()
    copies = _copies(drive, items)
    files = _newest(items)
    kept = {pk for pk in items if _is_kept(copies[pk], files.get(pk))}
    by_title: dict[tuple[int, bool], set[int]] = defaultdict(set)
    for pk, title_id in items.items():
        by_title[title_id, pk in kept].add(pk)
    titles = Title.objects.only("name", "year", "sort_name").in_bulk(
        {title_id for title_id, _ in by_title}
    )
    rows = [
        Outdated(
            title_id=title_id,
            name=titles[title_id].label,
            items=len(pks),
            old_bytes=_size(row for pk in pks for row in copies[pk]),
            new_bytes=_size(files[pk] for pk in pks if pk in files),
            is_kept=is_kept,
        )
        for (title_id, is_kept), pks in by_title.items()
        if title_id in titles
    ]
    return tuple(
        sorted(rows, key=lambda row: (row.is_kept, row.name.casefold(), row.title_id))
    )


def keep(*, drive: Drive, title_ids: Collection[int]) -> int:
    """Keep a title's outdated copies until the library's file changes again.

    Returns how many copies are kept.
    """
    asked = set(title_ids)
    items = find_undecided(drive=drive)
    chosen = {pk: title for pk, title in items.items() if title in asked}
    return _keep(drive, chosen)


def keep_withdrawn(*, wish: QueueItem) -> int:
    """Keep what a withdrawn wish would have renewed, where that goes by itself.

    Else the next look would wish for it again, against what the person said.
    """
    if not wish.renews or wish.drive.outdated != Drive.Outdated.REPLACE:
        return 0
    return _keep(wish.drive, _outdated_of(wish))


def _outdated_of(wish: QueueItem) -> dict[int, int]:
    title = Title.objects.filter(pk=wish.title_id).values("pk")
    found = whole_items(drive=wish.drive, titles=title).outdated
    rows = Item.objects.filter(pk__in=found)
    if wish.item_id is not None:
        rows = rows.filter(pk=wish.item_id)
    elif wish.season_id is not None:
        rows = rows.filter(season=wish.season_id)
    return dict(rows.values_list("pk", "title_id"))


def find_undecided(
    *, drive: Drive, title_ids: Collection[int] | None = None
) -> dict[int, int]:
    """Return outdated items with their titles, but those with a renewal under way."""
    titles_asked = None
    if title_ids is not None and len(title_ids) <= IDS_MOST:
        titles_asked = Title.objects.filter(pk__in=title_ids).values("pk")
    outdated = whole_items(drive=drive, titles=titles_asked).outdated
    if not outdated:
        return {}
    open_ones = QueueItem.objects.open().filter(drive=drive, renews=True)
    titles, seasons, items = set[int](), set[int](), set[int]()
    for wish in open_ones.only("title_id", "season_id", "item_id"):
        if wish.item_id is not None:
            items.add(wish.item_id)
        elif wish.season_id is not None:
            seasons.add(wish.season_id)
        else:
            titles.add(wish.title_id)
    return {
        pk: title
        for pk, title, season in _read_items(outdated)
        if title not in titles and season not in seasons and pk not in items
    }


def _read_items(pks: Collection[int]) -> Iterable[tuple[int, int, int | None]]:
    for some in _chunks(pks):
        rows = Item.objects.filter(pk__in=some)
        yield from rows.values_list("pk", "title_id", "season_id")


def _chunks(pks: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(pks)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


@dataclass(frozen=True, slots=True)
class _Copy:
    pk: int
    size_bytes: int
    kept_instead_of: str


@dataclass(frozen=True, slots=True)
class _Newest:
    pk: int
    size_bytes: int
    fingerprints: frozenset[str]


def _copies(drive: Drive, items: Collection[int]) -> dict[int, list[_Copy]]:
    found: dict[int, list[_Copy]] = defaultdict(list)
    for some in _chunks(items):
        # First the pairs, then the files: joined, a database may go through all of the
        # drive for each of the items.
        held = DriveFileItem.objects.filter(item__in=some).order_by()
        pairs = list(held.values_list("item", "drive_file"))
        files = _files_there(drive, {file for _, file in pairs})
        for item, file in pairs:
            if file in files:
                found[item].append(files[file])
    return found


def _files_there(drive: Drive, pks: Collection[int]) -> dict[int, _Copy]:
    found = {}
    for some in _chunks(pks):
        rows = DriveFile.objects.present().filter(
            pk__in=some, drive=drive, kind=DriveFile.Kind.VIDEO
        )
        for row in rows.values_list("pk", "size_bytes", "kept_instead_of"):
            found[row[0]] = _Copy(*row)
    return found


def _newest(items: Collection[int]) -> dict[int, _Newest]:
    """Return what the library has of each item: the largest file, and all that it is."""
    found: dict[int, _Newest] = {}
    for some in _chunks(items):
        rows = MediaFileItem.objects.filter(
            item__in=some, media_file__state=MediaFile.State.PRESENT
        )
        for item, pk, size, mark in rows.values_list(
            "item",
            "media_file",
            "media_file__size_bytes",
            "media_file__fingerprint",
        ):
            known = found.get(item, _Newest(pk, -1, frozenset()))
            marks = known.fingerprints | {mark}
            larger = size > known.size_bytes
            found[item] = _Newest(
                pk if larger else known.pk,
                size if larger else known.size_bytes,
                marks,
            )
    return found


def _size(rows: Iterable[_Copy | _Newest]) -> int:
    """Sum sizes; a file of several items counts once."""
    return sum({row.pk: row.size_bytes for row in rows}.values())


def _is_kept(copies: Iterable[_Copy], newest: _Newest | None) -> bool:
    marks = newest.fingerprints if newest else frozenset[str]()
    return all(
        copy.kept_instead_of and copy.kept_instead_of in marks for copy in copies
    )


def without_kept(*, drive: Drive, items: dict[int, int]) -> dict[int, int]:
    """Return those items that nobody wanted to keep as they are on the drive."""
    copies, files = _copies(drive, items), _newest(items)
    return {
        pk: title
        for pk, title in items.items()
        if not _is_kept(copies[pk], files.get(pk))
    }


def unkeep(*, drive: Drive, items: Collection[int]) -> None:
    """Forget that copies of items were to be kept."""
    for some in _chunks(items):
        rows = DriveFile.objects.present().filter(drive=drive, items__in=some)
        rows.exclude(kept_instead_of="").update(kept_instead_of="")


def _keep(drive: Drive, items: Collection[int]) -> int:
    copies, files = _copies(drive, items), _newest(items)
    kept = 0
    with transaction.atomic():
        for item, rows in copies.items():
            marks = sorted(files[item].fingerprints) if item in files else []
            if marks and marks[0]:
                kept += DriveFile.objects.filter(
                    pk__in=[row.pk for row in rows]
                ).update(kept_instead_of=marks[0])
    return kept
