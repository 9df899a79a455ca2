"""What the library adds to other apps' pages; loaded with the addresses, by the web part."""

from django.contrib.auth.models import User
from django.utils.translation import gettext

from drivearr.jobs import subjects
from drivearr.lib.counting import counted
from drivearr.web import undoing
from library.contexts.folders import name_roots
from library.services.undeciding import UNDO, restore, unpack


def join_pages() -> None:
    """Name library folders on the jobs' pages."""
    subjects.register_namer("root", name_roots)
    undoing.register(UNDO, _undecide)


def _undecide(numbers: list[int], by: User) -> str:  # noqa: ARG001 - see undoing.Undo
    count = restore(formers=unpack(numbers))
    return gettext("{files} as before.").format(files=counted(count, "file"))
