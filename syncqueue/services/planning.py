"""Reading wishes, library and drive into a plan; a handful of queries at any size."""

from pathlib import Path

from django.utils.translation import gettext

from drives.detection import Mount
from drives.models import Attachment, Drive, DriveFile
from drives.services.comparing import whole_items
from drives.services.opening import NotAttached
from syncqueue.models import Copy, QueueItem
from syncqueue.planning import Plan, Room, make_plan
from syncqueue.services.surveying import read_drive, read_library, read_wishes
from syncqueue.services.wanting import Wanting, target_of


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
    wishes = read_wishes(due)
    # By a query, not by a list: databases limit how many values one takes.
    titles = due.values("title_id").order_by()
    library = read_library(drive, titles)
    there = whole_items(drive=drive, titles=titles)
    on_drive = list(read_drive(drive, titles))
    wanting = Wanting(wishes, library, there, on_drive)
    return make_plan(
        wanted=wanting.files(),
        on_drive=on_drive,
        room=_room(drive, attachment),
        wish_ids=[wish.pk for wish in wishes],
        kept_items=wanting.count_settled(),
        partials=_partials(drive) if partials is None else partials,
    )


def _partials(drive: Drive) -> dict[str, int]:
    rows = Copy.objects.open().filter(drive=drive)
    return dict(rows.values_list("relpath", "durable_bytes"))


def names_on_drive(*, drive: Drive) -> dict[int, list[str]]:
    """Return what each video that we wrote to a drive may be called today, by media file.

    The first is the plain name; the second tells it apart from a twin.
    """
    held = DriveFile.objects.ours().filter(drive=drive).values("title_id")
    library = read_library(drive, held)
    return {
        file.pk: [
            target_of(file, library, mark) for mark in ("", f" [{file.title_id}]")
        ]
        for file in library.files.values()
    }


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
