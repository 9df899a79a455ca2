"""Wishes: make, pause, resume, cancel, retry, clear."""

from collections.abc import Collection

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from drivearr.jobs.models import Job
from drivearr.jobs.services import request_cancel
from drivearr.lib.errors import Refused
from drives.completeness import Completeness
from drives.models import Drive
from drives.services.comparing import count_titles, whole_items
from drives.services.filling import titles_within
from library.models import Item, MediaFile, MediaFileItem, Season, Title
from library.services.taking_up import take_up_files
from syncqueue.jobs import COPY
from syncqueue.models import Copy, QueueItem
from syncqueue.services import outdating, starting

_State = QueueItem.State
WISHED, WITHDRAWN = "wishes", "withdrawn wishes"
"""Names under which what was done can be taken back."""


class WishRefused(Refused):
    """A wish does not make sense as it is."""

    code = "WISH_REFUSED"


def add_wish(
    *,
    drive: Drive,
    title: Title,
    season: Season | None = None,
    item: Item | None = None,
    by: AbstractBaseUser | None = None,
    renews: bool | None = None,
) -> QueueItem:
    """Wish for a title, season or item on a drive; return the open wish if there is one.

    A failed or paused wish waits again. `renews`: outdated copies are replaced, too;
    None: as the drive's profile says, and where nothing else is left to do.

    Raises: WishRefused.
    """
    _check_scope(title, season, item)
    if item is not None and season is None:
        season = item.season
    if renews is None:
        renews = _is_renewal(drive, title, season, item)
    found = (
        QueueItem.objects.open()
        .filter(drive=drive, title=title, season=season, item=item)
        .first()
    )
    if found is None:
        return _create(drive, title, season, item, by=by, renews=renews)
    if renews and not found.renews:
        QueueItem.objects.filter(pk=found.pk).update(renews=True)
        found.renews = True
    if found.state == _State.FAILED:
        retry_wish(wish=found)
    elif found.state == _State.PAUSED:
        resume_wish(wish=found)
    return found


def wish_again(
    drive: Drive, title: Title, item: Item | None, by: AbstractBaseUser | None
) -> QueueItem:
    """Wish for what a drive damaged, and begin: also on a drive that is failing.

    Raises: WishRefused.
    """
    wish = add_wish(drive=drive, title=title, item=item, by=by)
    starting.begin_with_worker(drive=drive)
    return wish


def _check_scope(title: Title, season: Season | None, item: Item | None) -> None:
    if season is not None and season.title_id != title.pk:
        raise WishRefused(
            gettext("“{name}” has no such season.").format(name=title.name)
        )
    if item is not None and item.title_id != title.pk:
        raise WishRefused(
            gettext("“{name}” has no such episode.").format(name=title.name)
        )
    if season is not None and item is not None and item.season_id != season.pk:
        raise WishRefused(
            gettext("{label} has no such episode.").format(label=season.label)
        )
    files = MediaFile.objects.filter(title=title)
    if season is not None:
        files = files.filter(items__season=season)
    if item is not None:
        files = files.filter(items=item)
    if not files.exists() and not (take_up_files(title=title) and files.exists()):
        raise WishRefused(
            gettext("The library has no file of this part of “{name}”.").format(
                name=title.name
            ),
            advice=gettext("Scan the library, or match its files first."),
        )


def _create(
    drive: Drive,
    title: Title,
    season: Season | None,
    item: Item | None,
    *,
    by: AbstractBaseUser | None,
    renews: bool,
) -> QueueItem:
    try:
        with transaction.atomic():
            return QueueItem.objects.create(
                drive=drive,
                title=title,
                season=season,
                item=item,
                renews=renews,
                created_by_id=by.pk if by is not None else None,
            )
    except IntegrityError:
        # Somebody wished the same a moment ago.
        return QueueItem.objects.open().get(
            drive=drive, title=title, season=season, item=item
        )


def _is_renewal(
    drive: Drive, title: Title, season: Season | None, item: Item | None
) -> bool:
    """Whether outdated copies go: where all is there, a wish means nothing else."""
    if drive.outdated == Drive.Outdated.REPLACE:
        return True
    links = MediaFileItem.objects.filter(
        item__title=title, media_file__state=MediaFile.State.PRESENT
    )
    if item is not None:
        links = links.filter(item=item)
    elif season is not None:
        links = links.filter(item__season=season)
    wanted = set(links.values_list("item", flat=True))
    there = whole_items(
        drive=drive, titles=Title.objects.filter(pk=title.pk).values("pk")
    )
    return wanted <= there.current | there.outdated and bool(wanted & there.outdated)


def renew_open(*, drive: Drive) -> int:
    """Let all open wishes of a drive replace outdated copies, too; return how many."""
    return (
        QueueItem.objects.open().filter(drive=drive, renews=False).update(renews=True)
    )


def add_missing(
    *,
    drive: Drive,
    kind: str | None = None,
    by: AbstractBaseUser | None = None,
    title_ids: Collection[int] | None = None,
) -> list[QueueItem]:
    """Wish for every title of the library that is not complete on a drive.

    Outdated ones only where the drive's profile has them replaced.
    `title_ids`: only for these; None: for all.
    """
    states = count_titles(drive=drive)
    asked = titles_within(drive)
    if title_ids is not None:
        asked = set(title_ids) if asked is None else asked & set(title_ids)
    if asked is not None:
        states = {pk: count for pk, count in states.items() if pk in asked}
    wished = set(
        QueueItem.objects.open()
        .filter(drive=drive, season__isnull=True, item__isnull=True)
        .values_list("title_id", flat=True)
    )
    renews = drive.outdated == Drive.Outdated.REPLACE
    settled = {Completeness.COMPLETE} | (set() if renews else {Completeness.OUTDATED})
    incomplete = [
        pk
        for pk, count in states.items()
        if count.state not in settled and pk not in wished
    ]
    titles = Title.objects.filter(pk__in=incomplete).with_files().by_name()
    if kind is not None:
        titles = titles.of_kind(kind)
    with transaction.atomic():
        rows = [
            QueueItem(
                drive=drive,
                title=title,
                renews=renews,
                created_by_id=by.pk if by is not None else None,
            )
            for title in titles
        ]
        return QueueItem.objects.bulk_create(rows, batch_size=500)


def pause_wish(*, wish: QueueItem) -> bool:
    """Stop working on a wish until it is resumed; False when it is not under way."""
    return wish.move(
        to=_State.PAUSED, among=(_State.WAITING, _State.COPYING), now=timezone.now()
    )


def resume_wish(*, wish: QueueItem) -> bool:
    """Let a paused wish wait for its turn again."""
    return wish.move(to=_State.WAITING, among=(_State.PAUSED,), now=timezone.now())


def retry_wish(*, wish: QueueItem) -> bool:
    """Try a failed wish anew, at once and with fresh attempts."""
    won = wish.move(to=_State.WAITING, among=(_State.FAILED,), now=timezone.now())
    if won:
        wish.copies.filter(state=Copy.State.FAILED).update(
            state=Copy.State.CANCELLED, finished_at=timezone.now()
        )
    wish.copies.open().update(attempts=0, retry_at=None)
    return won


def cancel_wish(*, wish: QueueItem) -> bool:
    """Withdraw a wish; what is on the drive already stays there."""
    won = wish.move(
        to=_State.CANCELLED, among=QueueItem.OPEN_STATES, now=timezone.now()
    )
    if won:
        outdating.keep_withdrawn(wish=wish)
    return won


def clear_finished(*, drive: Drive | None = None) -> int:
    """Take wishes that are over off the list; return how many."""
    # Those that renewed are taken off once the old copies are gone, too.
    rows = QueueItem.objects.finished().exclude(state=_State.DONE, renews=True)
    if drive is not None:
        rows = rows.filter(drive=drive)
    pks = list(rows.values_list("pk", flat=True))
    rows.filter(pk__in=pks).delete()
    return len(pks)


def pause_drive(*, drive: Drive) -> None:
    """Stop all copying to a drive at the next safe point."""
    Drive.objects.filter(pk=drive.pk).update(is_paused=True)
    for job in Job.objects.active().of(COPY.name, drive.subject):
        request_cancel(job=job)


def resume_drive(*, drive: Drive) -> None:
    """Allow copying to a drive again."""
    Drive.objects.filter(pk=drive.pk).update(is_paused=False)


PLACES = ("earlier", "later", "first", "last")
"""One step, or to an end, among the wishes that wait."""
BESIDE = ("before", "after")
"""Right there, beside another wish of the drive."""


def place_wish(*, wish: QueueItem, where: str, beside: QueueItem | None = None) -> bool:
    """Put a wish before or behind others of its drive.

    `where`: one of PLACES, or of BESIDE together with `beside`. Returns False when it
    is there already, or over.
    """
    rows = QueueItem.objects.open().filter(drive=wish.drive_id).in_order()
    order = list(rows.values_list("pk", "state"))
    waiting = [pk for pk, state in order if state == _State.WAITING]
    goal = _goal(wish.pk, waiting, where, beside.pk if beside else None)
    if goal is None:
        return False
    other, is_behind = goal
    all_pks = [pk for pk, _ in order if pk != wish.pk]
    if other not in all_pks:
        return False
    all_pks.insert(all_pks.index(other) + is_behind, wish.pk)
    if all_pks == [pk for pk, _ in order]:
        return False
    _number(all_pks)
    return True


def _goal(
    pk: int, waiting: list[int], where: str, beside: int | None
) -> tuple[int, bool] | None:
    """Return beside which wish one goes, and whether behind it.

    Steps are counted among those that wait: they are what a person sees in a row.
    """
    if pk not in waiting:
        return None
    if where in BESIDE:
        return None if beside is None else (beside, where == "after")
    here, last = waiting.index(pk), len(waiting) - 1
    there = {"earlier": here - 1, "later": here + 1, "first": 0, "last": last}[where]
    if there == here or not 0 <= there <= last:
        return None
    return waiting[there], there > here


def _number(order: list[int]) -> None:
    """Give wishes the priorities that make this their order; one statement each."""
    rows = QueueItem.objects.in_bulk(order)
    changed = []
    for place, pk in enumerate(reversed(order)):
        if pk in rows and rows[pk].priority != place:
            rows[pk].priority = place
            changed.append(rows[pk])
    QueueItem.objects.bulk_update(changed, ["priority"], batch_size=500)
