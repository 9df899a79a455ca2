"""Folders for the folder picker; nothing outside the allowed places is shown."""

import os
from dataclasses import dataclass
from pathlib import Path

from drivearr.lib.errors import Refused

FOLDERS_MOST = 2000


class FolderRefused(Refused):
    """A folder may not be shown, or cannot be."""

    code = "FOLDER_REFUSED"
    advice = "Choose another folder."


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
            folder, or unreadable.

    """
    places = tuple(place.resolve() for place in allowed)
    if path is None:
        there = tuple(dict.fromkeys(place for place in places if place.is_dir()))
        return FolderListing(None, None, there)
    folder = _resolve(path)
    if not any(folder.is_relative_to(place) for place in places):
        raise FolderRefused(
            f"{path} is not in a place that may be shown.",
            advice="Add it to DRIVEARR_BROWSE_ROOTS, or choose another folder.",
        )
    parent = None if folder in places else folder.parent
    return FolderListing(folder, parent, _folders_in(folder))


def _resolve(path: Path) -> Path:
    if not path.is_absolute() or "\0" in str(path):
        raise FolderRefused(f"{str(path)!r} is no absolute path.")
    try:
        return path.resolve(strict=True)
    except FileNotFoundError as error:
        raise FolderRefused(f"There is no folder {path}.") from error
    except (OSError, RuntimeError) as error:
        raise FolderRefused(f"{path} cannot be opened.") from error


def _folders_in(folder: Path) -> tuple[Path, ...]:
    names: list[str] = []
    try:
        with os.scandir(folder) as entries:
            names.extend(
                entry.name for entry in entries if entry.is_dir(follow_symlinks=False)
            )
    except NotADirectoryError as error:
        raise FolderRefused(f"{folder} is no folder.") from error
    except OSError as error:
        raise FolderRefused(f"{folder} cannot be read: {error.strerror}.") from error
    names = [name for name in names if name.isprintable() and name[0] != "."]
    names.sort(key=lambda name: (name.casefold(), name))
    return tuple(folder / name for name in names[:FOLDERS_MOST])
