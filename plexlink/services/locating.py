"""Where a server's files are here, and which of our media files they are."""

import os
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from library.models import MediaFile, Root
from plexlink.mapping import Mapper, Rule, is_windows
from plexlink.models import PlexItem, PlexServer

CHUNK = 500


class Locator:
    """Applies a server's rules; looks at the disk only for what no scan knows."""

    def __init__(self, server: PlexServer) -> None:
        self._rules = [
            Rule(row.plex_path, row.local_path)
            for row in server.mappings.order_by("plex_path", "pk")
        ]
        self._mapper = Mapper(self._rules, folds_case=server.folds_case)
        roots = Root.objects.values_list("path", "pk", "state")
        self._roots = sorted(roots, key=lambda row: -len(row[0]))
        self._is_there = lru_cache(maxsize=512)(_is_there)

    def locate(self, file: str) -> str:
        """Return where a file is here; empty when no rule reaches it."""
        found = self._mapper.find(file)
        if found is not None:
            return found[:2000]
        if not file.startswith("/") or is_windows(file) or _is_tricky(file):
            return ""
        # The server may see the very folders that we do.
        own = self.root_of(file) is not None or Path(file).is_file()
        return file[:2000] if own else ""

    def find_folder(self, folder: str) -> str:
        """Return where a folder of the server is here; empty when no rule reaches it."""
        found = self._mapper.find(folder)
        if found is not None:
            return found
        is_own = folder.startswith("/") and not is_windows(folder)
        return folder if is_own and not _is_tricky(folder) else ""

    def root_of(self, path: str) -> tuple[int, str] | None:
        """Return the library folder that a path is in, and the rest of the path."""
        for root, pk, _state in self._roots:
            if path.startswith(root.rstrip("/") + "/"):
                return pk, path[len(root.rstrip("/")) + 1 :]
        return None

    def find_files(self, paths: Iterable[str]) -> dict[str, MediaFile]:
        """Return our media files at these paths; one query for each root."""
        wanted: dict[int, dict[str, str]] = defaultdict(dict)
        for path in paths:
            place = self.root_of(path) if path else None
            if place is not None:
                wanted[place[0]][place[1]] = path
        found: dict[str, MediaFile] = {}
        for root, relpaths in wanted.items():
            names = list(relpaths)
            for start in range(0, len(names), CHUNK):
                rows = MediaFile.objects.filter(
                    root=root, relpath__in=names[start : start + CHUNK]
                ).select_related("title")
                found |= {relpaths[row.relpath]: row for row in rows}
        return found

    def state_of(self, local_path: str, file: MediaFile | None) -> str:
        """Return NORMAL, REMOTE_ONLY or UNAVAILABLE for a file."""
        if file is not None and file.state == MediaFile.State.PRESENT:
            return PlexItem.State.NORMAL
        if not local_path:
            return PlexItem.State.REMOTE_ONLY
        if Path(local_path).is_file():
            return PlexItem.State.NORMAL
        # Unplugged is not deleted: its folder as a whole may be away.
        if not self._is_there(self._base_of(local_path)):
            return PlexItem.State.UNAVAILABLE
        return PlexItem.State.REMOTE_ONLY

    def _base_of(self, local_path: str) -> str:
        place = self.root_of(local_path)
        if place is not None:
            return local_path.removesuffix(place[1])
        bases = [rule.local_path.rstrip("/") for rule in self._rules]
        fitting = [base for base in bases if local_path.startswith(base + "/")]
        return max(fitting, key=len, default="/")


def _is_tricky(path: str) -> bool:
    return any(part in {"..", "."} for part in path.split("/"))


def _is_there(folder: str) -> bool:
    """Whether a folder is there and holds anything: an empty mount point does not."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
