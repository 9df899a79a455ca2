"""Which library file a foreign file on a drive is, by its content."""

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from drivearr.lib.errors import SkipFile
from drivearr.lib.rootfolder import RootFolder
from drives.models import DriveFile
from library.fingerprinting import fingerprint_of
from library.models import Item, MediaFile, Title


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a foreign file is."""

    title: Title
    items: Sequence[Item]
    by: str
    fingerprint: str = ""
    media_file: MediaFile | None = None


@dataclass(slots=True)
class Recogniser:
    """Knows the library's sizes, so that only possible twins are read."""

    root: RootFolder
    by_size: dict[int, list[int]]

    @classmethod
    def build(cls, root: RootFolder) -> "Recogniser":
        """Read the sizes of all matched files; one query."""
        by_size: dict[int, list[int]] = defaultdict(list)
        rows = MediaFile.objects.filter(title__isnull=False).exclude(fingerprint="")
        for pk, size in rows.values_list("pk", "size_bytes").iterator(2000):
            by_size[size].append(pk)
        return cls(root, by_size)

    def recognise(self, relpath: str, size_bytes: int) -> Recognised | None:
        """Return what the file at `relpath` is; None when nothing fits."""
        if size_bytes not in self.by_size:
            return None
        found = self._fingerprint(relpath)
        twin = (
            MediaFile.objects.filter(
                pk__in=self.by_size[size_bytes], fingerprint=found, title__isnull=False
            )
            .select_related("title")
            .order_by("pk")
            .first()
            if found
            else None
        )
        if twin is None or twin.title is None:
            return None
        return Recognised(
            title=twin.title,
            items=tuple(twin.items.order_by("mediafileitem__position", "pk")),
            by=DriveFile.RecognisedBy.CONTENT,
            fingerprint=found,
            media_file=twin,
        )

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
