"""Naming drives, recognising them, tying them to a profile, letting go of them."""

import uuid
from dataclasses import replace
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from drivearr.jobs.kinds import find_kind
from drivearr.jobs.models import Job
from drivearr.lib.errors import StopRun
from drivearr.lib.rootfolder import RootFolder
from drives import manifest
from drives.detection import Mount
from drives.manifest import Manifest
from drives.models import Drive, DriveFile, SyncRecord
from drives.services import recording
from drives.services.attaching import (
    attach,
    is_alive,
    is_other_filesystem,
    look_for_drives,
)
from drives.services.manifesting import adopt_claims, write_manifest
from drives.services.placing import (
    DriveRefused,
    check_place,
    check_writable,
    list_candidates,
    mount_for,
    open_place,
)
from drives.services.profiling import (
    PROFILE_FIELDS,
    clean_name,
    edit_profile,
    profile_of,
)

__all__ = [
    "DriveRefused",
    "IdentityUnclear",
    "add_drive",
    "assign_drive",
    "assign_place",
    "forget_drive",
    "forget_history",
    "forget_profile",
    "list_candidates",
    "look_for_drives",
]


class IdentityUnclear(StopRun):
    """Two drives carry one identity; a person must say which of them is it."""

    code = "DRIVE_IS_CLONE"


def add_drive(
    *,
    path: Path,
    name: str = "",
    folder: bool = False,
    as_new: bool = False,
    by: AbstractBaseUser | None = None,
) -> Drive:
    """Make the drive at `path` known, or recognise it; writes its first manifest.

    `folder`: a plain directory, because a person said so. `as_new`: it gets an identity
    of its own whatever manifest it carries, because a person said so; what is on it
    stays. A known drive keeps its name.

    Raises:
        DriveRefused, IdentityUnclear, ManifestUnreadable, ManifestFromTheFuture.

    """
    path = check_place(path, folder=folder)
    mount = mount_for(path, folder=folder)
    with open_place(path) as root:
        found = _read_for(root, as_new=as_new)
        known = _find_known(found)
        if known is not None and not as_new:
            return _recognise(known, path, mount, root)
        if as_new:
            _check_not_itself(known, path)
            found = replace(found, drive_uuid=uuid.uuid4()) if found else None
        check_writable(root, path)
        drive = _create(
            name=name,
            folder=folder,
            found=found,
            mount=mount,
            path=path,
            reserve_bytes=_fair_reserve(root),
        )
        try:
            attach(drive=drive, path=path, mount=mount, root=root)
            if found is not None:
                adopt_claims(drive=drive, found=found, root=root)
            recording.record_event(
                drive=drive, action=SyncRecord.Action.ADDED, by=by, message=str(path)
            )
            write_manifest(drive=drive, root=root)
        except OSError as error:
            drive.delete()
            raise DriveRefused(
                gettext("The manifest cannot be written to {path}: {strerror}.").format(
                    path=path, strerror=error.strerror
                ),
                advice=gettext("Check free space, write protection and permissions."),
            ) from error
    return drive


def _read_for(root: RootFolder, *, as_new: bool) -> Manifest | None:
    try:
        return manifest.read(root)
    except manifest.ManifestUnreadable:
        if not as_new:
            raise
        return None


def _check_not_itself(known: Drive | None, path: Path) -> None:
    current = known.attachments.current().first() if known else None
    if known is not None and current is not None and Path(current.path) == path:
        raise DriveRefused(
            gettext("{path} is “{name}”, and known.").format(
                path=path, name=known.name
            ),
            advice=gettext(
                "To begin anew with it, forget it first: `drivearr drives forget {pk}`."
            ).format(pk=known.pk),
        )


def _find_known(found: Manifest | None) -> Drive | None:
    return Drive.objects.filter(uuid=found.drive_uuid).first() if found else None


def _create(
    *,
    name: str,
    folder: bool,
    found: Manifest | None,
    mount: Mount | None,
    path: Path,
    reserve_bytes: int,
) -> Drive:
    wished = clean_name(name)
    if wished and Drive.objects.filter(name=wished).exists():
        raise DriveRefused(
            gettext("There is a drive called “{wished}” already.").format(
                wished=wished
            ),
            advice=gettext("Name it otherwise."),
        )
    base = wished or (found.name if found else "") or _guess_name(mount, path)
    is_own_mount = mount is not None and not folder
    try:
        with transaction.atomic():
            return Drive.objects.create(
                uuid=found.drive_uuid if found else uuid.uuid4(),
                name=_free_name(base),
                is_folder=folder,
                filesystem_uuid=mount.uuid if mount and is_own_mount else "",
                label=mount.label if mount and is_own_mount else "",
                manifest_generation=found.generation if found else 0,
                **{"reserve_bytes": reserve_bytes}
                | (profile_of(found.profile) if found else {}),
            )
    except IntegrityError as error:
        raise DriveRefused(gettext("Somebody added this drive just now.")) from error


def _fair_reserve(root: RootFolder) -> int:
    """Return what a new drive keeps free: the usual, of a small one a sixteenth."""
    sizes = root.statvfs()
    return min(Drive().reserve_bytes, sizes.f_blocks * sizes.f_frsize // 16)


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
    _check_no_twin(drive, path)
    if is_other_filesystem(drive, mount):
        raise IdentityUnclear(
            gettext(
                "{path} carries the identity of “{drive}”, but is another file "
                "system: a copy, or the drive was formatted anew."
            ).format(path=path, drive=drive.name),
            advice=gettext(
                "If it is to be that drive from now on, say so: `drivearr drives "
                "assign {path} --to {pk}`. {as_new_words}"
            ).format(path=path, pk=drive.pk, as_new_words=_as_new_words(path)),
        )
    attach(drive=drive, path=path, mount=mount, root=root)
    return drive


def _check_no_twin(drive: Drive, path: Path) -> None:
    current = drive.attachments.current().first()
    if current is not None and Path(current.path) != path and is_alive(current):
        raise IdentityUnclear(
            gettext(
                "{path} carries the identity of “{drive}”, which is plugged in at "
                "{other}: one of them is a copy of the other."
            ).format(path=path, drive=drive.name, other=current.path),
            advice=_as_new_words(path),
        )


def _as_new_words(path: Path) -> str:
    return gettext(
        "If it is a drive of its own, give it a new identity: `drivearr "
        "drives add {path} --as-new`."
    ).format(path=path)


def assign_place(*, path: Path, to: Drive, by: AbstractBaseUser | None = None) -> Drive:
    """Say that the drive at `path`, whose manifest is lost or foreign, is `to`.

    Raises: DriveRefused, ManifestFromTheFuture.
    """
    path = check_place(path, folder=to.is_folder)
    mount = mount_for(path, folder=to.is_folder)
    _check_no_twin(to, path)
    with open_place(path) as root:
        _check_unclaimed(root, path, to)
        check_writable(root, path)
        _take_over(to, path, mount, root, by)
    return to


def _check_unclaimed(root: RootFolder, path: Path, to: Drive) -> None:
    try:
        found = manifest.read(root)
    except manifest.ManifestUnreadable:
        return
    if found is not None and found.drive_uuid != to.uuid:
        raise DriveRefused(
            gettext("{path} has a good manifest of another drive (“{name}”).").format(
                path=path, name=found.name
            ),
            advice=gettext("Add it under its own name first, then assign that drive."),
        )


def _take_over(
    to: Drive,
    path: Path,
    mount: Mount | None,
    root: RootFolder,
    by: AbstractBaseUser | None,
) -> None:
    """Make what lies at an opened path the drive `to`, on the drive and in our rows."""
    recording.record_event(
        drive=to, action=SyncRecord.Action.ADDED, by=by, message="Assigned by hand"
    )
    if mount is not None and not to.is_folder:
        to.filesystem_uuid, to.label = mount.uuid, mount.label
        to.save(update_fields=["filesystem_uuid", "label"])
    Drive.objects.filter(pk=to.pk).update(clone_mark="")
    attach(drive=to, path=path, mount=mount, root=root)
    try:
        write_manifest(drive=to, root=root)
    except OSError as error:
        raise DriveRefused(
            gettext("The manifest cannot be written to {path}: {strerror}.").format(
                path=path, strerror=error.strerror
            )
        ) from error


def assign_drive(
    *, drive: Drive, to: Drive, by: AbstractBaseUser | None = None
) -> Drive:
    """Say that `drive`, added anew, is the known drive `to`; only `to` remains.

    Raises: DriveRefused (it is not plugged in, or `to` is plugged in elsewhere).
    """
    if drive.pk == to.pk:
        raise DriveRefused(
            gettext("“{name}” is that drive already.").format(name=to.name)
        )
    current = drive.attachments.current().first()
    if current is None or not is_alive(current):
        raise DriveRefused(
            gettext("“{drive}” is not plugged in.").format(drive=drive.name),
            advice=gettext("Plug it in first."),
        )
    if drive.is_folder != to.is_folder:
        raise DriveRefused(
            gettext(
                "A plain folder and a drive with a mount of its own are not the same."
            )
        )
    check_idle(drive=drive)
    path = Path(current.path)
    _check_no_twin(to, path)
    mount = mount_for(path, folder=to.is_folder)
    with open_place(path) as root:
        check_writable(root, path)
        with transaction.atomic():
            _move_claims(drive, to)
            drive.delete()
        _take_over(to, path, mount, root, by)
    return to


def _move_claims(drive: Drive, to: Drive) -> None:
    """Let files that we wrote under the new name stay ours under the old one."""
    taken = to.files.values_list("relpath", flat=True)
    DriveFile.objects.ours().filter(drive=drive).exclude(relpath__in=taken).update(
        drive=to
    )
    SyncRecord.objects.filter(drive=drive).update(drive=to)


def forget_drive(*, drive: Drive) -> None:
    """Forget a drive, its wishes and its history; nothing on the drive is touched.

    Raises: DriveRefused while work on it is under way.
    """
    check_idle(drive=drive)
    drive.delete()


def forget_history(*, drive: Drive) -> None:
    """Forget what happened to a drive; what is on it and its profile stay known.

    Raises: DriveRefused while work on it is under way.
    """
    check_idle(drive=drive)
    with transaction.atomic():
        drive.history.all().delete()
        drive.scans.all().delete()
        drive.health_readings.all().delete()
        drive.attachments.filter(detached_at__isnull=False).delete()
        unknown = Drive.Health.UNKNOWN
        Drive.objects.filter(pk=drive.pk).update(health=unknown, health_reason="")
    drive.refresh_from_db()
    edit_profile(drive=drive)


def forget_profile(*, drive: Drive) -> None:
    """Let a drive be filled as any new one; what is on it and its history stay known.

    Raises: DriveRefused while work on it is under way.
    """
    check_idle(drive=drive)
    usual = Drive()
    values = {name: getattr(usual, name) for name in PROFILE_FIELDS}
    edit_profile(drive=drive, sources=[], **values)


def check_idle(*, drive: Drive) -> None:
    """Withdraw queued work on a drive; refuse while some is running.

    Raises: DriveRefused.
    """
    for job in Job.objects.active().filter(subject=drive.subject).order_by("pk"):
        if not job.cancel(now=timezone.now()):
            kind = find_kind(job.kind)
            label = gettext(kind.label).lower() if kind else job.kind
            raise DriveRefused(
                gettext("Work on “{drive}” is under way ({label}).").format(
                    drive=drive.name, label=label
                ),
                advice=gettext("Stop it first, or wait until it is done."),
            )
