"""How many names are read right, and how fast, beside guessit in the same run.

The corpus is a file of JSON lines: `input` and what its test asserts (`title`, `year`,
`season`, `episodes`, `absolute`, `air_date`, `reject`). It is not part of this
repository; name it with `--corpus` or DRIVEARR_NAMES_CORPUS.
"""

import argparse
import itertools
import json
import os
import re
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measuring import machine, table

Reading = dict[str, Any]
Reader = Callable[[str], Reading]
Case = dict[str, Any]
_JOINING = frozenset({"a", "an", "the", "and", "or", "of"})
_SEASON_AT_END = re.compile(r"(.*?)[\s._-]+(?:S|Season\s*)0*(\d{1,2})", re.IGNORECASE)
LIBRARY_NAMES = 1500


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", default=os.environ.get("DRIVEARR_NAMES_CORPUS", ""))
    parser.add_argument("--guessit-names", type=int, default=400, help="timed with it")
    asked = parser.parse_args()
    cases = _load(asked.corpus)
    readers: dict[str, Reader] = {"drivearr": _ours()}
    guessit = _guessit()
    if guessit:
        readers["guessit"] = guessit
    if cases:
        table(f"Names read right ({len(cases)} cases)", _accuracy(cases, readers))
    else:
        print("Accuracy skipped: no corpus; name one with --corpus.")
    corpus = [case["input"] for case in cases]
    lots = {"library names": _library_names(), **({"corpus": corpus} if corpus else {})}
    table(
        f"Names per CPU second ({machine()})",
        _speed(lots, readers, asked.guessit_names),
    )


def _load(path: str) -> list[Case]:
    if not path or not Path(path).is_file():
        return []
    with Path(path).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def _ours() -> Reader:
    from library.naming import parse

    return lambda name: parse(name).as_json()


def _guessit() -> Reader | None:
    try:
        from guessit import guessit
    except ImportError:
        print("guessit skipped: it is not installed.")
        return None

    def read(name: str) -> Reading:
        found = guessit(name)
        return {
            **found,
            "episodes": _listed(found.get("episode")),
            "absolute": _listed(found.get("absolute_episode")),
            "air_date": str(found["date"]) if "date" in found else None,
            "season": next(iter(_listed(found.get("season"))), None),
            "alt_titles": _listed(found.get("alternative_title")),
            "kind": found.get("type"),
        }

    return read


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _library_names() -> list[str]:
    names = []
    for n in range(LIBRARY_NAMES // 2):
        show, film = f"Show Number {n} (20{n % 20:02})", f"Film {n} (19{50 + n % 50})"
        season = n % 9 + 1
        names.append(
            f"{show}/Season {season:02}/{show} - S{season:02}E{n % 22 + 1:02} - Name.mkv"
        )
        names.append(f"{film}/{film} [1080p].mkv")
    return names


def _speed(
    lots: dict[str, list[str]], readers: dict[str, Reader], slow: int
) -> list[tuple[str, ...]]:
    rows = [("", *lots)]
    for label, read in readers.items():
        row = [label]
        for names in lots.values():
            timed = names if label == "drivearr" else names[:slow]
            begun = time.process_time()
            for name in timed:
                read(name)
            row.append(f"{len(timed) / (time.process_time() - begun):,.0f}")
        rows.append(tuple(row))
    return rows


def _accuracy(cases: list[Case], readers: dict[str, Reader]) -> list[tuple[str, ...]]:
    suites = sorted({case["source"] for case in cases})
    rows = [("", *suites, "all", "refused")]
    for label, read in readers.items():
        right: dict[str, list[bool]] = {suite: [] for suite in suites}
        refused: list[bool] = []
        for case in cases:
            reading = read(case["input"])
            verdict = judge(case, reading)
            if case.get("reject"):
                refused.append(is_refused(reading))
            elif verdict is not None:
                right[case["source"]].append(verdict)
        every = list(itertools.chain.from_iterable(right.values()))
        lists = [*(right[suite] for suite in suites), every, refused]
        rows.append((label, *(_percent(each) for each in lists)))
    return rows


def _percent(verdicts: list[bool]) -> str:
    if not verdicts:
        return "-"
    return f"{100 * sum(verdicts) / len(verdicts):.1f} % of {len(verdicts)}"


def is_refused(reading: Reading) -> bool:
    """Whether a reading says that the name is none of a film or episode."""
    numbers = ("season", "episodes", "absolute", "air_date")
    is_quiet = all(reading.get(key) in (None, []) for key in numbers)
    return is_quiet and reading.get("kind") in (None, "other")


def judge(case: Case, reading: Reading) -> bool | None:
    """Whether every asserted field is right; None when none is asserted.

    A number without a season is right as an episode's or as an absolute one; a year may
    be part of the title; season 1 may be left out where the suite implies it.
    """
    titles = ([case["title"]] if "title" in case else []) + case.get("alt_titles", [])
    season = reading.get("season")
    moved = False
    verdicts: list[bool] = []
    if titles:
        got = _forms(reading, case)
        wanted = {form for each in titles for form in _spelled(each, case.get("year"))}
        is_right = bool(wanted & got)
        titled = _SEASON_AT_END.fullmatch(titles[0])
        if not is_right and titled and case.get("absolute"):
            moved = season == int(titled[2]) and clean(titled[1]) in got
        verdicts.append(is_right or moved)
    plain = [key for key in ("year", "air_date") if key in case]
    verdicts += [reading.get(key) == case[key] for key in plain]
    verdicts += _numbers(case, reading, None if moved else season)
    return all(verdicts) if verdicts else None


def _numbers(case: Case, reading: Reading, season: int | None) -> list[bool]:
    episodes = _listed(reading.get("episodes"))
    absolute = _listed(reading.get("absolute"))
    either = episodes or (absolute if season is None else [])
    verdicts = []
    if "season" in case:
        wanted = _listed(case["season"]) or [None]
        is_implied = "season" in case.get("implied", ()) and season is None
        verdicts.append(season == wanted[0] or is_implied)
    if "absolute" in case:
        loose = absolute or (either if case["absolute"] else [])
        verdicts.append(loose == case["absolute"] or (season is None and not episodes))
        if case["absolute"]:
            verdicts[-1] = loose == case["absolute"]
    if case.get("episodes"):
        verdicts.append(either == case["episodes"])
    elif "episodes" in case:
        verdicts.append(not episodes or episodes == case.get("absolute"))
    if case.get("episode_first") is not None:
        verdicts.append(either[:1] == [case["episode_first"]])
    if "episode_last" in case:
        last = case["episode_last"]
        verdicts.append(len(either) <= 1 if last is None else either[-1:] == [last])
    return verdicts


def _forms(reading: Reading, case: Case) -> set[str]:
    titles = [reading.get("title") or "", *_listed(reading.get("alt_titles"))]
    year = reading.get("year") or case.get("year")
    return {form for each in titles for form in _spelled(str(each), year)}


def _spelled(title: str, year: int | None) -> set[str]:
    return {clean(title), clean(f"{title} {year}") if year and title else clean(title)}


def clean(text: str) -> str:
    """Return what two spellings of a title share: no case, accents, small words."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(
        c for c in folded if not unicodedata.combining(c) and c not in "'’`"
    )
    words = [word for word in re.split(r"[\W_]+", plain) if word]
    last = len(words) - 1
    kept = (w for n, w in enumerate(words) if n in (0, last) or w not in _JOINING)
    return "".join(kept) or "".join(text.split())


if __name__ == "__main__":
    main()
