"""Reading wishes, library and drive into a plan; a handful of queries at any size."""

from dataclasses import replace
from pathlib import Path

from django.utils.translation import gettext

from drives.detection import Mount
from drives.models import Attachment, Drive, DriveFile
from drives.services.comparing import whole_items
from drives.services.opening import NotAttached
from syncqueue.models import Copy, QueueItem
from syncqueue.planning import Plan, Room, Wanted, make_plan
from syncqueue.services.surveying import items_of, read_drive, read_library
from syncqueue.services.wanting import is_settled, list_wanted, target_of


def plan_drive(*, drive: Drive, partials: dict[str, int] | None = None) -> Plan:
    """Return what would be done for a drive's due wishes now.

    `partials`: bytes that earlier tries take on the drive, by target; None: as the
    journal says.

    Raises: NotAttached when the drive's room is not known.
    """
    attachment = drive.attachments.order_by("-seen_at", "-pk").first()
    if attachment is None:
        raise NotAttached(
            gettext("“{drive}” was never plugged in.").format(drive=drive.name)
        )
    due = QueueItem.objects.due().filter(drive=drive).in_order()
    wishes = list(due.only("drive_id", "title_id", "season_id", "item_id", "renews"))
    # By a query, not by a list: databases limit how many values one takes.
    titles = due.values("title_id").order_by()
    library = read_library(drive, titles)
    there = whole_items(drive=drive, titles=titles)
    wished = [(wish, items_of(wish, library)) for wish in wishes]
    on_drive = list(read_drive(drive))
    if partials is None:
        partials = dict(
            Copy.objects.open()
            .filter(drive=drive)
            .values_list("relpath", "durable_bytes")
        )
    kept = sum(
        1 for wish, items in wished for item in items if is_settled(wish, item, there)
    )
    return make_plan(
        wanted=(
            _with_partial(one, partials.get(one.relpath, 0))
            for one in list_wanted(wished, library, there, on_drive)
        ),
        on_drive=on_drive,
        room=_room(drive, attachment),
        wish_ids=[wish.pk for wish in wishes],
        kept_items=kept,
    )


def names_on_drive(*, drive: Drive) -> dict[int, list[str]]:
    """Return what each video that we wrote to a drive may be called today, by media file.

    The first is the plain name; the second tells it apart from a twin.
    """
    held = DriveFile.objects.ours().filter(drive=drive).values("title_id")
    library = read_library(drive, held)
    return {
        file.pk: [
            target_of(file, library, marks)
            for marks in ({}, {file.title_id: f" [{file.title_id}]"})
        ]
        for file in library.files.values()
    }


def _with_partial(one: Wanted, partial_bytes: int) -> Wanted:
    if not partial_bytes:
        return one
    return replace(one, partial_bytes=min(partial_bytes, one.size_bytes))


def _room(drive: Drive, attachment: Attachment) -> Room:
    mount = Mount(
        path=Path(attachment.path),
        device=attachment.device,
        node=attachment.device_node,
        filesystem=attachment.filesystem,
        options=attachment.mount_options,
        is_read_only=attachment.is_read_only,
    )
    return Room(
        total_bytes=attachment.total_bytes,
        free_bytes=attachment.free_bytes,
        reserve_bytes=drive.reserve_bytes,
        cluster_bytes=attachment.cluster_bytes,
        is_fat=mount.is_fat,
        bytes_per_second=drive.write_bytes_per_second,
    )
