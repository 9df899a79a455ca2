"""Words for people where no framework is known: whoever shows them brings the language.

Plain modules write `gettext("…")` where they run, and `gettext_noop("…")` where a text
stands in a class or a table that is read at import. Without `speak_with` all is English.
"""

from collections.abc import Callable
from dataclasses import dataclass

Gettext = Callable[[str], str]
Ngettext = Callable[[str, str, int], str]


def _english(one: str, many: str, number: int) -> str:
    return one if number == 1 else many


@dataclass(slots=True)
class _Voice:
    """Who says it; one for the process, and it asks for the language of the moment."""

    gettext: Gettext = str
    ngettext: Ngettext = _english


_voice = _Voice()


def speak_with(*, gettext: Gettext, ngettext: Ngettext) -> None:
    """Let texts be said by these two; they ask for the language at each call."""
    _voice.gettext, _voice.ngettext = gettext, ngettext


def gettext(text: str) -> str:
    """Return a text in the language of whoever reads it now."""
    return _voice.gettext(text) if text else ""


def ngettext(one: str, many: str, number: int) -> str:
    """Return the form of a text that goes with a number."""
    return _voice.ngettext(one, many, number)


def gettext_noop(text: str) -> str:
    """Mark a text that is read at import; `gettext` it where it is shown."""
    return text
