"""Many titles at once: what they weigh, and on which drive they fit."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Sum
from django.http import QueryDict

from drivearr.web.reading import read_ids
from drives.contexts.cards import DriveCard, build_cards
from drives.models import Drive, DriveFile
from library.contexts.filters import Filters
from library.models import MediaFile, Title

TITLES_MOST = 50_000
NAMED = 6


@dataclass(frozen=True, slots=True)
class Chosen:
    """The titles a form names: ticked ones, or all that a query finds."""

    title_ids: tuple[int, ...]
    query: str
    """Of the list, when all that it finds are meant; else empty."""

    @classmethod
    def read(cls, sent: QueryDict) -> "Chosen":
        """Read a form; one query when all matching are meant."""
        if sent.get("all") != "1":
            return cls(read_ids(sent.getlist("title")), "")
        filters = Filters.read(QueryDict(sent.get("query", "")[:1000]))
        ids = filters.apply().values_list("pk", flat=True)[:TITLES_MOST]
        return cls(tuple(ids), filters.encode())


@dataclass(frozen=True, slots=True)
class Fit:
    """How the chosen titles would lie on one drive."""

    drive: DriveCard
    needed_bytes: int
    """Of what is not there yet."""
    left_bytes: int | None
    """Room afterwards, the reserve taken off; below zero: it does not fit."""

    @property
    def fits(self) -> bool:
        """Whether there is room, as far as is known."""
        return self.left_bytes is None or self.left_bytes >= 0

    @property
    def short_bytes(self) -> int:
        """How much room is wanting."""
        return max(0, -(self.left_bytes or 0))


@dataclass(frozen=True, slots=True)
class Choosing:
    """The chosen titles and every drive that may be used."""

    chosen: Chosen
    titles: int
    files: int
    size_bytes: int
    names: tuple[str, ...]
    more: int
    fits: tuple[Fit, ...]

    @classmethod
    def build(cls, chosen: Chosen, *, subjects: frozenset[str] | None) -> "Choosing":
        """Make it; about eight queries. `subjects`: the drives one may use, or None."""
        ids = chosen.title_ids
        files, size = _weigh(ids)
        names = list(
            Title.objects.filter(pk__in=ids[:NAMED]).by_name().values_list("name")
        )
        drives = Drive.objects.by_name()
        reserves = dict(drives.values_list("pk", "reserve_bytes"))
        there = _there(ids)
        cards = [
            card
            for card in build_cards(drives)
            if subjects is None or f"drive:{card.pk}" in subjects
        ]
        fits = [
            _fit(card, size - there.get(card.pk, 0), reserves[card.pk])
            for card in cards
        ]
        return cls(
            chosen=chosen,
            titles=len(ids),
            files=files,
            size_bytes=size,
            names=tuple(name for (name,) in names),
            more=max(0, len(ids) - len(names)),
            fits=tuple(sorted(fits, key=lambda fit: not fit.drive.is_attached)),
        )


def _slices(ids: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
    """Cut a long list: a query takes no more than some thousand values."""
    return (ids[start : start + 5000] for start in range(0, len(ids), 5000))


def _weigh(ids: tuple[int, ...]) -> tuple[int, int]:
    """Return how many files the titles have, and their bytes."""
    files = size = 0
    for part in _slices(ids):
        found = (
            MediaFile.objects.present()
            .filter(title__in=part)
            .aggregate(files=Count("pk"), size=Sum("size_bytes"))
        )
        files, size = files + found["files"], size + (found["size"] or 0)
    return files, size


def _there(ids: tuple[int, ...]) -> dict[int, int]:
    """Return the bytes of the titles that lie on each drive already."""
    found: dict[int, int] = {}
    for part in _slices(ids):
        rows = (
            DriveFile.objects.filter(
                title__in=part,
                state=DriveFile.State.PRESENT,
                kind=DriveFile.Kind.VIDEO,
                media_file__state=MediaFile.State.PRESENT,
            )
            .order_by()
            .values_list("drive")
            .annotate(Sum("media_file__size_bytes"))
        )
        for drive, size in rows:
            found[drive] = found.get(drive, 0) + size
    return found


def _fit(card: DriveCard, needed: int, reserve: int) -> Fit:
    needed = max(0, needed)
    if card.space is None:
        return Fit(card, needed, None)
    waits = card.waiting.size_bytes if card.waiting else 0
    return Fit(card, needed, card.space.free_bytes - reserve - waits - needed)
