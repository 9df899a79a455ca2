"""guessit's opinion, for shapes we do not read ourselves."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Guess:
    """What guessit says, in our words."""

    is_episode: bool = False
    title: str | None = None
    alt_titles: tuple[str, ...] = ()
    year: int | None = None
    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    air_date: str | None = None
    episode_title: str | None = None


def guess(stem: str, *, is_show: bool | None) -> Guess:
    """Ask guessit about one name without folders; empty when it fails.

    Costs about ten milliseconds. `is_show` None leaves the kind to guessit.
    """
    # Late: guessit takes 20 MiB and half a second, and most names do not need it.
    from guessit import guessit  # noqa: PLC0415

    options = {} if is_show is None else {"type": "episode" if is_show else "movie"}
    try:
        return _read(guessit(stem, options))
    except Exception:  # noqa: BLE001 - foreign code; whatever it stumbles over is no name
        return Guess()


def _read(found: Mapping[str, Any]) -> Guess:
    date = found.get("date")
    seasons = _numbers(found.get("season"))
    title = _text(found.get("title"))
    alternatives = [
        text for each in _each(found.get("alternative_title")) if (text := _text(each))
    ]
    joined = [" - ".join([title, *alternatives])] if title and alternatives else []
    return Guess(
        is_episode=found.get("type") == "episode",
        title=joined[0] if joined else title,
        alt_titles=(title, *alternatives) if joined and title else (),
        year=next(iter(_numbers(found.get("year"))), None),
        season=seasons[0] if seasons else None,
        episodes=_numbers(found.get("episode")),
        absolute=_numbers(found.get("absolute_episode")),
        air_date=date.isoformat() if isinstance(date, datetime.date) else None,
        episode_title=_text(found.get("episode_title")),
    )


def _each(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str | None:
    text = str(_each(value)[0]).strip() if _each(value) else ""
    return text or None


def _numbers(value: Any) -> tuple[int, ...]:
    return tuple(int(each) for each in _each(value) if isinstance(each, int))
