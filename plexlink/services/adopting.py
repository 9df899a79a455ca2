"""Files that only Plex knows of: taken into the catalogue, so that they can be copied."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused, SkipFile
from library.fingerprinting import read_fingerprint
from library.models import MediaFile, Root, Title
from library.services import rooting, scanning
from library.walking import as_signed
from plexlink.models import PlexItem, PlexLibrary, PlexPart, PlexServer
from plexlink.services.counting import Tally
from plexlink.services.linking import match_files
from plexlink.services.locating import Locator


class NoSuchFolder(Refused):
    """A folder is none that Plex has and that lies here."""

    code = "NO_SUCH_PLEX_FOLDER"
    advice = gettext_noop("Load the page again; it may be a library folder already.")


@dataclass(frozen=True, slots=True)
class NewFolder:
    """A folder of a Plex library that is here, but is no library folder of ours."""

    library: PlexLibrary
    path: str


def adopt_files(title: Title) -> int:
    """Take up the files of a title that lie in library folders; returns how many."""
    parts = (
        PlexPart.objects.filter(plex_item__title=title, media_file=None)
        .exclude(local_path="")
        .exclude(plex_item__state=PlexItem.State.FILE_NOT_FOUND)
        .select_related("plex_item__library__server")
        .order_by("pk")
    )
    by_library: dict[PlexLibrary, list[PlexPart]] = {}
    for part in parts:
        by_library.setdefault(part.plex_item.library, []).append(part)
    return sum(_adopt(library, found) for library, found in by_library.items())


def _adopt(library: PlexLibrary, parts: list[PlexPart]) -> int:
    locator, tally = Locator(library.server), Tally()
    known = locator.find_files(part.local_path for part in parts)
    files: dict[str, MediaFile] = dict(known)
    for part in parts:
        if part.local_path not in files:
            new = _take_up(part.local_path, locator)
            if new is not None:
                files[part.local_path] = new
        file = files.get(part.local_path)
        if file is not None:
            PlexPart.objects.filter(pk=part.pk).update(media_file=file)
    match_files(library=library, files=list(files.values()), tally=tally)
    return len(files)


def _take_up(path: str, locator: Locator) -> MediaFile | None:
    """Make the row a scan would make; None where there is no such file, or no folder."""
    place = locator.root_of(path)
    if place is None:
        return None
    try:
        about = Path(path).lstat()
        fingerprint = read_fingerprint(path)
    except (OSError, SkipFile):
        return None
    now = timezone.now()
    return MediaFile.objects.get_or_create(
        root_id=place[0],
        relpath=place[1],
        defaults={
            "size_bytes": about.st_size,
            "mtime_ns": about.st_mtime_ns,
            "device": as_signed(about.st_dev),
            "inode": as_signed(about.st_ino),
            "fingerprint": fingerprint,
            "first_seen_at": now,
            "seen_at": now,
        },
    )[0]


# --- Folders ---------------------------------------------------------------------------


def list_new_folders(libraries: Iterable[PlexLibrary]) -> list[NewFolder]:
    """Return the folders of these libraries that are here and are no library folders."""
    roots = [Path(path) for path in Root.objects.values_list("path", flat=True)]
    locators: dict[PlexServer, Locator] = {}
    found: dict[str, NewFolder] = {}
    for library in libraries:
        if not library.is_enabled:
            continue
        locator = locators.setdefault(library.server, Locator(library.server))
        for location in library.locations:
            path = locator.find_folder(location)
            if path and not _touches(Path(path), roots) and Path(path).is_dir():
                found.setdefault(path, NewFolder(library, path))
    return list(found.values())


def _touches(folder: Path, roots: list[Path]) -> bool:
    return any(
        folder.is_relative_to(root) or root.is_relative_to(folder) for root in roots
    )


def take_folder(*, library: PlexLibrary, path: str) -> Root:
    """Make a folder of a Plex library one of ours, and scan it.

    Raises:
        NoSuchFolder: it is none of those that `list_new_folders` names.
        RootRefused: see `library.services.rooting`.

    """
    if path not in {each.path for each in list_new_folders([library])}:
        raise NoSuchFolder(
            gettext("{path} is no folder of “{name}” that lies here.").format(
                path=path, name=library.name
            )
        )
    root = rooting.add_root(path=Path(path), kind=library.kind)
    scanning.start_scan(root_id=root.pk)
    return root
