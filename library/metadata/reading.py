"""Reading foreign JSON: every field may be missing, null, or of another type."""

from collections.abc import Iterable
from typing import Any


def text(row: object, *keys: str) -> str:
    """Return the first of these fields that holds words; "" when none does."""
    if isinstance(row, dict):
        for key in keys:
            value = row.get(key)
            if isinstance(value, str) and value.strip():
                return value.replace("\0", "").strip()
    return ""


def whole(row: object, key: str) -> int | None:
    """Return a whole number, also one written as text; None for anything else."""
    value = row.get(key) if isinstance(row, dict) else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:12])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < 2**31 else None


def out_of_ten(row: object, key: str) -> float | None:
    """Return a rating; None for none, for 0 votes' 0, and for what is no rating."""
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 < value <= 10 else None  # noqa: PLR2004 - out of ten


def rows(row: object, *keys: str) -> list[dict[str, Any]]:
    """Return the objects in a list that lies below these keys, one in the other."""
    for key in keys:
        row = row.get(key) if isinstance(row, dict) else None
    if not isinstance(row, list):
        return []
    return [each for each in row if isinstance(each, dict)]


def strings(row: object, key: str) -> tuple[str, ...]:
    """Return the words in a list."""
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, list):
        return ()
    return tuple(
        each.replace("\0", "").strip()
        for each in value
        if isinstance(each, str) and each.strip()
    )


def part(row: object, key: str) -> dict[str, Any]:
    """Return the object in a field; an empty one when there is none."""
    value = row.get(key) if isinstance(row, dict) else None
    return value if isinstance(value, dict) else {}


def names(some: Iterable[dict[str, Any]], most: int = 200) -> tuple[str, ...]:
    """Return the `name` of each."""
    return tuple(name[:most] for row in some if (name := text(row, "name")))
