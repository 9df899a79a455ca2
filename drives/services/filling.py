"""Which library folders fill a drive: all, or those its profile names."""

from collections.abc import Collection

from drives.models import Drive
from library.models import MediaFile


def source_ids(drive: Drive) -> list[int]:
    """Return the folders a drive's profile names; none: it is filled from all."""
    # One that was forgotten just now has no rows any more.
    return sorted(root.pk for root in drive.sources.all()) if drive.pk else []


def titles_within(drive: Drive) -> set[int] | None:
    """Return the titles that these folders have files of; None: no folder is named."""
    sources = source_ids(drive)
    return titles_of(sources) if sources else None


def titles_of(sources: Collection[int]) -> set[int]:
    """Return the titles that some folders have files of."""
    rows = MediaFile.objects.present().filter(root__in=sources, title__isnull=False)
    return set(rows.order_by().values_list("title_id", flat=True).distinct())
