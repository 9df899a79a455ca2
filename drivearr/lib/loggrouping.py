"""Which sentences a log says most: entries that differ in names and numbers alone are one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from drivearr.lib.logreading import LogLine

_VARIES = re.compile(
    r"“[^”]*”|\"[^\"]*\"|'[^']*'"  # what is quoted
    r"|(?:[A-Za-z]:)?(?:[/\\][^\s:,;]+)+"  # paths
    r"|\b[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*\b"  # ids
    r"|\d+(?:[.,:]\d+)*"
)
SHAPE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Often:
    """One sentence with how often it was said."""

    level: str
    logger: str
    text: str
    """As it was said last."""
    count: int
    first_at: str
    last_at: str
    words: str
    """The longest piece that is the same each time: finds them all."""


def shape_of(text: str) -> str:
    """Return a sentence with names, numbers and paths left out."""
    return _VARIES.sub("…", text[:SHAPE_CHARACTERS])


def find_most_said(lines: Iterable[LogLine], *, most: int) -> tuple[Often, ...]:
    """Return the sentences that were said most, the most frequent first."""
    groups: dict[tuple[str, str, str], list[LogLine]] = {}
    for line in lines:
        key = (line.level, line.logger, shape_of(line.text))
        groups.setdefault(key, []).append(line)
    found = [_often(shape, lines) for (_, _, shape), lines in groups.items()]
    found.sort(key=lambda each: (each.count, each.last_at), reverse=True)
    return tuple(found[:most])


def _often(shape: str, lines: list[LogLine]) -> Often:
    lines.sort(key=lambda line: line.at)
    last = lines[-1]
    return Often(
        level=last.level,
        logger=last.logger,
        text=last.text,
        count=len(lines),
        first_at=lines[0].at,
        last_at=last.at,
        words=max((piece.strip() for piece in shape.split("…")), key=len),
    )
