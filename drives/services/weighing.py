"""What a deleting would cost: files that are nowhere else now, or most of a drive at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused, SkipFile
from drives.models import Drive, DriveFile, DriveFileItem
from library.models import MediaFile, MediaFileItem, Root

MANY_FILES = 500
"""More at once are too many to have been looked at."""
FEW_FILES = 20
MOST_SHARE = 0.5
"""Of the files that we wrote to a drive; where they are few, all may go."""
_AWAY = (Root.State.UNAVAILABLE, Root.State.HELD)


class NeedsYes(Refused):
    """Too much to be deleted without a second word."""

    code = "NEEDS_YES"
    advice = gettext_noop(
        "Nothing was deleted. Look at the list, and say that you are sure of it."
    )


class OnlyCopy(SkipFile):
    """The library cannot give the file again now."""

    code = "ONLY_COPY"
    advice = gettext_noop(
        "It was left alone: it may be the only one there is. Bring the library's folder "
        "back and scan it, or say that you are sure."
    )


@dataclass(frozen=True, slots=True)
class Weight:
    """What a deleting would take away."""

    files: int
    only_here: frozenset[int] = frozenset()
    """Files (by id) of videos that the library does not have, or cannot be read, now."""
    is_much: bool = False

    @property
    def needs_yes(self) -> bool:
        """Whether it takes a second word."""
        return self.is_much or bool(self.only_here)

    def check(self, *, is_sure: bool) -> None:
        """Refuse what a person is not sure of; raises NeedsYes."""
        if is_sure or not self.needs_yes:
            return
        raise NeedsYes(
            gettext(
                "{only} of {files} files are not to be had from the library now."
            ).format(only=len(self.only_here), files=self.files)
            if self.only_here
            else gettext("{files} files at once are much of the drive.").format(
                files=self.files
            )
        )


def weigh(*, drive: Drive, files: Sequence[DriveFile]) -> Weight:
    """Say what deleting these files would take away; a handful of queries."""
    ours = DriveFile.objects.ours().present().filter(drive=drive).count()
    count = len(files)
    is_most = count > FEW_FILES and count > MOST_SHARE * ours
    return Weight(
        files=count,
        only_here=find_only_here(files),
        is_much=is_most or count > MANY_FILES,
    )


def find_only_here(files: Sequence[DriveFile]) -> frozenset[int]:
    """Return which videos the library could not give again now."""
    videos = {file.pk: file for file in files if file.kind == DriveFile.Kind.VIDEO}
    if not videos:
        return frozenset()
    drives = {file.drive_id for file in videos.values()}
    held = DriveFileItem.objects.filter(drive_file__drive__in=drives)
    # What drives hold is asked for apart: joined with the library, a database may
    # begin with either, and is minutes over a large drive where it began wrongly.
    copied = DriveFile.objects.filter(drive__in=drives, media_file__isnull=False)
    known = set(
        MediaFile.objects.filter(state=MediaFile.State.PRESENT)
        .exclude(root__state__in=_AWAY)
        .filter(pk__in=copied.order_by().values("media_file"))
        .values_list("pk", flat=True)
    )
    # Another version of the same will do.
    to_be_had = set(
        MediaFileItem.objects.filter(media_file__state=MediaFile.State.PRESENT)
        .exclude(media_file__root__state__in=_AWAY)
        .filter(item__in=held.order_by().values("item"))
        .values_list("item_id", flat=True)
    )
    items: dict[int, set[int]] = {}
    for file_id, item_id in held.values_list("drive_file_id", "item_id"):
        items.setdefault(file_id, set()).add(item_id)
    return frozenset(
        pk
        for pk, file in videos.items()
        if file.media_file_id not in known
        and not (items.get(pk) and items[pk] <= to_be_had)
    )
