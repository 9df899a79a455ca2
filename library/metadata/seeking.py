"""Asking a source for what a name says: by id, by title, and in other ways."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from library.facts import TitleFacts
from library.metadata.matching import (
    ACCEPT,
    MARGIN,
    SUGGEST,
    Scored,
    Verdict,
    Wanted,
    judge,
    score,
    split_country,
    with_aliases,
)
from library.metadata.source import Candidate, Source, SourceLacks

ALIASES_ASKED_MOST = 3
FEW_WORDS = 3
WORDS_LEFT_OUT_MOST = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """What a source says about a name."""

    verdict: Verdict
    facts: TitleFacts | None = None
    """Of the match; None when there is none, or nobody asked for them yet."""


def seek(source: Source, wanted: Wanted, ids: dict[str, str]) -> Finding:
    """Find the title that is wanted; `ids` are certain unless name and year contradict.

    Raises: SourceTrouble.
    """
    if ids:
        by_id = _seek_by_ids(source, wanted, ids)
        if by_id:
            return by_id
    if not wanted.titles:
        return Finding(Verdict("UNMATCHED", None, "no title in the name"))
    verdict = _seek_by_title(source, wanted)
    if verdict.state != "MATCHED" and wanted.numbers:
        verdict = _tell_apart_by_numbers(source, wanted, verdict)
    return Finding(verdict)


def _seek_by_ids(source: Source, wanted: Wanted, ids: dict[str, str]) -> Finding | None:
    for catalogue in (source.name, "imdb", "tvdb"):
        if catalogue not in ids:
            continue
        facts = _fetch_by_id(source, wanted.kind, catalogue, ids[catalogue])
        if facts:
            return _weigh_id(source, wanted, facts, f"{catalogue} id")
    return None


def _fetch_by_id(
    source: Source, kind: str, catalogue: str, value: str
) -> TitleFacts | None:
    try:
        if catalogue == source.name:
            return source.fetch(kind=kind, id=value)
        found = source.find(kind=kind, catalogue=catalogue, value=value)
        return source.fetch(kind=kind, id=found[0].id) if found else None
    except SourceLacks:
        return None


def _weigh_id(source: Source, wanted: Wanted, facts: TitleFacts, what: str) -> Finding:
    candidate = as_candidate(source.name, facts)
    by_name = score(wanted, candidate)
    years = (wanted.year, facts.year)
    is_other_year = None not in years and abs((years[0] or 0) - (years[1] or 0)) > 1
    if wanted.titles and by_name.score < SUGGEST / 2 and is_other_year:
        doubt = Scored(candidate, 0.5, "id")
        reason = f"the {what} names {facts.name} ({facts.year}), which the name is not"
        return Finding(Verdict("SUGGESTED", doubt, reason, (doubt,)))
    best = Scored(candidate, 1.0, what)
    return Finding(Verdict("MATCHED", best, f"{what} given", (best,)), facts)


def as_candidate(source: str, facts: TitleFacts) -> Candidate:
    """Return a title's facts as a candidate."""
    return Candidate(
        source=source,
        id=facts.ids.get(source, ""),
        kind=facts.kind,
        name=facts.name,
        original_name=facts.original_name,
        year=facts.year,
        overview=facts.overview,
        poster=facts.poster,
        aliases=facts.aliases,
    )


def _seek_by_title(source: Source, wanted: Wanted) -> Verdict:
    """Ask in one way after the other, until a match is sure."""
    found: dict[str, Candidate] = {}
    verdict = judge(wanted, ())
    for query, year in _queries(wanted):
        hits = source.search(kind=wanted.kind, query=query, year=year)
        fresh = [hit for hit in hits if hit.id not in found]
        found |= {hit.id: hit for hit in fresh}
        verdict = judge(wanted, found.values())
        if verdict.state == "MATCHED":
            return verdict
        if fresh:
            found = _with_other_names(source, wanted, found)
            verdict = judge(wanted, found.values())
        if verdict.state == "MATCHED" or verdict.score >= ACCEPT:
            return verdict
    return verdict


def _queries(wanted: Wanted) -> Iterator[tuple[str, int | None]]:
    titles = [*wanted.titles, *(split_country(title)[0] for title in wanted.titles)]
    for title in dict.fromkeys(titles):
        if wanted.year:
            yield title, wanted.year
        yield title, None
    yield from ((query, wanted.year) for query in _with_a_word_less(wanted.titles[0]))


def _with_a_word_less(title: str) -> list[str]:
    """A search needs all words to fit, so one typing error finds nothing."""
    words = title.split()
    if len(words) < FEW_WORDS:
        return []
    longest = sorted(range(len(words)), key=lambda at: -len(words[at]))
    return [
        " ".join(words[:at] + words[at + 1 :]) for at in longest[:WORDS_LEFT_OUT_MOST]
    ]


def _with_other_names(
    source: Source, wanted: Wanted, found: dict[str, Candidate]
) -> dict[str, Candidate]:
    """Learn the other names of the first few hits that the year allows."""
    likely = [
        each for each in found.values() if not each.aliases and _is_near(wanted, each)
    ][:ALIASES_ASKED_MOST]
    named = {}
    for each in likely:
        if score(wanted, each).score >= ACCEPT:
            continue
        try:
            aliases = source.fetch_aliases(kind=wanted.kind, id=each.id)
        except SourceLacks:
            aliases = ()
        named[each.id] = with_aliases(each, aliases or (each.name,))
    return found | named


def _is_near(wanted: Wanted, candidate: Candidate) -> bool:
    """Whether the years, as far as they are known, are at most one apart."""
    if wanted.year is None or candidate.year is None:
        return True
    return abs(wanted.year - candidate.year) <= 1


def _tell_apart_by_numbers(source: Source, wanted: Wanted, verdict: Verdict) -> Verdict:
    """Of several shows that fit, take the one that has these episodes."""
    if not verdict.best:
        return verdict
    rivals = [
        each
        for each in verdict.ranking
        if verdict.score - each.score < MARGIN and each.score >= ACCEPT
    ]
    if not 1 < len(rivals) <= ALIASES_ASKED_MOST:
        return verdict
    fitting = [each for each in rivals if _has_numbers(source, wanted, each)]
    if len(fitting) != 1:
        return verdict
    best = replace(
        fitting[0], reason=f"{fitting[0].reason}, the only one with these episodes"
    )
    return Verdict("MATCHED", best, best.reason, verdict.ranking)


def _has_numbers(source: Source, wanted: Wanted, scored: Scored) -> bool:
    facts = source.fetch(kind=wanted.kind, id=scored.candidate.id)
    numbers = {
        (episode.season, episode.number)
        for season in facts.seasons
        for episode in season.episodes
    }
    return wanted.numbers <= numbers
