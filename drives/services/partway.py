"""How far a file was verified when that was stopped: kept, so that it is gone on with."""

import time
from typing import Any

from drives.models import Drive, DriveFile, DriveScan
from drives.reading import Partway

KEPT_SECONDS = 2.0
"""A place is written down at most that often."""


def find_place(*, drive: Drive) -> dict[str, Any]:
    """Return what the last verification left, if it was stopped within a file."""
    last = (
        drive.scans.filter(kind=DriveScan.Kind.VERIFY)
        .order_by("-started_at", "-pk")
        .first()
    )
    return dict(last.partway) if last is not None and not last.is_complete else {}


def read_place(place: dict[str, Any], row: DriveFile) -> Partway | None:
    """Return where to go on with a file; None: at its beginning.

    Only blocks that were as recorded count, of the very file that is recorded now.
    """
    known = list(row.block_digests)
    blocks = place.get("blocks")
    if place.get("file") != row.pk or place.get("sha256") != row.sha256:
        return None
    if not isinstance(blocks, int) or not 0 < blocks < len(known):
        return None
    return Partway(
        size_bytes=row.size_bytes,
        mtime_ns=int(place.get("mtime_ns", 0)),
        block_digests=tuple(known[:blocks]),
        is_proven=place.get("is_proven") is True,
    )


class Keeper:
    """Writes down how far a file is, as long as all of it is as recorded."""

    def __init__(self, scan: DriveScan, row: DriveFile) -> None:
        self._scan, self._row = scan, row
        self._kept_at = 0.0

    def reached(self, place: Partway) -> None:
        """Hear of a place in the file."""
        blocks = place.block_digests
        known = tuple(self._row.block_digests)
        # What differs is told of at the end; stopped before that, it is read again.
        if len(blocks) >= len(known) or blocks != known[: len(blocks)]:
            return
        self._scan.partway = {
            "file": self._row.pk,
            "sha256": self._row.sha256,
            "mtime_ns": place.mtime_ns,
            "blocks": len(blocks),
            "is_proven": place.is_proven,
        }
        if time.monotonic() - self._kept_at >= KEPT_SECONDS:
            self._kept_at = time.monotonic()
            self._scan.save(update_fields=["partway"])

    def ended(self) -> None:
        """Hear that the file is dealt with."""
        self._scan.partway = {}
