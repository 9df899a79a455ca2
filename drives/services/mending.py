"""Manifests that were torn: mended by the next writing, or made anew from our rows."""

import stat
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import DrivearrError
from drivearr.lib.rootfolder import RootFolder, UnsafePath
from drives import detection, manifest
from drives.detection import Mount
from drives.manifest import Reading
from drives.models import Drive, DriveFile, SyncRecord
from drives.sameness import is_unchanged
from drives.services import manifesting, recording

_WORDS = {
    manifest.NAME: gettext_noop("the manifest"),
    manifest.COPY_NAME: gettext_noop("its second copy"),
}
_MOST_REMEMBERED = 64
_in_vain: dict[object, None] = {}
"""Torn manifests that could not be made anew, until they or the mounts change."""


@dataclass(frozen=True, slots=True)
class _Met:
    """What of our files is there."""

    there: int
    vanished: tuple[int, ...]
    altered: tuple[int, ...]

    @property
    def is_most(self) -> bool:
        """Whether most files that we wrote are there as we wrote them."""
        known = self.there + len(self.vanished) + len(self.altered)
        return known == 0 or 2 * self.there > known


def note_torn(*, drive: Drive, found: Reading) -> None:
    """Have a manifest written anew with the next writing if a copy of it is torn.

    The history says so once for each generation.
    """
    if not found.torn:
        return
    Drive.objects.filter(pk=drive.pk).update(
        manifest_is_due=True, manifest_whole_is_due=True
    )
    names = gettext(" and ").join(
        gettext(_WORDS.get(name, name)) for name in found.torn
    )
    was = (
        gettext("the one before it") if found.is_previous else gettext("the other one")
    )
    message = gettext(
        "On the drive {names} could not be read: {was}, generation {generation}, counts, "
        "and both are written anew."
    ).format(names=names, was=was, generation=found.manifest.generation)
    _tell_once(drive, message)


def _tell_once(drive: Drive, message: str) -> None:
    action = SyncRecord.Action.MENDED
    if not drive.history.filter(action=action, message=message).exists():
        recording.record_event(drive=drive, action=action, message=message)


def find_owner(*, mount: Mount, mounts: tuple[Mount, ...]) -> Drive | None:
    """Return the drive whose torn manifest lies at a mount; None: that is not sure.

    Sure is a file system's UUID that one known drive has, and one mount, and that no
    second drive was seen with its identity.
    """
    described = detection.describe(mount)
    if not described.uuid:
        return None
    drives = list(
        Drive.objects.filter(filesystem_uuid=described.uuid, is_folder=False)[:2]
    )
    if len(drives) != 1 or drives[0].clone_mark:
        return None
    if drives[0].attachments.current().exists():
        return None
    others = (
        other
        for other in mounts
        if other.has_block_device and (other.path, other.block) != _place(mount)
    )
    if any(detection.describe(other).uuid == described.uuid for other in others):
        return None
    return drives[0]


def _place(mount: Mount) -> tuple[Path, str]:
    return mount.path, mount.block


def is_torn(root: RootFolder) -> bool:
    """Whether manifests are there and none is good, by accident as it seems.

    A hostile one, a newer one, or none at all are for a person to decide about.
    """
    try:
        manifest.examine(root)
    except manifest.ManifestHostile:
        return False
    except manifest.ManifestUnreadable:
        return True
    except (OSError, DrivearrError):
        return False
    return False


def rebuild_manifest(*, mount: Mount, mounts: tuple[Mount, ...]) -> Drive | None:
    """Write a drive's manifest anew from our rows, in line with what is there.

    Return the drive; None when there is nothing to mend, it is not sure which drive it
    is, or it cannot be written.
    """
    try:
        with RootFolder.open_at(mount.path) as root:
            key = (root.device, manifest.look(root), mount.is_read_only, mounts)
            if not any(key[1]) or key in _in_vain or not is_torn(root):
                return None
            # Also when the drive gives an error: the next change is the next try.
            _remember(key)
            drive = find_owner(mount=mount, mounts=mounts)
            return drive if drive is not None and _rebuild(drive, root) else None
    except (OSError, DrivearrError):
        return None


def _remember(key: object) -> None:
    while len(_in_vain) >= _MOST_REMEMBERED:
        _in_vain.pop(next(iter(_in_vain)), None)
    _in_vain[key] = None


def _rebuild(drive: Drive, root: RootFolder) -> bool:
    """Do it, if what is there is what our rows say; raises as the drive gives it."""
    met = _meet(drive, root)
    if not met.is_most:
        _tell_once(
            drive,
            gettext(
                "A drive with its file system and a torn manifest was plugged in, but "
                "most of its files are not there: nothing was written. Assign it if it "
                "is the one."
            ),
        )
        return False
    states = DriveFile.State
    for state, ids in ((states.VANISHED, met.vanished), (states.ALTERED, met.altered)):
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            DriveFile.objects.filter(pk__in=some).update(state=state)
    manifesting.write_manifest(drive=drive, root=root)
    _tell_once(
        drive,
        gettext(
            "No copy of the manifest on the drive could be read: it was made anew from "
            "what is known here. Generation {generation}; files there: {there}, gone: "
            "{gone}, altered: {altered}."
        ).format(
            generation=drive.manifest_generation,
            there=met.there,
            gone=len(met.vanished),
            altered=len(met.altered),
        ),
    )
    return True


def _meet(drive: Drive, root: RootFolder) -> _Met:
    """Look at each file of ours; raises OSError when the drive does not say."""
    there = 0
    vanished: list[int] = []
    altered: list[int] = []
    rows = DriveFile.objects.ours().filter(drive=drive)
    rows = rows.exclude(state=DriveFile.State.VANISHED)
    for pk, relpath, size, mtime in rows.values_list(
        "pk", "relpath", "size_bytes", "mtime_ns"
    ):
        try:
            about = root.stat(relpath)
        except (FileNotFoundError, NotADirectoryError, UnsafePath):
            vanished.append(pk)
            continue
        is_same = stat.S_ISREG(about.st_mode) and is_unchanged(
            size_bytes=size,
            mtime_ns=mtime,
            size_now=about.st_size,
            mtime_ns_now=about.st_mtime_ns,
        )
        there += is_same
        if not is_same:
            altered.append(pk)
    return _Met(there, tuple(vanished), tuple(altered))
