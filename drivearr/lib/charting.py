"""Where the shapes of a chart lie, in percent of its box; no drawing."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

TINTS = 6
"""How many colours the parts of a donut take in turn."""
STEPS = (1, 2, 2.5, 5, 10)
BAR_SHARE = 0.72
"""How much of its place a bar fills."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value with its name, and the value as a person says it."""

    label: str
    value: float
    words: str
    state: str = ""
    """Colours it; empty: the accent."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A standing bar."""

    point: Point
    x_percent: float
    y_percent: float
    width_percent: float
    height_percent: float


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a ring whose circumference is 100."""

    point: Point
    length: float
    offset: float
    tint: int
    share_percent: float

    @property
    def gap(self) -> float:
        """The rest of the ring, so that a part over its beginning is drawn whole."""
        return 100 - self.length


def ceiling(value: float) -> float:
    """Return the next round number that is not smaller: 37 → 50, 0 → 1."""
    if value < sys.float_info.min:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in STEPS if step * power >= value * (1 - 1e-9))


def bars(points: Sequence[Point], *, top: float) -> tuple[Bar, ...]:
    """Return a bar for each point, from left to right."""
    if not points:
        return ()
    place = 100 / len(points)
    return tuple(
        Bar(
            point,
            x_percent=place * number + place * (1 - BAR_SHARE) / 2,
            y_percent=100 - _share(point.value, top),
            width_percent=place * BAR_SHARE,
            height_percent=_share(point.value, top),
        )
        for number, point in enumerate(points)
    )


def _share(value: float, top: float) -> float:
    return max(0.0, min(100.0, 100 * value / top)) if top else 0.0


def line(values: Sequence[float], *, top: float) -> str:
    """Return an SVG polyline's points in a box of 100 × 100; empty for no values."""
    if not values:
        return ""
    if len(values) == 1:
        values = [values[0], values[0]]
    step = 100 / (len(values) - 1)
    return " ".join(
        f"{number * step:.2f},{100 - _share(value, top):.2f}"
        for number, value in enumerate(values)
    )


def slices(points: Sequence[Point]) -> tuple[Slice, ...]:
    """Return the parts of a ring, beginning at the top; nothing when all is zero."""
    total = sum(max(0.0, point.value) for point in points)
    if not total:
        return ()
    found, before = [], 0.0
    for number, point in enumerate(points):
        share = 100 * max(0.0, point.value) / total
        # A ring begins at three o'clock; 25 turns it to twelve.
        found.append(Slice(point, share, 25 - before, number % TINTS, share))
        before += share
    return tuple(found)
