"""Renewing outdated copies: asked for by a person, or by the drive's profile."""

from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from drives.models import Drive
from library.models import Item, MediaFile, MediaFileItem, Season, Title
from syncqueue.models import QueueItem
from syncqueue.services import outdating, wishing


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
    made = 0
    for drive in Drive.objects.attached().filter(outdated=Drive.Outdated.REPLACE):
        wishing.renew_open(drive=drive)
        made += len(renew(drive=drive))
    return made


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
