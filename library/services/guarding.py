"""Whether a library folder is really there: unplugged is not deleted."""

import os
import stat

from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import StopRun
from drivearr.lib.hanging import DiskHangs, call_in_time
from library.models import MediaFile, Root
from library.walking import as_signed

SAMPLE_ROWS = 16
"""From each end of the index; a look at them tells a remount from another disk."""
ANSWER_SECONDS = 20.0
"""A folder whose disk says nothing for so long is away; a sleeping disk is faster."""
HELD_FROM_FILES = 3
"""Fewer missing files than this are never worth a question."""


class RootUnavailable(StopRun):
    """The library folder is not there, or is not the one it was."""

    code = "ROOT_UNAVAILABLE"
    advice = gettext_noop(
        "Nothing was marked missing. Plug in or mount its disk and scan "
        "again. If it lies elsewhere now, say where (drivearr roots move); if the "
        "change is meant, confirm it."
    )


class ScanHeld(StopRun):
    """So many files are gone that a person has to say what it means."""

    code = "SCAN_HELD"
    advice = gettext_noop(
        "Nothing was marked missing. Mount what is not mounted and scan "
        "again; if the files were deleted, confirm the scan."
    )


def look_at_root(*, root: Root, confirmed: bool) -> str:
    """Return the folder's identity, `<st_dev>:<inode>`.

    Another identity than at the last good scan is taken when the files known from then
    are there (device numbers change with every mount of a network share), or when a
    person `confirmed` it.

    Raises:
        RootUnavailable: missing, no folder, or another folder than it was.

    """
    identity = read_identity(root=root)
    if confirmed or not root.device or identity == root.device:
        return identity
    if not looks_familiar(root):
        raise RootUnavailable(
            gettext(
                "{path} is not the folder it was: another disk is in its place, or "
                "its own is not mounted."
            ).format(path=root.path)
        )
    _renumber(root, identity)
    return identity


def read_identity(*, root: Root) -> str:
    """Return `<st_dev>:<inode>` of the folder as it is now.

    Raises:
        RootUnavailable: missing, unreadable, no folder, or without an answer.

    """
    try:
        about = call_in_time(root.folder.stat, place=root.path, seconds=ANSWER_SECONDS)
    except DiskHangs as error:
        raise RootUnavailable(error.message, advice=error.advice) from error
    except OSError as error:
        raise RootUnavailable(
            gettext("{path} cannot be reached: {strerror}.").format(
                path=root.path, strerror=error.strerror
            )
        ) from error
    if not stat.S_ISDIR(about.st_mode):
        raise RootUnavailable(
            gettext("{path} is no folder any more.").format(path=root.path)
        )
    return f"{as_signed(about.st_dev)}:{as_signed(about.st_ino)}"


def is_same_folder(*, root: Root) -> bool:
    """Whether the root is there now, with the identity of its last good scan."""
    try:
        return read_identity(root=root) == root.device
    except RootUnavailable:
        return False


def looks_familiar(root: Root) -> bool:
    """Whether at least half of a sample of the known files lie where they were."""
    present = MediaFile.objects.present().filter(root=root)
    rows = {
        row
        for order in ("pk", "-pk")
        for row in present.order_by(order).values_list("relpath", "size_bytes")[
            :SAMPLE_ROWS
        ]
    }
    found = call_in_time(
        lambda: sum(_has_size(root, relpath, size) for relpath, size in rows),
        place=root.path,
    )
    return found * 2 >= len(rows)


def _has_size(root: Root, relpath: str, size_bytes: int) -> bool:
    try:
        return os.lstat(root.folder / relpath).st_size == size_bytes
    except OSError:
        return False


def _renumber(root: Root, identity: str) -> None:
    """Let the rows follow a disk that has a new number."""
    was, now = (int(text.partition(":")[0]) for text in (root.device, identity))
    if was != now:
        MediaFile.objects.filter(root=root, device=was).update(device=now)


def check_share(
    *, root: Root, gone: int, known: int, seen: int, percent: int, confirmed: bool
) -> None:
    """Ask before much is marked missing.

    `gone` of the `known` files were not found, `seen` files were; `percent` is the
    share from which a person is asked.

    Raises:
        RootUnavailable: nothing at all was found where something was known.
        ScanHeld: too large a share is gone.

    """
    if confirmed or not gone:
        return
    if not seen:
        raise RootUnavailable(
            gettext(
                "{path} is suddenly empty: not one of its {known} videos is there."
            ).format(path=root.path, known=known)
        )
    if gone >= HELD_FROM_FILES and gone * 100 > percent * known:
        raise ScanHeld(
            gettext("{gone} of the {known} videos in {path} are gone.").format(
                gone=gone, known=known, path=root.path
            )
        )
