"""Naming drives, noticing them, letting go of them."""

import os
import socket
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from drivearr.lib.errors import DrivearrError, Refused
from drivearr.lib.rootfolder import RootFolder
from drives import detection, manifest
from drives.detection import Mount
from drives.models import Attachment, Drive, DriveFile, SyncRecord
from drives.services import recording
from drives.services.opening import OpenDrive
from library.models import Root


class DriveRefused(Refused):
    """A place cannot be a drive."""

    code = "DRIVE_REFUSED"
    advice = "Choose another place."


def host_name() -> str:
    """Return this machine's name, as attachments record it."""
    return socket.gethostname()


def add_drive(
    *,
    path: Path,
    name: str = "",
    folder: bool = False,
    by: AbstractBaseUser | None = None,
) -> Drive:
    """Make the drive at `path` known, or recognise it; writes its first manifest.

    `folder`: a plain directory, because a person said so.

    Raises: DriveRefused, ManifestUnreadable, ManifestFromTheFuture.
    """
    path = _check_place(path, folder=folder)
    mount = _mount_for(path, folder=folder)
    with _open_place(path) as root:
        found = manifest.read(root)
        known = Drive.objects.filter(uuid=found.drive_uuid).first() if found else None
        if known is not None:
            return _recognise(known, path, mount, root)
        _check_writable(root, path)
        drive = _create(name=name, folder=folder, found=found, mount=mount, path=path)
        attachment = attach(drive=drive, path=path, mount=mount, root=root)
        if found is not None:
            adopt_manifest(drive=drive, found=found)
        record_added(drive=drive, by=by)
        try:
            recording.flush_manifest(
                drive=drive,
                open_drive=OpenDrive(drive=drive, attachment=attachment, root=root),
            )
        except OSError as error:
            drive.delete()
            raise DriveRefused(
                f"The manifest cannot be written to {path}: {error.strerror}.",
                advice="Check free space, write protection and permissions.",
            ) from error
    return drive


def record_added(*, drive: Drive, by: AbstractBaseUser | None) -> None:
    """Begin the drive's history."""
    facts: dict[str, Any] = {"by": by} if by is not None else {}
    recording.record_event(drive=drive, action=SyncRecord.Action.ADDED, **facts)


def _check_place(path: Path, *, folder: bool) -> Path:
    if "\0" in str(path) or len(str(path)) > 1000:  # noqa: PLR2004 - the column's width
        raise DriveRefused("That is not a path.")
    if not path.is_absolute():
        raise DriveRefused(f"{path} is not an absolute path.")
    try:
        path = path.resolve(strict=True)
        is_folder = path.is_dir()
    except FileNotFoundError:
        raise DriveRefused(f"{path} does not exist.") from None
    except (OSError, RuntimeError) as error:
        raise DriveRefused(f"{path} cannot be looked at: {error}.") from error
    if not is_folder:
        raise DriveRefused(f"{path} is not a folder.")
    _check_apart(path)
    if folder and str(path) in _system_places():
        raise DriveRefused(f"{path} belongs to the system.")
    return path


def _system_places() -> frozenset[str]:
    names = "bin boot dev etc home lib proc root run sbin sys usr var".split()  # noqa: SIM905
    return frozenset(["/", *(f"/{name}" for name in names)])


def _check_apart(path: Path) -> None:
    """Refuse places that overlap a library folder, another drive or our own data."""
    if _overlap(path, settings.DATA_DIR):
        raise DriveRefused(f"{path} overlaps Drivearr's own data folder.")
    for root in Root.objects.in_order():
        if _overlap(path, root.folder):
            raise DriveRefused(
                f"{path} overlaps the library folder {root.path}.",
                advice="A drive and a library folder must lie apart.",
            )
    for attachment in Attachment.objects.current().select_related("drive"):
        other = Path(attachment.path)
        if other != path and _overlap(path, other):
            raise DriveRefused(f"{path} overlaps the drive “{attachment.drive.name}”.")


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _mount_for(path: Path, *, folder: bool) -> Mount | None:
    """Return the mount at `path`; None for a folder drive.

    Raises: DriveRefused.
    """
    mount = detection.find_mount(path)
    if folder:
        return None
    if mount is None or str(path) == "/":
        raise DriveRefused(
            f"Nothing is mounted at {path}.",
            advice="Plug the drive in and mount it. A plain folder is used as a drive "
            "only when you say so (--folder).",
        )
    if mount.is_read_only:
        raise DriveRefused(
            f"{path} is mounted read-only.",
            advice="Open its write-protect switch, or have its file system checked.",
        )
    return detection.describe(mount)


def _open_place(path: Path) -> RootFolder:
    try:
        return RootFolder.open_at(path)
    except OSError as error:
        raise DriveRefused(f"{path} cannot be opened: {error.strerror}.") from error


def _check_writable(root: RootFolder, path: Path) -> None:
    if not os.access(path, os.W_OK | os.X_OK) or root.statvfs().f_flag & os.ST_RDONLY:
        raise DriveRefused(
            f"{path} cannot be written to.",
            advice="Check its owner, permissions and write protection.",
        )


def _create(
    *,
    name: str,
    folder: bool,
    found: manifest.Manifest | None,
    mount: Mount | None,
    path: Path,
) -> Drive:
    wished = name.strip()
    if len(wished) > 100 or any(ord(c) < 32 for c in wished):  # noqa: PLR2004
        raise DriveRefused("A drive's name has at most 100 plain characters.")
    if wished and Drive.objects.filter(name=wished).exists():
        raise DriveRefused(
            f"There is a drive called “{wished}” already.", advice="Name it otherwise."
        )
    base = wished or (found.name if found else "") or _guess_name(mount, path)
    profile = found.profile if found else {}
    side_files = profile.get("side_files")
    try:
        with transaction.atomic():
            return Drive.objects.create(
                uuid=found.drive_uuid if found else uuid.uuid4(),
                name=_free_name(base),
                is_folder=folder,
                filesystem_uuid=mount.uuid if mount else "",
                label=mount.label if mount else "",
                manifest_generation=found.generation if found else 0,
                side_files=side_files
                if side_files in Drive.SideFiles.values
                else Drive.SideFiles.SUBTITLES,
            )
    except IntegrityError as error:
        raise DriveRefused("Somebody added this drive just now.") from error


def _guess_name(mount: Mount | None, path: Path) -> str:
    return (mount.label if mount else "") or path.name or "Drive"


def _free_name(base: str) -> str:
    base = base[:90]
    taken = set(Drive.objects.values_list("name", flat=True))
    names = (base if n == 1 else f"{base} {n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _recognise(
    drive: Drive, path: Path, mount: Mount | None, root: RootFolder
) -> Drive:
    current = drive.attachments.current().first()
    if current is not None and Path(current.path) != path and _is_alive(current, drive):
        raise DriveRefused(
            f"{path} carries the identity of “{drive.name}”, which is plugged in at "
            f"{current.path}.",
            advice="One of them is a copy of the other. Unplug one of the two.",
        )
    attach(drive=drive, path=path, mount=mount, root=root)
    return drive


def _is_alive(attachment: Attachment, drive: Drive) -> bool:
    if not detection.device_is_there(attachment.device):
        return False
    try:
        with RootFolder.open_at(Path(attachment.path)) as root:
            found = manifest.read(root)
    except (OSError, DrivearrError):
        return False
    return found is not None and found.drive_uuid == drive.uuid


def attach(
    *, drive: Drive, path: Path, mount: Mount | None, root: RootFolder
) -> Attachment:
    """Record that the drive is at `path` now, with its sizes."""
    now = timezone.now()
    sizes = root.statvfs()
    facts: dict[str, Any] = {
        "device": mount.device if mount and mount.has_block_device else "",
        "device_node": mount.node if mount else "",
        "filesystem": mount.filesystem if mount else "folder",
        "mount_options": mount.options if mount else "",
        "is_read_only": bool(sizes.f_flag & os.ST_RDONLY),
        "total_bytes": sizes.f_blocks * sizes.f_frsize,
        "free_bytes": sizes.f_bavail * sizes.f_frsize,
        "cluster_bytes": min(sizes.f_frsize or 4096, 2**31 - 1),
        "seen_at": now,
    }
    with transaction.atomic():
        current = drive.attachments.current().select_for_update().first()
        if current and (current.host, current.path) == (host_name(), str(path)):
            Attachment.objects.filter(pk=current.pk).update(**facts)
            attachment = current
            attachment.refresh_from_db()
        else:
            if current:
                current.detach(now=now, reason="Plugged in elsewhere")
            attachment = Attachment.objects.create(
                drive=drive, host=host_name(), path=str(path), **facts
            )
            recording.record_event(
                drive=drive, action=SyncRecord.Action.ATTACHED, message=str(path)
            )
        Drive.objects.filter(pk=drive.pk).update(last_seen_at=now, trouble="")
    drive.refresh_from_db()
    return attachment


def adopt_manifest(*, drive: Drive, found: manifest.Manifest) -> None:
    """Take a manifest's list of files as claims; a scan of the drive checks them."""
    DriveFile.objects.bulk_create(
        (
            DriveFile(
                drive=drive,
                relpath=entry.relpath[:1000],
                # Claimed, not proven: law 6 lets us delete only what our rows wrote.
                origin=DriveFile.Origin.FOREIGN,
                kind=entry.kind
                if entry.kind in DriveFile.Kind.values
                else DriveFile.Kind.OTHER,
                size_bytes=entry.size_bytes,
                mtime_ns=entry.mtime_ns,
                sha256=entry.sha256[:64],
                source_fingerprint=entry.source_fingerprint[:80],
            )
            for entry in found.files
        ),
        ignore_conflicts=True,
        batch_size=500,
    )


def list_candidates() -> tuple[Mount, ...]:
    """Return mounted file systems that could be drives and are none yet."""
    taken = {
        Path(path)
        for path in Attachment.objects.current().values_list("path", flat=True)
    }
    roots = [root.folder for root in Root.objects.in_order()]
    return tuple(
        detection.describe(mount)
        for mount in detection.list_mounts()
        if detection.is_candidate(mount)
        and mount.path not in taken
        and not any(_overlap(mount.path, root) for root in roots)
    )


def look_for_drives() -> None:
    """Notice which known drives came, went or moved; unknown ones are never touched."""
    for attachment in Attachment.objects.current().filter(host=host_name()):
        _refresh(attachment)
    _find_returned()


def _refresh(attachment: Attachment) -> None:
    drive, path = attachment.drive, Path(attachment.path)
    mount = None if drive.is_folder else detection.find_mount(path)
    there = drive.is_folder or mount is not None
    if not there or not _is_alive(attachment, drive):
        if attachment.detach(now=timezone.now(), reason="Not there any more"):
            recording.record_event(drive=drive, action=SyncRecord.Action.DETACHED)
        return
    with RootFolder.open_at(path) as root:
        described = detection.describe(mount) if mount else None
        attach(drive=drive, path=path, mount=described, root=root)


def _find_returned() -> None:
    absent = Drive.objects.exclude(attachments__detached_at__isnull=True)
    by_uuid = {drive.uuid: drive for drive in absent.exclude(attachments=None)}
    if not by_uuid:
        return
    for mount in detection.list_mounts():
        if detection.could_hold_drive(mount):
            _try_attach(mount.path, by_uuid, mount)
    for drive in list(by_uuid.values()):
        last = drive.attachments.order_by("-attached_at", "-pk").first()
        if drive.is_folder and last is not None and last.host == host_name():
            _try_attach(Path(last.path), by_uuid, None)


def _try_attach(
    path: Path, by_uuid: dict[uuid.UUID, Drive], mount: Mount | None
) -> None:
    try:
        with RootFolder.open_at(path) as root:
            found = manifest.read(root)
            drive = by_uuid.pop(found.drive_uuid, None) if found else None
            if drive is not None:
                described = detection.describe(mount) if mount else None
                attach(drive=drive, path=path, mount=described, root=root)
    except (OSError, DrivearrError):
        return


def assign_drive(*, path: Path, to: Drive, by: AbstractBaseUser | None = None) -> Drive:
    """Say that the drive at `path`, whose manifest is lost, is the known drive `to`.

    Raises: DriveRefused.
    """
    folder = to.is_folder
    path = _check_place(path, folder=folder)
    mount = _mount_for(path, folder=folder)
    current = to.attachments.current().first()
    if current is not None and Path(current.path) != path and _is_alive(current, to):
        raise DriveRefused(f"“{to.name}” is plugged in at {current.path} already.")
    with _open_place(path) as root:
        _check_unclaimed(root, path, to)
        _check_writable(root, path)
        attachment = attach(drive=to, path=path, mount=mount, root=root)
        opened = OpenDrive(drive=to, attachment=attachment, root=root)
        recording.flush_manifest(drive=to, open_drive=opened)
    facts: dict[str, Any] = {"by": by} if by is not None else {}
    recording.record_event(
        drive=to, action=SyncRecord.Action.ADDED, message="Assigned by hand", **facts
    )
    return to


def _check_unclaimed(root: RootFolder, path: Path, to: Drive) -> None:
    try:
        found = manifest.read(root)
    except manifest.ManifestUnreadable:
        return
    if found is not None and found.drive_uuid != to.uuid:
        raise DriveRefused(
            f"{path} has a good manifest of another drive (“{found.name}”).",
            advice="Add it under its own name instead.",
        )


def forget_drive(*, drive: Drive) -> None:
    """Forget a drive, its wishes and its history; nothing on the drive is touched."""
    drive.delete()
