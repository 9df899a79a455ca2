"""Drives at a glance: where they are, how full they are, what they wait for."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.db.models import Count, OuterRef, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.remembering import Remembered
from drives.models import Attachment, Drive, DriveFile
from drives.services.ejecting import EJECTED
from drives.waiting import Waiting, find_waiting

EJECTED_FOR = timedelta(hours=1)
"""So long a drive is called safe to unplug; then it lies in a drawer."""
PART_LABELS = {
    "MOVIES": gettext_noop("Movies"),
    "SHOWS": gettext_noop("Shows"),
    "OTHER": gettext_noop("Other videos"),
    "SIDE": gettext_noop("Subtitles and pictures"),
    "FOREIGN": gettext_noop("Other files"),
    "WAITS": gettext_noop("Waiting"),
}
_PART_OF_KIND = {"MOVIE": "MOVIES", "SHOW": "SHOWS", "OTHER": "OTHER"}


@dataclass(frozen=True, slots=True)
class Part:
    """A segment of a space bar."""

    part: str
    size_bytes: int
    left_percent: float
    width_percent: float

    @property
    def label(self) -> str:
        """What it is."""
        return gettext(PART_LABELS[self.part])


@dataclass(frozen=True, slots=True)
class Space:
    """How full a drive is; None where that was never known."""

    total_bytes: int
    free_bytes: int
    parts: tuple[Part, ...]

    @property
    def used_bytes(self) -> int:
        """What is taken."""
        return max(0, self.total_bytes - self.free_bytes)

    @property
    def used_percent(self) -> int:
        """How much is taken, 0 to 100."""
        return self.used_bytes * 100 // self.total_bytes if self.total_bytes else 0

    @property
    def words(self) -> str:
        """Return the bar in words, for those who do not see it."""
        return gettext("{n} % full").format(n=self.used_percent)


@dataclass(frozen=True, slots=True)
class DriveCard:
    """A drive in a list."""

    pk: int
    name: str
    state: str
    """ATTACHED, READ_ONLY, EJECTED (safe to unplug) or ABSENT."""
    is_attached: bool
    is_folder: bool
    is_paused: bool
    path: str
    filesystem: str
    health: str
    trouble: str
    last_seen_at: datetime | None
    space: Space | None
    videos: int
    waiting: Waiting | None

    @property
    def element(self) -> str:
        """Id of its element on the page."""
        return f"drive-card-{self.pk}"


def build_cards(drives: Iterable[Drive]) -> tuple[DriveCard, ...]:
    """Return cards; a fixed number of queries, whatever the number of drives."""
    found = list(drives)
    ids = [drive.pk for drive in found]
    places = _places(ids)
    held = _find_held(ids, {pk for pk, place in places.items() if _is_here(place)})
    waiting = find_waiting(ids)
    return tuple(
        _card(
            drive,
            places.get(drive.pk),
            held[drive.pk].sizes,
            held[drive.pk].videos,
            waiting.get(drive.pk),
        )
        for drive in found
    )


def _places(ids: Sequence[int]) -> dict[int, Attachment]:
    newest = Attachment.objects.filter(drive=OuterRef("pk")).order_by(
        "-attached_at", "-pk"
    )
    last = Drive.objects.filter(pk__in=ids).values(
        last=Subquery(newest.values("pk")[:1])
    )
    return {each.drive_id: each for each in Attachment.objects.filter(pk__in=last)}


def _is_here(place: Attachment) -> bool:
    return place.detached_at is None


@dataclass(frozen=True, slots=True)
class _Held:
    """What lies on a drive, by kind; a few seconds old, in the drawer some minutes."""

    sizes: dict[str, int]
    videos: int


_held = Remembered[int, _Held](seconds=5, most=500, clock=monotonic)
_held_away = Remembered[int, _Held](seconds=300, most=500, clock=monotonic)
"""What lies on a drive in the drawer stays as it is."""
_NOTHING = _Held({}, 0)


def _find_held(ids: Sequence[int], here: Collection[int]) -> dict[int, _Held]:
    kept = {pk: _held if pk in here else _held_away for pk in ids}
    found = {pk: held for pk in ids if (held := kept[pk].find(pk)) is not None}
    missing = [pk for pk in ids if pk not in found]
    if missing:
        counted = _count_held(missing)
        for pk in missing:
            found[pk] = kept[pk].keep(pk, counted.get(pk, _NOTHING))
    return found


def _count_held(ids: Sequence[int]) -> dict[int, _Held]:
    rows = (
        DriveFile.objects.filter(drive__in=ids)
        .exclude(state=DriveFile.State.VANISHED)
        .order_by()
        .values_list("drive", "kind", "title__kind")
        .annotate(Sum("size_bytes"), Count("pk"))
    )
    sizes: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    videos: dict[int, int] = defaultdict(int)
    for drive, kind, title_kind, size_bytes, count in rows:
        sizes[drive][_part(kind, title_kind)] += size_bytes
        if kind == DriveFile.Kind.VIDEO and title_kind:
            videos[drive] += count
    return {pk: _Held(dict(by_part), videos[pk]) for pk, by_part in sizes.items()}


def _part(kind: str, title_kind: str | None) -> str:
    if kind == DriveFile.Kind.SIDE:
        return "SIDE"
    if kind == DriveFile.Kind.VIDEO and title_kind:
        return _PART_OF_KIND[title_kind]
    return "FOREIGN"


def _card(
    drive: Drive,
    place: Attachment | None,
    sizes: dict[str, int],
    videos: int,
    waiting: Waiting | None,
) -> DriveCard:
    is_attached = place is not None and _is_here(place)
    return DriveCard(
        pk=drive.pk,
        name=drive.name,
        state=_state(place),
        is_attached=is_attached,
        is_folder=drive.is_folder,
        is_paused=drive.is_paused,
        path=place.path if place else "",
        filesystem=place.filesystem if place else "",
        health=drive.health,
        trouble=drive.trouble,
        last_seen_at=drive.last_seen_at or (place.seen_at if place else None),
        space=build_space(place, sizes, waiting) if place else None,
        videos=videos,
        waiting=waiting,
    )


def _state(place: Attachment | None) -> str:
    if place is None:
        return "ABSENT"
    if place.detached_at is None:
        return "READ_ONLY" if place.is_read_only else "ATTACHED"
    is_fresh = place.detached_at > timezone.now() - EJECTED_FOR
    return "EJECTED" if place.detach_reason == EJECTED and is_fresh else "ABSENT"


def build_space(
    place: Attachment, sizes: dict[str, int], waiting: Waiting | None
) -> Space | None:
    """Return a space bar; what nobody can name counts as other files."""
    total = place.total_bytes
    if total <= 0:
        return None
    used = max(0, total - place.free_bytes)
    named = {part: sizes.get(part, 0) for part in PART_LABELS if part != "WAITS"}
    named["FOREIGN"] += max(0, used - sum(named.values()))
    named["WAITS"] = min(waiting.size_bytes if waiting else 0, place.free_bytes)
    parts: list[Part] = []
    left = 0.0
    for part, size_bytes in named.items():
        width = min(100.0 - left, size_bytes * 100 / total)
        if size_bytes > 0:
            parts.append(Part(part, size_bytes, round(left, 3), round(width, 3)))
        left += width
    return Space(total, place.free_bytes, tuple(parts))
