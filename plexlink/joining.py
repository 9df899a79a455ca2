"""What the link to Plex adds to other apps' pages; loaded with the addresses."""

from drivearr.jobs import subjects
from drivearr.web import slots
from library import origins
from library.contexts.titles import TITLE_SLOT
from plexlink.contexts.titles import (
    build_panel,
    find_newest,
    is_offered,
    name_libraries,
    pick_titles,
)


def join_pages() -> None:
    """Name Plex libraries on the jobs' pages, join the shelf and the page of a title."""
    subjects.register_namer("plex_library", name_libraries)
    origins.register(
        origins.Origin(
            "plex",
            "Plex",
            pick=pick_titles,
            is_offered=is_offered,
            newest=find_newest,
        )
    )
    slots.register(
        TITLE_SLOT,
        template="plexlink/partials/title_panel.html",
        build=build_panel,
        order=50,
    )
