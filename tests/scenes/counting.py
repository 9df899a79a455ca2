"""Counting what identifying said about a planned library against the truth."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.scenes.untidy import Planned, Truth


@dataclass(slots=True)
class Tally:
    """How the answers compare with the truth."""

    videos: int = 0
    matchable: int = 0
    right: int = 0
    wrong: int = 0
    """Matched with another title or other episodes."""
    false: int = 0
    """Matched although no catalogue knows it."""
    left: Counter[str] = field(default_factory=Counter)
    """Matchable, but not matched; by state."""
    titles: int = 0
    """Titles that the matchable videos belong to."""
    mistakes: list[str] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)
    styles: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        """Of the matches, the share that is right."""
        matched = self.right + self.wrong + self.false
        return self.right / matched if matched else 1.0

    @property
    def recall(self) -> float:
        """Of the videos that a catalogue knows, the share rightly matched."""
        return self.right / self.matchable if self.matchable else 1.0


def tally(
    planned: Iterable[Planned],
    rows: Iterable[dict[str, Any]],
    *,
    roots: dict[int, str],
    source: str,
) -> Tally:
    """Compare rows of `drivearr files --json` with what was planned.

    `roots` are the names of the planned roots by id; `source` is the catalogue whose
    ids decide.
    """
    told = {(roots[row["root"]], row["relpath"]): row["match"] for row in rows}
    count = Tally()
    titles = set()
    for each in planned:
        if not each.is_video:
            continue
        match = told.get((each.root, each.relpath))
        if each.truth:
            titles.add((each.truth.kind, each.truth.tmdb))
        _count(count, each, match, source)
    count.titles = len(titles)
    return count


def _count(
    count: Tally, each: Planned, match: dict[str, Any] | None, source: str
) -> None:
    count.videos += 1
    count.matchable += each.truth is not None
    verdict = _verdict(each.truth, match, source)
    count.styles.setdefault(each.style, Counter())[verdict] += 1
    state = match["state"] if match else "not indexed"
    line = f"{each.style}: {each.root}/{each.relpath}"
    if verdict == "right":
        count.right += 1
    elif verdict == "left":
        count.left[state] += 1
        count.misses.append(f"{line}: {state}: {match['reason'] if match else ''}")
    elif verdict in {"wrong", "false"} and match:
        count.wrong += verdict == "wrong"
        count.false += verdict == "false"
        said = (
            f"{match['title']} ({match['year']}) {match['season']} {match['episodes']}"
        )
        count.mistakes.append(f"{line}: {verdict}: {said}: {match['reason']}")


def _verdict(truth: Truth | None, match: dict[str, Any] | None, source: str) -> str:
    if match is None or match["state"] != "MATCHED":
        return "left" if truth else "well left"
    if truth is None:
        return "false"
    wanted = str(truth.tmdb if source == "tmdb" else truth.tvdb)
    if match["kind"] != truth.kind or match["ids"].get(source) != wanted:
        return "wrong"
    if truth.kind == "SHOW":
        said = (match["season"], tuple(match["episodes"] or ()))
        return "right" if said == (truth.season, truth.episodes) else "wrong"
    return "right"
