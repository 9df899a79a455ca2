"""What the log page shows."""

import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import QueryDict

from drivearr.lib import logreading
from drivearr.lib.loggrouping import Often, find_most_said
from drivearr.lib.logreading import LEVELS, LogLine, Wanted
from drivearr.web.reading import read_choice, read_id, read_query

SHOWN = 200
LOOKED_AT = 5000
MOST_SAID = 8
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}")
STATES = {"WARNING": "HELD", "ERROR": "FAILED", "CRITICAL": "FAILED"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line."""

    line: LogLine
    state: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """The latest lines that were asked for."""

    rows: tuple[Row, ...]
    wanted: Wanted
    levels: tuple[str, ...]
    parts: tuple[str, ...]
    is_live: bool
    has_logs: bool
    most_said: tuple[Often, ...] = ()
    """Warnings and errors that come again and again; not in a poll's answer."""

    @property
    def newest(self) -> str:
        """When the latest line shown was written; what comes later is news."""
        return self.rows[0].line.at if self.rows else self.wanted.after

    @classmethod
    def build(cls, asked: QueryDict, *, is_whole: bool = True) -> "LogPage":
        """Make it; reads the end of each log file, twice for the whole page."""
        files = log_files()
        parts = tuple(dict.fromkeys(file.name.split(".")[0] for file in files))
        wanted = read_wanted(asked, parts)
        lines = logreading.read(files, wanted, most=SHOWN)
        return cls(
            rows=tuple(Row(line, STATES.get(line.level, "")) for line in lines),
            wanted=wanted,
            levels=LEVELS[:-1],
            parts=parts,
            is_live=asked.get("tail") == "1",
            has_logs=bool(files),
            most_said=_most_said(files) if is_whole else (),
        )


def _most_said(files: tuple[Path, ...]) -> tuple[Often, ...]:
    lines = logreading.read(files, Wanted(least="WARNING"), most=LOOKED_AT)
    return find_most_said(lines, most=MOST_SAID)


def read_wanted(asked: QueryDict, parts: tuple[str, ...]) -> Wanted:
    """Return what a query asks for."""
    return Wanted(
        least=read_choice(asked.get("level"), LEVELS, "INFO"),
        words=read_query(asked.get("q")),
        job=read_id(asked.get("job")),
        part=read_choice(asked.get("part"), parts),
        after=read_moment(asked.get("after")),
    )


def read_moment(raw: str | None) -> str:
    """Return a moment as logs write it; empty for anything else."""
    return raw if raw and MOMENT.fullmatch(raw) else ""


def log_files() -> tuple[Path, ...]:
    """Return the log files of this house."""
    return logreading.list_files(settings.LOG_DIR)
