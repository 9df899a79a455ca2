"""What a plan offers and a person may accept: newer files, and titles that could go."""

from dataclasses import dataclass
from time import monotonic

from drivearr.lib.remembering import Remembered
from drives.models import Drive
from syncqueue.planning import Plan
from syncqueue.services.outdating import (
    Outdated,
    find_outdated_titles,
    list_outdated,
)
from syncqueue.services.suggesting import suggest_room, words_of

_titles = Remembered[int, tuple[int, ...]](seconds=15, most=16, clock=monotonic)


@dataclass(frozen=True, slots=True)
class OutdatedList:
    """Titles on a drive that the library has newer files of."""

    drive_id: int
    rows: tuple[Outdated, ...]
    shown: tuple[Outdated, ...]

    @property
    def asks(self) -> int:
        """For how many titles nobody has said yet what shall be."""
        return sum(not row.is_kept for row in self.rows)

    @property
    def more(self) -> int:
        """How many titles are not shown."""
        return len(self.rows) - len(self.shown)

    @classmethod
    def build(cls, drive: Drive, *, shown: int) -> "OutdatedList":
        """Make it; empty where the drive's profile keeps what it has.

        Which titles are looked at may be a few seconds old; what is said of them is not.
        """
        if drive.outdated == Drive.Outdated.KEEP:
            return cls(drive.pk, (), ())
        titles = _titles.get(drive.pk, lambda: find_outdated_titles(drive=drive))
        rows = list_outdated(drive=drive, title_ids=titles) if titles else ()
        return cls(drive.pk, rows, rows[:shown])


@dataclass(frozen=True, slots=True)
class Leaving:
    """A title or season that could go, and why."""

    field: str
    value: int
    title_id: int
    name: str
    words: str
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class RoomOffer:
    """How room could be made; nothing goes before the files were seen and a yes said."""

    lacking_bytes: int
    freed_bytes: int
    is_enough: bool
    refusal: str
    rows: tuple[Leaving, ...]

    @classmethod
    def build(cls, drive: Drive, plan: Plan) -> "RoomOffer | None":
        """Make it; None when everything fits."""
        found = suggest_room(drive=drive, plan=plan)
        if found is None:
            return None
        return cls(
            lacking_bytes=found.lacking_bytes,
            freed_bytes=found.choice.freed_bytes,
            is_enough=found.is_enough,
            refusal=found.refusal,
            rows=tuple(
                Leaving(
                    field="season" if part.season_id else "title",
                    value=part.season_id or part.title_id,
                    title_id=part.title_id,
                    name=part.name,
                    words=words_of(part),
                    files=part.files,
                    size_bytes=part.size_bytes,
                )
                for part in found.choice.parts
            ),
        )
