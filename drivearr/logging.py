"""What stands on each line of the log: the job it belongs to, and no secret."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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
