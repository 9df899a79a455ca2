"""Whose facts win: field by field, in the order in which a home believes its sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NAMED = ("name", "sort_name", "search_text")
"""What follows whoever says what a title is called."""
_OFF, _GUESSED = 1000, 2000


@dataclass(frozen=True, slots=True)
class Precedence:
    """The sources that a home believes, the best one first."""

    order: tuple[str, ...]

    def rank(self, origin: str) -> int:
        """Return the place of a source; a file's name alone is believed last of all."""
        if origin in self.order:
            return self.order.index(origin)
        return _GUESSED if origin in {"", "name"} else _OFF

    def takes(self, origin: str, holder: str) -> bool:
        """Whether what `origin` says replaces what `holder` said."""
        return self.rank(origin) <= self.rank(holder)

    def outranking(self, origin: str) -> tuple[str, ...]:
        """Return the sources that are believed more than this one."""
        return tuple(each for each in self.order if self.rank(each) < self.rank(origin))


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a title, and who said it."""

    values: Mapping[str, Any]
    main: str
    """Who said what it is called."""
    others: Mapping[str, str]
    """Who said a field where that was somebody else."""
    locked: Sequence[str] = ()
    """Fields that a person wrote: no source changes them."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What comes of it when a source speaks."""

    changes: dict[str, Any]
    """Fields with their new values."""
    main: str
    others: dict[str, str]


def settle(
    standing: Standing, said: Mapping[str, Any], *, origin: str, precedence: Precedence
) -> Settled:
    """Say what changes when `origin` says this of a title.

    A value gives way to one of a source that is believed as much or more; a gap is filled
    by whoever knows; what a source itself said it may take back. A source that is off
    changes only what is its own.
    """
    is_off = precedence.rank(origin) == _OFF
    if is_off and standing.main != origin:
        return Settled({}, standing.main, dict(standing.others))
    locked = {*standing.locked}
    if "name" in locked:
        locked.update(NAMED)
    open_ = {name: value for name, value in said.items() if name not in locked}
    others = dict(standing.others)
    main = standing.main
    changes: dict[str, Any] = {}
    if precedence.takes(origin, main):
        main = _hand_over(standing, others, origin)
        changes = {
            name: open_[name]
            for name in NAMED
            if name in open_ and open_[name] != standing.values.get(name)
        }
    for name, value in open_.items():
        if name in NAMED:
            continue
        current = standing.values.get(name)
        holder = others.get(name, main) if current else ""
        if not value:
            may = bool(current) and holder == origin
        else:
            may = not current or precedence.takes(origin, holder)
        if not may:
            continue
        others.pop(name, None)
        if value and origin != main:
            others[name] = origin
        if value != current:
            changes[name] = value
    return Settled(changes, main, others)


def _hand_over(standing: Standing, others: dict[str, str], origin: str) -> str:
    """Let `origin` be the main source; what the one before said stays in its name."""
    if standing.main != origin:
        for name, value in standing.values.items():
            if value and name not in NAMED:
                others.setdefault(name, standing.main)
    for name in [each for each, holder in others.items() if holder == origin]:
        del others[name]
    return origin
