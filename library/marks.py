"""Marks that apps above put on titles: how it stands with them in some place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.counting import counted_of
from library.models import Title

_STATES = {
    "COMPLETE": gettext_noop("Complete"),
    "PARTIAL": gettext_noop("Partial"),
    "MISSING": gettext_noop("Missing"),
    "OUTDATED": gettext_noop("Outdated"),
}
Marks = dict[int, tuple["Mark", ...]]


@dataclass(frozen=True, slots=True)
class Mark:
    """How complete a title, season or item is in one place outside the library."""

    place: str
    """For a person: a drive's name."""
    state: str
    """COMPLETE, PARTIAL, MISSING or OUTDATED."""
    have: int
    want: int
    unit: str = ""
    """What is counted, as drivearr.lib.counting knows it; empty: nothing is."""

    @property
    def words(self) -> str:
        """Return "Car: partial, 18 of 24 episodes"."""
        state = gettext(_STATES[self.state]) if self.state in _STATES else self.state
        said = f"{self.place}: {state.lower()}"
        if not self.unit:
            return said
        return f"{said}, {counted_of(self.have, self.want, self.unit)}"


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere outside the library where titles can be."""

    pk: int
    name: str
    is_here: bool
    """Whether it can be written now."""
    free_bytes: int | None
    """Room on it, as last seen; None when it was never known."""


class Marker(Protocol):
    """Who knows such places. Each call costs a fixed number of queries."""

    def list_places(self) -> tuple[Place, ...]:
        """Return all places by name."""

    def narrow(
        self, titles: QuerySet[Title], *, place_id: int | None, is_there: bool
    ) -> QuerySet[Title]:
        """Keep titles of which something is (or nothing is) there; None: anywhere."""

    def mark_titles(self, title_ids: Iterable[int]) -> Marks:
        """Return marks by title."""

    def mark_parts(
        self, title_id: int, season_of: Mapping[int, int]
    ) -> tuple[Marks, Marks]:
        """Return marks by season and by item; `season_of`: seasons by item."""


_markers: list[Marker] = []


def register(marker: Marker) -> None:
    """Let `marker` mark titles on every page; called from AppConfig.ready."""
    if marker not in _markers:
        _markers.append(marker)


def _join(parts: Iterable[Marks]) -> Marks:
    joined: Marks = {}
    for part in parts:
        for key, marks in part.items():
            joined[key] = joined.get(key, ()) + marks
    return joined


def mark_titles(title_ids: Iterable[int]) -> Marks:
    """Return all marks by title."""
    ids = list(title_ids)
    return _join(marker.mark_titles(ids) for marker in _markers) if ids else {}


def mark_parts(title_id: int, season_of: Mapping[int, int]) -> tuple[Marks, Marks]:
    """Return all marks by season and by item of a title."""
    found = [marker.mark_parts(title_id, season_of) for marker in _markers]
    return _join(each[0] for each in found), _join(each[1] for each in found)


def list_places() -> tuple[Place, ...]:
    """Return all places that any marker knows."""
    return tuple(place for marker in _markers for place in marker.list_places())


def narrow(
    titles: QuerySet[Title], *, place_id: int | None, is_there: bool
) -> QuerySet[Title]:
    """Keep the titles that are, or are not, at a place; None: at any."""
    for marker in _markers:
        titles = marker.narrow(titles, place_id=place_id, is_there=is_there)
    return titles
