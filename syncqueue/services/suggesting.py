"""What a plan suggests to delete so that its wishes fit; nothing goes by itself."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext

from drives.models import Drive, DriveFile, DriveFileItem
from drives.services.deleting import list_deletable
from drives.services.weighing import (
    FEW_FILES,
    MANY_FILES,
    MOST_SHARE,
    find_only_here,
)
from library.models import Item, Root, Season, Title, WatchState
from syncqueue.models import QueueItem
from syncqueue.planning import LACKS_ROOM, LeftOut, Plan, in_clusters
from syncqueue.roommaking import Candidate, Choice, Why, choose

Key = tuple[int, int | None]
"""A title, or a season of one."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """How room could be made for what a plan leaves out."""

    lacking_bytes: int
    """What is lacking for all of it."""
    lacking_files: int
    choice: Choice = field(default_factory=Choice)
    refusal: str = ""
    """Why nothing, or not enough, is suggested; in words."""

    @property
    def is_enough(self) -> bool:
        """Whether all of it would fit."""
        return self.choice.fits == self.lacking_files


def suggest_room(*, drive: Drive, plan: Plan) -> Suggestion | None:
    """Return what could go so that what lacks room fits; None when nothing does.

    Never what a wish waits for, what the library could not give again now, or more than
    may go without a second word; nothing at all while a folder of the library that the
    drive's files or wishes are of is away.
    """
    lacking = [
        in_clusters(left.wanted.size_bytes, plan.room.cluster_bytes)
        - left.wanted.partial_bytes
        for left in _without_room(plan)
    ]
    if not lacking:
        return None
    free = plan.bytes_after - plan.room.reserve_bytes
    bare = Suggestion(max(0, sum(lacking) - free), len(lacking))
    refusal = _refusal(drive)
    if refusal:
        return replace(bare, refusal=refusal)
    choice = choose(
        candidates=_candidates(drive, plan.room.cluster_bytes),
        lacking=lacking,
        spare_bytes=free,
        files_most=_files_most(drive),
    )
    if choice.fits == len(lacking):
        return replace(bare, choice=choice)
    said = (
        gettext("Not all of it would fit even so.")
        if choice.parts
        else gettext("Nothing that may be suggested would make enough room.")
    )
    return replace(bare, choice=choice, refusal=said)


def list_files(*, drive: Drive, choice: Choice) -> tuple[DriveFile, ...]:
    """Return which files would be deleted for a choice."""
    titles = [part.title_id for part in choice.parts if part.season_id is None]
    seasons = [part.season_id for part in choice.parts if part.season_id is not None]
    return list_deletable(
        drive=drive,
        titles=Title.objects.filter(pk__in=titles),
        seasons=Season.objects.filter(pk__in=seasons),
    )


def words_of(part: Candidate) -> str:
    """Say why a part could go."""
    day = f"{part.since:%Y-%m-%d}"
    if part.why is Why.WATCHED:
        return gettext("watched by {names}, last on {day}").format(
            names=", ".join(part.viewers), day=day
        )
    return gettext("wished for by nobody since {day}").format(day=day)


def _without_room(plan: Plan) -> list[LeftOut]:
    return [left for left in plan.left_out if left.reason in LACKS_ROOM]


def _refusal(drive: Drive) -> str:
    if drive.makes_room == Drive.MakesRoom.NOTHING:
        return gettext("The drive's profile wants nothing suggested.")
    gone = Root.objects.filter(state__in=[Root.State.UNAVAILABLE, Root.State.HELD])
    held = gone.filter(media_files__drive_files__drive=drive)
    wished = gone.filter(media_files__title__wishes__in=_open_wishes(drive))
    away = sorted(set((held | wished).values_list("path", flat=True)))
    if not away:
        return ""
    return gettext(
        "Nothing is suggested while {folders} is not available: what went could not be "
        "had again."
    ).format(folders=", ".join(away))


def _open_wishes(drive: Drive) -> "Iterable[QueueItem]":
    return QueueItem.objects.open().filter(drive=drive)


def _files_most(drive: Drive) -> int:
    """Return how many files may go without a second word."""
    ours = DriveFile.objects.ours().present().filter(drive=drive).count()
    return min(MANY_FILES, max(FEW_FILES, int(MOST_SHARE * ours)))


# --- What could go ----------------------------------------------------------------


@dataclass(slots=True)
class _Part:
    """What a drive holds of a title or season."""

    files: dict[int, int] = field(default_factory=dict)
    items: set[int] = field(default_factory=set)
    copied_at: datetime | None = None


def _candidates(drive: Drive, cluster_bytes: int) -> list[Candidate]:
    parts = _parts(drive, cluster_bytes)
    names = _names(parts)
    wished = _last_wishes(drive)
    seen = _Seen(drive)
    found = []
    for key, part in parts.items():
        viewers, watched_at = seen.by_whom(part.items)
        wanted_at = max(filter(None, (part.copied_at, wished.get(key))), default=None)
        if wanted_at is None or key not in names:
            continue
        # Who wished for it after it was watched wants to see it again.
        is_seen = bool(viewers) and (watched_at is None or watched_at >= wanted_at)
        found.append(
            Candidate(
                title_id=key[0],
                season_id=key[1],
                name=names[key],
                files=len(part.files),
                size_bytes=sum(part.files.values()),
                why=Why.WATCHED if is_seen else Why.NOT_WANTED,
                since=watched_at or wanted_at if is_seen else wanted_at,
                viewers=viewers if is_seen else (),
            )
        )
    if drive.makes_room == Drive.MakesRoom.WATCHED_ONLY:
        return [one for one in found if one.why is Why.WATCHED]
    return found


def _parts(drive: Drive, cluster_bytes: int) -> dict[Key, _Part]:
    """Return what may go, by title and season."""
    ours = DriveFile.objects.ours().present().filter(drive=drive)
    files = {
        row.pk: row
        for row in ours.only(
            "drive_id", "kind", "size_bytes", "copied_at", "media_file"
        )
    }
    kept = find_only_here(list(files.values()))
    waits = _Waits(drive)
    found: dict[Key, _Part] = defaultdict(_Part)
    unfit = set[Key]()
    keys: dict[int, Key] = {}
    links = DriveFileItem.objects.filter(drive_file__in=ours).order_by()
    for file_id, item_id, title_id, season_id in links.values_list(
        "drive_file", "item", "item__title", "item__season"
    ):
        row, key = files.get(file_id), (title_id, season_id)
        if row is None:
            continue
        part = found[key]
        part.files[file_id] = in_clusters(row.size_bytes, cluster_bytes)
        part.items.add(item_id)
        part.copied_at = max(
            filter(None, (part.copied_at, row.copied_at)), default=None
        )
        other = keys.setdefault(file_id, key)
        if other != key:
            # It goes only with both, so with neither alone.
            unfit |= {key, other}
        if file_id in kept or waits.has(title_id, season_id, item_id):
            unfit.add(key)
    return {key: part for key, part in found.items() if key not in unfit}


class _Waits:
    """What wishes that are not over are about."""

    def __init__(self, drive: Drive) -> None:
        self._titles, self._seasons = set[int](), set[int]()
        self._items = set[int]()
        for wish in _open_wishes(drive):
            if wish.item_id is not None:
                self._items.add(wish.item_id)
            elif wish.season_id is not None:
                self._seasons.add(wish.season_id)
            else:
                self._titles.add(wish.title_id)

    def has(self, title_id: int, season_id: int | None, item_id: int) -> bool:
        """Whether somebody waits for it."""
        return (
            title_id in self._titles
            or season_id in self._seasons
            or item_id in self._items
        )


def _last_wishes(drive: Drive) -> dict[Key, datetime]:
    """Return when each title and season was last wished for, as far as is remembered."""
    rows = QueueItem.objects.filter(drive=drive).order_by()
    found: dict[Key, datetime] = {}
    of_titles: dict[int, datetime] = {}
    for title, season, last in rows.values_list("title", "season").annotate(
        Max("created_at")
    ):
        if season is None:
            of_titles[title] = last
        found[title, season] = last
    seasons = Season.objects.filter(title__in=of_titles).values_list("title", "pk")
    for title, season in seasons:
        last = of_titles[title]
        found[title, season] = max(last, found.get((title, season), last))
    return found


def _names(parts: Iterable[Key]) -> dict[Key, str]:
    keys = list(parts)
    titles = Title.objects.only("name", "year").in_bulk({title for title, _ in keys})
    seasons = Season.objects.only("number").in_bulk(
        {season for _, season in keys if season is not None}
    )
    return {
        (title, season): titles[title].label
        if season is None
        else f"{titles[title].label}, {seasons[season].label}"
        for title, season in keys
        if title in titles and (season is None or season in seasons)
    }


class _Seen:
    """Who has watched what is on a drive."""

    def __init__(self, drive: Drive) -> None:
        self._watched: dict[str, dict[int, datetime | None]] = defaultdict(dict)
        self._begun: dict[int, set[str]] = defaultdict(set)
        held = Item.objects.filter(drive_files__drive=drive)
        rows = WatchState.objects.filter(item__in=held).order_by()
        for item, viewer, is_watched, position, at in rows.values_list(
            "item", "viewer", "is_watched", "position_seconds", "viewed_at"
        ):
            if is_watched:
                self._watched[viewer][item] = at
            elif position:
                self._begun[item].add(viewer)
        owner = drive.owner.casefold()
        self._owners = {name for name in self._watched if name.casefold() == owner}
        self._is_owned = bool(owner) and bool(self._owners or self._knows(owner))

    def _knows(self, owner: str) -> bool:
        return any(
            name.casefold() == owner for names in self._begun.values() for name in names
        )

    def by_whom(self, items: set[int]) -> tuple[tuple[str, ...], datetime | None]:
        """Return who watched all of it and when last; nobody while it is being watched.

        Where the drive's owner watches, nobody else counts.
        """
        names = self._owners if self._is_owned else set(self._watched)
        viewers = sorted(name for name in names if items <= self._watched[name].keys())
        if not self._is_owned and any(self._begun.get(pk) for pk in items):
            return (), None
        moments = [
            at for name in viewers for at in map(self._watched[name].get, items) if at
        ]
        return tuple(viewers), max(moments, default=None)
