"""What stands on each line of the log: the job it belongs to, and no secret."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from logging.handlers import RotatingFileHandler
from pathlib import Path

from drivearr.lib.redacting import redact

_job: ContextVar[int | None] = ContextVar("drivearr_job", default=None)


@contextmanager
def about_job(job_id: int) -> Iterator[None]:
    """Mark every line that this thread logs with the job's id."""
    token = _job.set(job_id)
    try:
        yield
    finally:
        _job.reset(token)


class JobFilter(logging.Filter):
    """Gives every record its job."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let all through."""
        job = _job.get()
        record.job = "-" if job is None else str(job)
        return True


class SafeFormatter(logging.Formatter):
    """Writes lines without secrets, whatever a library put into them."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, its traceback included."""
        return redact(super().format(record))


class PartHandler(logging.Handler):
    """Writes to the file of the part this process is; to none when it is no part.

    The part is looked up when something is written: parts are forked from a process
    that was set up before it knew what its children would be.
    """

    def __init__(self, folder: Path, *, most_bytes: int, kept: int) -> None:
        super().__init__()
        self._folder, self._most_bytes, self._kept = folder, most_bytes, kept
        self._files: dict[tuple[int, str], RotatingFileHandler] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, if there is a place for it."""
        part = os.environ.get("DRIVEARR_PART", "")
        if not part or not self._folder.is_dir():
            return
        key = (os.getpid(), part)
        if key not in self._files:
            self._files[key] = self._open(part)
        self._files[key].emit(record)

    def _open(self, part: str) -> RotatingFileHandler:
        file = RotatingFileHandler(
            self._folder / f"{part}.log",
            maxBytes=self._most_bytes,
            backupCount=self._kept,
            encoding="utf-8",
            delay=True,
        )
        file.setFormatter(self.formatter)
        return file
