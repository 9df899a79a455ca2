"""What the library adds to other apps' pages; loaded with the addresses, by the web part."""

from django.contrib.auth.models import User
from django.utils.translation import gettext

from drivearr.jobs import subjects
from drivearr.lib.counting import counted
from drivearr.web import undoing
from library.contexts.folders import name_roots
from library.contexts.titles import name_titles
from library.services.undeciding import (
    UNDO,
    are_known,
    list_current,
    pack,
    restore,
    unpack,
)


def join_pages() -> None:
    """Name library folders on the jobs' pages."""
    subjects.register_namer("root", name_roots)
    subjects.register_namer("title", name_titles)
    undoing.register(UNDO, _undecide)


def _undecide(numbers: list[int], by: User) -> undoing.Undone:  # noqa: ARG001 - see Undo
    formers = list(unpack(numbers))
    current = list_current(formers)
    count = restore(formers=formers)
    said = gettext("{files} as before.").format(files=counted(count, "file"))
    # A title that went with its last file cannot be given back.
    if not are_known(current):
        return undoing.Undone(said)
    return undoing.Undone(said, name=UNDO, ids=tuple(pack(current)))
