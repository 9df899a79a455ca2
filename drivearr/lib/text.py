"""Numbers as words for people."""

import humanize


def size_words(size_bytes: float) -> str:
    """Return bytes as drives are sold: "4.7 GB"."""
    return humanize.naturalsize(size_bytes, format="%.1f").replace(".0 ", " ")


def number_words(number: int) -> str:
    """Return "12 345" with narrow spaces."""
    return f"{number:,}".replace(",", "\u202f")


def count_words(done: int, total: int | None, unit: str) -> str:
    """Return "3 of 12 files", "1.2 of 4.7 GB"; empty before anything is known."""
    if total is None and not done:
        return ""
    if unit == "BYTES":
        said = size_words(done)
        return said if total is None else f"{said} of {size_words(total)}"
    noun = unit.lower() if (total or done) != 1 else unit.lower().removesuffix("s")
    said = number_words(done)
    return (
        f"{said} {noun}" if total is None else f"{said} of {number_words(total)} {noun}"
    )


def clipped(text: str, *, most: int = 600) -> str:
    """Return a text whose middle is left out when it is longer than a sentence may be."""
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
