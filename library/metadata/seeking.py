"""Asking a source for what a name says: by id, by title, and in other ways."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from library.facts import TitleFacts
from library.metadata.likeness import split_country
from library.metadata.matching import (
    ACCEPT,
    MARGIN,
    SUGGEST,
    Evidence,
    Scored,
    Verdict,
    Wanted,
    judge,
    judge_scored,
    score,
    weigh_episodes,
    weigh_minutes,
)
from library.metadata.source import Candidate, Source, SourceLacks

FACTS_ASKED_MOST = 3
"""Of so many candidates more is learnt, at the most, before deciding."""
FALLBACKS_MOST = 4
"""So many queries are made with a word less, for names with a typing error."""
DOUBLED_MOST = 3
TORN_MOST = 2
"""A name that would be torn apart at more places is rather somebody's key."""
RUN_TOGETHER_LEAST = 3
"""So many words in one are surely not the title's own spelling."""
_DOUBLED = re.compile(r"([^\W\d_])\1", re.IGNORECASE)
_AND = re.compile(r"\s+(?:and|&)\s+", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_HUMP = re.compile(r"[A-Z][a-z]+|[A-Z]+(?![a-z])")
_GLUED = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a source says about a name."""

    verdict: Verdict
    facts: TitleFacts | None = None
    """Of the match; None when there is none, or nobody asked for them yet."""


def seek(source: Source, wanted: Wanted, ids: dict[str, str]) -> Finding:
    """Find the title that is wanted; `ids` are certain unless name and year contradict.

    A film takes one request as a rule, a show two: its episodes are looked at too.

    Raises: SourceTrouble.
    """
    if ids:
        by_id = _seek_by_ids(source, wanted, ids)
        if by_id:
            return by_id
    if not wanted.readings:
        return Finding(Verdict("UNMATCHED", None, "no title in the name"))
    return _Search(source, wanted).run()


# --- By id ----------------------------------------------------------------------------


def _seek_by_ids(source: Source, wanted: Wanted, ids: dict[str, str]) -> Finding | None:
    for catalogue in dict.fromkeys((source.name, "imdb", "tvdb", "tmdb")):
        if catalogue not in ids:
            continue
        found = _fetch_by_id(source, wanted.kind, catalogue, ids[catalogue])
        if found:
            return _weigh_id(wanted, *found, f"{catalogue} id")
    return None


def _fetch_by_id(
    source: Source, kind: str, catalogue: str, value: str
) -> tuple[Candidate, TitleFacts | None] | None:
    try:
        if catalogue == source.name:
            facts = source.fetch(kind=kind, id=value)
            return Candidate.of(source.name, facts), facts
        if catalogue not in source.finds:
            return None
        hits = source.find(kind=kind, catalogue=catalogue, value=value)
        if not hits:
            return None
        hit = replace(hits[0], ids=(*hits[0].ids, (catalogue, value)))
        return hit, _fetch_show(source, hit) if kind == "SHOW" else None
    except SourceLacks:
        return None


def _fetch_show(source: Source, hit: Candidate) -> TitleFacts:
    facts = source.fetch_episodes(id=hit.id)
    return facts if facts.is_whole else replace(hit.as_facts(), seasons=facts.seasons)


def _weigh_id(
    wanted: Wanted, candidate: Candidate, facts: TitleFacts | None, what: str
) -> Finding:
    by_name = score(wanted, candidate)
    years = [each.year for each in wanted.readings if each.year is not None]
    known = candidate.year
    is_other_year = bool(known and years) and all(
        abs(year - (known or 0)) > 1 for year in years
    )
    if wanted.readings and by_name.score < SUGGEST / 2 and is_other_year:
        doubt = Scored(candidate, 0.5, (Evidence(what, 0.5),))
        reason = (
            f"the {what} names {candidate.name} ({candidate.year}), "
            "which the name is not"
        )
        return Finding(Verdict("SUGGESTED", doubt, reason, (doubt,)))
    best = Scored(candidate, 1.0, (Evidence(f"{what} given", 1.0),))
    if wanted.doubt:
        reason = f"not sure: {wanted.doubt}; {best.reason}"
        return Finding(Verdict("SUGGESTED", best, reason, (best,)))
    return Finding(Verdict("MATCHED", best, best.reason, (best,)), facts)


# --- By title -------------------------------------------------------------------------


@dataclass(slots=True)
class _Search:
    """One search in several ways, until a match is sure or ways run out."""

    source: Source
    wanted: Wanted
    found: dict[str, Candidate] = field(default_factory=dict)
    facts: dict[str, TitleFacts | None] = field(default_factory=dict)
    in_vain: list[tuple[frozenset[str], int | None]] = field(default_factory=list)
    """Words and year of searches that found nothing."""

    def run(self) -> Finding:
        verdict = judge(self.wanted, ())
        for query, year in self._queries():
            if self._is_in_vain(query, year):
                continue
            hits = self.source.search(kind=self.wanted.kind, query=query, year=year)
            if not hits:
                self.in_vain.append((_words(query), year))
            fresh = [hit for hit in hits if hit.id not in self.found]
            self.found |= {hit.id: hit for hit in fresh}
            verdict = self._judge()
            is_worth = fresh and verdict.score < ACCEPT and not self.wanted.doubt
            if is_worth and self._learn_names():
                verdict = self._judge()
            if verdict.score >= ACCEPT:
                break
        if self.wanted.kind == "SHOW":
            verdict = self._look_at_episodes(verdict)
        elif verdict.is_tie and self.wanted.minutes:
            verdict = self._look_at_run_times(verdict, self.wanted.minutes)
        facts = None
        if verdict.state == "MATCHED" and verdict.best:
            facts = self.facts.get(verdict.best.candidate.id)
        return Finding(verdict, facts)

    def _judge(self) -> Verdict:
        return judge(self.wanted, self.found.values())

    # --- Which questions ----------------------------------------------------------

    def _is_in_vain(self, query: str, year: int | None) -> bool:
        """Whether fewer of these words found nothing already."""
        words = _words(query)
        return self.source.needs_all_words and any(
            fewer <= words and other in {None, year} for fewer, other in self.in_vain
        )

    def _queries(self) -> Iterator[tuple[str, int | None]]:
        first = self.wanted.readings[0]
        asked: set[tuple[str, int | None]] = set()
        # Years first: without one a search finds more, and more that is wrong. A later
        # reading without its year would be a guess upon a guess.
        told = [(each.title, each.year) for each in self.wanted.readings]
        plain = (first.title, None)
        told.append(plain)
        if first.year is not None:
            # What finds nothing by its title alone finds nothing with a number more.
            told.sort(key=lambda each: (each[1] is None, each != plain))
        told.sort(key=_is_run_together)
        for title, year in told:
            for spelt in dict.fromkeys((title, split_country(title)[0])):
                if (spelt.casefold(), year) not in asked:
                    asked.add((spelt.casefold(), year))
                    yield spelt, year
        if self._judge().score < SUGGEST and not self.wanted.doubt:
            yield from self._respelt()

    def _respelt(self) -> Iterator[tuple[str, int | None]]:
        """Ask as if there were a typing error: a search needs all words to fit."""
        first = self.wanted.readings[0]
        respelt = {_AND.sub(" ", first.title)}
        if len(_GLUED.findall(first.title)) <= TORN_MOST:
            respelt.add(_GLUED.sub(" ", first.title))
        if first.year is not None:
            respelt.update(_without_doubled(first.title))
        yield from ((each, first.year) for each in sorted(respelt - {first.title}))
        if first.year is None:
            return
        words = first.title.split()
        longest = sorted(range(len(words)), key=lambda at: -len(words[at]))
        for at in longest[:FALLBACKS_MOST] if len(words) > 1 else ():
            yield " ".join(words[:at] + words[at + 1 :]), first.year

    # --- Learning more ------------------------------------------------------------

    def _learn_names(self) -> bool:
        """Learn the other names of the first few hits that the year allows."""
        if self.source.tells_names:
            return False
        likely = [
            each
            for each in self.found.values()
            if each.id not in self.facts and self._is_near(each)
        ]
        room = FACTS_ASKED_MOST - len(self.facts)
        learnt = False
        for each in likely[: max(0, room)]:
            facts = self._fetch(each)
            if facts and facts.aliases:
                names = (*each.aliases, *facts.aliases)
                self.found[each.id] = replace(each, aliases=tuple(dict.fromkeys(names)))
                learnt = True
        return learnt

    def _is_near(self, candidate: Candidate) -> bool:
        """Whether the years, as far as they are known, are at most one apart."""
        years = [each.year for each in self.wanted.readings if each.year is not None]
        if not years or candidate.year is None:
            # Without a year many hits are merely alike; few are known by that name.
            is_alike = score(self.wanted, candidate).score >= SUGGEST / 2
            return is_alike or len(self.found) <= FACTS_ASKED_MOST
        return any(abs(year - candidate.year) <= 1 for year in years)

    def _fetch(self, candidate: Candidate) -> TitleFacts | None:
        if candidate.id not in self.facts:
            try:
                facts = self.source.fetch(kind=self.wanted.kind, id=candidate.id)
            except SourceLacks:
                facts = None
            self.facts[candidate.id] = facts
        return self.facts[candidate.id]

    def _fetch_episodes(self, candidate: Candidate) -> TitleFacts | None:
        if candidate.id not in self.facts:
            try:
                facts = self.source.fetch_episodes(id=candidate.id)
            except SourceLacks:
                return None
            if not facts.is_whole:
                facts = replace(candidate.as_facts(), seasons=facts.seasons)
            self.facts[candidate.id] = facts
        return self.facts[candidate.id]

    def _look_at_episodes(self, verdict: Verdict) -> Verdict:
        """Let the episodes speak for the best candidate and those as good."""
        if verdict.best is None:
            return verdict
        close = _close(verdict)
        if len(close) > FACTS_ASKED_MOST:
            return verdict
        weighed = []
        for each in close:
            facts = self._fetch_episodes(each.candidate)
            more = weigh_episodes(self.wanted, each, facts) if facts else each
            weighed.append(more)
        rest = [each for each in verdict.ranking if each not in close]
        return judge_scored(self.wanted, [*weighed, *rest])

    def _look_at_run_times(self, verdict: Verdict, minutes: float) -> Verdict:
        """Let the length of the file tell films of one name apart."""
        close = _close(verdict)
        if len(close) > FACTS_ASKED_MOST:
            return verdict
        weighed = []
        for each in close:
            facts = self._fetch(each.candidate)
            if facts is None or not facts.runtime_minutes:
                # One of which nobody knows how long it is might run as long as well.
                return verdict
            weighed.append(weigh_minutes(minutes, each, facts.runtime_minutes))
        rest = [each for each in verdict.ranking if each not in close]
        return judge_scored(self.wanted, [*weighed, *rest])


def _close(verdict: Verdict) -> list[Scored]:
    """Return the best candidate and those as good."""
    first = max((each.points for each in verdict.ranking), default=0.0)
    return [each for each in verdict.ranking if first - each.points < MARGIN]


def _words(query: str) -> frozenset[str]:
    return frozenset(_WORD.findall(query.casefold()))


def _is_run_together(told: tuple[str, int | None]) -> bool:
    title = told[0]
    return " " not in title and len(_HUMP.findall(title)) >= RUN_TOGETHER_LEAST


def _without_doubled(title: str) -> list[str]:
    """Return the title with one doubled letter single, in each way."""
    return [
        title[: found.start()] + found[1] + title[found.end() :]
        for found in _DOUBLED.finditer(title)
    ][:DOUBLED_MOST]
