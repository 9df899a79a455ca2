"""Deciding which found title a name means: evidence, a score, and a reason.

Two thresholds and a margin to the runner-up: matched, suggested, unmatched. Remakes
without a year and near-ties are suggested, never guessed.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import Indel

from library.metadata.source import FoundTitle

MATCHED_FROM = 0.90
SUGGESTED_FROM = 0.60
MARGIN = 0.05
_ALIKE = 0.88
"""Names less alike than this are not taken for a typing error."""


class Verdict(StrEnum):
    """What the evidence is good for."""

    MATCHED = "MATCHED"
    SUGGESTED = "SUGGESTED"
    UNMATCHED = "UNMATCHED"


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its score (0 to 1) and what the score rests on."""

    found: FoundTitle
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, the best candidate if there is one, and all in order."""

    verdict: Verdict
    best: Scored | None
    candidates: tuple[Scored, ...]
    reason: str


def clean(text: str) -> str:
    """Return a title as it is compared: no case, accents, punctuation or articles."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("&", " and "))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    words = re.sub(r"[^\w]+|_+", " ", plain.replace("'", "")).split()
    if len(words) > 1 and words[0] in {"the", "a", "an"}:
        words = words[1:]
    return " ".join(words)


def _likeness(wanted: str, found: FoundTitle) -> tuple[float, str]:
    """Return how alike the names are (0 to 1), and in words."""
    mine = clean(wanted)
    if not mine:
        return 0.0, "the name is empty"
    if mine == clean(found.name):
        return 1.0, "same title"
    if mine == clean(found.original_name):
        return 0.99, "same original title"
    if any(mine == clean(name) for name in found.other_names):
        return 0.98, "same alternative title"
    names = (found.name, found.original_name, *found.other_names)
    # Without spaces: "Spider Man" and "Spiderman" are one.
    squeezed = mine.replace(" ", "")
    best = max(
        (
            Indel.normalized_similarity(squeezed, clean(n).replace(" ", ""))
            for n in names
            if n
        ),
        default=0.0,
    )
    return best * 0.97, f"title {best:.0%} alike"


def score(*, name: str, year: int | None, found: FoundTitle) -> Scored:
    """Weigh one candidate against a name and a year."""
    likeness, words = _likeness(name, found)
    if likeness < _ALIKE:
        return Scored(found, round(likeness * 0.6, 3), words)
    if year is None:
        return Scored(found, round(likeness * 0.93, 3), f"{words}, no year in the name")
    if found.year is None:
        return Scored(found, round(likeness * 0.80, 3), f"{words}, its year is unknown")
    apart = abs(found.year - year)
    if apart == 0:
        return Scored(found, round(likeness, 3), f"{words} and year {year}")
    if apart == 1:
        return Scored(
            found, round(likeness * 0.95, 3), f"{words}, year {found.year} is one off"
        )
    return Scored(
        found, round(likeness * 0.55, 3), f"{words}, but year {found.year} not {year}"
    )


def decide(*, name: str, year: int | None, found: Sequence[FoundTitle]) -> Decision:
    """Decide among what a source found for a name."""
    scored = sorted(
        (score(name=name, year=year, found=one) for one in found),
        key=lambda one: (-one.score, -one.found.popularity, one.found.id),
    )
    if not scored:
        return Decision(Verdict.UNMATCHED, None, (), f"nothing found for “{name}”")
    best = scored[0]
    rival = next((x for x in scored[1:] if best.score - x.score < MARGIN), None)
    if best.score < SUGGESTED_FROM:
        reason = f"nothing like “{name}” found; nearest: {best.reason}"
        return Decision(Verdict.UNMATCHED, None, tuple(scored[:10]), reason)
    if best.score >= MATCHED_FROM and rival is None:
        return Decision(Verdict.MATCHED, best, tuple(scored[:10]), best.reason)
    reason = best.reason
    if rival is not None:
        reason = f"several fit: {_label(best.found)} and {_label(rival.found)}"
    return Decision(Verdict.SUGGESTED, best, tuple(scored[:10]), reason)


def _label(found: FoundTitle) -> str:
    return f"{found.name} ({found.year})" if found.year else found.name
