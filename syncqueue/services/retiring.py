"""Old copies under other names that go once what was to take their place is there."""

from drivearr.jobs.models import Job
from drivearr.lib.progress import Progress
from drives.models import Drive, DriveFile, DriveFileItem, DriveFileQuerySet
from drives.services.comparing import whole_items
from drives.services.opening import OpenDrive
from drives.services.removing import Deleted, remove_rows
from drives.services.weighing import find_only_here
from library.models import Item, MediaFile, MediaFileItem
from syncqueue.models import QueueItem, QueueItemQuerySet


def renewed(*, drive: Drive) -> QueueItemQuerySet:
    """Return fulfilled wishes whose old copies may still be on a drive."""
    return QueueItem.objects.filter(
        drive=drive, state=QueueItem.State.DONE, renews=True
    )


def retire_old(
    *, opened: OpenDrive, progress: Progress, job: Job | None = None
) -> Deleted:
    """Delete the copies that fulfilled wishes renewed under another name.

    Only what we wrote and nobody changed, whose every item is there in a current copy,
    and never what the library could not give again. By the drive's one writer.

    Raises: DriveGone, WrongDrive, DriveReadOnly, DriveTrouble.
    """
    wishes = list(renewed(drive=opened.drive))
    if not wishes:
        return Deleted(0, 0, 0)
    rows = list_old(drive=opened.drive, wishes=wishes)
    done = remove_rows(
        opened=opened, rows=rows, progress=progress, job=job, kept=find_only_here(rows)
    )
    QueueItem.objects.filter(pk__in=[wish.pk for wish in wishes]).update(renews=False)
    return done


def list_old(*, drive: Drive, wishes: list[QueueItem]) -> list[DriveFile]:
    """Return the old copies that wishes made superfluous, and what stands beside them."""
    titles = QueueItem.objects.filter(pk__in=[wish.pk for wish in wishes])
    current = whole_items(drive=drive, titles=titles.values("title")).current
    ours = DriveFile.objects.ours().present().filter(drive=drive)
    ours = ours.filter(title__in=titles.values("title"))
    videos = ours.filter(kind=DriveFile.Kind.VIDEO).exclude(source_fingerprint="")
    items = _items_of(videos)
    old = [
        row
        for row in videos.select_related("title").in_order()
        if items.get(row.pk)
        and items[row.pk] <= current
        and row.source_fingerprint not in (marks := _marks(items[row.pk]))
        and "" not in marks
        and _is_asked(items[row.pk], wishes)
    ]
    return old + _beside(old, ours)


def _items_of(videos: DriveFileQuerySet) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    links = DriveFileItem.objects.filter(drive_file__in=videos)
    for file, item in links.values_list("drive_file", "item"):
        found.setdefault(file, set()).add(item)
    return found


def _marks(items: set[int]) -> set[str]:
    """Return the fingerprints of what the library has of some items."""
    rows = MediaFileItem.objects.filter(
        item__in=items, media_file__state=MediaFile.State.PRESENT
    )
    return set(rows.values_list("media_file__fingerprint", flat=True))


def _is_asked(items: set[int], wishes: list[QueueItem]) -> bool:
    """Whether wishes named each of the items, or a season or title that it is of."""
    rows = Item.objects.filter(pk__in=items).values_list("pk", "season", "title")
    return all(
        any(
            pk == wish.item_id
            if wish.item_id is not None
            else season == wish.season_id
            if wish.season_id is not None
            else title == wish.title_id
            for wish in wishes
        )
        for pk, season, title in rows
    )


def _beside(old: list[DriveFile], ours: DriveFileQuerySet) -> list[DriveFile]:
    """Return side files named after old copies, and after none that stays."""
    going = {row.pk for row in old}
    staying = tuple(
        _stem(path)
        for pk, path in ours.filter(kind=DriveFile.Kind.VIDEO).values_list(
            "pk", "relpath"
        )
        if pk not in going
    )
    stems = tuple({_stem(row.relpath) for row in old} - set(staying))
    if not stems:
        return []
    sides = ours.filter(kind=DriveFile.Kind.SIDE).select_related("title").in_order()
    return [
        row
        for row in sides
        if row.relpath.startswith(stems) and not row.relpath.startswith(staying)
    ]


def _stem(relpath: str) -> str:
    return relpath.rpartition(".")[0] + "."
