"""`drivearr files`: the media files and what they are."""

from argparse import ArgumentParser
from typing import Any

import humanize

from drivearr.web.commands import DrivearrCommand, row_id
from library.services.listing import list_files


class Command(DrivearrCommand):
    """List media files with their matches."""

    help = "The media files and what they were recognised as."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """See DrivearrCommand."""
        parser.add_argument("--root", type=row_id, metavar="ID")
        parser.add_argument(
            "--state",
            type=str.upper,
            metavar="S",
            help="present, missing; pending, matched, suggested, unmatched, ignored",
        )

    def work(self, **options: Any) -> None:
        """See DrivearrCommand."""
        rows = list_files(root_id=options["root"], state=options["state"])
        if self.as_json:
            self.emit(list(rows))
            return
        self.table(
            [
                "Id",
                "File",
                "Size",
                "State",
                "Match",
                "Title",
                "Score",
                "Reason",
                "Holds",
            ],
            (_cells(row) for row in rows),
            empty="No files.",
        )


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    match = row["match"]
    title = match["title"] or ""
    if match["season"] is not None:
        numbers = "".join(f"E{number:02}" for number in match["episodes"])
        title += f" S{match['season']:02}{numbers}"
    score = match["score"]
    return (
        row["id"],
        row["relpath"],
        humanize.naturalsize(row["size_bytes"]),
        row["state"].lower(),
        match["state"].lower(),
        title,
        "" if score is None else f"{score:.2f}",
        match["reason"],
        _in_words(row["media"]),
    )


def _in_words(media: dict[str, Any] | None) -> str:
    """Return "HEVC 2160p HDR10, 2:10 h, sound en de, subtitles en"."""
    if media is None:
        return ""
    height = f"{media['height']}p" if media["height"] else ""
    minutes = round((media["duration_seconds"] or 0) / 60)
    parts = (
        " ".join(filter(None, (media["video_codec"], height, media["hdr"]))),
        f"{minutes // 60}:{minutes % 60:02} h" if minutes else "",
        _tracks("sound", media["audio"]),
        _tracks("subtitles", media["subtitles"]),
    )
    return ", ".join(filter(None, parts))


def _tracks(label: str, tracks: list[dict[str, Any]]) -> str:
    said = [track["language"] or "?" for track in tracks]
    return f"{label} {' '.join(said)}" if said else ""
