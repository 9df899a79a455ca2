"""Reads log files from their end: lines with time, level, part, job and text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
TAIL_BYTES = 1024 * 1024
"""Of each file, so much is looked at."""
_LINE = re.compile(
    r"^(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) (?P<level>[A-Z]+) +"
    r"\[(?P<job>[\w-]+)\] (?P<logger>[\w.-]+): (?P<text>.*)$"
)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry, its traceback included."""

    at: str
    """As written: `2026-11-21 09:15:02,123`; sorts as text."""
    level: str
    job: int | None
    logger: str
    part: str
    """Which process wrote it: web, worker, copy."""
    text: str
    more: str = ""
    """Lines below: a traceback."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are asked for."""

    least: str = "DEBUG"
    words: str = ""
    """Must stand in the line, in any case."""
    job: int | None = None
    part: str = ""
    after: str = ""
    """Only what came later than this moment, as written."""


def list_files(folder: Path) -> tuple[Path, ...]:
    """Return the log files of all parts, older ones too."""
    return tuple(sorted(folder.glob("*.log*"))) if folder.is_dir() else ()


def tail(path: Path, *, most_bytes: int = TAIL_BYTES) -> str:
    """Return the end of a file, from the beginning of a line; empty when unreadable."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            start = max(0, size - most_bytes)
            file.seek(start)
            text = file.read(most_bytes).decode("utf-8", errors="replace")
    except OSError:
        return ""
    return text.split("\n", 1)[-1] if start else text


def parse(text: str, *, part: str) -> Iterator[LogLine]:
    """Yield the entries of a log; lines before the first entry are left out."""
    entry: LogLine | None = None
    more: list[str] = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if not match:
            more.append(line)
            continue
        if entry:
            yield replace(entry, more="\n".join(more))
        job = match["job"]
        entry = LogLine(
            at=match["at"],
            level=match["level"],
            job=int(job) if job.isdigit() else None,
            logger=match["logger"],
            part=part,
            text=match["text"],
        )
        more = []
    if entry:
        yield replace(entry, more="\n".join(more))


def is_wanted(line: LogLine, wanted: Wanted) -> bool:
    """Whether an entry is what was asked for."""
    level = LEVELS.index(line.level) if line.level in LEVELS else len(LEVELS)
    if level < LEVELS.index(wanted.least) or line.at <= wanted.after:
        return False
    if wanted.job is not None and line.job != wanted.job:
        return False
    if wanted.part and line.part != wanted.part:
        return False
    words = wanted.words.casefold()
    return not words or words in f"{line.logger} {line.text}\n{line.more}".casefold()


def read(files: Iterable[Path], wanted: Wanted, *, most: int) -> tuple[LogLine, ...]:
    """Return the latest wanted entries of several logs, the newest first."""
    found = [
        line
        for file in files
        for line in parse(tail(file), part=file.name.split(".")[0])
        if is_wanted(line, wanted)
    ]
    found.sort(key=lambda line: line.at, reverse=True)
    return tuple(found[:most])
