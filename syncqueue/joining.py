"""What the queue adds to other apps' pages; loaded with the addresses, by the web part."""

from drivearr.web import rights, slots
from drives import waiting
from drives.contexts.pages import DRIVE_SLOT
from library.contexts.titles import TITLE_SLOT
from syncqueue.contexts import lanes, panels
from syncqueue.models import QueueItem


def join_pages() -> None:
    """Fill the queue's places on title and drive pages; say what waits for a drive."""
    slots.register(
        TITLE_SLOT,
        template="syncqueue/partials/title_panel.html",
        build=panels.build_title_panel,
    )
    slots.register(
        DRIVE_SLOT,
        template="syncqueue/partials/drive_panel.html",
        build=panels.build_drive_panel,
    )
    waiting.register(lanes.find_waiting)
    rights.register_reach("wish_id", _drive_of)


def _drive_of(wish_id: int) -> list[str]:
    """Say which drive a wish is for, so that narrowed members leave it alone."""
    drives = QueueItem.objects.filter(pk=wish_id).values_list("drive", flat=True)
    return [f"drive:{pk}" for pk in drives]
