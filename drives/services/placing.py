"""Which places can be a drive."""

import os
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from drivearr.lib.rootfolder import RootFolder
from drives import detection
from drives.detection import Mount
from drives.models import Attachment
from library.models import Root

__all__ = [
    "DriveRefused",
    "Mount",
    "check_place",
    "check_writable",
    "list_candidates",
    "list_drive_folders",
    "mount_for",
    "open_place",
]

PATH_MOST_CHARACTERS = 1000
_SYSTEM_PLACES = frozenset(
    Path("/", name)
    for name in (
        *("bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt"),
        *("opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var"),
    )
)


class DriveRefused(Refused):
    """A place cannot be a drive."""

    code = "DRIVE_REFUSED"
    advice = gettext_noop("Choose another place.")


def check_place(path: Path, *, folder: bool) -> Path:
    """Return the real path of a folder that may be a drive.

    Raises: DriveRefused.
    """
    path = _real_folder(path)
    if folder and (path.parent == path or path in _SYSTEM_PLACES):
        raise DriveRefused(gettext("{path} belongs to the system.").format(path=path))
    _check_apart(path)
    return path


def _real_folder(path: Path) -> Path:
    text = os.fspath(path)
    if not _is_text(text) or len(text) > PATH_MOST_CHARACTERS:
        raise DriveRefused(gettext("The path is too long, or not plain text in UTF-8."))
    if not path.is_absolute():
        raise DriveRefused(
            gettext("{text!r} is no absolute path.").format(text=text),
            advice=gettext("Begin the path with a slash."),
        )
    try:
        path = path.resolve(strict=True)
        is_folder = path.is_dir()
    except FileNotFoundError:
        raise DriveRefused(
            gettext("{path} does not exist.").format(path=path),
            advice=gettext("Check the spelling, and whether the drive is mounted."),
        ) from None
    except (OSError, RuntimeError):
        raise DriveRefused(
            gettext("{path} cannot be looked at.").format(path=path)
        ) from None
    if not is_folder:
        raise DriveRefused(gettext("{path} is not a folder.").format(path=path))
    if not _is_text(os.fspath(path)):
        raise DriveRefused(gettext("The path is not plain text in UTF-8."))
    return path


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return text.isprintable()


def _check_apart(path: Path) -> None:
    """Refuse places that overlap a library folder, another drive or our own data."""
    if _overlap(path, settings.DATA_DIR.resolve()):
        raise DriveRefused(
            gettext("{path} overlaps Drivearr's own data folder.").format(path=path)
        )
    for root in Root.objects.in_order():
        if _overlap(path, root.folder):
            raise DriveRefused(
                gettext("{path} overlaps the library folder {root}.").format(
                    path=path, root=root.path
                ),
                advice=gettext("A drive and a library folder must lie apart."),
            )
    for attachment in Attachment.objects.current().select_related("drive"):
        other = Path(attachment.path)
        if other != path and _overlap(path, other):
            raise DriveRefused(
                gettext("{path} overlaps the drive “{drive}”.").format(
                    path=path, drive=attachment.drive.name
                )
            )


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def mount_for(path: Path, *, folder: bool) -> Mount | None:
    """Return the mount at `path`, described; for a folder drive the one that holds it.

    Raises: DriveRefused.
    """
    if folder:
        holding = detection.find_mount_of(path)
        return detection.describe(holding) if holding else None
    mount = detection.find_mount(path)
    if mount is None:
        raise DriveRefused(
            gettext("Nothing is mounted at {path}.").format(path=path),
            advice=gettext(
                "Plug the drive in and mount it. A plain folder is used as a drive "
                "only when you say so (--folder)."
            ),
        )
    if detection.is_system(mount, detection.list_mounts()):
        raise DriveRefused(
            gettext("{path} lies on this machine's own system disk.").format(path=path)
        )
    if mount.is_read_only:
        raise DriveRefused(
            gettext("{path} is mounted read-only.").format(path=path),
            advice=gettext(
                "Open its write-protect switch, or have its file system checked."
            ),
        )
    return detection.describe(mount)


def open_place(path: Path) -> RootFolder:
    """Open a folder that shall be a drive.

    Raises: DriveRefused.
    """
    try:
        return RootFolder.open_at(path)
    except OSError as error:
        raise DriveRefused(
            gettext("{path} cannot be opened: {strerror}.").format(
                path=path, strerror=error.strerror
            )
        ) from error


def check_writable(root: RootFolder, path: Path) -> None:
    """Refuse a place that we may not write to.

    Raises: DriveRefused.
    """
    if not os.access(path, os.W_OK | os.X_OK) or root.statvfs().f_flag & os.ST_RDONLY:
        raise DriveRefused(
            gettext("{path} cannot be written to.").format(path=path),
            advice=gettext("Check its owner, permissions and write protection."),
        )


def list_candidates() -> tuple[Mount, ...]:
    """Return mounted file systems that could be drives and are none yet."""
    taken = {Path(a.path) for a in Attachment.objects.current()}
    apart = [settings.DATA_DIR.resolve(), *_root_folders()]
    return tuple(
        detection.describe(mount)
        for mount in detection.list_candidates()
        if mount.path not in taken and not any(_overlap(mount.path, x) for x in apart)
    )


def list_drive_folders() -> tuple[Path, ...]:
    """Return where drives are now: no folder there can be a library."""
    paths: Iterable[str] = Attachment.objects.current().values_list("path", flat=True)
    return tuple(Path(path) for path in paths)


def _root_folders() -> list[Path]:
    return [root.folder for root in Root.objects.in_order()]
