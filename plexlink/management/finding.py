"""What the deeds of `drivearr plex` share: finding rows, showing servers."""

from typing import Any

from drivearr.lib.errors import Refused
from drivearr.web.commands import DrivearrCommand
from plexlink.models import PlexLibrary, PlexServer


class NoSuchThing(Refused):
    """An id on the command line names nothing."""

    code = "NOT_FOUND"


class PlexCommand(DrivearrCommand):
    """Shows servers as a person wants them."""

    def show_servers(self, rows: list[dict[str, Any]]) -> None:
        """List servers, one to a line."""
        self.table(
            ["Id", "Name", "State", "Version", "Address", "ms", "Libraries"],
            (
                (
                    row["id"],
                    row["name"],
                    row["state"].lower(),
                    row["version"],
                    row["url"],
                    row["latency_ms"],
                    row["libraries"],
                )
                for row in rows
            ),
            empty="No servers yet. Add one: drivearr plex servers --add URL",
        )


def find_library(pk: int) -> PlexLibrary:
    """Return a library; raises NoSuchThing."""
    row = PlexLibrary.objects.select_related("server").filter(pk=pk).first()
    if row is None:
        raise NoSuchThing(
            f"There is no Plex library {pk}.",
            advice="`drivearr plex libraries` shows them.",
        )
    return row


def find_server(pk: int | None) -> PlexServer:
    """Return a server, the only one for None; raises NoSuchThing."""
    rows = PlexServer.objects.select_related("account").by_name()
    if pk is not None:
        rows = rows.filter(pk=pk)
    found = list(rows[:2])
    if len(found) == 1:
        return found[0]
    if not found:
        raise NoSuchThing(
            "There is no such Plex server." if pk else "No Plex server is known yet.",
            advice="`drivearr plex servers` shows them.",
        )
    raise NoSuchThing(
        "There are several Plex servers.", advice="Say which one: --server ID"
    )
