"""Takes back what was just done, while the message that told it is on the page."""

from collections.abc import Callable, Iterable

from django.contrib import messages
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused

Undo = Callable[[list[int], User], str]
"""Takes ids and the person; returns what to say."""

GOOD_FOR_SECONDS = 3600
IDS_MOST = 200
"""More are not carried in a page; what was done to them has its own way back."""
_SALT = "drivearr.undo"
_undos: dict[str, Undo] = {}


class CannotUndo(Refused):
    """What was done cannot be taken back any more."""

    code = "CANNOT_UNDO"
    advice = gettext_noop("Do the opposite by hand.")


def register(name: str, undo: Undo) -> None:
    """Make known how deeds of one sort are taken back; called where pages are joined."""
    _undos[name] = undo


def say_with_undo(
    request: HttpRequest, text: str, *, name: str, ids: Iterable[int]
) -> None:
    """Say what was done, with a way back if it is small enough to carry."""
    chosen = list(ids)
    carried = f"undo:{_sign(name, chosen)}" if 0 < len(chosen) <= IDS_MOST else ""
    messages.success(request, text, extra_tags=carried)


def _sign(name: str, ids: list[int]) -> str:
    return signing.dumps({"n": name, "i": ids}, salt=_SALT, compress=True)


def take_back(token: str, by: User) -> str:
    """Take back what a token stands for; return what to say.

    Raises:
        CannotUndo: too late, or no token of ours.

    """
    try:
        held = signing.loads(token, salt=_SALT, max_age=GOOD_FOR_SECONDS)
        undo, ids = _undos[held["n"]], [int(each) for each in held["i"]]
    except (signing.BadSignature, KeyError, TypeError, ValueError) as error:
        raise CannotUndo(gettext("That cannot be taken back any more.")) from error
    return undo(ids, by)
