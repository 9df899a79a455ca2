"""Charts as SVG made by the server: bars, lines, a ring, a spark; each also in words."""

from collections.abc import Callable, Sequence
from typing import Any

from django import template

from drivearr.lib import charting
from drivearr.lib.charting import Point
from drivearr.web.templatetags.ui import count, rate, size

register = template.Library()

WORDS: dict[str, Callable[[float], str]] = {
    "count": lambda value: count(round(value)),
    "size": size,
    "rate": rate,
}
GRID = (0, 50, 100)


def _axis(top: float, unit: str) -> list[tuple[float, str]]:
    say = WORDS[unit]
    return [
        (percent, say(value))
        for percent in GRID
        if (value := top * (100 - percent) / 100)
        # There is no half title: such a line would say a number it does not stand at.
        and (unit != "count" or value == int(value))
    ]


def _ends(points: Sequence[Point]) -> list[str]:
    """Return the labels below: the first, the middle and the last say enough."""
    if len(points) < 3:  # noqa: PLR2004 - no middle
        return [point.label for point in points]
    return [points[0].label, points[len(points) // 2].label, points[-1].label]


def _frame(points: Sequence[Point], label: str, unit: str) -> dict[str, Any]:
    top = charting.ceiling(max((point.value for point in points), default=0))
    return {
        "points": points,
        "label": label,
        "top": top,
        "axis": _axis(top, unit),
        "ends": _ends(points),
        "is_empty": not any(point.value for point in points),
    }


@register.inclusion_tag("components/bar_chart.html")
def bar_chart(
    points: Sequence[Point], label: str, unit: str = "count"
) -> dict[str, Any]:
    """Return standing bars; `unit` (count, size, rate) says how the axis speaks."""
    frame = _frame(points, label, unit)
    return frame | {"bars": charting.bars(points, top=frame["top"])}


@register.inclusion_tag("components/line_chart.html")
def line_chart(
    points: Sequence[Point], label: str, unit: str = "count"
) -> dict[str, Any]:
    """Return a line with its area."""
    frame = _frame(points, label, unit)
    drawn = charting.line([point.value for point in points], top=frame["top"])
    return frame | {"line": drawn}


@register.inclusion_tag("components/donut_chart.html")
def donut_chart(
    points: Sequence[Point], label: str, middle: str = ""
) -> dict[str, Any]:
    """Return a ring with its legend, and words in its middle."""
    return {"slices": charting.slices(points), "label": label, "middle": middle}


@register.inclusion_tag("components/sparkline.html")
def sparkline(values: Sequence[float], label: str) -> dict[str, Any]:
    """Return a line as small as a word; `label` says what it shows."""
    # A little air above, or the highest value is half cut.
    top = max(values, default=0) * 1.15 or 1
    return {"line": charting.line(values, top=top), "label": label}
