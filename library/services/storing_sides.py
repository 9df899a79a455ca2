"""Writing rows of side files, each with the video that it belongs to."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from library.keys import KeySet
from library.models import Root, SideFile
from library.services.storing import check_root
from library.walking import SideFound


class SideRows:
    """The rows of side files of one root, which one scan alone writes."""

    def __init__(self, root: Root) -> None:
        self.root = root
        self.seen = KeySet()
        """Of those that were found."""

    def write(self, sides: Sequence[SideFound], owners: Mapping[str, int]) -> None:
        """Bring the rows of these in line; `owners` are keys of videos by relpath."""
        rows = {
            row.relpath: row
            for row in SideFile.objects.filter(
                root=self.root, relpath__in=[side.relpath for side in sides]
            )
        }
        new, changed = [], []
        for found in sides:
            row = rows.get(found.relpath)
            fresh = self._side_row(found, owners)
            if row is None:
                new.append(fresh)
            elif _facts(row) != _facts(fresh):
                fresh.pk = row.pk
                changed.append(fresh)
        with transaction.atomic():
            check_root(self.root)
            created = SideFile.objects.bulk_create(new)
            for row in changed:
                row.save(force_update=True)
        self.seen.update(row.pk for row in (*rows.values(), *created))

    def _side_row(self, found: SideFound, owners: Mapping[str, int]) -> SideFile:
        return SideFile(
            root=self.root,
            relpath=found.relpath,
            kind=found.side.kind,
            media_file_id=owners.get(found.side.owner),
            suffix=found.side.suffix[:200],
            language=found.side.language,
            role=found.side.role,
            size_bytes=found.size_bytes,
            mtime_ns=found.mtime_ns,
        )


def _facts(row: SideFile) -> tuple[object, ...]:
    return (
        row.kind,
        row.media_file_id,
        row.suffix,
        row.language,
        row.role,
        row.size_bytes,
        row.mtime_ns,
    )
