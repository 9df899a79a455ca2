"""How well a candidate fits what a name says, with reasons.

Two thresholds: from ACCEPT on, and MARGIN above the runner-up, a match is taken; from
SUGGEST on it is offered to a person; below it is nothing.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from library.metadata.source import Candidate

ACCEPT = 0.90
SUGGEST = 0.60
MARGIN = 0.05
LIKE_ENOUGH = 0.85
"""Less alike than this, two titles are different ones."""
RUNNERS_UP_MOST = 8

_ROMAN = {
    roman: str(number)
    for number, roman in enumerate(
        ("ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"), start=2
    )
}
_ARTICLES = frozenset({"the", "a", "an", "der", "die", "das", "le", "la", "les", "el"})
_COUNTRY = re.compile(r"^(?P<title>.+?)[ (]+(?P<country>US|UK|AU|NZ|CA|FR|DE|JP)\)?$")
_NO_WORD = re.compile(r"[\W_]+")
_INSIDE_WORD = re.compile(r"['’`´.]")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a name says, as far as a catalogue can know it."""

    kind: str
    """MOVIE or SHOW."""
    titles: tuple[str, ...]
    """The likeliest reading first."""
    year: int | None = None
    numbers: frozenset[tuple[int, int]] = frozenset()
    """Seasons and episodes that the show must have."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its score, 0 to 1, and why."""

    candidate: Candidate
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the candidates come to."""

    state: str
    """MATCHED, SUGGESTED or UNMATCHED."""
    best: Scored | None
    reason: str
    ranking: tuple[Scored, ...] = ()

    @property
    def score(self) -> float:
        """Of the best one; 0 when there is none."""
        return self.best.score if self.best else 0.0


def normalise(title: str) -> str:
    """Return a title without case, accents, punctuation and spelling of numbers."""
    plain = unicodedata.normalize("NFKD", title.replace("&", " and "))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    words = _NO_WORD.sub(" ", _INSIDE_WORD.sub("", plain)).split()
    words = words[:1] + [_ROMAN.get(word, word) for word in words[1:]]
    return " ".join(words)


def score(wanted: Wanted, candidate: Candidate) -> Scored:
    """Score one candidate."""
    likeness, how = _likeness(wanted.titles, candidate)
    title_points = _title_points(likeness)
    year_points, year_how = _year_points(
        wanted.year,
        candidate.year,
        is_equal=likeness >= 0.98,  # noqa: PLR2004
    )
    points = title_points + year_points + _country_points(wanted, candidate)
    return Scored(
        candidate,
        round(min(1.0, max(0.0, points)), 3),
        f"{how}, {year_how}",
    )


def judge(wanted: Wanted, candidates: Iterable[Candidate]) -> Verdict:
    """Rank the candidates and decide."""
    unique = {(each.source, each.id): each for each in candidates}.values()
    ranking = sorted(
        (score(wanted, each) for each in unique), key=lambda each: -each.score
    )
    offered = tuple(each for each in ranking if each.score >= SUGGEST / 2)
    offered = offered[:RUNNERS_UP_MOST]
    if not ranking or ranking[0].score < SUGGEST:
        what = "no candidate fits" if ranking else "nothing found"
        return Verdict("UNMATCHED", None, what, offered)
    best = ranking[0]
    if best.score < ACCEPT:
        return Verdict("SUGGESTED", best, f"not sure: {best.reason}", offered)
    rivals = [each for each in ranking[1:] if best.score - each.score < MARGIN]
    if rivals:
        names = ", ".join(_label(each.candidate) for each in (best, *rivals)[:4])
        return Verdict("SUGGESTED", best, f"several fit equally well: {names}", offered)
    return Verdict("MATCHED", best, best.reason, offered)


def with_aliases(candidate: Candidate, aliases: tuple[str, ...]) -> Candidate:
    """Return the candidate with other names to be known by."""
    return replace(candidate, aliases=aliases)


def split_country(title: str) -> tuple[str, str]:
    """Split `Title (US)`; the country is "" when there is none."""
    found = _COUNTRY.match(title)
    return (found["title"].strip(), found["country"]) if found else (title, "")


def _label(candidate: Candidate) -> str:
    return f"{candidate.name} ({candidate.year or '?'})"


def _likeness(titles: tuple[str, ...], candidate: Candidate) -> tuple[float, str]:
    names = [
        (candidate.name, 0.0, "title"),
        (candidate.original_name, 0.0, "original title"),
        *((alias, 0.01, "alternative title") for alias in candidate.aliases),
    ]
    best, how = 0.0, "nothing alike"
    for rank, title in enumerate(titles):
        for name, malus, word in names:
            alike = _alike(title, name) - malus - (0.01 if rank else 0.0)
            if alike > best:
                best, how = alike, _how(alike, word)
    return best, how


def _how(alike: float, word: str) -> str:
    # The small deductions for second-best readings leave an equal title above this.
    return f"{word} equal" if alike >= 0.97 else f"{word} {alike:.0%} alike"  # noqa: PLR2004


def _alike(title: str, name: str) -> float:
    left, right = normalise(title), normalise(name)
    if not left or not right:
        return 0.0
    if left == right or left.replace(" ", "") == right.replace(" ", ""):
        return 1.0
    if _without_article(left) == _without_article(right):
        return 0.99
    base = normalise(split_country(title)[0])
    if base == right:
        return 0.99
    return min(0.96, fuzz.ratio(left, right) / 100)


def _without_article(title: str) -> str:
    first, _, rest = title.partition(" ")
    return rest if rest and first in _ARTICLES else title


def _title_points(likeness: float) -> float:
    if likeness >= 0.97:  # noqa: PLR2004 - equal, but for small deductions
        return 0.80 - (1 - likeness) / 2
    if likeness >= LIKE_ENOUGH:
        return 0.80 - (1 - likeness) * 0.6
    return max(0.0, 0.70 - (1 - likeness) * 1.6)


def _year_points(
    wanted: int | None, found: int | None, *, is_equal: bool
) -> tuple[float, str]:
    if wanted is None:
        return (0.12 if is_equal else 0.05), "no year in the name"
    if found is None:
        return 0.05, "its year unknown"
    apart = abs(wanted - found)
    if apart == 0:
        return 0.18, "same year"
    if apart == 1:
        # 3.8 % of the films known to two catalogues differ by one year.
        return (0.12 if is_equal else 0.0), "year off by one"
    return -0.25, f"year off by {apart}"


def _country_points(wanted: Wanted, candidate: Candidate) -> float:
    country = next((c for t in wanted.titles if (c := split_country(t)[1])), "")
    if not country or not candidate.countries:
        return 0.0
    country = "GB" if country == "UK" else country
    return 0.02 if country in candidate.countries else -0.06
