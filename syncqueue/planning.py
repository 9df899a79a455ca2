"""What would be done for a drive's wishes: same input, same plan; nothing is touched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from drivearr.lib.wording import gettext, gettext_noop
from syncqueue.naming import clash_key

FAT32_MOST_BYTES = 4 * 1024**3 - 1
FILE_OVERHEAD_BYTES = 4096
"""Folder entries and the like, for each file."""


class Reason(StrEnum):
    """Why a file is left out."""

    NO_ROOM = "NO_ROOM"
    RESERVED = "RESERVED"
    TOO_LARGE_FOR_FAT32 = "TOO_LARGE_FOR_FAT32"
    SOURCE_UNAVAILABLE = "SOURCE_UNAVAILABLE"
    SOURCE_MISSING = "SOURCE_MISSING"
    NO_FILE = "NO_FILE"
    OTHER_SOURCES = "OTHER_SOURCES"
    NAME_CLASH = "NAME_CLASH"


LACKS_ROOM = frozenset({Reason.NO_ROOM, Reason.RESERVED})
"""Reasons that end when room is made."""
SENTENCES = {
    Reason.NO_ROOM: gettext_noop("There is no room for it."),
    Reason.RESERVED: gettext_noop(
        "It would fit, but the drive's profile keeps that room free."
    ),
    Reason.TOO_LARGE_FOR_FAT32: gettext_noop("FAT32 holds files up to 4 GiB."),
    Reason.SOURCE_UNAVAILABLE: gettext_noop("Its library folder is not available now."),
    Reason.SOURCE_MISSING: gettext_noop("The library file is missing."),
    Reason.NO_FILE: gettext_noop("The library has no file of it."),
    Reason.OTHER_SOURCES: gettext_noop(
        "None of the library folders that fill this drive has it."
    ),
    Reason.NAME_CLASH: gettext_noop("Another file on the drive has this name."),
}
ADVICE = {
    Reason.NO_ROOM: gettext_noop("Delete titles from the drive or withdraw wishes."),
    Reason.RESERVED: gettext_noop(
        "Let the profile keep less free, or delete titles from the drive."
    ),
    Reason.TOO_LARGE_FOR_FAT32: gettext_noop(
        "Format the drive as exFAT, or use a smaller version."
    ),
    Reason.SOURCE_UNAVAILABLE: gettext_noop(
        "Mount its disk; copying goes on by itself."
    ),
    Reason.SOURCE_MISSING: gettext_noop("Scan the library folder."),
    Reason.NO_FILE: gettext_noop("Nothing to do until the library has it."),
    Reason.OTHER_SOURCES: gettext_noop(
        "Let the drive's profile fill it from that folder too, or withdraw the wish."
    ),
    Reason.NAME_CLASH: gettext_noop("Move the file on the drive that is in the way."),
}


# Of what follows a plan has tens of thousands: a tuple is made several times quicker
# than a frozen dataclass.


class Wanted(NamedTuple):
    """A file that a wish needs on the drive."""

    wish_id: int
    title_id: int
    media_file_id: int | None
    side_file_id: int | None
    item_ids: tuple[int, ...]
    source_path: str
    relpath: str
    size_bytes: int
    trouble: Reason | None = None
    """Why its source cannot be read now."""
    old_bytes: int = 0
    """What outdated copies under other names take, which go once it is there."""
    partial_bytes: int = 0
    """What an earlier try of it takes on the drive already."""


class OnDrive(NamedTuple):
    """A file that is on the drive under a name."""

    relpath: str
    size_bytes: int
    is_ours: bool
    is_side: bool = False
    media_file_id: int | None = None
    side_file_id: int | None = None
    item_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Room:
    """What a drive can take."""

    total_bytes: int
    free_bytes: int
    reserve_bytes: int = 0
    cluster_bytes: int = 4096
    is_fat: bool = False
    bytes_per_second: int | None = None
    """Measured on this drive, verification included; None while unknown."""


class PlannedCopy(NamedTuple):
    """A file to copy."""

    wanted: Wanted
    replaces: bool = False
    """Our own older file of that name makes way."""

    @property
    def renews(self) -> bool:
        """Whether an older copy goes, whatever its name."""
        return self.replaces or self.wanted.old_bytes > 0


class LeftOut(NamedTuple):
    """A file that is not copied, and why."""

    wanted: Wanted
    reason: Reason

    @property
    def sentence(self) -> str:
        """Why, in words."""
        return gettext(SENTENCES[self.reason])

    @property
    def advice(self) -> str:
        """What helps."""
        return gettext(ADVICE[self.reason])


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, in bytes and seconds."""

    room: Room
    copies: tuple[PlannedCopy, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    kept_items: int = 0
    """Wished items that are on the drive already."""
    complete_wishes: tuple[int, ...] = ()
    """Wishes for which nothing is left to do."""
    bytes_to_copy: int = 0
    bytes_on_drive: int = 0
    """What the copies take in the drive's clusters, less what they replace."""

    @property
    def bytes_after(self) -> int:
        """Free bytes when all is copied."""
        return self.room.free_bytes - self.bytes_on_drive

    @property
    def seconds(self) -> int | None:
        """How long it takes by this drive's measured speed; None while unknown."""
        speed = self.room.bytes_per_second
        return round(self.bytes_to_copy / speed) if speed else None


def in_clusters(size_bytes: int, cluster_bytes: int) -> int:
    """Return what a file takes on the drive."""
    cluster = max(cluster_bytes, 1)
    return -(-size_bytes // cluster) * cluster + FILE_OVERHEAD_BYTES


@dataclass(slots=True)
class _Work:
    room: Room
    there: Mapping[str, OnDrive]
    partials: Mapping[str, int]
    free: int
    used_names: dict[str, tuple[int | None, int | None]] = field(default_factory=dict)
    lost_items: set[tuple[int, ...]] = field(default_factory=set)
    """Of videos left out: their side files stay behind with them."""
    copies: list[PlannedCopy] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    to_copy: int = 0
    on_drive: int = 0


def make_plan(
    *,
    wanted: Iterable[Wanted],
    on_drive: Iterable[OnDrive],
    room: Room,
    wish_ids: Sequence[int] = (),
    kept_items: int = 0,
    partials: Mapping[str, int] | None = None,
) -> Plan:
    """Plan in the order given: what comes first gets the room.

    `wish_ids`: all wishes asked about; those that need no file are complete.
    `partials`: bytes that earlier tries take on the drive, by target.
    """
    there = {clash_key(one.relpath): one for one in on_drive}
    work = _Work(room, there, partials or {}, room.free_bytes - room.reserve_bytes)
    busy: set[int] = set()
    for one in wanted:
        busy.add(one.wish_id)
        _place(work, one)
    return Plan(
        room=room,
        copies=tuple(work.copies),
        left_out=tuple(work.left_out),
        kept_items=kept_items,
        complete_wishes=tuple(pk for pk in wish_ids if pk not in busy),
        bytes_to_copy=work.to_copy,
        bytes_on_drive=work.on_drive,
    )


def _place(work: _Work, one: Wanted) -> None:
    key = clash_key(one.relpath)
    this = (one.media_file_id, one.side_file_id)
    is_side = one.side_file_id is not None
    used_by = work.used_names.get(key)
    if used_by == this or (is_side and one.item_ids in work.lost_items):
        return
    if one.relpath in work.partials:
        begun = min(work.partials[one.relpath], one.size_bytes)
        one = one._replace(partial_bytes=begun)
    in_the_way = work.there.get(key)
    needed = in_clusters(one.size_bytes, work.room.cluster_bytes) - one.partial_bytes
    reason = one.trouble or _refusal(work, one, in_the_way, needed)
    if used_by is not None:
        reason = Reason.NAME_CLASH
    if reason is not None:
        work.left_out.append(LeftOut(one, reason))
        if not is_side:
            work.lost_items.add(one.item_ids)
        return
    work.used_names[key] = this
    freed = (
        in_clusters(in_the_way.size_bytes, work.room.cluster_bytes) if in_the_way else 0
    )
    work.free += freed - needed
    # What goes later makes no room for what comes before.
    work.on_drive += needed - freed - one.old_bytes
    work.to_copy += one.size_bytes
    work.copies.append(PlannedCopy(one, in_the_way is not None))


def _refusal(
    work: _Work, one: Wanted, in_the_way: OnDrive | None, needed: int
) -> Reason | None:
    if work.room.is_fat and one.size_bytes > FAT32_MOST_BYTES:
        return Reason.TOO_LARGE_FOR_FAT32
    if in_the_way is not None and not _is_older_self(one, in_the_way):
        return Reason.NAME_CLASH
    # The old file stays until the new one is whole: room for both is needed.
    if needed <= work.free:
        return None
    fits = needed <= work.free + work.room.reserve_bytes
    return Reason.RESERVED if fits else Reason.NO_ROOM


def _is_older_self(one: Wanted, there: OnDrive) -> bool:
    """Whether the file in the way is our own older copy of the same thing."""
    if not there.is_ours:
        return False
    if one.side_file_id is not None:
        # A library file that took another's place brings side files of its own.
        return there.side_file_id == one.side_file_id or (
            there.is_side and there.item_ids == frozenset(one.item_ids)
        )
    return there.media_file_id == one.media_file_id or there.item_ids == frozenset(
        one.item_ids
    )
