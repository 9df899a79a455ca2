"""Recognising files that lie somewhere else now."""

import os
from collections.abc import Sequence
from functools import partial

from django.utils import timezone

from drivearr.lib.hanging import call_in_time
from library.models import MediaFile, Root
from library.services.guarding import is_same_folder
from library.walking import VideoFound, as_signed


class Mover:
    """Recognises files that lie somewhere else now: same content, old path gone."""

    def __init__(self, root: Root, prints: dict[str, str]) -> None:
        self.root = root
        self.prints = prints
        self._there: dict[int, bool] = {}

    def take(self, new: Sequence[VideoFound]) -> list[MediaFile]:
        """Return the rows that turn out to be these new files, changed but unsaved."""
        wanted = {
            self.prints[video.relpath]
            for video in new
            if video.size_bytes and self.prints[video.relpath]
        }
        if not wanted:
            return []
        rows = MediaFile.objects.filter(fingerprint__in=wanted).select_related("root")
        free: dict[str, list[MediaFile]] = {}
        for row in rows.order_by("pk"):
            free.setdefault(row.fingerprint, []).append(row)
        taken = (self._take_one(video, free) for video in new)
        return [row for row in taken if row is not None]

    def _take_one(
        self, video: VideoFound, free: dict[str, list[MediaFile]]
    ) -> MediaFile | None:
        print_ = self.prints[video.relpath]
        if not video.size_bytes or print_ not in free:
            return None
        rows = [row for row in free[print_] if self._is_gone(row, video)]
        row = _choose(rows, video)
        if row is None:
            return None
        free[print_].remove(row)
        self._move(row, video)
        return row

    def _is_gone(self, row: MediaFile, video: VideoFound) -> bool:
        """Whether the row's old path is really gone, not merely unplugged."""
        if row.root_id != self.root.pk and not self._is_root_there(row.root):
            return False
        old = f"{row.root.path}/{row.relpath}"
        try:
            about = call_in_time(partial(os.lstat, old), place=row.root.path)
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            return False
        node = (as_signed(about.st_dev), as_signed(about.st_ino))
        if node != (video.device, video.inode):
            return False
        # One file under two spellings: where case does not count, the old one is gone.
        folder, _, name = old.rpartition("/")
        return name not in os.listdir(folder)

    def _is_root_there(self, root: Root) -> bool:
        if root.pk not in self._there:
            self._there[root.pk] = is_same_folder(root=root)
        return self._there[root.pk]

    def _move(self, row: MediaFile, video: VideoFound) -> None:
        is_renamed = row.relpath.rpartition("/")[2] != video.relpath.rpartition("/")[2]
        row.root, row.relpath = self.root, video.relpath
        row.size_bytes, row.mtime_ns = video.size_bytes, video.mtime_ns
        row.device = video.device
        row.inode = video.inode
        row.state, row.missing_since = MediaFile.State.PRESENT, None
        row.seen_at = timezone.now()
        by_person = row.matched_by == MediaFile.MatchedBy.PERSON
        if is_renamed:
            row.parsed = {}
        if row.match_state != MediaFile.Match.MATCHED and not by_person:
            # Another place may say more than the old one did.
            row.match_state = MediaFile.Match.PENDING


def _choose(rows: list[MediaFile], video: VideoFound) -> MediaFile | None:
    """Pick the row by inode, then by name; None when several are equally likely."""
    if len(rows) < 2:  # noqa: PLR2004 - one or none
        return rows[0] if rows else None
    name = video.relpath.rpartition("/")[2]
    # The time too: a new file may be given the inode of one just deleted.
    node = (video.inode, video.mtime_ns)
    same = [row for row in rows if (row.inode, row.mtime_ns) == node]
    same = same or [row for row in rows if row.relpath.rpartition("/")[2] == name]
    if same:
        return same[0]
    return rows[0] if len({row.title_id for row in rows}) == 1 else None
