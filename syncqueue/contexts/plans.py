"""What would be done for a drive, before a byte moves."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from drivearr.lib.errors import StopRun
from drives.contexts.cards import DriveCard, Part, Space, build_cards
from drives.models import Drive
from library.models import Title
from syncqueue.contexts.offers import OutdatedList, RoomOffer
from syncqueue.planning import LeftOut, Plan, Wanted
from syncqueue.renaming import Rename
from syncqueue.services.planning import plan_drive
from syncqueue.services.renaming import list_renames

ROWS_SHOWN = 200
CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class PlannedTitle:
    """A title that files would be copied of."""

    title_id: int
    name: str
    files: int
    size_bytes: int
    replaces: int


@dataclass(frozen=True, slots=True)
class LeftOutGroup:
    """Titles that stay behind for one reason."""

    sentence: str
    advice: str
    titles: tuple[PlannedTitle, ...]
    files: int
    size_bytes: int

    @property
    def more(self) -> int:
        """How many titles are not shown."""
        return max(0, len(self.titles) - ROWS_SHOWN)


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The plan of a drive."""

    drive: DriveCard
    plan: Plan | None
    trouble: str
    advice: str
    titles: tuple[PlannedTitle, ...]
    left_out: tuple[LeftOutGroup, ...]
    space: Space | None
    outdated: OutdatedList
    room: RoomOffer | None = None

    @property
    def shown(self) -> tuple[PlannedTitle, ...]:
        """The first titles."""
        return self.titles[:ROWS_SHOWN]

    @property
    def more(self) -> int:
        """How many titles are not shown."""
        return max(0, len(self.titles) - ROWS_SHOWN)

    @classmethod
    def build(cls, drive: Drive) -> "PlanPage":
        """Make it: one plan, a query for the names, and what could make room."""
        card = build_cards([drive])[0]
        try:
            plan = plan_drive(drive=drive)
        except StopRun as stop:
            newer = OutdatedList.build(drive, shown=ROWS_SHOWN)
            return cls(card, None, stop.message, stop.advice, (), (), None, newer)
        wanted = [each.wanted for each in plan.copies]
        names = _names([*wanted, *(each.wanted for each in plan.left_out)])
        replaced = {each.wanted.relpath for each in plan.copies if each.renews}
        return cls(
            drive=card,
            plan=plan,
            trouble="",
            advice="",
            titles=_titles(wanted, names, replaced),
            left_out=_groups(plan.left_out, names),
            space=_space_after(card, plan),
            outdated=OutdatedList.build(drive, shown=ROWS_SHOWN),
            room=RoomOffer.build(drive, plan),
        )


@dataclass(frozen=True, slots=True)
class NamesPage:
    """Files on a drive whose titles have other names now."""

    drive: DriveCard
    renames: tuple[Rename, ...]

    @property
    def shown(self) -> tuple[Rename, ...]:
        """The first of them."""
        return self.renames[:ROWS_SHOWN]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return max(0, len(self.renames) - ROWS_SHOWN)

    @classmethod
    def build(cls, drive: Drive) -> "NamesPage":
        """Make it: every video of ours is named anew."""
        return cls(build_cards([drive])[0], list_renames(drive=drive))


def _names(files: Iterable[Wanted]) -> dict[int, str]:
    ids = list({each.title_id for each in files})
    names: dict[int, str] = {}
    for start in range(0, len(ids), CHUNK):
        rows = Title.objects.filter(pk__in=ids[start : start + CHUNK])
        names |= {row.pk: row.label for row in rows.only("name", "year")}
    return names


def _titles(
    files: Iterable[Wanted], names: dict[int, str], replaced: set[str]
) -> tuple[PlannedTitle, ...]:
    grouped: dict[int, list[Wanted]] = defaultdict(list)
    for each in files:
        grouped[each.title_id].append(each)
    return tuple(
        PlannedTitle(
            title_id=pk,
            name=names.get(pk, ""),
            files=len(rows),
            size_bytes=sum(row.size_bytes for row in rows),
            replaces=sum(row.relpath in replaced for row in rows),
        )
        for pk, rows in grouped.items()
    )


def _groups(
    left_out: Iterable[LeftOut], names: dict[int, str]
) -> tuple[LeftOutGroup, ...]:
    by_reason: dict[str, list[LeftOut]] = defaultdict(list)
    for each in left_out:
        by_reason[each.reason].append(each)
    return tuple(
        LeftOutGroup(
            sentence=rows[0].sentence,
            advice=rows[0].advice,
            titles=_titles([row.wanted for row in rows], names, set()),
            files=len(rows),
            size_bytes=sum(row.wanted.size_bytes for row in rows),
        )
        for rows in by_reason.values()
    )


def _space_after(card: DriveCard, plan: Plan) -> Space | None:
    """Return the drive's bar with what would come."""
    now = card.space
    if now is None:
        return None
    kept = tuple(part for part in now.parts if part.part != "WAITS")
    left = sum(part.width_percent for part in kept)
    width = min(100.0 - left, max(0, plan.bytes_on_drive) * 100 / now.total_bytes)
    comes = Part("WAITS", max(0, plan.bytes_on_drive), round(left, 3), round(width, 3))
    return Space(now.total_bytes, max(0, plan.bytes_after), (*kept, comes))
