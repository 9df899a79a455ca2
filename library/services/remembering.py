"""Remembering how folders looked, so that unchanged ones need not be read again."""

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TypeVar

from django.db import transaction
from django.db.models import F, QuerySet

from drivearr.lib.hanging import call_in_time
from drivearr.lib.progress import Progress
from drivearr.web.inserting import insert_rows
from library.keys import KeySet
from library.models import FolderLook, MediaFile, Root, SideFile
from library.walking import FolderFound, Look

T = TypeVar("T")
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

    def recall(self) -> dict[str, Look]:
        """Return all looks by relpath; some 300 bytes of memory for each folder."""
        rows = FolderLook.objects.filter(root=self.root)
        fields = rows.values_list("relpath", *_FIELDS).iterator(chunk_size=2000)
        return {row[0]: Look._make(row[1:]) for row in fields}

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


@dataclass(slots=True)
class FilesSeen:
    """What is left of the files in folders whose listing is as it was."""

    videos: KeySet = field(default_factory=KeySet)
    """Rows whose file is as it was, in whatever folder."""
    sides: KeySet = field(default_factory=KeySet)
    stale: set[str] = field(default_factory=set)
    """Folders in which something is not as it was."""
    count: int = 0
    """How many videos are in the folders that are not stale."""


def look_at_files(
    root: Root, folders: Mapping[str, int], progress: Progress
) -> FilesSeen:
    """Look at every known file in `folders`, which say how many files they hold.

    A listing does not tell of a file that was changed in place. No listing is read; a
    row too many or too few makes its folder stale as well.
    """
    seen = FilesSeen()
    left = dict(folders)
    videos = Counter[str]()
    if folders:
        present = MediaFile.objects.present().filter(root=root)
        for pk, folder, is_same in _look_at(root, present, left, progress):
            videos[folder] += 1
            if is_same:
                seen.videos.add(pk)
        sides = SideFile.objects.filter(root=root)
        seen.sides.update(
            pk for pk, _, is_same in _look_at(root, sides, left, progress) if is_same
        )
    # What is over or short: rows too many or too few, or files that differ.
    seen.stale = {folder for folder, files in left.items() if files}
    seen.count = sum(n for folder, n in videos.items() if folder not in seen.stale)
    return seen


def _look_at(
    root: Root,
    rows: "QuerySet[MediaFile] | QuerySet[SideFile]",
    left: dict[str, int],
    progress: Progress,
) -> Iterator[tuple[int, str, bool]]:
    """Yield each row's key, folder and whether its file is as it was.

    In `left` each such file is taken from its folder's number.
    """
    fields = rows.values_list("pk", "relpath", "size_bytes", "mtime_ns")
    for some in _batches(fields.iterator(chunk_size=2000)):
        progress.check()
        asked = [row for row in some if _folder_of(row[1]) in left]
        answers = call_in_time(partial(_are_same, root.path, asked), place=root.path)
        for (pk, relpath, *_), is_same in zip(asked, answers, strict=True):
            folder = _folder_of(relpath)
            left[folder] -= is_same
            yield pk, folder, is_same


def _are_same(top: str, rows: Sequence[tuple[int, str, int, int]]) -> list[bool]:
    answers = []
    for _, relpath, *was in rows:
        try:
            about = os.lstat(f"{top}/{relpath}")
        except OSError:
            answers.append(False)
        else:
            answers.append([about.st_size, about.st_mtime_ns] == was)
    return answers


def _batches(rows: Iterator[T]) -> Iterator[list[T]]:
    while some := list(islice(rows, BATCH_FILES)):
        yield some


def _folder_of(relpath: str) -> str:
    return relpath.rpartition("/")[0]


def _chunks(relpaths: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(relpaths), BATCH_FOLDERS):
        yield relpaths[start : start + BATCH_FOLDERS]
