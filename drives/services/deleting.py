"""Deleting from a drive: only what we wrote, unchanged since, listed first (law 6)."""

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.errors import Refused
from drives.jobs import DELETE
from drives.models import Drive, DriveFile, DriveFileQuerySet
from drives.services.removing import folder_of
from drives.services.weighing import weigh
from library.models import Item, Season, Title


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
    staying = {folder_of(path) for pk, path, _ in pairs if pk not in wanted}
    emptied = {folder_of(path) for path, _ in going} - staying
    stems = tuple(_stem(path) + "." for path, _ in going)
    media_ids = {media for _, media in going if media}
    sides = rows.filter(kind=DriveFile.Kind.SIDE).values_list(
        "pk", "relpath", "side_file__media_file_id"
    )
    return {
        pk
        for pk, path, media in sides
        if media in media_ids or path.startswith(stems) or folder_of(path) in emptied
    }


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
