"""Things that are counted, each with the forms that go with a number."""

from collections.abc import Callable

from drivearr.lib.text import number_words, size_of, size_words
from drivearr.lib.wording import ngettext

_COUNTED: dict[str, Callable[[int], str]] = {
    "file": lambda n: ngettext("{n} file", "{n} files", n),
    "title": lambda n: ngettext("{n} title", "{n} titles", n),
    "episode": lambda n: ngettext("{n} episode", "{n} episodes", n),
    "movie": lambda n: ngettext("{n} movie", "{n} movies", n),
    "show": lambda n: ngettext("{n} show", "{n} shows", n),
    "other video": lambda n: ngettext("{n} other video", "{n} other videos", n),
    "video": lambda n: ngettext("{n} video", "{n} videos", n),
    "drive": lambda n: ngettext("{n} drive", "{n} drives", n),
    "day": lambda n: ngettext("{n} day", "{n} days", n),
    "time": lambda n: ngettext("{n} time", "{n} times", n),
    "error": lambda n: ngettext("{n} error", "{n} errors", n),
    "issue": lambda n: ngettext("{n} issue", "{n} issues", n),
    "check": lambda n: ngettext("{n} check", "{n} checks", n),
    "reply": lambda n: ngettext("{n} reply", "{n} replies", n),
    "item": lambda n: ngettext("{n} item", "{n} items", n),
    "page": lambda n: ngettext("{n} page", "{n} pages", n),
    "request": lambda n: ngettext("{n} request", "{n} requests", n),
    "chapter": lambda n: ngettext("{n} chapter", "{n} chapters", n),
    "migration": lambda n: ngettext("{n} migration", "{n} migrations", n),
}
_COUNTED_OF: dict[str, Callable[[int], str]] = {
    "file": lambda n: ngettext("{done} of {n} file", "{done} of {n} files", n),
    "episode": lambda n: ngettext("{done} of {n} episode", "{done} of {n} episodes", n),
    "item": lambda n: ngettext("{done} of {n} item", "{done} of {n} items", n),
    "title": lambda n: ngettext("{done} of {n} title", "{done} of {n} titles", n),
}


def counted(number: int, noun: str) -> str:
    """Return "1 file", "1 234 files".

    Raises:
        KeyError: a noun that stands in no table, and so in no catalogue.

    """
    return _COUNTED[noun](number).format(n=number_words(number))


def counted_of(done: int, total: int, noun: str) -> str:
    """Return "3 of 12 files".

    Raises:
        KeyError: a noun that stands in no table, and so in no catalogue.

    """
    said = _COUNTED_OF[noun](total)
    return said.format(done=number_words(done), n=number_words(total))


def count_words(done: int, total: int | None, unit: str) -> str:
    """Return "3 of 12 files", "1.2 of 4.7 GB"; empty before anything is known."""
    if total is None and not done:
        return ""
    if unit == "BYTES":
        return size_words(done) if total is None else size_of(done, total)
    noun = unit.lower().removesuffix("s")
    return counted(done, noun) if total is None else counted_of(done, total, noun)
