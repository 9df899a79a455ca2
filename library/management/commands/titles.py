"""`drivearr titles`: the catalogue."""

from argparse import ArgumentParser
from typing import Any

import humanize

from drivearr.web.commands import DrivearrCommand, row_id
from library.services.listing import list_titles


class Command(DrivearrCommand):
    """List titles with their states on every drive."""

    help = "The catalogue: titles of which there are files."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """See DrivearrCommand."""
        parser.add_argument(
            "--kind", type=str.upper, metavar="K", help="movie, show or other"
        )
        parser.add_argument("--search", default="", metavar="Q")
        parser.add_argument(
            "--drive", type=row_id, metavar="D", help="only what is on this drive"
        )

    def work(self, **options: Any) -> None:
        """See DrivearrCommand."""
        rows = list_titles(
            kind=options["kind"], search=options["search"], drive_id=options["drive"]
        )
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            ["Id", "Title", "Year", "Kind", "Items", "Size", "Drives"],
            (
                (
                    row["id"],
                    row["title"],
                    row["year"],
                    row["kind"].lower(),
                    row["items"],
                    humanize.naturalsize(row["size_bytes"]),
                    ", ".join(
                        f"{each['id']}: {each['state'].lower()}"
                        for each in row["drives"]
                    ),
                )
                for row in rows
            ),
            empty="No titles.",
        )
