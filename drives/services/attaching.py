"""Noticing which known drives are here: they come, move, and go."""

import contextlib
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from drivearr.jobs.models import Job
from drivearr.lib.errors import DrivearrError
from drivearr.lib.hanging import DiskHangs, call_in_time, is_stuck
from drivearr.lib.rootfolder import RootFolder
from drivearr.lib.text import size_words
from drivearr.web.models import Notice
from drivearr.web.saying import tell_all
from drives import detection, manifest
from drives.detection import Mount
from drives.models import Attachment, Drive, SyncRecord
from drives.services import manifesting, mending, recording
from drives.services.arriving import tell_arrived
from drives.services.opening import host_name
from drives.services.scanning import start_scan

TAKEN_OVER_AFTER = timedelta(minutes=5)
"""A drive is ours to attach when the host that had it was silent for so long."""
TWIN_TROUBLE = "Two drives carry its identity"
LOW_SPACE_RATIO = 0.02
"""So much of a drive, beside its reserve, must be free, or it is low on space."""
ANSWER_SECONDS = 5.0
"""A mount that gives no answer for so long is left alone until it does."""
_identities: dict[tuple[int, manifest.Look], "_Identity"] = {}
_IDENTITIES_KEPT = 64
_NOBODY = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class _Identity:
    """Whose manifest lies somewhere, and how new it is."""

    uuid: uuid.UUID
    generation: int = 0
    torn: manifest.Reading | None = None
    """What was found, without its files, when a copy of it is torn."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look around found."""

    attached: tuple[Drive, ...] = ()
    detached: tuple[Drive, ...] = ()


@dataclass(slots=True)
class _Look:
    mounts: tuple[Mount, ...]
    attached: list[Drive] = field(default_factory=list)
    detached: list[Drive] = field(default_factory=list)
    twins: dict[int, Mount] = field(default_factory=dict)


def attach(
    *, drive: Drive, path: Path, mount: Mount | None, root: RootFolder
) -> Attachment:
    """Record that the drive is at `path` now, with its sizes.

    Raises: OSError as the drive gives it.
    """
    now = timezone.now()
    facts = _facts(mount, root) | {"seen_at": now, "host": host_name()}
    with transaction.atomic():
        current = drive.attachments.current().select_for_update().first()
        if current is not None and current.path == str(path):
            _note_read_only(current, facts)
            Attachment.objects.filter(pk=current.pk).update(**facts)
            current.refresh_from_db()
        else:
            if current is not None:
                current.detach(now=now, reason="Plugged in elsewhere")
            current = Attachment.objects.create(drive=drive, path=str(path), **facts)
            action = SyncRecord.Action.ATTACHED
            recording.record_event(drive=drive, action=action, message=str(path))
            Drive.objects.filter(pk=drive.pk).update(trouble="")
        Drive.objects.filter(pk=drive.pk).update(last_seen_at=now)
    drive.refresh_from_db()
    _note_space(drive, current)
    return current


def _note_read_only(before: Attachment, facts: dict[str, Any]) -> None:
    """Keep as evidence that the system made a drive read-only while it was in use."""
    is_same = facts.get("device", before.device) == before.device
    if is_same and facts["is_read_only"] and not before.is_read_only:
        recording.record_health(
            drive=before.drive,
            source="read-only",
            verdict=Drive.Health.LIMITED,
            message="It became read-only while it was in use: the system met errors on "
            "it, or somebody remounted it.",
        )


def _note_space(drive: Drive, place: Attachment) -> None:
    """Notice that a drive became low on space, or has room again; said once."""
    least = drive.reserve_bytes + LOW_SPACE_RATIO * place.total_bytes
    is_low = place.free_bytes < least
    if is_low == drive.is_low_on_space:
        return
    drive.is_low_on_space = is_low
    rows = Drive.objects.filter(pk=drive.pk).exclude(is_low_on_space=is_low)
    if rows.update(is_low_on_space=is_low) and is_low:
        free = size_words(place.free_bytes)
        tell_all(
            event="low_space",
            text=gettext(
                "“{drive}” is low on space: {free} free, {reserve_bytes} of it "
                "kept free."
            ).format(
                drive=drive.name,
                free=free,
                reserve_bytes=size_words(drive.reserve_bytes),
            ),
            url=reverse("drive_detail", args=[drive.pk]),
            level=Notice.Level.HELD,
        )


def _facts(mount: Mount | None, root: RootFolder) -> dict[str, Any]:
    sizes = _sizes(root)
    if mount is None:
        return sizes
    return sizes | {
        "device": mount.block,
        "device_node": mount.node[:200],
        "filesystem": mount.filesystem[:50],
        "mount_options": mount.options,
    }


def _sizes(root: RootFolder) -> dict[str, Any]:
    sizes = root.statvfs()
    return {
        "is_read_only": bool(sizes.f_flag & os.ST_RDONLY),
        "total_bytes": sizes.f_blocks * sizes.f_frsize,
        "free_bytes": sizes.f_bavail * sizes.f_frsize,
        "cluster_bytes": min(sizes.f_frsize or 4096, 2**31 - 1),
    }


def is_alive(attachment: Attachment) -> bool:
    """Whether the drive still is where it was last seen on this machine."""
    drive = attachment.drive
    if attachment.host != host_name():
        return attachment.seen_at > timezone.now() - TAKEN_OVER_AFTER
    path = Path(attachment.path)
    mount = _mount_at(drive, path)
    if not drive.is_folder and mount is None:
        return False
    if mount is not None and not detection.device_is_there(mount.block):
        return False
    try:
        return _ask(path) == drive.uuid
    except DiskHangs:
        # It is there and busy, or dying: work on it says so. It is not unplugged.
        return True
    except (OSError, DrivearrError):
        return False


def _mount_at(drive: Drive, path: Path) -> Mount | None:
    find = detection.find_mount_of if drive.is_folder else detection.find_mount
    return find(path)


def _identity(root: RootFolder) -> _Identity:
    """Return whose manifest is there; read again only after it was written.

    Raises: OSError, and what `manifest.read` raises.
    """
    key = (root.device, manifest.look(root))
    if not any(key[1]):
        return _Identity(_NOBODY)
    if key not in _identities:
        found = manifest.examine(root)
        while len(_identities) >= _IDENTITIES_KEPT:
            _identities.pop(next(iter(_identities)), None)
        _identities[key] = _identity_in(found) if found else _Identity(_NOBODY)
    return _identities[key]


def _identity_in(found: manifest.Reading) -> _Identity:
    told = found.manifest
    # It may be tens of megabytes: who it is and how new, is kept.
    slim = replace(found, manifest=replace(told, files=(), history=()))
    return _Identity(
        told.drive_uuid, told.generation, torn=slim if found.torn else None
    )


def look_for_drives(*, scan: bool = False) -> Seen:
    """Notice which known drives came, went or moved; unknown ones are never touched.

    `scan`: queue a scan of each drive that came, and what else waited for it.
    """
    look = _Look(detection.list_mounts())
    for attachment in Attachment.objects.current().select_related("drive"):
        if attachment.host == host_name():
            _refresh(attachment, look)
    _find_returned(look)
    _tell_twins(look)
    if scan:
        for drive in look.attached:
            start_scan(drive_id=drive.pk, trigger=Job.Trigger.SYSTEM)
            tell_arrived(drive)
    return Seen(tuple(look.attached), tuple(look.detached))


def _refresh(attachment: Attachment, look: _Look) -> None:
    drive, path = attachment.drive, Path(attachment.path)
    if is_stuck(str(path)):
        return
    if not is_alive(attachment):
        if attachment.detach(now=timezone.now(), reason="Not there any more"):
            action = SyncRecord.Action.DETACHED
            recording.record_event(drive=drive, action=action, message=str(path))
            look.detached.append(drive)
        return
    if is_stuck(str(path)):
        return
    mount = _mount_at(drive, path)
    if mount is not None and mount.block == attachment.device:
        # The same device as before: no program need read it again.
        mount = None
    _attach_at(drive, path, mount)


def _attach_at(drive: Drive, path: Path, mount: Mount | None) -> bool:
    try:
        with RootFolder.open_at(path) as root:
            described = detection.describe(mount) if mount else None
            attach(drive=drive, path=path, mount=described, root=root)
            torn = _identity(root).torn
            if torn is not None:
                mending.note_torn(drive=drive, found=torn)
    except (OSError, DrivearrError):
        # Gone between the look and the touch: the next look says so.
        return False
    return True


# --- Drives that come back --------------------------------------------------------


def _find_returned(look: _Look) -> None:
    known = {drive.uuid: drive for drive in Drive.objects.all()}
    current = {
        attachment.drive_id: attachment
        for attachment in Attachment.objects.current().select_related("drive")
    }
    taken = {a.path for a in current.values() if a.host == host_name()}
    for mount in look.mounts:
        if str(mount.path) in taken or not _may_hold(mount, look):
            continue
        try:
            drive = known.get(_whose(mount.path))
        except manifest.ManifestFromTheFuture as error:
            _tell_newer(mount, known.values(), error)
            continue
        if drive is None and not is_stuck(str(mount.path)):
            drive = mending.rebuild_manifest(mount=mount, mounts=look.mounts)
        if drive is None or drive.is_folder:
            continue
        before = current.get(drive.pk)
        is_twin = drive.clone_mark == _mark(mount)
        if is_twin or (before is not None and is_alive(before)):
            # Also when the other one is gone by now: nobody has said which it is.
            look.twins[drive.pk] = mount
        else:
            _welcome(drive, mount.path, mount, look)
    for drive in known.values():
        if drive.is_folder and drive.pk not in current:
            _find_folder(drive, look)


def _may_hold(mount: Mount, look: _Look) -> bool:
    return detection.could_hold_drive(mount) and not detection.is_system(
        mount, look.mounts
    )


def _whose(path: Path) -> uuid.UUID:
    """Return whose manifest lies at a path; nobody's when there is none we can use.

    Raises: ManifestFromTheFuture.
    """
    try:
        return _ask(path)
    except manifest.ManifestFromTheFuture:
        raise
    except (OSError, DrivearrError):
        return _NOBODY


def _ask(path: Path) -> uuid.UUID:
    """Return whose manifest lies at a path; one mount that hangs holds up no other.

    Raises: DiskHangs; OSError, and what `manifest.read` raises.
    """

    def look() -> uuid.UUID:
        with RootFolder.open_at(path) as root:
            return _identity(root).uuid

    return call_in_time(look, place=str(path), seconds=ANSWER_SECONDS)


def _tell_newer(mount: Mount, known: Iterable[Drive], error: DrivearrError) -> None:
    """Say of the drive that it is here, and that a newer Drivearr wrote to it."""
    here = detection.describe(mount).uuid
    for drive in known:
        if here and drive.filesystem_uuid == here:
            _set_trouble(drive, f"{mount.path}: {error.message} {error.advice}")


def _find_folder(drive: Drive, look: _Look) -> None:
    last = drive.attachments.order_by("-attached_at", "-pk").first()
    if last is None or last.host != host_name():
        return
    path = Path(last.path)
    with contextlib.suppress(manifest.ManifestFromTheFuture):
        if _whose(path) != drive.uuid:
            return
        _welcome(drive, path, detection.find_mount_of(path), look)


def _welcome(drive: Drive, path: Path, mount: Mount | None, look: _Look) -> None:
    """Attach a known drive that came back, unless it is only a copy of it."""
    described = detection.describe(mount) if mount else None
    if is_other_filesystem(drive, described):
        _set_trouble(
            drive,
            f"What is plugged in at {path} carries its identity but is another file "
            "system. If it is to be this drive, assign it.",
        )
        return
    if not _attach_at(drive, path, mount):
        return
    look.attached.append(drive)
    _show_claims(drive, path)


def _show_claims(drive: Drive, path: Path) -> None:
    """Show at once what another installation wrote to a drive while it was away."""
    try:
        with RootFolder.open_at(path) as root:
            if _identity(root).generation <= drive.manifest_generation:
                return
            found = manifest.read(root)
            if found is not None:
                manifesting.adopt_claims(drive=drive, found=found, root=root)
    except (OSError, DrivearrError):
        # Gone again, or broken since: the next look, or the scan, says so.
        return


def is_other_filesystem(drive: Drive, mount: Mount | None) -> bool:
    """Whether a manifest was copied to another file system than its drive's."""
    if drive.is_folder or mount is None:
        return False
    return bool(
        drive.filesystem_uuid and mount.uuid and drive.filesystem_uuid != mount.uuid
    )


def _set_trouble(drive: Drive, trouble: str) -> None:
    if drive.trouble != trouble:
        Drive.objects.filter(pk=drive.pk).update(trouble=trouble)


def _mark(mount: Mount) -> str:
    """Return what tells this mount from others while it lasts."""
    return f"{mount.block or mount.node} {mount.path}"[:400]


def _tell_twins(look: _Look) -> None:
    for drive in Drive.objects.filter(pk__in=look.twins):
        mount = look.twins[drive.pk]
        Drive.objects.filter(pk=drive.pk).update(clone_mark=_mark(mount))
        _set_trouble(drive, f"{TWIN_TROUBLE}: one more is plugged in at {mount.path}.")
    over = Drive.objects.exclude(pk__in=look.twins)
    over.filter(trouble__startswith=TWIN_TROUBLE).update(trouble="")
    over.exclude(clone_mark="").update(clone_mark="")
