"""Errors a person can understand, and the two ways they end work."""

from typing import ClassVar

from drivearr.lib.wording import gettext


class DrivearrError(Exception):
    """An expected failure: a stable code, a sentence, and advice.

    A subclass lives in the module that raises it and is named for what is the case.
    """

    code: ClassVar[str] = "ERROR"
    """Stable name for tests, help pages and JSON."""
    advice: str = ""
    """What a person can do about it; a class marks its own with `gettext_noop`."""
    retryable: ClassVar[bool] = False
    """Whether the same call may succeed later without a hand."""

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.advice = gettext(self.advice) if advice is None else advice

    @property
    def message(self) -> str:
        """The sentence for a person."""
        return str(self)


class SkipFile(DrivearrError):
    """This file cannot; the next may."""

    code = "SKIPPED"


class StopRun(DrivearrError):
    """No file can; a person or time must help."""

    code = "STOPPED"


class Refused(DrivearrError):
    """What was asked for is not possible as asked; nothing was done."""

    code = "REFUSED"
