"""Deleting from a drive: only what we wrote, unchanged since, listed first (law 6)."""

import contextlib
import errno
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.errors import Refused, SkipFile, StopRun
from drivearr.lib.progress import Progress, SilentProgress
from drivearr.lib.rootfolder import RootFolder, UnsafePath
from drives import detection
from drives.jobs import DELETE
from drives.models import Drive, DriveFile, DriveFileQuerySet, SyncRecord
from drives.sameness import is_unchanged
from drives.services.locking import write_lock
from drives.services.opening import DriveGone, OpenDrive, open_drive
from drives.services.recording import flush_manifest, record_event, record_failed
from drives.services.weighing import OnlyCopy, find_only_here, weigh
from library.models import Item, Season, Title

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


class NothingToDelete(Refused):
    """Nothing of that is on the drive and ours to delete."""

    code = "NOTHING_TO_DELETE"
    advice = gettext_noop(
        "Files that others wrote, or that changed since, are left alone."
    )


class DeletingAlready(Refused):
    """Other files are being deleted from the drive just now."""

    code = "DELETING_ALREADY"
    advice = gettext_noop(
        "Try again when that is done; nothing of what you chose was deleted."
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


def list_deletable(
    *,
    drive: Drive,
    titles: Iterable[Title] = (),
    seasons: Iterable[Season] = (),
    items: Iterable[Item] = (),
    file_ids: Iterable[int] = (),
) -> tuple[DriveFile, ...]:
    """Return which files would be deleted: ours and unchanged as far as we know.

    A file of several items goes only when all of them are named. Side files go with
    the last video they stand beside.
    """
    rows = DriveFile.objects.ours().present().filter(drive=drive)
    videos = rows.filter(kind=DriveFile.Kind.VIDEO)
    wanted = {
        *_of_titles(rows, titles),
        *_of_items(videos, seasons=seasons, items=items),
        *rows.filter(pk__in=list(file_ids)).values_list("pk", flat=True),
    }
    wanted |= _side_files(rows, videos, wanted)
    return tuple(rows.filter(pk__in=wanted).select_related("title").in_order())


def _of_titles(rows: DriveFileQuerySet, titles: Iterable[Title]) -> Iterable[int]:
    return rows.filter(title__in=list(titles)).values_list("pk", flat=True)


def _of_items(
    videos: DriveFileQuerySet, *, seasons: Iterable[Season], items: Iterable[Item]
) -> Iterable[int]:
    named = Q(season__in=list(seasons)) | Q(pk__in=[item.pk for item in items])
    wanted = Item.objects.filter(named)
    others = Item.objects.exclude(pk__in=wanted.values("pk"))
    return (
        videos.filter(items__in=wanted)
        .exclude(items__in=others)
        .values_list("pk", flat=True)
    )


def _side_files(
    rows: DriveFileQuerySet, videos: DriveFileQuerySet, wanted: set[int]
) -> set[int]:
    """Return side files that belong to a wanted video, or to a folder left without."""
    pairs = list(videos.values_list("pk", "relpath", "media_file_id"))
    going = [(path, media) for pk, path, media in pairs if pk in wanted]
    if not going:
        return set()
    staying = {_folder(path) for pk, path, _ in pairs if pk not in wanted}
    emptied = {_folder(path) for path, _ in going} - staying
    stems = tuple(_stem(path) + "." for path, _ in going)
    media_ids = {media for _, media in going if media}
    sides = rows.filter(kind=DriveFile.Kind.SIDE).values_list(
        "pk", "relpath", "side_file__media_file_id"
    )
    return {
        pk
        for pk, path, media in sides
        if media in media_ids or path.startswith(stems) or _folder(path) in emptied
    }


def _folder(relpath: str) -> str:
    return relpath.rpartition("/")[0]


def _stem(relpath: str) -> str:
    return relpath.rpartition(".")[0]


def start_delete(
    *,
    drive: Drive,
    file_ids: Sequence[int],
    by: AbstractBaseUser | None = None,
    is_sure: bool = False,
) -> Job:
    """Queue the deleting of files that a person saw listed.

    `is_sure`: also what may be the only copy there is, or most of the drive.

    Raises: NothingToDelete, NeedsYes, DeletingAlready.
    """
    found = list_deletable(drive=drive, file_ids=file_ids)
    ids = sorted({file.pk for file in found} & set(file_ids))
    if not ids:
        raise NothingToDelete(
            gettext("Nothing of that can be deleted from “{drive}”.").format(
                drive=drive.name
            )
        )
    going = [file for file in found if file.pk in set(ids)]
    weigh(drive=drive, files=going).check(is_sure=is_sure)
    job = enqueue(
        DELETE,
        subject=drive.subject,
        trigger=Job.Trigger.PERSON,
        drive_id=drive.pk,
        file_ids=ids,
        by_id=by.pk if by else None,
        is_sure=is_sure,
    )
    if job.arguments.get("file_ids") != ids:
        # The one under way was asked for other files: it must not pass for this one.
        raise DeletingAlready(
            gettext("Files are being deleted from “{drive}” just now.").format(
                drive=drive.name
            )
        )
    return job


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
    rows = list(
        DriveFile.objects.ours()
        .filter(drive=drive, pk__in=list(file_ids))
        .select_related("title")
        .in_order()
    )
    kept = frozenset[int]() if is_sure else find_only_here(rows)
    progress.expect(len(rows), "FILES")
    with open_drive(drive=drive) as opened, write_lock(opened, progress=progress):
        run = _Run(drive, opened, progress, job, by)
        try:
            for row in rows:
                progress.check()
                opened.check()
                if row.pk in kept:
                    _skip(run, row, OnlyCopy(gettext("The library lacks it now.")))
                else:
                    _delete(run, row)
                progress.advance()
            _remove_empty_folders(run)
        finally:
            _flush(run)
    return Deleted(run.files, run.size_bytes, run.skipped)


def _flush(run: _Run) -> None:
    if not run.files:
        return
    Drive.objects.filter(pk=run.drive.pk).update(
        manifest_is_due=True, manifest_whole_is_due=True
    )
    try:
        flush_manifest(drive=run.drive, open_drive=run.opened)
    except (OSError, DriveGone):
        # Our rows are right; the manifest follows with the next write.
        return


def _delete(run: _Run, row: DriveFile) -> None:
    run.progress.note(row.relpath)
    try:
        if not _check_ours(run.opened.root, row):
            DriveFile.objects.filter(pk=row.pk).update(state=DriveFile.State.VANISHED)
            return
        run.opened.root.unlink(row.relpath)
        run.opened.root.sync_folder(_folder(row.relpath))
    except (NotOurs, UnsafePath) as error:
        _skip(run, row, error)
        return
    except OSError as error:
        _handle(run, row, error)
        return
    run.files += 1
    run.size_bytes += row.size_bytes
    run.folders.add(_folder(row.relpath))
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


def _check_ours(root: RootFolder, row: DriveFile) -> bool:
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
        folder = _folder(folder)


def _remove_folder(run: _Run, folder: str) -> None:
    # Something is in it, or it is gone: either way nothing to do.
    with contextlib.suppress(OSError):
        run.opened.root.rmdir(folder)
        run.drive.folders.filter(relpath=folder).delete()
        run.opened.root.sync_folder(_folder(folder))


# --- One foreign file, by name ----------------------------------------------------


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
    progress = SilentProgress()
    with (
        open_drive(drive=drive) as opened,
        write_lock(opened, progress=progress, wait_seconds=1),
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
        _flush(_Run(drive, opened, progress, None, by, files=1))
    return row


def _delete_named(opened: OpenDrive, row: DriveFile) -> None:
    name = opened.drive.name
    try:
        is_there = _check_ours(opened.root, row)
        if is_there:
            opened.root.unlink(row.relpath)
            opened.root.sync_folder(_folder(row.relpath))
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
