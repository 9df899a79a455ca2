"""Drives follow the library: a file whose match changed there is that title here too."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, Max, Q

from drives.models import Drive, DriveFile, DriveFileItem
from library.models import MediaFile, MediaFileItem

_seen_matches: list[object] = []
"""The newest match this process has followed."""


def follow_new_matches() -> int:
    """Do `follow_library` for all drives if a match changed since the last look."""
    newest = [MediaFile.objects.aggregate(newest=Max("matched_at"))["newest"]]
    if newest == _seen_matches:
        return 0
    changed = follow_library()
    _seen_matches[:] = newest
    return changed


def follow_library(*, drive: Drive | None = None) -> int:
    """Bring titles and items of files on drives in line with their library files.

    Only where the drive's file is the library's: after the library replaced its file,
    the old one keeps what it was. Needs no drive plugged in. Returns how many changed.
    """
    rows = DriveFile.objects.filter(
        Q(source_fingerprint="")
        | Q(media_file__fingerprint="")
        | Q(source_fingerprint=F("media_file__fingerprint")),
        media_file__title__isnull=False,
        kind=DriveFile.Kind.VIDEO,
    )
    if drive is not None:
        rows = rows.filter(drive=drive)
    files = list(
        rows.values_list("pk", "title_id", "media_file_id", "media_file__title_id")
    )
    held = _grouped(
        DriveFileItem.objects.filter(drive_file__in=rows).values_list(
            "drive_file_id", "item_id"
        )
    )
    wanted = _grouped(
        MediaFileItem.objects.filter(media_file__drive_files__in=rows).values_list(
            "media_file_id", "item_id"
        )
    )
    changed = 0
    for pk, title_id, media_file_id, wanted_title in files:
        items = wanted[media_file_id or 0]
        if title_id != wanted_title or held[pk] != items:
            _relink(pk, wanted_title, items)
            changed += 1
    return changed


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for key, value in pairs:
        found[key].add(value)
    return found


def _relink(pk: int, title_id: int | None, items: set[int]) -> None:
    with transaction.atomic():
        DriveFile.objects.filter(pk=pk).update(title_id=title_id)
        DriveFileItem.objects.filter(drive_file_id=pk).exclude(
            item_id__in=items
        ).delete()
        DriveFileItem.objects.bulk_create(
            (DriveFileItem(drive_file_id=pk, item_id=item) for item in sorted(items)),
            ignore_conflicts=True,
        )
