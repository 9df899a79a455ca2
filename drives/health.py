"""From evidence to a verdict on a drive: good, limited, failing, or honestly unknown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from drivearr.lib.wording import gettext
from drives.smart import Smart

ORDER = ("UNKNOWN", "GOOD", "LIMITED", "FAILING")
CONTENT = frozenset({"read-back", "io-error", "read-only"})
"""What a drive did with our bytes; a clean verification of all of it settles these."""
MOST_REASONS = 3
HOT_CELSIUS = 60
WORN_PERCENT = 90
FEW_SECTORS = 10
"""A disk may have mended a few sectors once and live for years."""
SLOW_RATIO = 0.4
_RECENT_COPIES = 5
_LEAST_COPIES = 15


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence."""

    source: str
    """`smart`, `speed`, or one of CONTENT."""
    verdict: str
    """One of ORDER."""
    message: str
    value: float | None = None


def judge_smart(smart: Smart) -> Evidence:
    """Return what a disk's own words mean; "not available" is UNKNOWN, never GOOD."""
    if not smart.is_available:
        return Evidence("smart", "UNKNOWN", f"SMART: {smart.reason}.")
    if smart.passed is False:
        return Evidence("smart", "FAILING", "The disk itself says that it is failing.")
    worst = [f"{count} {name}" for name, count in sorted(smart.counts.items())]
    unreadable = sum(
        count for name, count in smart.counts.items() if name != "reallocated sectors"
    )
    is_bad = smart.spare_is_low or unreadable > FEW_SECTORS
    is_bad = is_bad or sum(smart.counts.values()) > FEW_SECTORS**2
    worst += ["its spare blocks run out"] if smart.spare_is_low else []
    if smart.wear_percent is not None and smart.wear_percent >= WORN_PERCENT:
        worst.append(f"{smart.wear_percent} % of its life is used")
    if smart.celsius is not None and smart.celsius >= HOT_CELSIUS:
        worst.append(f"it is {smart.celsius} °C hot")
    if worst:
        verdict = "FAILING" if is_bad else "LIMITED"
        return Evidence("smart", verdict, f"SMART: {', '.join(worst)}.")
    return Evidence("smart", "GOOD", _praise(smart))


def _praise(smart: Smart) -> str:
    facts = []
    if smart.power_on_hours is not None:
        facts.append(f"{smart.power_on_hours} hours in use")
    if smart.celsius is not None:
        facts.append(f"{smart.celsius} °C")
    words = f" ({', '.join(facts)})" if facts else ""
    return gettext("The disk says that it is well{words}.").format(words=words)


def judge_speed(rates: Sequence[float]) -> Evidence | None:
    """Compare the newest copies with the drive's own past; None while that is short.

    `rates`: bytes per second of large copies, oldest first.
    """
    if len(rates) < _LEAST_COPIES:
        return None
    before, now = median(rates[:-_RECENT_COPIES]), median(rates[-_RECENT_COPIES:])
    if before <= 0:
        return None
    ratio = now / before
    if ratio < SLOW_RATIO:
        return Evidence(
            "speed",
            "LIMITED",
            f"It copies at {ratio:.0%} of the speed it had.",
            value=round(ratio, 3),
        )
    return Evidence("speed", "GOOD", "It copies as fast as ever.", round(ratio, 3))


def conclude(newest_first: Iterable[Evidence]) -> tuple[str, str]:
    """Return the verdict and its reasons.

    Of SMART and of speed the newest word counts; of what the drive did with our bytes
    everything since the last clean verification of all of it.
    """
    counted: list[Evidence] = []
    settled: set[str] = set()
    for evidence in newest_first:
        group = "content" if evidence.source in CONTENT else evidence.source
        if group in settled:
            continue
        if group != "content" or evidence.verdict == "GOOD":
            settled.add(group)
        counted.append(evidence)
    known = [each for each in counted if each.verdict in ORDER[1:]]
    # Speed alone says nothing about health when it is as ever.
    if not known or all(
        each.source == "speed" and each.verdict == "GOOD" for each in known
    ):
        return "UNKNOWN", next((each.message for each in counted), "")
    worst = max(known, key=lambda each: ORDER.index(each.verdict)).verdict
    reasons = dict.fromkeys(each.message for each in known if each.verdict == worst)
    return worst, " ".join(list(reasons)[:MOST_REASONS])
