"""Folders for the folder picker; nothing outside the allowed places is shown."""

import os
from dataclasses import dataclass
from pathlib import Path

from drivearr.lib.errors import Refused
from drivearr.lib.hanging import DiskHangs, call_in_time
from drivearr.lib.wording import gettext, gettext_noop

FOLDERS_MOST = 2000
ANSWER_SECONDS = 10.0
"""A person waits for the page."""


class FolderRefused(Refused):
    """A folder may not be shown, or cannot be."""

    code = "FOLDER_REFUSED"
    advice = gettext_noop("Choose another folder.")


@dataclass(frozen=True, slots=True)
class FolderListing:
    """A folder and the folders in it."""

    path: Path | None
    """None: the list of allowed places."""
    parent: Path | None
    """Where "up" leads; None: to the list of allowed places."""
    folders: tuple[Path, ...]
    """By name; hidden ones and links are left out."""


def list_folders(*, path: Path | None, allowed: tuple[Path, ...]) -> FolderListing:
    """List the folders in `path`, or the allowed places that are there when None.

    Raises:
        FolderRefused: not below an allowed place (links followed), missing, no
            folder, unreadable, or without an answer.

    """
    found = (_find_place(place) for place in allowed)
    places = tuple(dict.fromkeys(place for place in found if place))
    if path is None:
        return FolderListing(None, None, places)
    try:
        return call_in_time(
            lambda: _list(path, places), place=str(path), seconds=ANSWER_SECONDS
        )
    except DiskHangs as error:
        raise FolderRefused(error.message, advice=error.advice) from error


def _find_place(place: Path) -> Path | None:
    """Return an allowed place with links followed; None when it is not there."""

    def look() -> Path | None:
        real = place.resolve()
        return real if real.is_dir() else None

    try:
        return call_in_time(look, place=str(place), seconds=ANSWER_SECONDS)
    except DiskHangs:
        return None


def _list(path: Path, places: tuple[Path, ...]) -> FolderListing:
    folder = _resolve(path)
    if not any(folder.is_relative_to(place) for place in places):
        raise FolderRefused(
            gettext("{path} is not in a place that may be shown.").format(path=path),
            advice=gettext(
                "Add it to DRIVEARR_BROWSE_ROOTS, or choose another folder."
            ),
        )
    parent = None if folder in places else folder.parent
    return FolderListing(folder, parent, _folders_in(folder))


def _resolve(path: Path) -> Path:
    if not path.is_absolute() or "\0" in str(path):
        raise FolderRefused(
            gettext("{path!r} is no absolute path.").format(path=str(path))
        )
    try:
        return path.resolve(strict=True)
    except FileNotFoundError as error:
        raise FolderRefused(
            gettext("There is no folder {path}.").format(path=path)
        ) from error
    except (OSError, RuntimeError) as error:
        raise FolderRefused(
            gettext("{path} cannot be opened.").format(path=path)
        ) from error


def _folders_in(folder: Path) -> tuple[Path, ...]:
    names: list[str] = []
    try:
        with os.scandir(folder) as entries:
            names.extend(
                entry.name for entry in entries if entry.is_dir(follow_symlinks=False)
            )
    except NotADirectoryError as error:
        raise FolderRefused(
            gettext("{folder} is no folder.").format(folder=folder)
        ) from error
    except OSError as error:
        raise FolderRefused(
            gettext("{folder} cannot be read: {strerror}.").format(
                folder=folder, strerror=error.strerror
            )
        ) from error
    names = [name for name in names if name.isprintable() and name[0] != "."]
    names.sort(key=lambda name: (name.casefold(), name))
    return tuple(folder / name for name in names[:FOLDERS_MOST])
