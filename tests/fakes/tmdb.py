"""A stand-in for TMDb that speaks real HTTP; held to the published description."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

V3_KEY = "0123456789abcdef0123456789abcdef"
READ_TOKEN = "eyJhbGciOiJIUzI1NiJ9." + "x" * 120 + ".signature"

Fault = Callable[["_Handler"], bool]
"""Answers in its own way and says True, or leaves the request alone."""


@dataclass
class FakeTmdb:
    """Titles, and what was asked."""

    movies: dict[int, dict[str, Any]] = field(default_factory=dict)
    shows: dict[int, dict[str, Any]] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Paths with their queries, keys included: what a log may never show."""
    headers: list[dict[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    """Used up one by one, the first first."""
    url: str = ""
    connections: int = 0

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

    # --- Answers ------------------------------------------------------------------

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """Return status and reply of one request."""
        routes: tuple[tuple[str, Callable[..., Any]], ...] = (
            (r"/search/(movie|tv)", self._search),
            (r"/find/([\w-]+)", self._find),
            (r"/movie/(\d+)", self._movie),
            (r"/tv/(\d+)", self._show),
            (r"/tv/(\d+)/season/(\d+)", self._season),
            (r"/(movie|tv)/(\d+)/alternative_titles", self._aliases),
        )
        for pattern, reply in routes:
            found = re.fullmatch(pattern, path)
            if found:
                body = reply(query, *found.groups())
                return (200, body) if body is not None else (404, _error(34))
        return 404, _error(34)

    def _search(self, query: dict[str, str], kind: str) -> dict[str, Any]:
        rows = self.movies if kind == "movie" else self.shows
        words = _words(query.get("query", ""))
        year = query.get("primary_release_year") or query.get("first_air_date_year")
        hits = [
            _public(row)
            for row in rows.values()
            if words and words <= _all_words(row)
            if not year or _date(row).startswith(year)
        ]
        hits.sort(key=lambda row: -row["popularity"])
        pages = (len(hits) + 19) // 20
        return {
            "page": 1,
            "results": hits[:20],
            "total_pages": pages,
            "total_results": len(hits),
        }

    def _find(self, query: dict[str, str], value: str) -> dict[str, Any]:
        source = query["external_source"]
        reply: dict[str, Any] = {
            f"{kind}_results": []
            for kind in ("movie", "tv", "person", "tv_episode", "tv_season")
        }
        for kind, rows in (("movie", self.movies), ("tv", self.shows)):
            reply[f"{kind}_results"] = [
                _public(row)
                for row in rows.values()
                if str(row.get("_ids", {}).get(source)) == value
            ]
        return reply

    def _movie(self, query: dict[str, str], number: str) -> dict[str, Any] | None:
        row = self.movies.get(int(number))
        if row is None:
            return None
        reply = _details(row) | {
            "genres": [{"id": 1, "name": "Drama"}],
            "runtime": 101,
            "status": "Released",
            "tagline": "So it goes.",
            "imdb_id": row.get("_ids", {}).get("imdb_id"),
            "belongs_to_collection": row.get("_collection"),
            "production_companies": [{"id": 5, "name": "Studio One"}],
        }
        return reply | self._appended(query, row, "titles")

    def _show(self, query: dict[str, str], number: str) -> dict[str, Any] | None:
        row = self.shows.get(int(number))
        if row is None:
            return None
        reply = _details(row) | {
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
        appended = query.get("append_to_response", "").split(",")
        if len(appended) > 20:
            return None
        for name in appended:
            if name.startswith("season/"):
                season = self._season(query, number, name.rpartition("/")[2])
                reply |= {name: season} if season else {}
        return reply | self._appended(query, row, "results")

    def _appended(
        self, query: dict[str, str], row: dict[str, Any], key: str
    ) -> dict[str, Any]:
        cast = [{"id": 9, "name": "Some Actor", "character": "Hero", "order": 0}]
        crew = [{"id": 8, "name": "Some Director", "job": "Director"}]
        ids = {"imdb_id": None, "tvdb_id": None} | row.get("_ids", {})
        known = {
            "external_ids": ids,
            "credits": {"cast": cast, "crew": crew},
            "alternative_titles": {
                key: [{"title": t} for t in row.get("_aliases", [])]
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
        count = row.get("_seasons", {}).get(int(number))
        if count is None:
            return None
        return {
            "id": 1000 + int(number),
            "name": f"Season {number}",
            "overview": "",
            "poster_path": None,
            "season_number": int(number),
            "episodes": [
                {
                    "id": int(show) * 10_000 + int(number) * 100 + episode,
                    "episode_number": episode,
                    "season_number": int(number),
                    "name": f"Episode {episode} of {number}",
                    "overview": "",
                    "air_date": f"20{int(number):02}-01-{episode % 28 + 1:02}",
                    "runtime": 42,
                    "still_path": None,
                }
                for episode in range(1, count + 1)
            ],
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


def _words(text: str) -> set[str]:
    return set(re.sub(r"[^\w ]", " ", text.casefold()).split())


def _all_words(row: dict[str, Any]) -> set[str]:
    names = [row.get("title") or row["name"], *row.get("_aliases", [])]
    return set().union(*(_words(name) for name in names))


def _date(row: dict[str, Any]) -> str:
    return str(row.get("release_date") or row.get("first_air_date") or "")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeTmdb

    def setup(self) -> None:
        """Count the line that was opened."""
        super().setup()
        self.fake.connections += 1

    def do_GET(self) -> None:
        self.fake.asked.append(self.path)
        self.fake.headers.append(dict(self.headers))
        if self.fake.faults and self.fake.faults.pop(0)(self):
            return
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/img/"):
            picture = self.fake.pictures.get("/" + parts.path.rpartition("/")[2])
            self.send(200 if picture else 404, picture or b"", "image/jpeg")
            return
        bearer = self.headers.get("Authorization") == f"Bearer {READ_TOKEN}"
        if not bearer and query.pop("api_key", "") != V3_KEY:
            self.send_json(401, _error(7))
            return
        self.send_json(*self.fake.answer(parts.path.removeprefix("/3"), query))

    def send_json(self, status: int, reply: Any, **headers: str) -> None:
        self.send(status, json.dumps(reply).encode(), "application/json", **headers)

    def send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Stay silent."""


@contextmanager
def running_tmdb() -> Iterator[FakeTmdb]:
    """Serve an empty catalogue on a free port of this machine."""
    fake = FakeTmdb()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --- Faults ---------------------------------------------------------------------------


def status(code: int, **headers: str) -> Fault:
    """Answer with a status and an error body."""

    def fault(handler: _Handler) -> bool:
        handler.send_json(code, _error(11), **headers)
        return True

    return fault


def html(handler: _Handler) -> bool:
    """Answer as a captive portal does."""
    handler.send(200, b"<html>Please sign in</html>", "text/html")
    return True


def cut_body(handler: _Handler) -> bool:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"results": [')
    handler.close_connection = True
    return True


def silence(seconds: float) -> Fault:
    """Say nothing for a while, then hang up."""

    def fault(handler: _Handler) -> bool:
        time.sleep(seconds)
        handler.close_connection = True
        return True

    return fault


def hang_up(handler: _Handler) -> bool:
    """Close the line without an answer."""
    handler.close_connection = True
    return True


def reply(body: Any) -> Fault:
    """Answer 200 with this JSON."""

    def fault(handler: _Handler) -> bool:
        handler.send_json(200, body)
        return True

    return fault
