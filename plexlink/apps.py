"""The plexlink app; makes its kinds of work known."""

from threading import Event
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from library.models import Title
    from library.services.scanning import ScanSummary


class PlexlinkConfig(AppConfig):
    """What Plex says."""

    name = "plexlink"

    def ready(self) -> None:
        """Register kinds and schedules."""
        from drivearr.jobs import kinds
        from library.services.afterwards import (
            register_copy_listener,
            register_listener,
        )
        from library.services.following import register_companion
        from library.services.reordering import register_follower
        from library.services.taking_up import register_source
        from plexlink import jobs

        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
        register_companion(listen_to_plex)
        register_listener(follow_scan)
        register_copy_listener(follow_copy)
        register_source(adopt_files)
        register_follower(follow_order)


def listen_to_plex(stop: Event) -> None:
    """Listen to Plex servers until `stop`; loaded only where it runs."""
    from plexlink.services.listening import listen_to_servers

    listen_to_servers(stop)


def follow_scan(summary: "ScanSummary") -> None:
    """See plexlink.services.tying; loaded when it is needed."""
    from plexlink.services import tying

    tying.follow_scan(summary)


def follow_copy(folder: str) -> None:
    """See plexlink.services.refreshing; loaded when it is needed."""
    from plexlink.services import refreshing

    refreshing.follow_copy(folder)


def adopt_files(title: "Title") -> int:
    """See plexlink.services.adopting; loaded when it is needed."""
    from plexlink.services import adopting

    return adopting.adopt_files(title)


def follow_order() -> int:
    """See plexlink.services.syncing; loaded when it is needed."""
    from plexlink.services import syncing

    return syncing.follow_order()
