"""What drives add to other apps' pages; loaded with the addresses, by the web part."""

from drivearr.jobs import subjects
from drives.contexts.marking import DriveMarker
from drives.contexts.pages import name_drives
from library import marks


def join_pages() -> None:
    """Name drives on the jobs' pages, and mark titles with their state on drives."""
    subjects.register_namer("drive", name_drives)
    marks.register(DriveMarker())
