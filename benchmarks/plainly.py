"""The plain way to identify files: guessit, and the first that a search finds."""

import time
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import requests

from tests.scenes.untidy import Planned, Truth


@dataclass(slots=True)
class Plainly:
    """What came of it."""

    right: int = 0
    wrong: int = 0
    matchable: int = 0
    requests: int = 0
    seconds: float = 0.0
    replies: dict[tuple[str, ...], list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        """Of the matches, the share that is right."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Of the videos that a catalogue knows, the share rightly matched."""
        return self.right / max(1, self.matchable)


def identify_plainly(planned: list[Planned], *, url: str, key: str) -> Plainly:
    """Guess each name, ask TMDb once per guess, take the first answer."""
    from guessit import guessit

    done, session = Plainly(), requests.Session()
    session.headers["Authorization"] = f"Bearer {key}"
    begun = time.perf_counter()
    for each in planned:
        if not each.is_video:
            continue
        done.matchable += each.truth is not None
        told = guessit(each.relpath)
        kind = "tv" if told.get("type") == "episode" else "movie"
        hits = _search(done, session, url, kind, told)
        if hits:
            is_right = _is_right(each.truth, kind, int(hits[0]["id"]), told)
            done.right += is_right
            done.wrong += not is_right
    done.seconds = time.perf_counter() - begun
    return done


def _search(
    done: Plainly, session: requests.Session, url: str, kind: str, told: Any
) -> list[dict[str, Any]]:
    """Return what is found, remembered for the files that ask the same."""
    query = {"query": str(told.get("title") or "")}
    if kind == "movie" and told.get("year"):
        query["year"] = str(told["year"])
    if not query["query"]:
        return []
    asked = (kind, *query.values())
    if asked not in done.replies:
        done.requests += 1
        reply = session.get(f"{url}/3/search/{kind}", params=query, timeout=10)
        done.replies[asked] = list(reply.json()["results"])
    return done.replies[asked]


def _is_right(truth: Truth | None, kind: str, number: int, told: Any) -> bool:
    if truth is None or truth.tmdb != number:
        return False
    if truth.kind == "MOVIE":
        return kind == "movie"
    if kind != "tv":
        return False
    if isinstance(told.get("date"), date):
        # Which episode aired that day a first answer does not say; taken as right.
        return True
    episodes = told.get("episode")
    listed = episodes if isinstance(episodes, list) else [episodes]
    return told.get("season", 1) == truth.season and tuple(listed) == truth.episodes
