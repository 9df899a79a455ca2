"""`drivearr roots`: the library folders."""

from argparse import ArgumentParser
from pathlib import Path

import humanize

from drivearr.web.commands import DrivearrCommand, row_id
from library.models import Root
from library.services import listing, rooting
from library.services.rooting import RootRefused


class Command(DrivearrCommand):
    """Add, list and remove library folders; files are never touched."""

    help = "Library folders: add, list, remove."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """See DrivearrCommand."""
        deeds = self.add_deeds(parser)
        adding = deeds.add("add", self.add_root, says="name a library folder")
        adding.add_argument("path", metavar="PATH")
        adding.add_argument(
            "--kind",
            required=True,
            type=str.lower,
            choices=["movies", "shows", "other"],
        )
        deeds.add("list", self.list_roots, says="list the library folders")
        removing = deeds.add(
            "remove", self.remove_root, says="forget a library folder; its files stay"
        )
        removing.add_argument("root_id", metavar="ID", type=row_id)

    def add_root(self, *, path: str, kind: str) -> None:
        """Name a library folder."""
        root = rooting.add_root(path=Path(path).expanduser(), kind=kind.upper())
        row = next(row for row in listing.list_roots() if row["id"] == root.pk)
        if self.as_json:
            self.emit(row)
        else:
            self.say(f"Added {root.path} as library folder {root.pk}.")

    def list_roots(self) -> None:
        """List the library folders."""
        rows = listing.list_roots()
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            ["Id", "Path", "Kind", "State", "Files", "Last scan"],
            (
                (
                    row["id"],
                    row["path"],
                    row["kind"].lower(),
                    row["state"].lower(),
                    row["files"],
                    humanize.naturaltime(row["last_scan_at"])
                    if row["last_scan_at"]
                    else "never",
                )
                for row in rows
            ),
            empty="No library folders yet. Add one: drivearr roots add PATH --kind movies",
        )

    def remove_root(self, *, root_id: int) -> None:
        """Forget a library folder."""
        root = Root.objects.filter(pk=root_id).first()
        if root is None:
            raise RootRefused(
                f"There is no library folder {root_id}.",
                advice="`drivearr roots list` shows which there are.",
            )
        path = root.path
        rooting.remove_root(root=root)
        if self.as_json:
            self.emit({"removed": root_id, "path": path})
        else:
            self.say(f"Forgot {path}. Its files are untouched.")
