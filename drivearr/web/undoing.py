"""Takes back what was just done, or does it again, while the message stands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import token_urlsafe

from django.contrib import messages
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from drivearr.web.models import Kept


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back, and the way forth again."""

    text: str
    """What to say."""
    name: str = ""
    """Of what does it again; empty: nothing does."""
    ids: tuple[int, ...] = ()
    is_redo: bool = False
    """Whether it was done again, so that what comes next takes it back."""


Undo = Callable[[list[int], User], Undone]
"""Takes ids and the person."""

GOOD_FOR_SECONDS = 3600
CARRIED_MOST = 50
"""More are not carried in a page but kept here."""
IDS_MOST = 20_000
"""More are not taken back with one press; what was done to them has its own way back."""
_SALT = "drivearr.undo"
_KEPT = "undo:"
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
    """Say what was done, with a way back if there is something to take back."""
    _say(request, text, name=name, ids=list(ids), is_redo=False)


def say_undone(request: HttpRequest, undone: Undone) -> None:
    """Say what was taken back or done again, with a way to the other."""
    _say(
        request,
        undone.text,
        name=undone.name,
        ids=list(undone.ids),
        is_redo=not undone.is_redo,
    )


def _say(
    request: HttpRequest, text: str, *, name: str, ids: list[int], is_redo: bool
) -> None:
    carried = ""
    if name and 0 < len(ids) <= IDS_MOST:
        sort = "redo" if is_redo else "undo"
        carried = f"{sort}:{_sign(name, ids, is_redo=is_redo)}"
    messages.success(request, text, extra_tags=carried)


def _sign(name: str, ids: list[int], *, is_redo: bool) -> str:
    held: dict[str, object] = {"n": name, "r": is_redo}
    if len(ids) > CARRIED_MOST:
        held["k"] = _keep(ids)
    else:
        held["i"] = ids
    return signing.dumps(held, salt=_SALT, compress=True)


def _keep(ids: list[int]) -> str:
    """Remember what is too much to carry, and forget what is too old to be asked for."""
    old = timezone.now() - timedelta(seconds=GOOD_FOR_SECONDS)
    Kept.objects.filter(name__startswith=_KEPT, changed_at__lt=old).delete()
    name = _KEPT + token_urlsafe(16)
    Kept.write(name, ids)
    return name


def take_back(token: str, by: User) -> Undone:
    """Take back what a token stands for, or do it again.

    Raises:
        CannotUndo: too late, or no token of ours.

    """
    try:
        held = signing.loads(token, salt=_SALT, max_age=GOOD_FOR_SECONDS)
        undo = _undos[held["n"]]
        chosen = Kept.read(held["k"]) if "k" in held else held["i"]
        ids = [int(each) for each in chosen]
    except (signing.BadSignature, KeyError, TypeError, ValueError) as error:
        raise CannotUndo(gettext("That cannot be taken back any more.")) from error
    return replace(undo(ids, by), is_redo=bool(held.get("r")))
