"""What lies beside the files that are to be identified: .nfo files, neighbours."""

import contextlib
import os
import re
import stat
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from django.db.models import Q

from drivearr.lib.hanging import call_in_time
from drivearr.lib.progress import Progress
from library.models import MediaFile, Root, SideFile, Title
from library.models.below import below
from library.nfo import MOST_BYTES, Nfo, NfoUnreadable, read_nfo

_PART = re.compile(r"[\W_]*(?:cd|dvd|disc|disk|part|pt)?[\W_]*[0-9a-d]$", re.IGNORECASE)


def folder_of(relpath: str) -> str:
    """Return the folder's relpath; "" for the root itself."""
    return relpath.rpartition("/")[0]


class Surroundings:
    """What identifying needs to know of folders; loaded once for a run.

    Memory: the folders' .nfo files, a count per folder, the shows known by folder.
    """

    def __init__(
        self, roots: Iterable[Root], progress: Progress, *, reads_nfos: bool = True
    ) -> None:
        self._reads_nfos = reads_nfos
        self.roots = {root.pk: root for root in roots}
        self._progress = progress
        self._nfos: dict[tuple[int, str], dict[str, str]] = defaultdict(dict)
        self._videos: Counter[tuple[int, str]] = Counter()
        self._shows: dict[tuple[int, str], set[int]] = defaultdict(set)
        self._read: dict[tuple[int, str], Nfo | None] = {}
        self._load()

    def _load(self) -> None:
        sides = SideFile.objects.filter(
            root__in=self.roots, kind=SideFile.Kind.NFO, media_file=None
        )
        for root_id, relpath, role in sides.values_list("root", "relpath", "role"):
            self._nfos[root_id, folder_of(relpath)][role] = relpath
        files = MediaFile.objects.present().filter(root__in=self.roots)
        for root_id, relpath in files.values_list("root", "relpath").iterator():
            self._videos[root_id, folder_of(relpath)] += 1
        matched = files.filter(
            match_state=MediaFile.Match.MATCHED, title__kind=Title.Kind.SHOW
        )
        rows = matched.values_list("root", "parsed__show_folder", "title").distinct()
        for root_id, folder, title_id in rows.order_by():
            if folder:
                self._shows[root_id, folder].add(title_id)

    def find_show(self, root_id: int, folder: str) -> int | None:
        """Return the one show that the files of a folder belong to already."""
        titles = self._shows.get((root_id, folder), set())
        return next(iter(titles)) if len(titles) == 1 else None

    def holds_one_video(self, file: MediaFile) -> bool:
        """Whether no other video lies in the file's folder."""
        return self._videos[file.root_id, folder_of(file.relpath)] <= 1

    def holds_one_film(self, file: MediaFile) -> bool:
        """Whether the videos in the file's folder are one film: alone, or its parts."""
        if self.holds_one_video(file):
            return True
        folder = folder_of(file.relpath)
        inside = f"{folder}/" if folder else ""
        here = below(folder) if folder else Q()
        rows = MediaFile.objects.present().filter(here, root=file.root_id)
        stems = {
            _PART.sub("", relpath[len(inside) :].rpartition(".")[0]).casefold()
            for relpath in rows.values_list("relpath", flat=True)[:200]
            if "/" not in relpath[len(inside) :]
        }
        return len(stems) == 1

    def read_movie_nfo(self, file: MediaFile) -> Nfo | None:
        """Return the .nfo of a film: its own, or the folder's where one film lives."""
        own = self.read_own_nfo(file)
        if own is not None or not self.holds_one_video(file):
            return own
        return self._read_role(file.root_id, folder_of(file.relpath), "MOVIE")

    def read_show_nfo(self, file: MediaFile, folder: str | None) -> Nfo | None:
        """Return the tvshow.nfo of the folder that a show lives in."""
        if folder is None:
            return None
        return self._read_role(file.root_id, folder, "SHOW")

    def read_own_nfo(self, file: MediaFile) -> Nfo | None:
        """Return the .nfo that belongs to the file itself."""
        side = next(
            (each for each in file.side_files.all() if each.kind == "NFO"), None
        )
        return self._read_one(file.root_id, side.relpath) if side else None

    def _read_role(self, root_id: int, folder: str, role: str) -> Nfo | None:
        relpath = self._nfos.get((root_id, folder), {}).get(role)
        if relpath is None:
            return None
        key = (root_id, relpath)
        if key not in self._read:
            self._read[key] = self._read_one(root_id, relpath)
        return self._read[key]

    def _read_one(self, root_id: int, relpath: str) -> Nfo | None:
        if not self._reads_nfos:
            return None
        path = self.roots[root_id].folder / relpath
        try:
            return read_nfo(read_small(path, most_bytes=MOST_BYTES + 1))
        except NfoUnreadable as error:
            self._progress.report(error, path=str(path))
        except OSError:
            # Gone or unreadable just now: the name has to do.
            return None
        return None


def read_small(path: Path, *, most_bytes: int) -> bytes:
    """Return the first bytes of a plain file; nothing else is opened, no link followed.

    Raises:
        DiskHangs: its disk gives no answer.
        OSError: as the system gives it, also for what is no plain file.

    """
    place = os.fspath(path.parent)
    return call_in_time(partial(_read_small, path, most_bytes), place=place)


def _read_small(path: Path, most_bytes: int) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with contextlib.closing(os.fdopen(fd, "rb")) as stream:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(f"{path} is no plain file")
        return stream.read(most_bytes)
