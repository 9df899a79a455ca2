"""A stand-in TMDb that speaks real HTTP; faults by script."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080600000"
    "01f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@dataclass
class FakeTmdb:
    """What the stand-in knows, what it was asked, and what it shall get wrong."""

    movies: dict[int, dict[str, Any]] = field(default_factory=dict)
    shows: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    faults: list[Callable[["_Handler"], None]] = field(default_factory=list)
    """Each is used up by one request."""
    pictures: bytes = PNG
    url: str = ""

    def add_movie(self, number: int, title: str, date: str, **more: Any) -> None:
        self.movies[number] = {
            "id": number,
            "title": title,
            "original_title": more.pop("original_title", title),
            "release_date": date,
            "overview": f"About {title}.",
            "poster_path": None,
            "popularity": 1.0,
            "genres": [{"id": 18, "name": "Drama"}],
            "external_ids": {"imdb_id": f"tt{number:07d}"},
            "credits": {"cast": [{"id": 7, "name": "Ada Actor", "character": "Eve"}]},
            **more,
        }

    def add_show(
        self, number: int, name: str, date: str, seasons: dict[int, int], **more: Any
    ) -> None:
        """`seasons`: season number → how many episodes."""
        self.shows[number] = {
            "id": number,
            "name": name,
            "original_name": name,
            "first_air_date": date,
            "overview": f"About {name}.",
            "poster_path": None,
            "popularity": 1.0,
            "seasons": [{"season_number": n} for n in seasons],
            "_episodes": seasons,
            **more,
        }

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        place = path.strip("/").split("/")
        if place[:1] == ["search"]:
            return 200, self._search(place[1], query)
        if place[:1] == ["find"]:
            return 200, self._find(place[1])
        kind = {"movie": self.movies, "tv": self.shows}.get(place[0], {})
        row = kind.get(int(place[1])) if len(place) > 1 and place[1].isdigit() else None
        if row is None:
            return 404, {"success": False, "status_code": 34, "status_message": "no"}
        return 200, self._details(row, query)

    def _search(self, kind: str, query: dict[str, list[str]]) -> dict[str, Any]:
        words = query.get("query", [""])[0].casefold().split()
        rows, name = (self.movies, "title") if kind == "movie" else (self.shows, "name")
        dated = "release_date" if kind == "movie" else "first_air_date"
        year = (query.get("year") or query.get("first_air_date_year") or [""])[0]
        found = [
            {key: value for key, value in row.items() if not key.startswith("_")}
            for row in rows.values()
            if all(word in row[name].casefold() for word in words)
            and (not year or str(row[dated]).startswith(year))
        ]
        found.sort(key=lambda row: -row["popularity"])
        return {"page": 1, "results": found, "total_pages": 1}

    def _find(self, identity: str) -> dict[str, Any]:
        return {
            "movie_results": [
                row
                for row in self.movies.values()
                if row["external_ids"]["imdb_id"] == identity
            ],
            "tv_results": [],
        }

    def _details(
        self, row: dict[str, Any], query: dict[str, list[str]]
    ) -> dict[str, Any]:
        shown = {key: value for key, value in row.items() if not key.startswith("_")}
        for part in query.get("append_to_response", [""])[0].split(","):
            number = part.removeprefix("season/")
            if part != number and int(number) in row.get("_episodes", {}):
                shown[part] = _season(int(number), row["_episodes"][int(number)])
        return shown


def _season(number: int, episodes: int) -> dict[str, Any]:
    return {
        "season_number": number,
        "name": f"Season {number}",
        "episodes": [
            {
                "id": number * 1000 + n,
                "episode_number": n,
                "name": f"Part {n}",
                "air_date": f"2001-01-{n:02d}",
            }
            for n in range(1, episodes + 1)
        ],
    }


class _Handler(BaseHTTPRequestHandler):
    """Answers from the fake, or as its next fault says."""

    fake: ClassVar[FakeTmdb]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.fake.asked.append(self.path)
        self.fake.headers.append(dict(self.headers))
        if self.fake.faults:
            self.fake.faults.pop(0)(self)
            return
        if parts.path.startswith("/t/p/"):
            self.reply(200, self.fake.pictures, kind="image/png")
            return
        status, body = self.fake.answer(
            parts.path.removeprefix("/3"), parse_qs(parts.query)
        )
        self.reply(status, json.dumps(body).encode())

    def reply(
        self,
        status: int,
        body: bytes,
        *,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def fail_with(
    status: int, body: bytes = b"{}", **headers: str
) -> Callable[[_Handler], None]:
    """Make a fault: this status, this body; header names with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.reply(status, body, headers=named)


def cut_short(handler: _Handler) -> None:
    """Promise more bytes than come, then hang up."""
    handler.reply(200, b'{"results": [', length=5000)
    handler.close_connection = True


def hang_up(handler: _Handler) -> None:
    """Close without a word."""
    handler.close_connection = True
    handler.connection.close()


@contextmanager
def serve_tmdb() -> Iterator[FakeTmdb]:
    """Run the stand-in on a free port of this machine."""
    fake = FakeTmdb()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
