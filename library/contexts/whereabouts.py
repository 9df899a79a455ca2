"""Where is what: titles against the places outside the library."""

from dataclasses import dataclass

from django.http import QueryDict

from library.contexts.shelves import Entry, Shelf
from library.marks import Mark, Place


@dataclass(frozen=True, slots=True)
class Row:
    """One title, and how it stands at each place in their order."""

    entry: Entry
    cells: tuple[Mark | None, ...]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A page of titles and all places."""

    shelf: Shelf
    places: tuple[Place, ...]
    rows: tuple[Row, ...]

    @classmethod
    def build(cls, asked: QueryDict) -> "Whereabouts":
        """Make it from the query of the address; as many queries as a shelf."""
        shelf = Shelf.build(asked)
        return cls(
            shelf=shelf,
            places=shelf.places,
            rows=tuple(_row(entry, shelf.places) for entry in shelf.entries),
        )


def _row(entry: Entry, places: tuple[Place, ...]) -> Row:
    by_place = {mark.place: mark for mark in entry.marks}
    return Row(entry, tuple(by_place.get(place.name) for place in places))
