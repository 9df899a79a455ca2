"""What speaks for a match, what else it could be, and what the name says."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from library.phrases import say


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """What a file could be, as it was found before."""

    key: str
    """`<source>:<id>`, to find it again among the file's candidates."""
    name: str
    year: int | None
    kind: str
    score_percent: int | None
    overview: str
    is_ours: bool


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One reason for or against a match."""

    what: str
    points: str
    """With its sign: "+18"."""


def read_told(parsed: object) -> tuple[str, ...]:
    """Return what a name says and what that rests on, for people."""
    if not isinstance(parsed, dict):
        return ()
    words = (
        ("title", gettext("title")),
        ("year", gettext("year")),
        ("season", gettext("season")),
        ("episodes", gettext("episode")),
        ("absolute", gettext("counted through")),
        ("air_date", gettext("aired")),
    )
    told = [
        f"{word}: {_plain(value)}"
        for name, word in words
        if (value := parsed.get(name)) not in (None, "", [])
    ]
    evidence = parsed.get("evidence")
    phrases = evidence if isinstance(evidence, list) else ()
    return (*told, *(say(str(each)) for each in phrases))


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def read_evidence(kept: object) -> tuple[EvidenceRow, ...]:
    """Return what speaks for a match, in hundredths with their sign."""
    rows = kept if isinstance(kept, list) else []
    pairs = [each for each in rows if isinstance(each, list) and len(each) == 2]  # noqa: PLR2004
    return tuple(
        EvidenceRow(say(str(what)), f"{round(points * 100):+d}")
        for what, points in pairs
        if isinstance(points, int | float)
    )


def key_of(candidate: dict[str, Any]) -> str:
    """Return what tells a kept candidate from the others of its file."""
    return f"{candidate.get('source', '')}:{candidate.get('id', '')}"


def read_candidate(kept: dict[str, Any]) -> CandidateRow:
    """Return a candidate that identifying kept with a file."""
    return CandidateRow(
        key=key_of(kept),
        name=str(kept.get("name", "")),
        year=kept.get("year"),
        kind=str(kept.get("kind", "")),
        score_percent=percent(kept.get("score")),
        overview=str(kept.get("overview", "")),
        is_ours=kept.get("source") == "library",
    )


def percent(score: float | None) -> int | None:
    """Return a score as whole percent; scores are ratios or percents already."""
    if score is None:
        return None
    return max(0, min(100, round(score * 100 if score <= 1 else score)))
