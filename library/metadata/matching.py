"""How well a candidate fits what names say: evidence with weights, and a decision.

Two thresholds: from ACCEPT on, and MARGIN above the runner-up, a match is taken; from
SUGGEST on it is offered to a person; below it is nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from library.facts import EpisodeFacts, TitleFacts
from library.metadata.likeness import (
    EQUAL,
    alike,
    alike_normalised,
    normalise,
    split_country,
)
from library.metadata.source import Candidate

ACCEPT = 0.90
SUGGEST = 0.60
MARGIN = 0.05
LIKE_ENOUGH = 0.85
"""Less alike than this, two titles are different ones."""
RUNNERS_UP_MOST = 8
OFFER = 0.30
"""A candidate below this is not even shown."""

TIE = "several fit equally well"
"""How the reason of a tie begins."""

_TITLE = 0.80
_SAME_YEAR = 0.18
_NEAR_YEAR = 0.12
_OTHER_YEAR = -0.25
_NO_YEAR = 0.12
_HALF_KNOWN = 0.05
_HAS_ALL = 0.04
_LACKS_SOME = -0.03
_LACKS_ALL = -0.10
_TITLES_AGREE = 0.06
_TITLES_DIFFER = -0.06
_DATES_AGREE = 0.08
_MINUTES_AGREE = 0.08
_MINUTES_DIFFER = -0.08
_NEAR_MINUTES = 4.0
_NEAR_RATIO = 0.06
"""Films for television run 4 % faster, and credits are counted or not."""
_FAR_MINUTES = 10.0
_FAR_RATIO = 0.15
_COMPARED_LEAST = 3
"""So many episode titles must be compared before none agreeing says anything."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a name."""

    title: str
    year: int | None = None
    malus: float = 0.0
    """How much less is to be thought of it than of the first."""


@dataclass(frozen=True, slots=True)
class WantedEpisode:
    """What one file says about the episode it holds."""

    season: int | None = None
    number: int | None = None
    air_date: str | None = None
    title: str = ""
    absolute: int | None = None
    """Counted through all seasons."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the names of a film or of all files of a show say."""

    kind: str
    """MOVIE or SHOW."""
    readings: tuple[Reading, ...]
    """The likeliest first."""
    episodes: tuple[WantedEpisode, ...] = ()
    doubt: str = ""
    """Why even a perfect fit would not be sure; empty: it would."""
    minutes: float | None = None
    """How long the film's file runs, where that is known."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for or against."""

    what: str
    points: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with what speaks for it."""

    candidate: Candidate
    points: float
    """The sum; may pass 1, so that good reasons still tell equals apart."""
    evidence: tuple[Evidence, ...] = ()

    @property
    def score(self) -> float:
        """From 0 to 1."""
        return round(min(1.0, max(0.0, self.points)), 3)

    @property
    def reason(self) -> str:
        """The evidence in words."""
        return ", ".join(each.what for each in self.evidence)

    def with_more(self, *more: Evidence) -> "Scored":
        """Return it with further evidence."""
        points = self.points + sum(each.points for each in more)
        return replace(self, points=points, evidence=(*self.evidence, *more))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the candidates come to."""

    state: str
    """MATCHED, SUGGESTED or UNMATCHED."""
    best: Scored | None
    reason: str
    ranking: tuple[Scored, ...] = ()
    is_tie: bool = False
    """Whether several fit equally well: asking elsewhere would be guessing."""

    @property
    def score(self) -> float:
        """Of the best one; 0 when there is none."""
        return self.best.score if self.best else 0.0


# --- Scoring --------------------------------------------------------------------------


def score(wanted: Wanted, candidate: Candidate) -> Scored:
    """Score one candidate by its names and year, in the reading that fits best."""
    readings = wanted.readings or (Reading(""),)
    best = max(
        (_score_reading(reading, candidate) for reading in readings),
        key=lambda each: each.points,
    )
    country = _country_evidence(wanted, candidate)
    return best.with_more(*country)


def _score_reading(reading: Reading, candidate: Candidate) -> Scored:
    likeness, how = _likeness(reading.title, candidate)
    title = Evidence(how, _title_points(likeness) - reading.malus)
    year = _year_evidence(reading.year, candidate.year, is_equal=likeness >= EQUAL)
    return Scored(candidate, title.points + year.points, (title, year))


def _likeness(title: str, candidate: Candidate) -> tuple[float, str]:
    wanted = normalise(title)
    best, how = 0.0, "nothing alike"
    for name, malus, word in _names(candidate):
        likeness = alike_normalised(wanted, normalise(name), name) - malus
        if likeness > best:
            best, how = likeness, word
    base, country = split_country(title)
    if country and best < EQUAL:
        likeness = alike(base, candidate.name) - 0.01
        if likeness > best:
            best, how = likeness, "title without its country"
    equal = "equal" if best >= EQUAL - 0.03 else f"{best:.0%} alike"
    return best, how if how == "nothing alike" else f"{how} {equal}"


def _names(candidate: Candidate) -> Iterable[tuple[str, float, str]]:
    yield candidate.name, 0.0, "title"
    if candidate.original_name:
        yield candidate.original_name, 0.0, "original title"
    for alias in candidate.aliases:
        yield alias, 0.01, "alternative title"


def _title_points(likeness: float) -> float:
    if likeness >= EQUAL - 0.01:
        return _TITLE - (1 - likeness) / 2
    if likeness >= LIKE_ENOUGH:
        return _TITLE - (1 - likeness) * 0.6
    return max(0.0, 0.70 - (1 - likeness) * 1.6)


def _year_evidence(
    wanted: int | None, found: int | None, *, is_equal: bool
) -> Evidence:
    if wanted is None:
        points = _NO_YEAR if is_equal else _HALF_KNOWN
        return Evidence("no year in the name", points)
    if found is None:
        return Evidence("its year unknown", _HALF_KNOWN)
    apart = abs(wanted - found)
    if apart == 0:
        return Evidence("same year", _SAME_YEAR)
    if apart == 1:
        # 3.8 % of the films known to two catalogues differ by one year.
        return Evidence("year off by one", _NEAR_YEAR if is_equal else 0.0)
    return Evidence(f"year off by {apart}", _OTHER_YEAR)


def _country_evidence(wanted: Wanted, candidate: Candidate) -> tuple[Evidence, ...]:
    told = (split_country(reading.title)[1] for reading in wanted.readings)
    country = next(filter(None, told), "")
    if not country or not candidate.countries:
        return ()
    if country in candidate.countries:
        return (Evidence(f"made in {country}", 0.02),)
    return (Evidence(f"not made in {country}", -0.06),)


# --- What the episodes say ------------------------------------------------------------


def weigh_episodes(wanted: Wanted, scored: Scored, facts: TitleFacts) -> Scored:
    """Add what the numbers, titles and dates of the files say about a show."""
    known = {
        (season.number, each.number): each
        for season in facts.seasons
        for each in season.episodes
    }
    if not known or not wanted.episodes:
        return scored
    more = (
        _weigh_numbers(wanted.episodes, known),
        _weigh_count(wanted.episodes, known),
        _weigh_titles(wanted.episodes, known),
        _weigh_dates(wanted.episodes, known),
    )
    return scored.with_more(*(each for each in more if each))


_Known = dict[tuple[int, int | None], EpisodeFacts]


def _weigh_numbers(told: tuple[WantedEpisode, ...], known: _Known) -> Evidence | None:
    numbers = {(each.season, each.number) for each in told if each.number is not None}
    numbers = {each for each in numbers if each[0] is not None}
    if not numbers:
        return None
    have = sum(each in known for each in numbers)
    if have == len(numbers):
        return Evidence("has these episodes", _HAS_ALL)
    if have:
        return Evidence(f"has {have} of {len(numbers)} episodes", _LACKS_SOME)
    return Evidence("has none of these episodes", _LACKS_ALL)


def _weigh_count(told: tuple[WantedEpisode, ...], known: _Known) -> Evidence | None:
    last = max((each.absolute or 0 for each in told if not each.number), default=0)
    if not last:
        return None
    count = sum(season > 0 for season, _ in known)
    if last <= count:
        return Evidence(f"has {count} episodes", _HAS_ALL)
    return Evidence(f"has only {count} episodes", _LACKS_ALL)


def _weigh_titles(told: tuple[WantedEpisode, ...], known: _Known) -> Evidence | None:
    compared = agree = 0
    for each in told:
        facts = known.get((each.season or 0, each.number))
        if each.title and facts and facts.name and not _is_bare(facts.name):
            compared += 1
            agree += alike(each.title, facts.name) >= LIKE_ENOUGH
    if agree * 2 >= compared > 0:
        return Evidence("episode titles agree", _TITLES_AGREE)
    if compared >= _COMPARED_LEAST and not agree:
        return Evidence("no episode title agrees", _TITLES_DIFFER)
    return None


def _is_bare(name: str) -> bool:
    """Whether a title says no more than a number does: "Episode 7"."""
    return bool(re.fullmatch(r"\D{0,12}\s*\d+\.?", name))


def _weigh_dates(told: tuple[WantedEpisode, ...], known: _Known) -> Evidence | None:
    days = {each.air_date for each in told if each.air_date}
    aired = {each.air_date.isoformat() for each in known.values() if each.air_date}
    if not days or not aired:
        return None
    if days & aired:
        return Evidence("air date agrees", _DATES_AGREE)
    return Evidence("nothing aired that day", _TITLES_DIFFER)


# --- What the run time says -----------------------------------------------------------


def weigh_minutes(told: float, scored: Scored, minutes: int) -> Scored:
    """Add whether a film of so many minutes runs as long as the file (`told`) does.

    Between near and far nothing is said: there are longer and shorter versions.
    """
    apart = abs(told - minutes)
    if apart <= max(_NEAR_MINUTES, minutes * _NEAR_RATIO):
        evidence = Evidence(f"runs {minutes} minutes, as the file does", _MINUTES_AGREE)
    elif apart >= max(_FAR_MINUTES, minutes * _FAR_RATIO):
        what = f"runs {minutes} minutes, the file {told:.0f}"
        evidence = Evidence(what, _MINUTES_DIFFER)
    else:
        return scored
    return scored.with_more(evidence)


# --- Deciding -------------------------------------------------------------------------


def judge(wanted: Wanted, candidates: Iterable[Candidate]) -> Verdict:
    """Rank the candidates and decide."""
    unique = {(each.source, each.id): each for each in candidates}.values()
    return judge_scored(wanted, [score(wanted, each) for each in unique])


def judge_scored(wanted: Wanted, scored: Iterable[Scored]) -> Verdict:
    """Decide among candidates whose evidence is weighed."""
    ranking = sorted(scored, key=lambda each: -each.points)
    offered = tuple(each for each in ranking if each.score >= OFFER)[:RUNNERS_UP_MOST]
    if not ranking or ranking[0].score < SUGGEST:
        what = "no candidate fits" if ranking else "nothing found"
        return Verdict("UNMATCHED", None, what, offered)
    best = ranking[0]
    if best.score < ACCEPT:
        return Verdict("SUGGESTED", best, f"not sure: {best.reason}", offered)
    rivals = [
        each
        for each in ranking[1:]
        if best.points - each.points < MARGIN and not is_same(best, each)
    ]
    if rivals:
        names = ", ".join(_label(each.candidate) for each in (best, *rivals)[:4])
        reason = f"{TIE}: {names}"
        return Verdict("SUGGESTED", best, reason, offered, is_tie=True)
    if wanted.doubt:
        reason = f"not sure: {wanted.doubt}; {best.reason}"
        return Verdict("SUGGESTED", best, reason, offered)
    return Verdict("MATCHED", best, best.reason, offered)


def is_same(left: Scored, right: Scored) -> bool:
    """Whether two candidates of different catalogues are known to be one title."""
    ours, theirs = left.candidate.all_ids, right.candidate.all_ids
    return any(ours.get(name) == value for name, value in theirs.items())


def _label(candidate: Candidate) -> str:
    return f"{candidate.name} ({candidate.year or '?'})"
