"""What the queue adds to other apps' pages; loaded with the addresses, by the web part."""

from drivearr.web import slots
from drives import waiting
from drives.contexts.pages import DRIVE_SLOT
from library.contexts.titles import TITLE_SLOT
from syncqueue.contexts import lanes, panels


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
