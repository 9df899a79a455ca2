"""A catalogue of titles to make libraries and stand-ins from: read, or invented."""

import gzip
import json
import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Movie:
    """A film as the catalogues know it."""

    tmdb: int
    tvdb: int
    imdb: str
    title: str
    year: int
    original: str = ""
    aliases: tuple[str, ...] = ()
    popularity: float = 1.0


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode in aired order."""

    season: int
    number: int
    absolute: int
    title: str
    air_date: str


@dataclass(frozen=True, slots=True)
class Show:
    """A show as the catalogues know it."""

    tmdb: int
    tvdb: int
    imdb: str
    title: str
    year: int
    style: str = "standard"
    """`standard`, `daily` (dates) or `anime` (absolute numbers)."""
    aliases: tuple[str, ...] = ()
    popularity: float = 1.0
    country: str = "US"
    episodes: tuple[Episode, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All titles there are, and those that libraries are made of."""

    movies: tuple[Movie, ...]
    shows: tuple[Show, ...]
    strangers: tuple[Movie, ...] = ()
    """Remakes and namesakes that the catalogue knows and no library here holds."""
    strange_shows: tuple[Show, ...] = field(default=())


_COUNTRIES = {
    "United States": "US",
    "United Kingdom": "GB",
    "Canada": "CA",
    "Japan": "JP",
    "South Korea": "KR",
    "India": "IN",
    "France": "FR",
    "Spain": "ES",
    "Germany": "DE",
    "Australia": "AU",
}


def read_catalogue(path: Path) -> Catalogue:
    """Read one JSON object a line (`kind` movie or show), packed or not."""
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    movies = [_movie(row) for row in rows if row["kind"] == "movie" and row["year"]]
    shows = [_show(row) for row in rows if row["kind"] == "show"]
    return Catalogue(tuple(movies), tuple(shows))


def _movie(row: dict[str, Any]) -> Movie:
    return Movie(
        row["tmdb_id"],
        row["tvdb_id"],
        row["imdb_id"],
        row["title"],
        row["year"],
        row.get("original_title") or row["title"],
        tuple(row.get("alt_titles") or ()),
        row.get("popularity") or 1.0,
    )


def _show(row: dict[str, Any]) -> Show:
    numbered = [
        (season["number"], each)
        for season in row["seasons"]
        for each in season["episodes"]
    ]
    absolute = 0
    episodes: list[Episode] = []
    for season, each in numbered:
        # Specials are not counted.
        absolute += season > 0
        count = each["absolute"] or (absolute if season else 0)
        episodes.append(
            Episode(season, each["number"], count, each["title"], each["air_date"])
        )
    return Show(
        row["tmdb_id"],
        row["tvdb_id"],
        row["imdb_id"],
        row["title"],
        row["year"],
        row["style"],
        tuple(row.get("alt_titles") or ()),
        row.get("popularity") or 1.0,
        _COUNTRIES.get(row.get("country") or "", "US"),
        tuple(episodes),
    )


# --- Inventing ------------------------------------------------------------------------

_FIRST = [
    "Amber",
    "Bitter",
    "Broken",
    "Copper",
    "Crimson",
    "Distant",
    "Early",
    "Empty",
    "Fallen",
    "Gentle",
    "Gilded",
    "Hollow",
    "Iron",
    "Last",
    "Lonely",
    "Midnight",
    "Narrow",
    "Northern",
    "Paper",
    "Quiet",
    "Restless",
    "Sacred",
    "Second",
    "Silent",
    "Silver",
    "Sleeping",
    "Thin",
    "Velvet",
    "Wandering",
    "Winter",
]
_SECOND = [
    "Anchor",
    "Bridge",
    "Cathedral",
    "Compass",
    "Daughter",
    "Detective",
    "Echo",
    "Engine",
    "Ferry",
    "Garden",
    "Harbour",
    "Harvest",
    "Island",
    "Kingdom",
    "Lantern",
    "Letter",
    "Lighthouse",
    "Machine",
    "Meridian",
    "Orchard",
    "Painter",
    "Passage",
    "Railway",
    "Reckoning",
    "Shepherd",
    "Signal",
    "Stranger",
    "Tide",
    "Valley",
    "Witness",
]
_TAILS = (
    "of the North",
    "in Lisbon",
    "at Dawn",
    "for Sale",
    "and the Sea",
    "Without Rain",
    "of Ninety Days",
    "on the Hill",
)
_SUBTITLES = (
    "The Long Way Down",
    "Part Two",
    "A Love Story",
    "Origins",
    "The Return",
    "No Way Home Again",
)
_FOREIGN = ("Das leise Geräusch", "La cité oubliée", "Señor Año", "Il était à côté")


def invent_catalogue(*, seed: int = 1, movies: int = 300, shows: int = 40) -> Catalogue:
    """Make up titles that no real catalogue has, with the quirks that real ones have."""
    chance = random.Random(seed)
    taken: set[str] = set()
    films = tuple(_invent_movie(chance, 1000 + n, taken) for n in range(movies))
    series = tuple(_invent_show(chance, 900_000 + n, taken) for n in range(shows))
    return Catalogue(films, series)


def _invent_title(chance: random.Random, taken: set[str]) -> str:
    while True:
        title = f"{chance.choice(_FIRST)} {chance.choice(_SECOND)}"
        if chance.random() < 0.4:
            title = f"The {title}"
        if chance.random() < 0.4:
            title = f"{title} {chance.choice(_TAILS)}"
        if chance.random() < 0.12:
            title = f"{title}: {chance.choice(_SUBTITLES)}"
        if chance.random() < 0.04:
            title = f"{title} {chance.choice(('II', 'III', '2', '3'))}"
        if title not in taken:
            taken.add(title)
            return title


def _invent_movie(chance: random.Random, number: int, taken: set[str]) -> Movie:
    title = _invent_title(chance, taken)
    original = title
    if chance.random() < 0.1:
        original = f"{chance.choice(_FOREIGN)} {number}"
    aliases = (f"{title.split(':')[0]} Again",) if chance.random() < 0.05 else ()
    return Movie(
        number,
        1_000_000 + number,
        f"tt{7_000_000 + number}",
        title,
        chance.randint(1935, 2024),
        original,
        aliases,
        round(chance.lognormvariate(1.5, 1), 3),
    )


def _invent_show(chance: random.Random, number: int, taken: set[str]) -> Show:
    title = _invent_title(chance, taken)
    style = chance.choices(("standard", "daily", "anime"), (90, 3, 7))[0]
    year = chance.randint(1975, 2022)
    day = date(year, chance.randint(1, 12), chance.randint(1, 28))
    episodes: list[Episode] = []
    for season in range(1, chance.choice((1, 1, 1, 2, 2, 3, 5)) + 1):
        for place in range(1, chance.randint(6, 14)):
            name = f"{chance.choice(_FIRST)} {chance.choice(_SECOND)}"
            absolute = len(episodes) + 1
            episodes.append(Episode(season, place, absolute, name, day.isoformat()))
            day += timedelta(days=1 if style == "daily" else 7)
        day += timedelta(days=200)
    return Show(
        number,
        800_000 + number,
        f"tt{9_000_000 + number}",
        title,
        year,
        style,
        popularity=round(chance.lognormvariate(2, 1), 3),
        country=chance.choice(("US", "GB", "CA", "JP")),
        episodes=tuple(episodes),
    )


def with_strangers(catalogue: Catalogue, *, seed: int = 1) -> Catalogue:
    """Add what makes guessing dangerous: remakes, namesakes, ordinary words."""
    chance = random.Random(f"strangers {seed}")
    films = [
        _remake(chance, movie, 3_000_000 + n)
        for n, movie in enumerate(catalogue.movies)
        if chance.random() < 0.06
    ]
    films += [
        Movie(3_500_000 + n, 4_500_000 + n, f"tt{5_500_000 + n}", title, year)
        for n, (title, year) in enumerate(_ORDINARY)
    ]
    series = [
        replace(
            show,
            tmdb=3_800_000 + n,
            tvdb=4_800_000 + n,
            imdb=f"tt{5_800_000 + n}",
            year=show.year - chance.randint(4, 30),
            popularity=show.popularity * chance.choice((0.4, 1.5)),
            country="GB" if show.country == "US" else "US",
            episodes=tuple(
                replace(each, title=f"Of Old {each.number}", air_date="1961-02-03")
                for each in show.episodes[: max(3, len(show.episodes) // 3)]
            ),
        )
        for n, show in enumerate(catalogue.shows)
        if chance.random() < 0.04
    ]
    return replace(catalogue, strangers=tuple(films), strange_shows=tuple(series))


_ORDINARY = (
    ("Summer", 2014),
    ("Birthday", 2011),
    ("Christmas", 2015),
    ("The Wedding", 2012),
    ("Holiday", 2013),
    ("Beach", 2016),
    ("Family", 2018),
    ("Clip", 2012),
    ("Home", 2015),
    ("Sample", 2009),
    ("Trailer", 2010),
    ("Interview", 2007),
    ("Extras", 2005),
    ("School Play", 2008),
)


def _remake(chance: random.Random, movie: Movie, number: int) -> Movie:
    year = movie.year + chance.choice((-1, 1)) * chance.randint(5, 40)
    return Movie(
        number,
        1_000_000 + number,
        f"tt{2_000_000 + number}",
        movie.title,
        min(max(year, 1915), 2026),
        movie.title,
        (),
        round(movie.popularity * chance.choice((0.3, 0.8, 1.6, 3.0)), 3),
    )
