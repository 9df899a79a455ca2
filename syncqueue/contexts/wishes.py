"""Wishes as people see them: what, how far, how long still, what went wrong."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.text import size_of
from library.models import Item, Season
from syncqueue.models import Copy, QueueItem
from syncqueue.rates import Speeds, seconds_left
from syncqueue.services.listing import find_speeds

S = QueueItem.State
_DEEDS = (
    ("retry", "arrow-path", gettext_noop("Try again"), {S.FAILED}),
    ("resume", "play", gettext_noop("Resume"), {S.PAUSED}),
    ("pause", "pause", gettext_noop("Pause"), {S.WAITING, S.COPYING}),
    ("cancel", "x-mark", gettext_noop("Cancel"), set(QueueItem.OPEN_STATES)),
)
"""Verb, icon, label, and in which states."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the copies of a wish are."""

    files_done: int = 0
    files_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    bytes_per_second: int | None = None
    seconds_left: float | None = None
    """How long still, writing and reading back; None while nothing moves."""
    phase: str = ""
    """What happens now, in words; empty when nothing does."""
    file: str = ""
    troubles: tuple[str, ...] = ()

    @property
    def percent(self) -> float | None:
        """How much is done, 0 to 100; None while the size is unknown."""
        if not self.bytes_total:
            return None
        return min(100.0, self.bytes_done * 100 / self.bytes_total)

    @property
    def counted(self) -> str:
        """Return "1.2 of 4.7 GB"."""
        if not self.bytes_total:
            return ""
        return size_of(self.bytes_done, self.bytes_total)


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person can do with a wish, as a button."""

    element: str
    """Id of its element on the page."""
    url: str
    icon: str
    label: str


@dataclass(frozen=True, slots=True)
class WishRow:
    """A wish in a list."""

    pk: int
    drive_id: int
    title_id: int
    name: str
    part: str
    """"Season 2", "S02E03 The Letter", or empty for the whole title."""
    state: str
    reach: Reach
    error: str
    advice: str
    by: str
    changed_at: datetime

    @property
    def element(self) -> str:
        """Id of its element on the page."""
        return f"wish-{self.pk}"

    @property
    def whole_name(self) -> str:
        """Return "The Wire", "The Wire Season 2"."""
        return f"{self.name} {self.part}".rstrip()

    @property
    def can_move(self) -> bool:
        """Whether it can be put before or after others."""
        return self.state == S.WAITING

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """What can be done with it now."""
        return tuple(
            Deed(
                element=f"{verb}-{self.pk}",
                url=reverse(f"{verb}_wish", args=[self.pk]),
                icon=icon,
                label=gettext(label),
            )
            for verb, icon, label, states in _DEEDS
            if self.state in states
        )


def list_wishes(wishes: Iterable[QueueItem]) -> tuple[WishRow, ...]:
    """Return rows; one query for the copies besides that of the wishes."""
    found = list(wishes)
    if not found:
        return ()
    reaches = find_reach([wish.pk for wish in found])
    return tuple(_row(wish, reaches.get(wish.pk, Reach())) for wish in found)


def _row(wish: QueueItem, reach: Reach) -> WishRow:
    return WishRow(
        pk=wish.pk,
        drive_id=wish.drive_id,
        title_id=wish.title_id,
        name=wish.title.label,
        part=part_words(wish.season, wish.item),
        state=wish.state,
        reach=reach,
        error=wish.error_message,
        advice=wish.error_advice,
        by=wish.created_by.get_username() if wish.created_by else "",
        changed_at=wish.changed_at,
    )


def part_words(season: Season | None, item: Item | None) -> str:
    """Return what of a title is wished; empty: all of it."""
    if item is not None and season is not None:
        name = f" {item.name}" if item.name else ""
        return f"S{season.number:02}E{item.number or 0:02}{name}"
    if season is not None:
        return season.label
    return ""


@dataclass(slots=True)
class _Sum:
    files_done: int = 0
    files_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    to_write: int = 0
    to_read: int = 0
    drive_id: int = 0
    rate: int | None = None
    phase: str = ""
    file: str = ""
    troubles: list[str] = field(default_factory=list)

    def add(self, copy: Copy) -> None:
        """Count one copy."""
        if copy.state == Copy.State.CANCELLED:
            return
        is_done = copy.state == Copy.State.DONE
        self.files_total += 1
        self.files_done += is_done
        self.bytes_total += copy.size_bytes
        self.bytes_done += copy.size_bytes if is_done else copy.durable_bytes
        if copy.state in Copy.OPEN_STATES:
            self.drive_id = copy.drive_id
            self.to_write += copy.size_bytes - copy.durable_bytes
            self.to_read += copy.size_bytes - copy.verified_bytes
        if copy.state in {Copy.State.COPYING, Copy.State.VERIFYING}:
            self.rate = copy.bytes_per_second or self.rate
            self.phase = phase_words(copy)
            self.file = copy.relpath.rsplit("/", 1)[-1]
        if copy.state == Copy.State.FAILED:
            self.troubles.append(
                f"{copy.relpath.rsplit('/', 1)[-1]}: {copy.error_message}"
            )


def phase_words(copy: Copy) -> str:
    """Return what is done with a file just now."""
    if copy.state == Copy.State.VERIFYING:
        share = copy.verified_bytes * 100 // max(1, copy.size_bytes)
        return gettext("Reading back, {n} %").format(n=min(100, share))
    if copy.size_bytes and copy.durable_bytes >= copy.size_bytes:
        return gettext("Writing out")
    return gettext("Copying")


def find_reach(wish_ids: Sequence[int]) -> dict[int, Reach]:
    """Return how far each wish is; two queries."""
    sums: dict[int, _Sum] = defaultdict(_Sum)
    copies = Copy.objects.filter(queue_item__in=wish_ids).in_order()
    for copy in copies.only(
        "queue_item_id",
        "drive_id",
        "state",
        "size_bytes",
        "durable_bytes",
        "verified_bytes",
        "bytes_per_second",
        "relpath",
        "error_message",
    ):
        sums[copy.queue_item_id].add(copy)
    moving = {each.drive_id for each in sums.values() if each.rate}
    speeds = find_speeds(moving) if moving else {}
    return {
        pk: _reach(each, speeds.get(each.drive_id, Speeds()))
        for pk, each in sums.items()
    }


def _reach(total: _Sum, speeds: Speeds) -> Reach:
    left = None
    if total.rate:
        left = seconds_left(
            to_write=total.to_write, to_read=total.to_read, speeds=speeds
        )
    return Reach(
        seconds_left=left,
        files_done=total.files_done,
        files_total=total.files_total,
        bytes_done=total.bytes_done,
        bytes_total=total.bytes_total,
        bytes_per_second=total.rate,
        phase=total.phase,
        file=total.file,
        troubles=tuple(total.troubles[:5]),
    )
