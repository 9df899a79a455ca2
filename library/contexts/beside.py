"""What lies beside the files of a title: subtitles, artwork, .nfo, extras, in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext, gettext_noop

from library.ignoring import is_artwork_folder
from library.languages import name_language
from library.models import MediaFile, SideFile, Title
from library.models.below import below

FOLDERS_MOST = 50
SHOWN_MOST = 12
_LABELS = {
    "SUBTITLE": gettext_noop("Subtitles"),
    "ARTWORK": gettext_noop("Artwork"),
    "NFO": gettext_noop("Facts"),
    "EXTRA": gettext_noop("Extras"),
}
_SPEECH = {
    "FORCED": gettext_noop("forced"),
    "SDH": gettext_noop("for the hard of hearing"),
}


@dataclass(frozen=True, slots=True)
class Beside:
    """The side files of one kind."""

    label: str
    names: tuple[str, ...]
    """What each is: "German forced", "poster", "trailer: Film-trailer.mkv"."""
    more: int
    """How many are not named."""


def group_sides(sides: Iterable[SideFile]) -> tuple[Beside, ...]:
    """Return them by kind, each named once."""
    named: dict[str, dict[str, None]] = {kind: {} for kind in _LABELS}
    for side in sides:
        named[side.kind][_name(side)] = None
    return tuple(
        Beside(
            gettext(_LABELS[kind]),
            tuple(names)[:SHOWN_MOST],
            max(len(names) - SHOWN_MOST, 0),
        )
        for kind, names in named.items()
        if names
    )


def list_folder_sides(
    title: Title, places: Iterable[tuple[int, str]]
) -> tuple[Beside, ...]:
    """Return what lies in the title's own folders and belongs to no single file.

    `places`: root and relpath of its files. Two queries. A folder that holds files of other titles too is nobody's own.
    """
    own = {(root_id, _above(relpath)) for root_id, relpath in places}
    if title.kind == Title.Kind.SHOW:
        own |= {(root_id, _above(folder)) for root_id, folder in own}
    own = set(sorted(each for each in own if each[1])[:FOLDERS_MOST])
    if not own:
        return ()
    inside = Q()
    for root_id, folder in own:
        inside |= Q(below(folder), root=root_id)
    others = MediaFile.objects.present().filter(inside).exclude(title=title)
    own -= {
        (root_id, _above(relpath))
        for root_id, relpath in others.values_list("root", "relpath")
    }
    sides = SideFile.objects.filter(inside, media_file=None).order_by("relpath", "pk")
    return group_sides(side for side in sides if _is_in(side, own))


def _is_in(side: SideFile, folders: set[tuple[int, str]]) -> bool:
    folder = _above(side.relpath)
    is_below = side.kind == SideFile.Kind.EXTRA or is_artwork_folder(folder)
    return (side.root_id, folder) in folders or (
        is_below and (side.root_id, _above(folder)) in folders
    )


def _above(relpath: str) -> str:
    return relpath.rpartition("/")[0]


def _name(side: SideFile) -> str:
    file = side.relpath.rpartition("/")[2]
    role = side.role.replace("_", " ").lower()
    if side.kind == SideFile.Kind.SUBTITLE:
        language = (
            name_language(side.language)
            if side.language
            else gettext("unknown language")
        )
        speech = _SPEECH.get(side.role)
        return f"{language} {gettext(speech)}" if speech else language
    if side.kind == SideFile.Kind.EXTRA:
        return f"{role}: {file}"
    return role or file
