"""Numbers as words for people."""

import humanize

from drivearr.lib.wording import gettext


def size_words(size_bytes: float) -> str:
    """Return bytes as drives are sold: "4.7 GB"."""
    return humanize.naturalsize(size_bytes, format="%.1f").replace(".0 ", " ")


def number_words(number: int) -> str:
    """Return "12 345" with narrow spaces."""
    return f"{number:,}".replace(",", "\u202f")


def size_of(done_bytes: float, total_bytes: float) -> str:
    """Return "1.2 GB of 4.7 GB"."""
    done, total = size_words(done_bytes), size_words(total_bytes)
    return gettext("{done} of {total}").format(done=done, total=total)


def clipped(text: str, *, most: int = 600) -> str:
    """Return a text whose middle is left out when it is longer than a sentence may be."""
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
