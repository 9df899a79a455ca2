"""Deleting one file that others wrote, because a person named it."""

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from drivearr.lib.progress import SilentProgress
from drivearr.lib.rootfolder import UnsafePath
from drives import detection
from drives.models import Drive, DriveFile, SyncRecord
from drives.services.locking import write_lock
from drives.services.opening import DriveGone, OpenDrive, open_drive
from drives.services.recording import record_event
from drives.services.removing import (
    NotOurs,
    check_unchanged,
    folder_of,
    tell_deleted,
)


class NotThatFile(Refused):
    """The file cannot be deleted by name."""

    code = "NOT_THAT_FILE"
    advice = gettext_noop("Scan the drive and look at the list of its files again.")


def find_foreign(*, drive: Drive, relpath: str) -> DriveFile:
    """Return a file that others wrote, as the last look at the drive saw it.

    Raises: NotThatFile.
    """
    rows = DriveFile.objects.foreign().filter(drive=drive, relpath=relpath)
    row = rows.select_related("title").first()
    if row is None:
        raise NotThatFile(
            gettext("“{drive}” has no foreign file of that name.").format(
                drive=drive.name
            )
        )
    return row


def delete_foreign(
    *, drive: Drive, relpath: str, by: AbstractBaseUser | None = None
) -> DriveFile:
    """Delete one file that others wrote, because a person named it; return what it was.

    Never a folder, a link, a manifest, a file of ours, or one that is not what the last
    look at the drive saw.

    Raises:
        NotThatFile, NotAttached, DriveGone, WrongDrive, DriveReadOnly, DriveBusy.

    """
    row = find_foreign(drive=drive, relpath=relpath)
    with (
        open_drive(drive=drive) as opened,
        write_lock(opened, progress=SilentProgress(), wait_seconds=1),
    ):
        _delete_named(opened, row)
        record_event(
            drive=drive,
            action=SyncRecord.Action.DELETED,
            by=by,
            title=row.title,
            relpath=row.relpath,
            size_bytes=row.size_bytes,
            message="A foreign file, deleted by name",
        )
        row.delete()
        tell_deleted(opened)
    return row


def _delete_named(opened: OpenDrive, row: DriveFile) -> None:
    name = opened.drive.name
    try:
        is_there = check_unchanged(opened.root, row)
        if is_there:
            opened.root.unlink(row.relpath)
            opened.root.sync_folder(folder_of(row.relpath))
    except NotOurs as error:
        raise NotThatFile(
            gettext("It is not what the last look at the drive saw.")
        ) from error
    except UnsafePath as error:
        raise NotThatFile(error.message) from error
    except OSError as error:
        if not detection.device_is_there(opened.device):
            raise DriveGone(
                gettext("“{name}” was unplugged.").format(name=name)
            ) from error
        raise NotThatFile(
            gettext("“{name}” does not let it be deleted: {strerror}.").format(
                name=name, strerror=error.strerror
            )
        ) from error
    if not is_there:
        raise NotThatFile(gettext("It is not there any more."))
