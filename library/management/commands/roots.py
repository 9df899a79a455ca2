"""`drivearr roots`: the library folders."""

from argparse import ArgumentParser
from pathlib import Path

import humanize
from django.utils.translation import gettext

from drivearr.web.commands import DrivearrCommand, row_id
from library.models import Root
from library.services import listing, rooting
from library.services.rooting import RootRefused


class Command(DrivearrCommand):
    """Add, list, move and remove library folders; files are never touched."""

    help = "Library folders: add, list, move, remove."

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
        moving = deeds.add(
            "move", self.move_root, says="where a library folder lies now, as it was"
        )
        moving.add_argument("root_id", metavar="ID", type=row_id)
        moving.add_argument("path", metavar="PATH")
        polling = deeds.add(
            "poll",
            self.poll_root,
            says="how often to look for changes that the system does not tell of",
        )
        polling.add_argument("root_id", metavar="ID", type=row_id)
        polling.add_argument(
            "--minutes", required=True, type=int, help="5 or more; 0: never by itself"
        )
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

    def poll_root(self, *, root_id: int, minutes: int) -> None:
        """Say how often changes are looked for."""
        root = _get(root_id)
        rooting.set_poll(root=root, minutes=minutes)
        if self.as_json:
            self.emit({"id": root_id, "poll_minutes": minutes})
        else:
            self.say(f"Kept for {root.path}.")

    def move_root(self, *, root_id: int, path: str) -> None:
        """Say where a library folder lies now."""
        root = _get(root_id)
        before = root.path
        rooting.move_root(root=root, path=Path(path).expanduser())
        if self.as_json:
            self.emit({"id": root_id, "path": root.path, "was": before})
        else:
            self.say(f"Library folder {root_id} is {root.path} now. Scan it next.")

    def remove_root(self, *, root_id: int) -> None:
        """Forget a library folder."""
        root = _get(root_id)
        path = root.path
        rooting.remove_root(root=root)
        if self.as_json:
            self.emit({"removed": root_id, "path": path})
        else:
            self.say(f"Forgot {path}. Its files are untouched.")


def _get(root_id: int) -> Root:
    root = Root.objects.filter(pk=root_id).first()
    if root is None:
        raise RootRefused(
            gettext("There is no library folder {root_id}.").format(root_id=root_id),
            advice=gettext("`drivearr roots list` shows which there are."),
        )
    return root
