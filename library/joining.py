"""What the library adds to other apps' pages; loaded with the addresses, by the web part."""

from drivearr.jobs import subjects
from library.contexts.folders import name_roots


def join_pages() -> None:
    """Name library folders on the jobs' pages."""
    subjects.register_namer("root", name_roots)
