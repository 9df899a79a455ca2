"""Remembering how folders looked, so that unchanged ones need not be read again."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from django.db import transaction
from django.db.models import BigIntegerField, Count, F, QuerySet, Sum

from drivearr.lib.progress import Progress
from drivearr.web.inserting import insert_rows
from library.keys import KeySet
from library.looks import KnownLooks
from library.models import FolderLook, MediaFile, Root, SideFile
from library.walking import TALLY_MASK, FolderFound, Look

BATCH_FOLDERS = 500
BATCH_FILES = 1000
_FIELDS = Look._fields


class FolderLooks:
    """The looks of one root's folders while it is walked.

    A new look is written with its time below zero, and believed only after `confirm`:
    a scan that ends half-way has not yet said what is gone.
    """

    def __init__(self, root: Root) -> None:
        self.root = root
        self._new: dict[str, Look] = {}
        self._distrusted: set[str] = set()

    def recall(self) -> KnownLooks:
        """Return all looks by relpath."""
        rows = FolderLook.objects.filter(root=self.root)
        fields = rows.values_list("relpath", *_FIELDS).iterator(chunk_size=2000)
        known = KnownLooks()
        for relpath, *look in fields:
            known[relpath] = Look._make(look)
        return known

    def add(self, folder: FolderFound) -> None:
        """Take in a folder whose listing was read."""
        if folder.look is None or folder.look == folder.past:
            return
        self._new[folder.relpath] = folder.look
        if len(self._new) >= BATCH_FOLDERS:
            self._write()

    def distrust(self, relpath: str) -> None:
        """Have a folder read again by the next scan."""
        self._distrusted.add(relpath)

    def confirm(self, *, gone: Collection[str]) -> None:
        """Believe all that was written: the scan has seen the whole root.

        The looks of folders that are `gone` are forgotten.
        """
        self._write()
        looks = FolderLook.objects.filter(root=self.root)
        for some in _chunks(list(gone)):
            looks.filter(relpath__in=some).delete()
        for some in _chunks(sorted(self._distrusted)):
            looks.filter(relpath__in=some).update(mtime_ns=-1)
        looks.filter(mtime_ns__lt=-1).update(mtime_ns=-F("mtime_ns"))

    def _write(self) -> None:
        looks, self._new = self._new, {}
        rows = [
            (relpath, *look._replace(mtime_ns=-max(look.mtime_ns, 1)))
            for relpath, look in looks.items()
        ]
        with transaction.atomic():
            if not Root.objects.filter(pk=self.root.pk).exists():
                return
            insert_rows(
                FolderLook,
                ("relpath", *_FIELDS),
                rows,
                instead_of=("root", "relpath"),
                root=self.root.pk,
            )


class Tally(NamedTuple):
    """What a number of files comes to: how many they are, and a sum over them."""

    files: int = 0
    sum: int = 0

    def plus(self, files: int, total: int) -> "Tally":
        """Return what it comes to with more files."""
        return Tally(self.files + files, self.sum + total)


Rows = TypeVar("Rows", MediaFile, SideFile)


def tally_rows(rows: "QuerySet[Rows]") -> Tally:
    """Return what rows come to, summed by the database."""
    each = F("size_bytes").bitand(TALLY_MASK) + F("mtime_ns").bitand(TALLY_MASK)
    total = Sum(each, output_field=BigIntegerField())
    told = rows.order_by().aggregate(files=Count("pk"), total=total)
    return Tally(told["files"], int(told["total"] or 0))


def check_rows(
    rows: "QuerySet[Rows]",
    folders: Mapping[str, Tally],
    seen: KeySet,
    progress: Progress,
) -> set[str]:
    """Hold the rows of files against what each of `folders` comes to.

    Returns the folders with a row too many, too few, or of another file than was seen.
    The keys of rows in the others are put into `seen`. Slow: each row is read. It is for
    when `tally_rows` says that something is amiss.
    """
    found = dict.fromkeys(folders, Tally())
    for _, folder, total in _read_rows(rows, folders, progress):
        found[folder] = found[folder].plus(1, total)
    stale = {each for each, tally in found.items() if tally != folders[each]}
    good = folders.keys() - stale
    seen.update(pk for pk, *_ in _read_rows(rows, good, progress))
    return stale


def _read_rows(
    rows: "QuerySet[Rows]", folders: Collection[str], progress: Progress
) -> Iterator[tuple[int, str, int]]:
    fields = rows.order_by().values_list("pk", "relpath", "size_bytes", "mtime_ns")
    for number, row in enumerate(fields.iterator(chunk_size=2000)):
        if not number % BATCH_FILES:
            progress.check()
        pk, relpath, size, mtime = row
        folder = relpath.rpartition("/")[0]
        if folder in folders:
            yield pk, folder, (size & TALLY_MASK) + (mtime & TALLY_MASK)


def _chunks(relpaths: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(relpaths), BATCH_FOLDERS):
        yield relpaths[start : start + BATCH_FOLDERS]
