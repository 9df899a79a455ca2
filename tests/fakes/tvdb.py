"""A stand-in for TheTVDB v4 that speaks real HTTP; held to the published description."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.searching import WordIndex
from tests.fakes.serving import FakeService, Handler, serving
from tests.scenes.catalogue import Catalogue, Movie, Show

KEY = "7f7eed88-2530-4f84-8ee7-f154471b8f87"
USER_KEY = "11111111-2222-3333-4444-555555555555"
"""A key that needs a PIN."""
PIN = "ABCD1234"
PAGE = 500


@dataclass
class FakeTvdb(FakeService):
    """Titles, tokens, and what was asked."""

    titles: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    """By (`series` or `movie`, id); keys with a line before are ours."""
    tokens: set[str] = field(default_factory=set)
    """Those that are still good."""
    logins: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    _index: tuple[int, WordIndex] | None = None
    _places: list[tuple[str, int]] = field(default_factory=list)

    def add_series(
        self, number: int, name: str, year: int, seasons: dict[int, int], **more: Any
    ) -> None:
        """Add a show; `seasons` says how many episodes each has."""
        episodes = [
            {
                "season": season,
                "number": place,
                "absolute": 0,
                "name": f"Episode {place} of {season}",
                "aired": f"{2000 + season}-01-{place % 28 + 1:02}",
            }
            for season, count in seasons.items()
            for place in range(1, count + 1)
        ]
        self.titles["series", number] = {
            "id": number,
            "name": name,
            "year": str(year),
            "aliases": [],
            "remote": {},
            "country": "usa",
            "translations": {"eng": name},
            "score": 1.0,
            "_orders": {"official": episodes, "default": episodes},
        } | more

    def add_movie(self, number: int, name: str, year: int, **more: Any) -> None:
        """Add a movie."""
        self.titles["movie", number] = {
            "id": number,
            "name": name,
            "year": str(year),
            "aliases": [],
            "remote": {},
            "country": "usa",
            "translations": {"eng": name},
            "score": 1.0,
        } | more

    def load(self, catalogue: Catalogue) -> None:
        """Know all titles of a catalogue, the strangers among them too."""
        for movie in (*catalogue.movies, *catalogue.strangers):
            self._load_movie(movie)
        for show in (*catalogue.shows, *catalogue.strange_shows):
            self._load_show(show)

    def _load_movie(self, movie: Movie) -> None:
        others = [each for each in (movie.original,) if each and each != movie.title]
        self.add_movie(
            movie.tvdb,
            movie.title,
            movie.year,
            aliases=[*movie.aliases, *others],
            remote={"IMDB": movie.imdb, "TheMovieDB.com": str(movie.tmdb)},
            score=movie.popularity,
        )

    def _load_show(self, show: Show) -> None:
        episodes = [
            {
                "season": each.season,
                "number": each.number,
                "absolute": each.absolute,
                "name": each.title,
                "aired": each.air_date,
            }
            for each in show.episodes
        ]
        self.add_series(
            show.tvdb,
            show.title,
            show.year,
            {},
            aliases=list(show.aliases),
            remote={"IMDB": show.imdb, "TheMovieDB.com": str(show.tmdb)},
            country={"GB": "gbr", "US": "usa", "JP": "jpn"}.get(show.country, "usa"),
            score=show.popularity,
            _orders={"official": episodes, "default": episodes},
        )

    # --- Answers ------------------------------------------------------------------

    def respond(self, handler: Handler) -> None:
        """See FakeService."""
        parts = urlsplit(handler.path)
        if parts.path.startswith("/banners/"):
            picture = self.pictures.get(parts.path)
            handler.send(200 if picture else 404, picture or b"", "image/jpeg")
            return
        path = parts.path.removeprefix("/v4")
        if path == "/login":
            handler.send_json(*self._login(handler))
            return
        token = (handler.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token not in self.tokens:
            handler.send_json(401, _failure("Unauthorized"))
            return
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        handler.send_json(*self.answer(path, query))

    def _login(self, handler: Handler) -> tuple[int, Any]:
        said = handler.read_json() if handler.command == "POST" else None
        said = said if isinstance(said, dict) else {}
        self.logins.append(said)
        good = said in ({"apikey": KEY}, {"apikey": USER_KEY, "pin": PIN})
        if not good:
            return 401, _failure("InvalidAPIKey: apikey not valid")
        token = f"token-{len(self.logins)}"
        self.tokens.add(token)
        return 200, {"status": "success", "data": {"token": token}}

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """Return status and reply of one request."""
        routes: tuple[tuple[str, Callable[..., Any]], ...] = (
            (r"/search", self._search),
            (r"/(series|movies)/slug/([\w-]+)", self._by_slug),
            (r"/search/remoteid/([\w-]+)", self._by_remote),
            (r"/(series|movies)/(\d+)/extended", self._extended),
            (r"/series/(\d+)/episodes/([a-z]+)(?:/([a-z]{3}))?", self._episodes),
            (r"/updates", self._updates),
        )
        for pattern, answer in routes:
            found = re.fullmatch(pattern, path)
            if found:
                body = answer(query, *found.groups())
                return (200, body) if body else (404, _failure("NotFoundException"))
        return 404, _failure("NotFoundException")

    def _search(self, query: dict[str, str]) -> dict[str, Any]:
        kind, year = query.get("type", ""), query.get("year")
        names = self._names()
        found = [
            self._places[at]
            for at in names.find(query.get("query", query.get("q", "")))
        ]
        rows = [
            (place[0], self.titles[place])
            for place in found
            if kind in {"", place[0]}
            if year is None or self.titles[place]["year"] == year
        ]
        rows.sort(key=lambda each: (-each[1]["score"], each[1]["id"]))
        start, most = int(query.get("offset", 0)), int(query.get("limit", 50))
        some = rows[start : start + most]
        return {
            "status": "success",
            "data": [_result(name, row) for name, row in some],
            "links": _links(len(rows), most),
        }

    def _by_slug(
        self, query: dict[str, str], word: str, slug: str
    ) -> dict[str, Any] | None:
        kind = "movie" if word == "movies" else "series"
        for (sort, number), row in self.titles.items():
            if sort == kind and row["name"].casefold().replace(" ", "-") == slug:
                told = {"id": number, "name": row["name"], "slug": slug}
                return {"status": "success", "data": told | {"year": row["year"]}}
        return None

    def _names(self) -> WordIndex:
        if self._index is None or self._index[0] != len(self.titles):
            self._places = list(self.titles)
            names = {
                at: [
                    self.titles[place]["name"],
                    *self.titles[place]["aliases"],
                    *self.titles[place]["translations"].values(),
                ]
                for at, place in enumerate(self._places)
            }
            self._index = (len(self.titles), WordIndex(names))
        return self._index[1]

    def _by_remote(self, query: dict[str, str], value: str) -> dict[str, Any]:
        rows = [
            {kind: _base(row)}
            for (kind, _), row in self.titles.items()
            if value in row["remote"].values()
        ]
        return {"status": "success", "data": rows or None}

    def _extended(
        self, query: dict[str, str], kind: str, number: str
    ) -> dict[str, Any] | None:
        place = ("series" if kind == "series" else "movie", int(number))
        row = self.titles.get(place)
        if row is None:
            return None
        data = _base(row) | {
            "genres": [{"id": 1, "name": "Drama", "slug": "drama"}],
            "remoteIds": _remote_ids(row),
            "contentRatings": [
                {"id": 1, "name": "TV-14", "country": "usa", "contentType": "episode"}
            ],
            "characters": None
            if query.get("short") == "true"
            else [
                {
                    "id": 1,
                    "name": "Hero",
                    "peopleId": 99,
                    "personName": "Some Actor",
                    "peopleType": "Actor",
                    "sort": 0,
                }
            ],
        }
        if kind == "movies":
            data |= {
                "runtime": 101,
                "first_release": {"country": "usa", "date": f"{row['year']}-05-06"},
                "studios": [{"id": 5, "name": "Studio One"}],
            }
        else:
            data |= {
                "overview": f"About {row['name']}.",
                "originalNetwork": {"id": 3, "name": "Network One"},
                "seasons": [],
                "seasonTypes": [
                    {"id": 1, "name": name, "type": name} for name in row["_orders"]
                ],
            }
        if query.get("meta") == "episodes" and kind == "series":
            data["episodes"] = _told(row, "default")
        if query.get("meta") == "translations":
            data["translations"] = {
                "nameTranslations": [
                    {"language": language, "name": name}
                    for language, name in row["translations"].items()
                ]
            }
        return {"status": "success", "data": data}

    def _episodes(
        self, query: dict[str, str], number: str, order: str, language: str | None
    ) -> dict[str, Any] | None:
        row = self.titles.get(("series", int(number)))
        if row is None or "page" not in query:
            return None
        told, page = _told(row, order), int(query["page"])
        some = told[page * PAGE : (page + 1) * PAGE]
        return {
            "status": "success",
            "data": {"series": _base(row), "episodes": some},
            "links": _links(len(told), PAGE),
        }

    def _updates(self, query: dict[str, str]) -> dict[str, Any]:
        since, kind = int(query["since"]), query.get("type")
        rows = [
            each
            for each in self.updates
            if each["timeStamp"] >= since and kind in {None, each["recordType"]}
        ]
        page = int(query.get("page", 0))
        return {
            "status": "success",
            "data": rows[page * PAGE : (page + 1) * PAGE],
            "links": _links(len(rows), PAGE),
        }


def _failure(message: str) -> dict[str, Any]:
    return {"status": "failure", "message": message, "data": None}


def _links(total: int, size: int) -> dict[str, Any]:
    return {
        "prev": None,
        "self": "",
        "next": None,
        "total_items": total,
        "page_size": size,
    }


def _remote_ids(row: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {"IMDB": 2, "TheMovieDB.com": 12}
    return [
        {"id": value, "type": kinds[name], "sourceName": name}
        for name, value in row["remote"].items()
    ]


def _result(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "objectID": f"{kind}-{row['id']}",
        "id": f"{kind}-{row['id']}",
        "tvdb_id": str(row["id"]),
        "type": kind,
        "name": row["name"],
        "aliases": row["aliases"],
        "country": row["country"],
        "year": row["year"],
        "overview": f"About {row['name']}.",
        "image_url": f"https://artworks.thetvdb.com/banners/{row['id']}.jpg",
        "primary_language": "eng",
        "translations": row["translations"],
        "remote_ids": _remote_ids(row),
    }


def _base(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "slug": "a-slug",
        "year": row["year"],
        "score": row["score"],
        "image": f"https://artworks.thetvdb.com/banners/{row['id']}.jpg",
        "aliases": [{"language": "eng", "name": each} for each in row["aliases"]],
        "status": {"id": 1, "name": "Ended", "recordType": "series"},
    }


def _told(row: dict[str, Any], order: str) -> list[dict[str, Any]]:
    return [
        {
            "id": row["id"] * 10_000 + place,
            "seriesId": row["id"],
            "seasonNumber": each["season"],
            "number": each["number"],
            "absoluteNumber": each["absolute"],
            "name": each["name"],
            "aired": each["aired"],
            "runtime": 42,
            "overview": None,
            "image": None,
        }
        for place, each in enumerate(row["_orders"].get(order, []))
    ]


@contextmanager
def running_tvdb(*, port: int = 0) -> Iterator[FakeTvdb]:
    """Serve an empty catalogue on a free port of this machine."""
    with serving(FakeTvdb(), port=port) as fake:
        yield fake
