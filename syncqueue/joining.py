"""What the queue adds to other apps' pages; loaded with the addresses, by the web part."""

from contextlib import suppress
from functools import partial

from django.contrib.auth.models import User
from django.utils.translation import gettext, ngettext

from drivearr.web import rights, slots, undoing
from drives import waiting
from drives.contexts.pages import DRIVE_SLOT
from library.contexts.titles import TITLE_SLOT
from syncqueue.contexts import lanes, panels
from syncqueue.forms import SpeedLimitForm
from syncqueue.models import QueueItem
from syncqueue.services import starting, wishing
from syncqueue.services.wishing import WishRefused


def join_pages() -> None:
    """Fill the queue's places on title and drive pages; say what waits for a drive."""
    slots.register(
        TITLE_SLOT,
        template="syncqueue/partials/title_panel.html",
        build=panels.build_title_panel,
    )
    slots.register(
        DRIVE_SLOT,
        template="syncqueue/partials/drive_panel.html",
        build=partial(panels.build_drive_panel, make_form=SpeedLimitForm.of),
    )
    waiting.register(lanes.find_waiting)
    rights.register_reach("wish_id", _drive_of)
    undoing.register(wishing.WISHED, _withdraw)
    undoing.register(wishing.WITHDRAWN, _wish_again)


def _withdraw(wish_ids: list[int], by: User) -> undoing.Undone:
    """Cancel wishes that are still open and at drives the person may use."""
    open_ones = QueueItem.objects.open().filter(pk__in=wish_ids).select_related("drive")
    withdrawn = tuple(
        wish.pk
        for wish in open_ones
        if rights.may_use(by, wish.drive.subject) and wishing.cancel_wish(wish=wish)
    )
    if not withdrawn:
        return undoing.Undone(gettext("Nothing was left to take back."))
    said = ngettext(
        "{n} wish is taken back.", "{n} wishes are taken back.", len(withdrawn)
    )
    return undoing.Undone(
        said.format(n=len(withdrawn)), name=wishing.WITHDRAWN, ids=withdrawn
    )


def _wish_again(wish_ids: list[int], by: User) -> undoing.Undone:
    """Wish anew for what was withdrawn; wishes that were over stay as they are."""
    over = QueueItem.objects.filter(pk__in=wish_ids, state=QueueItem.State.CANCELLED)
    wishes, drives = [], {}
    for old in over.select_related("drive", "title", "season", "item"):
        if not rights.may_use(by, old.drive.subject):
            continue
        with suppress(WishRefused):
            wishes.append(
                wishing.add_wish(
                    drive=old.drive,
                    title=old.title,
                    season=old.season,
                    item=old.item,
                    by=by,
                ).pk
            )
            drives[old.drive_id] = old.drive
    for drive in drives.values():
        starting.begin(drive=drive)
    if not wishes:
        return undoing.Undone(gettext("Nothing was left to do again."))
    said = ngettext("{n} title waits again.", "{n} titles wait again.", len(wishes))
    return undoing.Undone(
        said.format(n=len(wishes)), name=wishing.WISHED, ids=tuple(wishes)
    )


def _drive_of(wish_id: int) -> list[str]:
    """Say which drive a wish is for, so that narrowed members leave it alone."""
    drives = QueueItem.objects.filter(pk=wish_id).values_list("drive", flat=True)
    return [f"drive:{pk}" for pk in drives]
