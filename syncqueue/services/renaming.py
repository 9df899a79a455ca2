"""Giving files on a drive the names their titles have today, without copying again."""

import contextlib
import errno
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.errors import Refused, SkipFile
from drivearr.lib.progress import Progress
from drives.models import Drive, DriveFile, DriveFolder, SyncRecord
from drives.sameness import is_unchanged
from drives.services import recording
from drives.services.locking import write_lock
from drives.services.manifesting import flush_manifest
from drives.services.opening import OpenDrive, open_drive
from syncqueue.copying import faults
from syncqueue.jobs import RENAME
from syncqueue.renaming import Named, Rename, plan_renames
from syncqueue.services.planning import names_on_drive

_FILE_TROUBLE = {errno.EEXIST, errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV}


class NothingToRename(Refused):
    """Every file of ours has its name."""

    code = "NOTHING_TO_RENAME"


class NotRenamed(SkipFile):
    """A file keeps its old name."""

    code = "NOT_RENAMED"
    advice = gettext_noop("It was left alone; scan the drive to see what became of it.")


_NOT_FREE = NotRenamed(
    "It is not what we wrote any more, or another file has its new name."
)


@dataclass(frozen=True, slots=True)
class Renamed:
    """What one renaming did."""

    files: int
    skipped: int


@dataclass(slots=True)
class _Run:
    drive: Drive
    opened: OpenDrive
    fence: int
    progress: Progress
    job: Job | None
    files: int = 0
    skipped: int = 0


def list_renames(*, drive: Drive, staying: Collection[int] = ()) -> tuple[Rename, ...]:
    """Return which files of ours carry a name that their title has no more.

    `staying`: files that keep their names all the same. Deterministic: asked again, it
    gives the same, less what was done.
    """
    rows = DriveFile.objects.ours().filter(drive=drive).present().in_order()
    columns = ("pk", "relpath", "kind", "media_file_id")
    today = names_on_drive(drive=drive)
    videos, sides = [], []
    for pk, relpath, kind, media_id in rows.values_list(*columns):
        if kind == DriveFile.Kind.VIDEO:
            names = () if pk in staying else today.get(media_id, ())
            videos.append(Named(pk, relpath, names))
        else:
            sides.append(Named(pk, relpath))
    ours = {each.file_id for each in (*videos, *sides)}
    there = DriveFile.objects.filter(drive=drive).exclude(
        state=DriveFile.State.VANISHED
    )
    others = [
        relpath for pk, relpath in there.values_list("pk", "relpath") if pk not in ours
    ]
    return plan_renames(videos=videos, sides=sides, others=others)


def start_rename(*, drive: Drive) -> Job:
    """Queue the renaming of what a person saw listed.

    Raises: NothingToRename.
    """
    if not list_renames(drive=drive):
        raise NothingToRename(
            gettext("Every file on “{drive}” has its name already.").format(
                drive=drive.name
            )
        )
    return enqueue(
        RENAME,
        subject=drive.subject,
        trigger=Job.Trigger.PERSON,
        drive_id=drive.pk,
    )


def rename_on_drive(
    *, drive_id: int, progress: Progress, job: Job | None = None
) -> Renamed:
    """Rename a drive's files; each is under its old name or its new one, always whole.

    Killed at any moment, it goes on when asked again: a file that has its new name
    already is only recorded.

    Raises: NotAttached, DriveGone, WrongDrive, DriveReadOnly, DriveBusy, NotTheWriter,
        and the kinds in `faults`.
    """
    drive = Drive.objects.get(pk=drive_id)
    with (
        open_drive(drive=drive) as opened,
        _named(opened),
        write_lock(opened, progress=progress),
    ):
        run = _Run(drive, opened, drive.take_fence(), progress, job)
        renames = list_renames(drive=drive, staying=_not_possible(run))
        progress.expect(len(renames), "FILES")
        try:
            for each in renames:
                _rename(run, each)
        finally:
            # Nothing that was renamed stays in the manifest under its old name.
            _finish(run)
    return Renamed(run.files, run.skipped)


@contextlib.contextmanager
def _named(opened: OpenDrive) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise faults.on_drive(error, is_there=opened.is_there()) from error


def _not_possible(run: _Run) -> set[int]:
    """Return videos that must stay as they are; what belongs to them stays with them."""
    found = {each.file_id: each for each in list_renames(drive=run.drive)}
    rows = DriveFile.objects.filter(pk__in=found, kind=DriveFile.Kind.VIDEO)
    stuck = set()
    for row in rows:
        run.progress.check()
        each = found[row.pk]
        if not run.opened.root.exists(each.old):
            is_free = _is_that_file(run, row, each.new)
        else:
            is_free = _is_that_file(run, row, each.old)
            is_free &= not run.opened.root.exists(each.new)
        if not is_free:
            stuck.add(row.pk)
            run.skipped += 1
            run.progress.report(_NOT_FREE, path=each.old)
    return stuck


def _rename(run: _Run, each: Rename) -> None:
    run.progress.check()
    run.opened.check()
    recording.check_fence(drive=run.drive, fence=run.fence)
    run.progress.note(f"Renaming {each.old}")
    row = DriveFile.objects.get(pk=each.file_id)
    try:
        _move(run, row, each)
    except SkipFile as error:
        run.skipped += 1
        run.progress.report(error, path=each.old)
    except OSError as error:
        if error.errno not in _FILE_TROUBLE:
            raise
        run.skipped += 1
        why = NotRenamed(
            gettext("The drive refuses the new name: {strerror}.").format(
                strerror=error.strerror
            )
        )
        run.progress.report(why, path=each.old)
    else:
        _record(run, row, each)
    run.progress.advance()


def _move(run: _Run, row: DriveFile, each: Rename) -> None:
    """Rename on the drive, unless a run that died did so already."""
    root = run.opened.root
    if not root.exists(each.old) and _is_that_file(run, row, each.new):
        root.sync_file(each.new)
        root.sync_folder(_folder(each.new))
        return
    if not _is_that_file(run, row, each.old):
        raise NotRenamed(gettext("The file is not, or not any more, what we wrote."))
    # Before the first rename, so that a manifest is written whatever happens next.
    Drive.objects.filter(pk=run.drive.pk).update(
        manifest_is_due=True, manifest_whole_is_due=True
    )
    _make_folder(run, _folder(each.new))
    root.commit(each.old, each.new)
    root.sync_folder(_folder(each.old))


def _make_folder(run: _Run, folder: str) -> None:
    """Make a folder, remembered as ours first: who is killed in between leaves none."""
    missing = [one for one in _and_above(folder) if not run.opened.root.exists(one)]
    DriveFolder.objects.bulk_create(
        (DriveFolder(drive=run.drive, relpath=one) for one in missing),
        ignore_conflicts=True,
    )
    run.opened.root.mkdirs(folder)


def _is_that_file(run: _Run, row: DriveFile, relpath: str) -> bool:
    try:
        about = run.opened.root.stat(relpath)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return is_unchanged(
        size_bytes=row.size_bytes,
        mtime_ns=row.mtime_ns,
        size_now=about.st_size,
        mtime_ns_now=about.st_mtime_ns,
    )


def _record(run: _Run, row: DriveFile, each: Rename) -> None:
    run.files += 1
    # A row of a file that is gone may still hold the name.
    DriveFile.objects.filter(
        drive=run.drive, relpath=each.new, state=DriveFile.State.VANISHED
    ).delete()
    DriveFile.objects.filter(pk=row.pk).update(relpath=each.new, seen_at=timezone.now())
    recording.record_event(
        drive=run.drive,
        action=SyncRecord.Action.RENAMED,
        job=run.job,
        title=row.title,
        relpath=each.new,
        size_bytes=row.size_bytes,
        message=f"Not copied again; it was “{each.old}”.",
    )


def _finish(run: _Run) -> None:
    _remove_empty_folders(run)
    flush_manifest(drive=run.drive, open_drive=run.opened)


def _remove_empty_folders(run: _Run) -> None:
    """Remove folders that we made and that nothing is in any more."""
    files = DriveFile.objects.filter(drive=run.drive).exclude(
        state=DriveFile.State.VANISHED
    )
    used = {
        above
        for folder in {
            _folder(name) for name in files.values_list("relpath", flat=True)
        }
        for above in _and_above(folder)
    }
    idle = [row for row in run.drive.folders.all() if row.relpath not in used]
    for row in sorted(idle, key=lambda row: len(row.relpath), reverse=True):
        with contextlib.suppress(OSError):
            if run.opened.root.exists(row.relpath):
                run.opened.root.rmdir(row.relpath)
            row.delete()


def _and_above(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = _folder(folder)


def _folder(relpath: str) -> str:
    return relpath.rpartition("/")[0]
