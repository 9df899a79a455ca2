"""A stand-in for TMDb that speaks real HTTP; held to the published description."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.searching import WordIndex
from tests.fakes.serving import (
    FakeService,
    Handler,
    cut_body,
    hang_up,
    html,
    reply,
    serving,
    silence,
    status,
)
from tests.scenes.catalogue import Catalogue, Movie, Show

__all__ = [
    "READ_TOKEN",
    "V3_KEY",
    "FakeTmdb",
    "cut_body",
    "hang_up",
    "html",
    "reply",
    "running_tmdb",
    "silence",
    "status",
]

V3_KEY = "0123456789abcdef0123456789abcdef"
READ_TOKEN = "eyJhbGciOiJIUzI1NiJ9." + "x" * 120 + ".signature"
APPENDED_MOST = 20


@dataclass
class FakeTmdb(FakeService):
    """Titles, and what was asked."""

    movies: dict[int, dict[str, Any]] = field(default_factory=dict)
    shows: dict[int, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Episode groups by id."""
    pictures: dict[str, bytes] = field(default_factory=dict)
    changed: dict[str, list[int]] = field(default_factory=dict)
    """Ids that /movie/changes (`movie`) and /tv/changes (`tv`) name."""
    _index: dict[str, tuple[int, WordIndex]] = field(default_factory=dict)

    def add_movie(self, number: int, title: str, year: int, **more: Any) -> None:
        """Add a movie."""
        self.movies[number] = {
            "id": number,
            "title": title,
            "original_title": title,
            "release_date": f"{year}-05-06" if year else "",
            "overview": f"About {title}.",
            "poster_path": f"/poster{number}.jpg",
            "backdrop_path": None,
            "adult": False,
            "popularity": 1.0,
            "vote_average": 7.5,
            "vote_count": 10,
            "genre_ids": [],
            "original_language": "en",
            "video": False,
        } | more

    def add_show(
        self, number: int, name: str, year: int, seasons: dict[int, int], **more: Any
    ) -> None:
        """Add a show; `seasons` says how many episodes each has."""
        self.shows[number] = {
            "id": number,
            "name": name,
            "original_name": name,
            "first_air_date": f"{year}-01-01" if year else "",
            "overview": f"About {name}.",
            "poster_path": f"/poster{number}.jpg",
            "backdrop_path": None,
            "adult": False,
            "popularity": 1.0,
            "vote_average": 8.0,
            "vote_count": 10,
            "genre_ids": [],
            "origin_country": ["US"],
            "original_language": "en",
            "_seasons": seasons,
        } | more

    def group(
        self, show: int, sort: int, parts: dict[str, list[tuple[int, int]]]
    ) -> None:
        """Add an episode group of a show: parts of (season, number) in their order."""
        number = f"{show:08x}{sort:08x}"
        row = self.shows[show]
        told = [
            {
                "id": name,
                "name": name,
                "order": place,
                "episodes": [
                    each | {"order": at}
                    for at, pair in enumerate(pairs)
                    for each in _episodes(row, pair[0])
                    if each["episode_number"] == pair[1]
                ],
            }
            for place, (name, pairs) in enumerate(parts.items())
        ]
        self.groups[number] = {"id": number, "type": sort, "groups": told, "_of": show}

    def load(self, catalogue: Catalogue) -> None:
        """Know all titles of a catalogue, the strangers among them too."""
        for movie in (*catalogue.movies, *catalogue.strangers):
            self._load_movie(movie)
        for show in (*catalogue.shows, *catalogue.strange_shows):
            self._load_show(show)

    def _load_movie(self, movie: Movie) -> None:
        self.add_movie(
            movie.tmdb,
            movie.title,
            movie.year,
            original_title=movie.original or movie.title,
            popularity=movie.popularity,
            _aliases=list(movie.aliases),
            _ids={"imdb_id": movie.imdb},
        )

    def _load_show(self, show: Show) -> None:
        seasons: dict[int, list[Any]] = {}
        for each in show.episodes:
            seasons.setdefault(each.season, []).append(each)
        self.add_show(
            show.tmdb,
            show.title,
            show.year,
            {number: len(some) for number, some in seasons.items()},
            popularity=show.popularity,
            origin_country=[show.country],
            _aliases=list(show.aliases),
            _ids={"imdb_id": show.imdb, "tvdb_id": show.tvdb},
            _episodes=seasons,
        )

    # --- Answers ------------------------------------------------------------------

    def respond(self, handler: Handler) -> None:
        """See FakeService."""
        parts = urlsplit(handler.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/img/"):
            picture = self.pictures.get("/" + parts.path.rpartition("/")[2])
            handler.send(200 if picture else 404, picture or b"", "image/jpeg")
            return
        bearer = handler.headers.get("Authorization") == f"Bearer {READ_TOKEN}"
        if not bearer and query.pop("api_key", "") != V3_KEY:
            handler.send_json(401, _error(7))
            return
        handler.send_json(*self.answer(parts.path.removeprefix("/3"), query))

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """Return status and reply of one request."""
        if len(query.get("append_to_response", "").split(",")) > APPENDED_MOST:
            return 400, _error(27)
        routes: tuple[tuple[str, Callable[..., Any]], ...] = (
            (r"/search/(movie|tv)", self._search),
            (r"/find/([\w-]+)", self._find),
            (r"/(movie|tv)/changes", self._changes),
            (r"/movie/(\d+)", self._movie),
            (r"/tv/(\d+)", self._show),
            (r"/tv/(\d+)/season/(\d+)", self._season),
            (r"/(movie|tv)/(\d+)/alternative_titles", self._aliases),
            (r"/tv/(\d+)/episode_groups", self._groups),
            (r"/tv/episode_group/(\w+)", self._group),
            (r"/authentication", self._authentication),
        )
        for pattern, answer in routes:
            found = re.fullmatch(pattern, path)
            if found:
                body = answer(query, *found.groups())
                return (200, body) if body is not None else (404, _error(34))
        return 404, _error(34)

    def _authentication(self, query: dict[str, str]) -> dict[str, Any]:
        return {"success": True, "status_code": 1, "status_message": "Success."}

    def _groups(self, query: dict[str, str], show: str) -> dict[str, Any]:
        found = [row for row in self.groups.values() if row["_of"] == int(show)]
        rows = [{"id": row["id"], "type": row["type"], "name": ""} for row in found]
        return {"id": int(show), "results": rows}

    def _group(self, query: dict[str, str], number: str) -> dict[str, Any] | None:
        row = self.groups.get(number)
        return _public(row) if row else None

    def _search(self, query: dict[str, str], kind: str) -> dict[str, Any]:
        rows = self.movies if kind == "movie" else self.shows
        year = query.get("primary_release_year") or query.get("first_air_date_year")
        year = year or query.get("year")
        found = self._names(kind, rows).find(query.get("query", ""))
        hits = [
            _public(rows[number])
            for number in found
            if not year or _date(rows[number]).startswith(year)
        ]
        hits.sort(key=lambda row: (-row["popularity"], row["id"]))
        return {
            "page": 1,
            "results": hits[:20],
            "total_pages": (len(hits) + 19) // 20,
            "total_results": len(hits),
        }

    def _names(self, kind: str, rows: dict[int, dict[str, Any]]) -> WordIndex:
        kept = self._index.get(kind)
        if kept is None or kept[0] != len(rows):
            names = {number: _all_names(row) for number, row in rows.items()}
            kept = (len(rows), WordIndex(names))
            self._index[kind] = kept
        return kept[1]

    def _find(self, query: dict[str, str], value: str) -> dict[str, Any]:
        source = query["external_source"]
        answer: dict[str, Any] = {
            f"{kind}_results": []
            for kind in ("movie", "tv", "person", "tv_episode", "tv_season")
        }
        for kind, rows in (("movie", self.movies), ("tv", self.shows)):
            answer[f"{kind}_results"] = [
                _public(row) | {"media_type": kind}
                for row in rows.values()
                if str(row.get("_ids", {}).get(source)) == value
            ]
        return answer

    def _changes(self, query: dict[str, str], kind: str) -> dict[str, Any]:
        ids = self.changed.get(kind, [])
        page = int(query.get("page", "1"))
        some = ids[(page - 1) * 100 : page * 100]
        return {
            "results": [{"id": number, "adult": False} for number in some],
            "page": page,
            "total_pages": max(1, (len(ids) + 99) // 100),
            "total_results": len(ids),
        }

    def _movie(self, query: dict[str, str], number: str) -> dict[str, Any] | None:
        row = self.movies.get(int(number))
        if row is None:
            return None
        answer = _details(row) | {
            "genres": row.get("_genres", [{"id": 1, "name": "Drama"}]),
            "runtime": row.get("_runtime", 101),
            "status": "Released",
            "tagline": "So it goes.",
            "imdb_id": row.get("_ids", {}).get("imdb_id"),
            "belongs_to_collection": row.get("_collection"),
            "production_companies": [{"id": 5, "name": "Studio One"}],
        }
        return answer | self._appended(query, row, "titles")

    def _show(self, query: dict[str, str], number: str) -> dict[str, Any] | None:
        row = self.shows.get(int(number))
        if row is None:
            return None
        answer = _details(row) | {
            "genres": [{"id": 1, "name": "Drama"}],
            "networks": [{"id": 3, "name": "Network One"}],
            "created_by": [{"id": 77, "name": "Some Maker"}],
            "episode_run_time": [],
            "next_episode_to_air": None,
            "seasons": [
                {"season_number": season, "episode_count": count, "air_date": None}
                for season, count in row["_seasons"].items()
            ],
            "status": "Ended",
        }
        for name in query.get("append_to_response", "").split(","):
            if name.startswith("season/"):
                season = self._season(query, number, name.rpartition("/")[2])
                answer |= {name: season} if season else {}
        return answer | self._appended(query, row, "results")

    def _appended(
        self, query: dict[str, str], row: dict[str, Any], key: str
    ) -> dict[str, Any]:
        cast = row.get(
            "_cast", [{"id": 9, "name": "Some Actor", "character": "Hero", "order": 0}]
        )
        crew = [{"id": 8, "name": "Some Director", "job": "Director"}]
        ids = {"imdb_id": None, "tvdb_id": None} | row.get("_ids", {})
        spoken = row.get("_translations", {})
        word = "title" if "title" in row else "name"
        known = {
            "external_ids": ids,
            "credits": {"cast": cast, "crew": crew},
            "alternative_titles": {
                key: [{"title": t} for t in row.get("_aliases", [])]
            },
            "translations": {
                "translations": [
                    {"iso_639_1": language, "data": {word: name, "overview": ""}}
                    for language, name in spoken.items()
                ]
            },
            "release_dates": {"results": []},
            "content_ratings": {"results": [{"iso_3166_1": "US", "rating": "TV-14"}]},
        }
        wanted = query.get("append_to_response", "").split(",")
        return {name: known[name] for name in wanted if name in known}

    def _season(
        self, query: dict[str, str], show: str, number: str
    ) -> dict[str, Any] | None:
        row = self.shows.get(int(show), {})
        if row.get("_seasons", {}).get(int(number)) is None:
            return None
        return {
            "id": 1000 + int(number),
            "name": f"Season {number}",
            "overview": "",
            "poster_path": None,
            "season_number": int(number),
            "episodes": _episodes(row, int(number)),
        }

    def _aliases(
        self, query: dict[str, str], kind: str, number: str
    ) -> dict[str, Any] | None:
        row = (self.movies if kind == "movie" else self.shows).get(int(number))
        key = "titles" if kind == "movie" else "results"
        if row is None:
            return None
        titles = [{"title": t, "iso_3166_1": "US"} for t in row.get("_aliases", [])]
        return {"id": int(number), key: titles}


def _error(code: int) -> dict[str, Any]:
    return {"success": False, "status_code": code, "status_message": "No."}


def _public(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if not key.startswith("_")}


def _details(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in _public(row).items() if key != "genre_ids"}


def _all_names(row: dict[str, Any]) -> list[str]:
    original = row.get("original_title") or row.get("original_name") or ""
    own = row.get("title") or row["name"]
    spoken = row.get("_translations", {}).values()
    return [own, original, *row.get("_aliases", []), *spoken]


def _date(row: dict[str, Any]) -> str:
    return str(row.get("release_date") or row.get("first_air_date") or "")


def _episodes(row: dict[str, Any], season: int) -> list[dict[str, Any]]:
    known = row.get("_episodes")
    told = (
        [(each.number, each.title, each.air_date) for each in known[season]]
        if known
        else [
            (n, f"Episode {n} of {season}", f"20{season:02}-01-{n % 28 + 1:02}")
            for n in range(1, row["_seasons"][season] + 1)
        ]
    )
    return [
        {
            "id": row["id"] * 10_000 + season * 100 + number,
            "episode_number": number,
            "season_number": season,
            "name": name,
            "overview": "",
            "air_date": day,
            "runtime": 42,
            "still_path": None,
        }
        for number, name, day in told
    ]


@contextmanager
def running_tmdb(*, port: int = 0) -> Iterator[FakeTmdb]:
    """Serve an empty catalogue on a free port of this machine."""
    with serving(FakeTmdb(), port=port) as fake:
        yield fake
