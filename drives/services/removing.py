"""Taking files off a drive: each looked at once more before it goes, the rest left alone."""

import contextlib
import errno
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.lib.errors import SkipFile, StopRun
from drivearr.lib.progress import Progress
from drivearr.lib.rootfolder import RootFolder, UnsafePath
from drives import detection
from drives.models import Drive, DriveFile, SyncRecord
from drives.sameness import is_unchanged
from drives.services.locking import write_lock
from drives.services.manifesting import flush_manifest
from drives.services.opening import DriveGone, OpenDrive, open_drive
from drives.services.recording import record_event, record_failed
from drives.services.weighing import OnlyCopy, find_only_here

_DRIVE_TROUBLE = frozenset(
    {
        errno.EIO,
        errno.ENODEV,
        errno.ENXIO,
        errno.ENOTCONN,
        errno.ESHUTDOWN,
        errno.EROFS,
    }
)


class NotOurs(SkipFile):
    """The file is not, or not any more, what we wrote."""

    code = "NOT_OURS"
    advice = gettext_noop(
        "It was left alone. Delete it by hand if you know what it is."
    )


class CannotDelete(SkipFile):
    """The drive does not let the file be deleted."""

    code = "CANNOT_DELETE"
    advice = gettext_noop(
        "Check write protection, and whether a program has the file open."
    )


class DriveTrouble(StopRun):
    """The drive answered with an error that concerns all of it."""

    code = "DRIVE_TROUBLE"
    advice = gettext_noop("Have the drive's file system checked, then try again.")


@dataclass(frozen=True, slots=True)
class Deleted:
    """What one deleting did."""

    files: int
    size_bytes: int
    skipped: int


@dataclass(slots=True)
class _Run:
    drive: Drive
    opened: OpenDrive
    progress: Progress
    job: Job | None
    by: AbstractBaseUser | None
    files: int = 0
    size_bytes: int = 0
    skipped: int = 0
    folders: set[str] = field(default_factory=set)


def folder_of(relpath: str) -> str:
    """Return the folder a file is in; empty at the drive's root."""
    return relpath.rpartition("/")[0]


def delete_files(
    *,
    drive_id: int,
    file_ids: Iterable[int],
    progress: Progress,
    job: Job | None = None,
    by: AbstractBaseUser | None = None,
    is_sure: bool = True,
) -> Deleted:
    """Delete files that we wrote and nobody changed; exactly those, nothing beside.

    Unless `is_sure`, what the library cannot give again by now stays, too. What is not
    ours, or not what it was, is reported and left alone. The manifest is brought in line
    at the end, also after a stop.

    Raises: NotAttached, DriveGone, WrongDrive, DriveReadOnly, DriveBusy, DriveTrouble.
    """
    drive = Drive.objects.get(pk=drive_id)
    ours = DriveFile.objects.ours().filter(drive=drive, pk__in=list(file_ids))
    with open_drive(drive=drive) as opened, write_lock(opened, progress=progress):
        # Not before: who wrote until now may have replaced some of them.
        rows = list(ours.select_related("title").in_order())
        kept = frozenset[int]() if is_sure else find_only_here(rows)
        progress.expect(len(rows), "FILES")
        return remove_rows(
            opened=opened,
            rows=_advancing(rows, progress),
            progress=progress,
            job=job,
            by=by,
            kept=kept,
        )


def _advancing(rows: Iterable[DriveFile], progress: Progress) -> Iterator[DriveFile]:
    for row in rows:
        yield row
        progress.advance()


def remove_rows(
    *,
    opened: OpenDrive,
    rows: Iterable[DriveFile],
    progress: Progress,
    job: Job | None = None,
    by: AbstractBaseUser | None = None,
    kept: frozenset[int] = frozenset(),
) -> Deleted:
    """Do `delete_files` for rows of ours, by the drive's one writer; `kept` stay.

    Raises: DriveGone, WrongDrive, DriveReadOnly, DriveTrouble.
    """
    run = _Run(opened.drive, opened, progress, job, by)
    try:
        for row in rows:
            progress.check()
            opened.check()
            if row.pk in kept:
                _skip(run, row, OnlyCopy(gettext("The library lacks it now.")))
            else:
                _delete(run, row)
        _remove_empty_folders(run)
    finally:
        if run.files:
            tell_deleted(opened)
    return Deleted(run.files, run.size_bytes, run.skipped)


def tell_deleted(opened: OpenDrive) -> None:
    """Bring the manifest in line after something was deleted."""
    Drive.objects.filter(pk=opened.drive.pk).update(
        manifest_is_due=True, manifest_whole_is_due=True
    )
    try:
        flush_manifest(drive=opened.drive, open_drive=opened)
    except (OSError, DriveGone):
        # Our rows are right; the manifest follows with the next write.
        return


def _delete(run: _Run, row: DriveFile) -> None:
    run.progress.note(row.relpath)
    try:
        if not check_unchanged(run.opened.root, row):
            DriveFile.objects.filter(pk=row.pk).update(state=DriveFile.State.VANISHED)
            return
        run.opened.root.unlink(row.relpath)
        run.opened.root.sync_folder(folder_of(row.relpath))
    except (NotOurs, UnsafePath) as error:
        _skip(run, row, error)
        return
    except OSError as error:
        _handle(run, row, error)
        return
    run.files += 1
    run.size_bytes += row.size_bytes
    run.folders.add(folder_of(row.relpath))
    record_event(
        drive=run.drive,
        action=SyncRecord.Action.DELETED,
        job=run.job,
        by=run.by,
        title=row.title,
        relpath=row.relpath,
        size_bytes=row.size_bytes,
    )
    row.delete()


def check_unchanged(root: RootFolder, row: DriveFile) -> bool:
    """Whether the file is there; it is looked at itself, no link is followed.

    Raises: NotOurs when it is not what we wrote.
    """
    try:
        about = root.stat(row.relpath)
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISREG(about.st_mode):
        raise NotOurs(gettext("It is no plain file any more."))
    same = is_unchanged(
        size_bytes=row.size_bytes,
        mtime_ns=row.mtime_ns,
        size_now=about.st_size,
        mtime_ns_now=about.st_mtime_ns,
    )
    if not same:
        DriveFile.objects.filter(pk=row.pk).update(state=DriveFile.State.ALTERED)
        raise NotOurs(gettext("It was changed since Drivearr wrote it."))
    return True


def _skip(run: _Run, row: DriveFile, error: SkipFile | UnsafePath) -> None:
    skipped = error if isinstance(error, SkipFile) else NotOurs(error.message)
    run.skipped += 1
    run.progress.report(skipped, path=row.relpath)
    record_failed(
        drive=run.drive,
        error=skipped,
        relpath=row.relpath,
        title=row.title,
        job=run.job,
    )


def _handle(run: _Run, row: DriveFile, error: OSError) -> None:
    """Tell a link or a busy file from a drive in trouble.

    Raises: DriveGone, DriveTrouble.
    """
    if error.errno in {errno.ELOOP, errno.EXDEV}:
        _skip(
            run,
            row,
            NotOurs(gettext("Its folder is a link, or another file system now.")),
        )
        return
    if not detection.device_is_there(run.opened.device):
        raise DriveGone(
            gettext("“{drive}” was unplugged.").format(drive=run.drive.name)
        ) from error
    if error.errno in _DRIVE_TROUBLE:
        raise DriveTrouble(
            gettext("“{drive}” does not take the deleting: {strerror}.").format(
                drive=run.drive.name, strerror=error.strerror
            )
        ) from error
    _skip(
        run,
        row,
        CannotDelete(
            gettext("It cannot be deleted: {strerror}.").format(strerror=error.strerror)
        ),
    )


def _remove_empty_folders(run: _Run) -> None:
    """Remove the folders our files were in, upwards: those we made and that are empty."""
    above = {each for folder in run.folders for each in _and_above(folder)}
    ours = run.drive.folders.filter(relpath__in=above).values_list("relpath", flat=True)
    for folder in sorted(ours, key=len, reverse=True):
        _remove_folder(run, folder)


def _and_above(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = folder_of(folder)


def _remove_folder(run: _Run, folder: str) -> None:
    # Something is in it, or it is gone: either way nothing to do.
    with contextlib.suppress(OSError):
        run.opened.root.rmdir(folder)
        run.drive.folders.filter(relpath=folder).delete()
        run.opened.root.sync_folder(folder_of(folder))
