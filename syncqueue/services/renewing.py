"""Renewing outdated copies: asked for by a person, or by the drive's profile."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from time import monotonic

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Max

from drivearr.jobs.models import Job
from drivearr.lib.remembering import Remembered
from drives.models import Drive, DriveFile
from library.models import Item, MediaFile, MediaFileItem, Season, Title
from syncqueue.models import QueueItem
from syncqueue.services import outdating, wishing

_Mark = tuple[int | None, ...]
_looked_at = Remembered[int, _Mark](seconds=600, most=64, clock=monotonic)


def renew(
    *,
    drive: Drive,
    title_ids: Collection[int] | None = None,
    by: AbstractBaseUser | None = None,
) -> list[QueueItem]:
    """Wish that newer files take the place of outdated copies; return the wishes.

    `title_ids`: only of these, and of them also what was kept; None: of all that a
    person did not want to keep.
    """
    items = outdating.find_undecided(drive=drive)
    if title_ids is None:
        items = outdating.without_kept(drive=drive, items=items)
    else:
        asked = set(title_ids)
        items = {pk: title for pk, title in items.items() if title in asked}
    with transaction.atomic():
        outdating.unkeep(drive=drive, items=items)
        return _wish(drive, items, by)


def renew_by_itself() -> int:
    """Wish for what drives want replaced by itself; return how many wishes are new."""
    return sum(_renew_all(drive) for drive in _replacing())


def renew_what_changed() -> int:
    """Do the same, but look only at drives since whose last look anything happened.

    A look goes through all that a drive holds; to know that nothing happened takes a
    moment. Whatever that says, each drive is looked at every ten minutes.
    """
    made = 0
    for drive in _replacing():
        mark = _mark(drive)
        if _looked_at.find(drive.pk) == mark:
            continue
        made += _renew_all(drive)
        _looked_at.keep(drive.pk, mark)
    return made


def _replacing() -> Iterable[Drive]:
    return Drive.objects.attached().filter(outdated=Drive.Outdated.REPLACE)


def _renew_all(drive: Drive) -> int:
    wishing.renew_open(drive=drive)
    return len(renew(drive=drive))


def _mark(drive: Drive) -> _Mark:
    """Return what is another after anything that could make a copy outdated.

    What reads the library or the drive is a job, and known by its beginning and its
    end; what a person matches makes new links; a drive plugged in has a new attachment.
    """
    newest: list[int | None] = [
        rows.aggregate(last=Max("pk"))["last"]
        for rows in (
            Job.objects.all(),
            MediaFileItem.objects.all(),
            DriveFile.objects.all(),
            drive.attachments.all(),
        )
    ]
    active = Job.objects.active().order_by("pk").values_list("pk", flat=True)
    return (*newest, *active)


def _wish(
    drive: Drive, items: dict[int, int], by: AbstractBaseUser | None
) -> list[QueueItem]:
    """Wish for whole titles where all they have is outdated, else for the items."""
    by_title: dict[int, set[int]] = defaultdict(set)
    for pk, title_id in items.items():
        by_title[title_id].add(pk)
    wishes = []
    for title in Title.objects.in_bulk(list(by_title)).values():
        pks = by_title[title.pk]
        for season, item in _scopes(title, pks):
            with suppress(wishing.WishRefused):
                wishes.append(
                    wishing.add_wish(
                        drive=drive,
                        title=title,
                        season=season,
                        item=item,
                        by=by,
                        renews=True,
                    )
                )
    return wishes


def _scopes(title: Title, pks: set[int]) -> list[tuple[Season | None, Item | None]]:
    """Return what to wish for: nothing more of a title than what is outdated."""
    of_title = MediaFileItem.objects.filter(
        item__title=title, media_file__state=MediaFile.State.PRESENT
    )
    if set(of_title.values_list("item", flat=True)) == pks:
        return [(None, None)]
    rows = Item.objects.filter(pk__in=pks).select_related("season").order_by("pk")
    return [(item.season, item) for item in rows]
