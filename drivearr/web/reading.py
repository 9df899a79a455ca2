"""Reads what a browser sent: text without traps, numbers that are rows' ids."""

import unicodedata
from collections.abc import Iterable
from datetime import date

LONGEST_QUERY = 200
LARGEST_ID = 2**63 - 1


def read_query(text: str | None) -> str:
    """Return search text in one line, without control characters, cut to a fair length."""
    kept = "".join(
        " " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in text or ""
    )
    return " ".join(kept.split())[:LONGEST_QUERY]


def read_id(text: str | None) -> int | None:
    """Return a row's id; None for anything that can be none."""
    digits = (text or "").strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(
        str(LARGEST_ID)
    ):
        return None
    number = int(digits)
    return number if 0 < number <= LARGEST_ID else None


def read_ids(texts: Iterable[str], *, most: int = 5000) -> tuple[int, ...]:
    """Return the ids among `texts`, each once, at most `most`."""
    ids = dict.fromkeys(number for number in map(read_id, texts) if number is not None)
    return tuple(ids)[:most]


def read_choice(text: str | None, choices: Iterable[str], otherwise: str = "") -> str:
    """Return `text` if it is one of `choices`."""
    return text if text is not None and text in set(choices) else otherwise


def read_day(text: str | None) -> date | None:
    """Return a day as date fields send it, `2026-11-21`; None for anything else."""
    try:
        day = date.fromisoformat((text or "").strip())
    except ValueError:
        return None
    # Sums with time zones must stay within what a date can be.
    return day if date(1970, 1, 2) <= day <= date(9000, 1, 1) else None
