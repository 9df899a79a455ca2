"""History as files for other programs: CSV for spreadsheets, JSON for scripts.

No Django here. A cell that a spreadsheet would run as a formula is kept from it by an
apostrophe, as OWASP advises (https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a drive's history; size in bytes, time in seconds."""

    at: datetime
    drive: str
    action: str
    title: str
    relpath: str
    size_bytes: int
    seconds: float | None
    verified_by: str
    code: str
    message: str
    by: str


COLUMNS = tuple(each.name for each in fields(Line))


def write_csv(lines: Iterable[Line]) -> Iterator[str]:
    """Yield a head and a row for each line, as RFC 4180 has them."""
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([_cell(value) for value in _values(line).values()])
        yield _emptied(held)
    yield _emptied(held)


def write_json(lines: Iterable[Line]) -> Iterator[str]:
    """Yield one JSON list, an object for each line."""
    opening = "["
    for line in lines:
        yield f"{opening}\n{json.dumps(_values(line), ensure_ascii=False)}"
        opening = ","
    yield "[]\n" if opening == "[" else "\n]\n"


def _values(line: Line) -> dict[str, object]:
    return asdict(line) | {"at": line.at.isoformat()}


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def _emptied(held: io.StringIO) -> str:
    text = held.getvalue()
    held.seek(0)
    held.truncate()
    return text
