"""Other places that know titles of the one catalogue; the shelf can be narrowed to one."""

from collections.abc import Callable
from dataclasses import dataclass

from library.models import Title
from library.models.title import TitleQuerySet

LOCAL = ""
"""The titles that there are files of here; what the shelf shows by itself."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A place that knows titles, such as a media server."""

    value: str
    """In the address of the shelf: `?from=plex`."""
    label: str
    pick: Callable[[TitleQuerySet], TitleQuerySet]
    """Narrows titles to those that it knows now."""
    is_offered: Callable[[], bool]
    """Whether there is such a place in this home; one query."""
    newest: Callable[[int], list[int]]
    """Returns the ids of as many titles that came there last, the newest first."""


_origins: dict[str, Origin] = {}


def register(origin: Origin) -> None:
    """Let the shelf be narrowed to a place; called with the addresses."""
    _origins[origin.value] = origin


def offered() -> tuple[Origin, ...]:
    """Return the places that there are in this home."""
    return tuple(each for each in _origins.values() if each.is_offered())


def values() -> tuple[str, ...]:
    """Return what an address may ask for."""
    return tuple(_origins)


def find(value: str) -> Origin | None:
    """Return the place of that value; None for the files here."""
    return _origins.get(value)


def titles_of(value: str) -> TitleQuerySet:
    """Return the titles that a place knows; an unknown one means the files here."""
    place = _origins.get(value)
    return place.pick(Title.objects.all()) if place else Title.objects.with_files()
