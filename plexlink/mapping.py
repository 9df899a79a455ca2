"""Where a server's paths are for us: rules, and guesses at them. Knows no disk."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WINDOWS = re.compile(r"(?:[A-Za-z]:[\\/]|\\\\)")
SAMPLE_MOST = 20_000
LEAST_SHARE = 0.5
"""A guess is made when it is right for at least this share of the files it covers."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the server calls `plex_path` is `local_path` here."""

    plex_path: str
    local_path: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule that fits files both sides have."""

    rule: Rule
    files: int
    """Files of the server that it leads to one of ours."""
    example: tuple[str, str]


def is_windows(path: str) -> bool:
    """Whether a path is one of Windows: with a drive letter, or on a share."""
    return _WINDOWS.match(path) is not None


def split_path(path: str) -> tuple[str, ...]:
    """Return the parts of a path of any system; a share's host is one of them."""
    if is_windows(path) or ("\\" in path and not path.startswith("/")):
        path = path.replace("\\", "/")
    return tuple(part for part in path.split("/") if part)


class Mapper:
    """Applies rules; the one with the longest beginning wins.

    `folds_case`: the server's system takes `A` and `a` for the same. A path of Windows
    is always folded.
    """

    def __init__(self, rules: Iterable[Rule], *, folds_case: bool = False) -> None:
        self._folds_case = folds_case
        self._rules: dict[tuple[bool, tuple[str, ...]], str] = {}
        self._longest = 0
        for rule in rules:
            key = self._key(rule.plex_path)
            self._rules[key] = rule.local_path.rstrip("/") or "/"
            self._longest = max(self._longest, len(key[1]))

    def _key(self, path: str) -> tuple[bool, tuple[str, ...]]:
        windows = is_windows(path)
        parts = split_path(path)
        if windows or self._folds_case:
            parts = tuple(part.casefold() for part in parts)
        return windows, parts

    def find(self, path: str) -> str | None:
        """Return where a path of the server is here; None when no rule reaches it."""
        windows, folded = self._key(path)
        parts = split_path(path)
        if any(part in {".", ".."} for part in parts):
            return None
        for length in range(min(len(folded), self._longest), -1, -1):
            local = self._rules.get((windows, folded[:length]))
            if local is not None:
                rest = "/".join(parts[length:])
                return f"{local.rstrip('/')}/{rest}" if rest else local
        return None


def suggest(
    plex_files: Iterable[str],
    local_files: Iterable[tuple[str, str]],
    *,
    most: int = 10,
) -> list[Suggestion]:
    """Guess rules by comparing the ends of paths; the one that fits most comes first.

    `local_files` are pairs of root and path below it: no guess reaches into a root
    deeper than needed, or is made for paths that are equal on both sides.
    """
    ours = _by_name(local_files)
    votes: Counter[Rule] = Counter()
    examples: dict[Rule, tuple[str, str]] = {}
    for number, file in enumerate(plex_files):
        if number >= SAMPLE_MOST:
            break
        parts = split_path(file)
        for local in ours.get(parts[-1].casefold() if parts else "", ())[:5]:
            rule = _rule_between(file, parts, local)
            if rule is not None:
                votes[rule] += 1
                examples.setdefault(rule, (file, "/" + "/".join(local.parts)))
    best = _without_covered(votes)
    return [Suggestion(rule, votes[rule], examples[rule]) for rule in best[:most]]


@dataclass(frozen=True, slots=True)
class _Ours:
    """One of our files."""

    parts: tuple[str, ...]
    above: int
    """How many of them lead to its root."""


def _by_name(local_files: Iterable[tuple[str, str]]) -> dict[str, list[_Ours]]:
    found: dict[str, list[_Ours]] = defaultdict(list)
    for root, relpath in local_files:
        above, below = split_path(root), split_path(relpath)
        found[below[-1].casefold()].append(_Ours(above + below, len(above)))
    return found


def _rule_between(file: str, parts: tuple[str, ...], ours: _Ours) -> Rule | None:
    local = ours.parts
    common = 0
    for theirs, mine in zip(reversed(parts), reversed(local), strict=False):
        if theirs.casefold() != mine.casefold():
            break
        common += 1
    # A name alone is too little, but for a file right below its root.
    if common == len(parts) == len(local) or common < min(2, len(local) - ours.above):
        return None
    common = min(common, len(parts) - 1, len(local) - ours.above)
    return Rule(
        join_like(file, parts[: len(parts) - common]),
        "/" + "/".join(local[: len(local) - common]),
    )


def join_like(path: str, parts: Sequence[str]) -> str:
    """Join parts as the system of `path` writes them."""
    if path.startswith("\\\\"):
        return "\\\\" + "\\".join(parts)
    if is_windows(path):
        joined = "\\".join(parts)
        return joined + "\\" if len(parts) == 1 else joined
    return "/" + "/".join(parts)


def _without_covered(votes: Counter[Rule]) -> list[Rule]:
    """Return the rules that fit most, one for each beginning of the server's paths."""
    kept: list[Rule] = []
    for rule, count in votes.most_common():
        rivals = [other for other in kept if _covers(other, rule)]
        strongest = max((votes[other] for other in rivals), default=0)
        if not rivals or count > strongest * LEAST_SHARE:
            kept.append(rule)
    by_plex: dict[str, Rule] = {}
    for rule in kept:
        by_plex.setdefault(rule.plex_path, rule)
    return list(by_plex.values())


def _covers(wide: Rule, narrow: Rule) -> bool:
    inner, outer = split_path(narrow.plex_path), split_path(wide.plex_path)
    return inner[: len(outer)] == outer or outer[: len(inner)] == inner
