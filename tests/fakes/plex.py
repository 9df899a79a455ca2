"""A stand-in for a Plex Media Server and for plex.tv that speaks real HTTP.

Shapes: https://developer.plex.tv/pms/ and the recorded answers of python-plexapi.
"""

import base64
import copy
import hashlib
import json
import re
import socket
import ssl
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import quoteattr

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Row = dict[str, Any]
TOKEN = "server-token-0123456789"
ACCOUNT_TOKEN = "account-token-9876543210"
TYPES = {"1": "movie", "2": "show", "3": "season", "4": "episode", "18": "collection"}
NOW = 1_700_000_000

Fault = Callable[["_Handler"], bool]
"""Answers in its own way and says True, or leaves the request alone."""


@dataclass
class Planned:
    """A fault at requests whose path matches."""

    pattern: str
    fault: Fault
    times: int = 1


@dataclass
class Section:
    """A library."""

    key: str
    type: str
    title: str
    agent: str = "tv.plex.agents.movie"
    locations: list[str] = field(default_factory=list)
    changed_at: int = NOW

    def row(self) -> Row:
        return {
            "key": self.key,
            "type": self.type,
            "title": self.title,
            "agent": self.agent,
            "scanner": "Plex",
            "language": "en-US",
            "uuid": f"uuid-of-{self.key}-{self.title}",
            "updatedAt": NOW,
            "scannedAt": self.changed_at,
            "contentChangedAt": self.changed_at,
            "content": True,
            "Location": [
                {"id": n, "path": path} for n, path in enumerate(self.locations)
            ],
        }


@dataclass
class Fake(ABC):
    """What both servers share: what was asked, and what shall go wrong."""

    url: str = ""
    delay_seconds: float = 0.0
    certificate: str = ""
    """A file with certificate and key: it speaks TLS then."""
    asked: list[str] = field(default_factory=list)
    """Methods and paths with their queries: what may never hold a token."""
    headers: list[dict[str, str]] = field(default_factory=list)
    faults: list[Planned] = field(default_factory=list)

    def fail(self, pattern: str, fault: Fault, *, times: int = 1) -> None:
        """Let the next `times` requests whose address matches go wrong."""
        self.faults.append(Planned(pattern, fault, times))

    def find_fault(self, path: str) -> Fault | None:
        for planned in self.faults:
            if planned.times > 0 and re.search(planned.pattern, path):
                planned.times -= 1
                return planned.fault
        return None

    def paths(self) -> list[str]:
        return [urlsplit(each.partition(" ")[2]).path for each in self.asked]

    @abstractmethod
    def answer(self, handler: "_Handler") -> None:
        """Answer a request that no fault has taken."""


@dataclass
class FakePlex(Fake):
    """A Plex Media Server."""

    machine_id: str = "machine-one"
    name: str = "Attic"
    platform: str = "Linux"
    tokens: set[str] = field(default_factory=lambda: {TOKEN, ACCOUNT_TOKEN})
    sections: dict[str, Section] = field(default_factory=dict)
    items: dict[str, Row] = field(default_factory=dict)
    """By rating key, in the order of the library: movies, shows, seasons, episodes."""
    in_collections: dict[str, list[str]] = field(default_factory=dict)
    page_most: int = 10_000
    bad_rows: set[str] = field(default_factory=set)
    """Rating keys of rows that make a whole page fail."""
    on_page: Callable[["FakePlex", int], None] | None = None
    """Called before each page of a list, with its start: the list may change."""
    clock: int = NOW
    pictures: dict[str, bytes] = field(default_factory=dict)
    listeners: list["_Handler"] = field(default_factory=list)
    doing: list[str] = field(default_factory=list)
    playing: list[str] = field(default_factory=list)
    is_deaf: bool = False
    """Whether it answers no ping, as a machine does that fell asleep."""

    # --- What it holds ------------------------------------------------------------

    def add_section(self, key: str, kind: str, title: str, *locations: str) -> Section:
        self.sections[key] = Section(key, kind, title, locations=[*locations])
        return self.sections[key]

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def _store(self, section: str, row: Row) -> Row:
        row["_section"] = section
        row["_list"] = None
        self.items[row["ratingKey"]] = row
        if section in self.sections:
            self.sections[section].changed_at = self.clock
        return row

    def add_movie(
        self,
        key: int | str,
        title: str,
        year: int = 2001,
        *,
        section: str = "1",
        file: str = "",
        tmdb: int | None = None,
        **more: Any,
    ) -> Row:
        path = file or f"/data/Movies/{title} ({year})/{title} ({year}).mkv"
        row: Row = {
            "ratingKey": str(key),
            "key": f"/library/metadata/{key}",
            "guid": f"plex://movie/{key}",
            "type": "movie",
            "title": title,
            "year": year,
            "studio": "Studio One",
            "summary": f"About {title}.",
            "contentRating": "PG",
            "rating": 7.1,
            "audienceRating": 7.5,
            "originallyAvailableAt": f"{year}-05-06",
            "duration": 5_400_000,
            "thumb": f"/library/metadata/{key}/thumb/{NOW}",
            "art": f"/library/metadata/{key}/art/{NOW}",
            "addedAt": NOW,
            "updatedAt": self.tick(),
            "Genre": [{"tag": "Drama"}, {"tag": "Crime"}, {"tag": "Noir"}],
            "Director": [{"tag": "Dora Director"}],
            "Writer": [{"tag": "Wim Writer"}],
            "Role": [
                {"tag": "Ada Actor", "role": "Herself"},
                {"tag": f"Extra {key}", "role": "Passer-by"},
            ],
            "Guid": [{"id": f"tmdb://{tmdb}"}] if tmdb else [],
            "Media": [media(key, [path])],
        }
        return self._store(section, row | more)

    def add_show(
        self,
        key: int | str,
        title: str,
        year: int = 2005,
        *,
        section: str = "2",
        tvdb: int | None = None,
        folder: str = "",
        **more: Any,
    ) -> Row:
        row: Row = {
            "ratingKey": str(key),
            "key": f"/library/metadata/{key}/children",
            "guid": f"plex://show/{key}",
            "type": "show",
            "title": title,
            "year": year,
            "studio": "Network One",
            "summary": f"About {title}.",
            "contentRating": "TV-14",
            "audienceRating": 8.0,
            "originallyAvailableAt": f"{year}-01-01",
            "duration": 2_700_000,
            "thumb": f"/library/metadata/{key}/thumb/{NOW}",
            "addedAt": NOW,
            "updatedAt": self.tick(),
            "Genre": [{"tag": "Drama"}],
            "Role": [{"tag": "Ada Actor", "role": "Hero"}],
            "Guid": [{"id": f"tvdb://{tvdb}"}] if tvdb else [],
            "Location": [{"path": folder or f"/data/TV/{title}"}],
        }
        return self._store(section, row | more)

    def add_episode(
        self,
        key: int | str,
        show: int | str,
        season: int,
        number: int,
        *,
        file: str = "",
        title: str = "",
        **more: Any,
    ) -> Row:
        above = self.items[str(show)]
        season_key = f"{show}0{season:02}"
        if season_key not in self.items:
            self._add_season(above, season_key, season)
        name = above["title"]
        path = (
            file
            or f"/data/TV/{name}/Season {season:02}/"
            f"{name} - S{season:02}E{number:02}.mkv"
        )
        row: Row = {
            "ratingKey": str(key),
            "key": f"/library/metadata/{key}",
            "guid": f"plex://episode/{key}",
            "type": "episode",
            "title": title or f"Episode {number} of {season}",
            "index": number,
            "parentIndex": season,
            "parentRatingKey": season_key,
            "grandparentRatingKey": str(show),
            "grandparentTitle": name,
            "parentTitle": f"Season {season}",
            "summary": f"What happens in {season}x{number}.",
            "originallyAvailableAt": f"20{season % 90:02}-01-{number % 28 + 1:02}",
            "duration": 2_520_000,
            "thumb": f"/library/metadata/{key}/thumb/{NOW}",
            "addedAt": NOW,
            "updatedAt": self.tick(),
            "Director": [{"tag": "Dora Director"}],
            "Guid": [{"id": f"tvdb://{9_000_000 + _digits(key)}"}],
            "Media": [media(key, [path])],
        }
        return self._store(above["_section"], row | more)

    def _add_season(self, show: Row, key: str, number: int) -> None:
        self._store(
            show["_section"],
            {
                "ratingKey": key,
                "key": f"/library/metadata/{key}/children",
                "guid": f"plex://season/{key}",
                "type": "season",
                "title": f"Season {number}" if number else "Specials",
                "index": number,
                "parentRatingKey": show["ratingKey"],
                "parentTitle": show["title"],
                "summary": "",
                "thumb": f"/library/metadata/{key}/thumb/{NOW}",
                "addedAt": NOW,
                "updatedAt": self.tick(),
            },
        )

    def add_collection(
        self,
        key: int | str,
        title: str,
        holds: list[str],
        *,
        section: str = "1",
        smart: bool = False,
    ) -> None:
        row = {
            "ratingKey": str(key),
            "guid": f"collection://{key}",
            "type": "collection",
            "title": title,
            "smart": smart,
            "childCount": len(holds),
            "addedAt": NOW,
            "updatedAt": self.tick(),
        }
        self._store(section, row)
        self.in_collections[str(key)] = holds

    def change(self, key: int | str, **more: Any) -> None:
        """Change an item as Plex does: its time stamp with it."""
        row = self.items[str(key)]
        row.update(more)
        row["updatedAt"] = self.tick()
        row["_list"] = None
        self.sections[row["_section"]].changed_at = self.clock

    def watch(self, key: int | str, *, views: int = 1, offset: int = 0) -> None:
        """Let the account watch an item: no `updatedAt` moves."""
        at = self.tick()
        row = self.items[str(key)]
        row.update(viewCount=views, viewOffset=offset, lastViewedAt=at, _list=None)

    def remove(self, key: int | str) -> Row:
        row = self.items.pop(str(key))
        self.sections[row["_section"]].changed_at = self.tick()
        return row

    # --- Answers ------------------------------------------------------------------

    def answer(self, handler: "_Handler") -> None:
        path, query = handler.path_only, handler.query
        if path == "/identity":
            handler.send_container(
                {"size": 0, "machineIdentifier": self.machine_id, "version": "1.40.1"}
            )
            return
        if handler.token not in self.tokens:
            handler.send(401, b"<html><h1>401 Unauthorized</h1></html>", "text/html")
            return
        routes: tuple[tuple[str, Callable[..., None]], ...] = (
            (r"/", self._root),
            (r"/library", self._library),
            (r"/library/sections/?", self._sections),
            (r"/library/sections/(\w+)/all", self._all),
            (r"/library/sections/(\w+)/collections", self._collections),
            (r"/library/sections/(\w+)/refresh", self._done),
            (r"/library/collections/(\w+)/children", self._children),
            (r"/library/metadata/([\w,]+)", self._details),
            (r"/library/metadata/(\w+)/(?:thumb|art)/\d+", self._picture),
            (r"/activities", self._activities),
            (r"/status/sessions", self._sessions),
            (r"/:/(?:un)?scrobble", self._done),
            (r"/:/websockets/notifications", self._websocket),
        )
        for pattern, reply in routes:
            found = re.fullmatch(pattern, path)
            if found:
                reply(handler, query, *found.groups())
                return
        handler.send(404, b"<html><h1>404 Not Found</h1></html>", "text/html")

    def _root(self, handler: "_Handler", query: Row) -> None:
        handler.send_container(
            {
                "size": 0,
                "friendlyName": self.name,
                "machineIdentifier": self.machine_id,
                "platform": self.platform,
                "version": "1.40.1",
            }
        )

    def _done(self, handler: "_Handler", query: Row, *_parts: str) -> None:
        handler.send(200, b"", "text/html")

    def _activities(self, handler: "_Handler", query: Row) -> None:
        rows = [
            {"uuid": f"a{n}", "type": "library.update.section", "title": words}
            for n, words in enumerate(self.doing)
        ]
        handler.send_container({"size": len(rows), "Activity": rows})

    def _sessions(self, handler: "_Handler", query: Row) -> None:
        rows = [
            {**_public(self.items[key]), "User": {"id": "1", "title": "olga"}}
            for key in self.playing
        ]
        handler.send_container({"size": len(rows)}, rows)

    def _library(self, handler: "_Handler", query: Row) -> None:
        handler.send_container(
            {
                "size": 0,
                "identifier": "com.plexapp.plugins.library",
                "title1": "Plex Library",
            }
        )

    def _sections(self, handler: "_Handler", query: Row) -> None:
        rows = [each.row() for each in self.sections.values()]
        handler.send_container(
            {"size": len(rows), "title1": "Plex Library", "Directory": rows}
        )

    def _all(self, handler: "_Handler", query: Row, section: str) -> None:
        if section not in self.sections:
            handler.send(404, b"", "text/html")
            return
        start = handler.span()[0]
        if self.on_page and handler.span()[1]:
            self.on_page(self, start)
        wanted = TYPES.get(query.get("type", ""), self.sections[section].type)
        rows = [
            row
            for row in [*self.items.values()]
            if row["_section"] == section and row["type"] == wanted
            if all(_fits(row, name, value) for name, value in query.items())
        ]
        self._page(handler, rows)

    def _collections(self, handler: "_Handler", query: Row, section: str) -> None:
        rows = [
            row
            for row in self.items.values()
            if row["_section"] == section and row["type"] == "collection"
        ]
        self._page(handler, rows)

    def _children(self, handler: "_Handler", query: Row, key: str) -> None:
        held = self.in_collections.get(key)
        if held is None:
            handler.send(404, b"", "text/html")
            return
        self._page(handler, [self.items[each] for each in held if each in self.items])

    def _page(self, handler: "_Handler", rows: list[Row]) -> None:
        start, size = handler.span()
        page = rows[start : start + min(size, self.page_most)]
        if any(row["ratingKey"] in self.bad_rows for row in page):
            handler.send(500, b"<html>Internal Server Error</html>", "text/html")
            return
        handler.send_container(
            {"size": len(page), "totalSize": len(rows), "offset": start},
            [_listed(row) for row in page],
        )

    def _details(self, handler: "_Handler", query: Row, keys: str) -> None:
        rows = [self.items[key] for key in keys.split(",") if key in self.items]
        if not rows:
            handler.send(404, b"<html><h1>404 Not Found</h1></html>", "text/html")
            return
        if any(row["ratingKey"] in self.bad_rows for row in rows):
            handler.send(500, b"<html>Internal Server Error</html>", "text/html")
            return
        handler.send_container({"size": len(rows)}, [_public(row) for row in rows])

    def _picture(self, handler: "_Handler", query: Row, key: str) -> None:
        body = self.pictures.get(key)
        handler.send(200 if body else 404, body or b"", "image/jpeg")

    # --- Notices ------------------------------------------------------------------

    def _websocket(self, handler: "_Handler", query: Row) -> None:
        magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        digest = hashlib.sha1((handler.headers["Sec-WebSocket-Key"] + magic).encode())  # noqa: S324 - the protocol's
        handler.send_response(101)
        handler.send_header("Upgrade", "websocket")
        handler.send_header("Connection", "Upgrade")
        accept = base64.b64encode(digest.digest()).decode()
        handler.send_header("Sec-WebSocket-Accept", accept)
        handler.end_headers()
        handler.wfile.flush()
        self.listeners.append(handler)
        while handler in self.listeners:
            try:
                if not self._hear(handler):
                    break
            except OSError:
                break
        if handler in self.listeners:
            self.listeners.remove(handler)
        handler.close_connection = True

    def _hear(self, handler: "_Handler") -> bool:
        """Read one frame of a client and answer a ping; False when it hung up."""
        head = handler.rfile.read(2)
        if len(head) < 2:
            return False
        length = head[1] & 0x7F
        mask = handler.rfile.read(4)
        data = handler.rfile.read(length)
        if head[0] & 0xF == 9 and not self.is_deaf:
            plain = bytes(each ^ mask[n % 4] for n, each in enumerate(data))
            handler.wfile.write(bytes([0x8A, length]) + plain)
            handler.wfile.flush()
        return head[0] & 0xF != 8

    def tell_of(self, key: int | str, *, state: int = 5) -> None:
        """Tell all who listen of one item, as the server does itself."""
        row = self.items.get(str(key), {"_section": "1", "type": "movie"})
        types = {name: int(number) for number, name in TYPES.items()}
        self.notify(
            {
                "identifier": "com.plexapp.plugins.library",
                "sectionID": row["_section"],
                "itemID": str(key),
                "type": types[row["type"]],
                "title": row.get("title", ""),
                "state": state,
                "updatedAt": self.clock,
            }
        )

    def notify(
        self, *entries: Row, kind: str = "timeline", name: str = "TimelineEntry"
    ) -> None:
        """Tell all who listen."""
        body = json.dumps(
            {
                "NotificationContainer": {
                    "type": kind,
                    "size": len(entries),
                    name: list(entries),
                }
            }
        ).encode()
        head = b"\x81" + (
            bytes([len(body)])
            if len(body) < 126
            else b"\x7e" + struct.pack("!H", len(body))
        )
        for handler in [*self.listeners]:
            handler.wfile.write(head + body)
            handler.wfile.flush()

    def hang_up(self) -> None:
        """Cut all who listen off."""
        for handler in [*self.listeners]:
            self.listeners.remove(handler)
            with suppress(OSError):
                handler.connection.shutdown(socket.SHUT_RDWR)


@dataclass
class FakePlexTv(Fake):
    """plex.tv."""

    users: dict[str, Row] = field(
        default_factory=lambda: {
            ACCOUNT_TOKEN: {
                "id": 4711,
                "uuid": "user-uuid",
                "username": "olga",
                "email": "olga@example.org",
                "title": "Olga",
            }
        }
    )
    servers: list[tuple[FakePlex, Row]] = field(default_factory=list)
    pins: dict[str, Row] = field(default_factory=dict)
    expired_tokens: set[str] = field(default_factory=set)
    server_token: str = TOKEN
    keys: dict[str, tuple[Row, str, Row]] = field(default_factory=dict)
    """Keys that may ask for tokens, by id: the key, of which client, whose."""
    nonces: set[str] = field(default_factory=set)
    nonces_most: int = 1000
    """After so many words to sign it asks for peace."""
    token_seconds: int = 7 * 86_400

    def give_token(self, user: Row, *, seconds: int | None = None) -> str:
        """Make a token that expires."""
        claims = {
            "iss": "plex.tv",
            "aud": "plex.tv",
            "n": len(self.users),
            "exp": int(time.time()) + (seconds or self.token_seconds),
        }
        token = ".".join(_web64(json.dumps(each)) for each in ({"alg": "x"}, claims, 0))
        self.users[token] = user
        return token

    def add_server(self, plex: FakePlex, **more: Any) -> None:
        """Let the account use a server."""
        self.servers.append((plex, more))

    def approve(self, code: str, token: str = ACCOUNT_TOKEN) -> None:
        """Let the person say yes."""
        for pin in self.pins.values():
            if pin["code"] == code:
                pin["authToken"] = token

    def answer(self, handler: "_Handler") -> None:
        path = handler.path_only
        if path == "/api/v2/pins" and handler.command == "POST":
            self._begin(handler)
            return
        found = re.fullmatch(r"/api/v2/pins/(\d+)", path)
        if found:
            self._look(handler, found[1])
            return
        open_to_all = {
            "/api/v2/auth/nonce": self._nonce,
            "/api/v2/auth/token": self._exchange,
        }
        if path in open_to_all:
            open_to_all[path](handler)
            return
        self._answer_user(handler, path)

    def _answer_user(self, handler: "_Handler", path: str) -> None:
        if handler.token in self.expired_tokens:
            handler.send_tv(498, "errors", _error(1001, "Token expired", 498))
            return
        if handler.token not in self.users:
            handler.send_tv(401, "errors", _error(1001, "User could not be found", 401))
            return
        if path == "/api/v2/user":
            handler.send_tv(200, "user", self.users[handler.token])
        elif path == "/api/v2/resources":
            rows = [self._resource(plex, more) for plex, more in self.servers]
            handler.send_tv(200, "resources", rows)
        elif path == "/api/v2/auth/jwk" and handler.command == "POST":
            self._know(handler.json["jwk"], handler, self.users[handler.token])
            handler.send(201, b"{}", "application/json")
        elif path == "/api/v2/users/signout":
            self.users.pop(handler.token)
            handler.send(204, b"", "application/json")
        else:
            handler.send(404, b"", "text/html")

    def _begin(self, handler: "_Handler") -> None:
        number = str(1000 + len(self.pins))
        self.pins[number] = {
            "id": int(number),
            "code": f"code{number}",
            "product": "Drivearr",
            "trusted": False,
            "clientIdentifier": handler.headers["X-Plex-Client-Identifier"],
            "expiresIn": 900,
            "authToken": None,
            "jwk": (handler.json or {}).get("jwk"),
        }
        handler.send_tv(201, "pin", self.pins[number])

    def _look(self, handler: "_Handler", number: str) -> None:
        pin = self.pins.get(number)
        client = handler.headers["X-Plex-Client-Identifier"]
        if pin is None or pin["clientIdentifier"] != client:
            handler.send_tv(
                404, "errors", _error(1020, "Code not found or expired", 404)
            )
            return
        if pin["jwk"] and pin["authToken"]:
            letter = handler.query.get("deviceJWT", "")
            if not self._is_signed(letter, pin["jwk"], client):
                handler.send_tv(401, "errors", _error(1001, "No such device", 401))
                return
            user = self.users[pin["authToken"]]
            self._know(pin["jwk"], handler, user)
            pin = pin | {"authToken": self.give_token(user)}
        shown = {name: each for name, each in pin.items() if name != "jwk"}
        handler.send_tv(200, "pin", shown)

    def _know(self, jwk: Row, handler: "_Handler", user: Row) -> None:
        client = handler.headers["X-Plex-Client-Identifier"]
        self.keys[jwk["kid"]] = (jwk, client, user)

    def _nonce(self, handler: "_Handler") -> None:
        if len(self.nonces) >= self.nonces_most:
            handler.send_tv(429, "errors", _error(1003, "Too many requests", 429))
            return
        nonce = f"nonce-{len(self.nonces)}"
        self.nonces.add(nonce)
        handler.send_tv(200, "nonce", {"nonce": nonce})

    def _exchange(self, handler: "_Handler") -> None:
        letter = (handler.json or {}).get("jwt", "")
        head = _unpack(letter.split(".")[0])
        jwk, client, user = self.keys.get(head.get("kid", ""), ({}, "", {}))
        nonce = _unpack(letter.split(".")[1]).get("nonce") if jwk else ""
        is_good = bool(jwk) and self._is_signed(letter, jwk, client)
        if not is_good or nonce not in self.nonces:
            handler.send_tv(422, "errors", _error(1097, "Unverified device", 422))
            return
        # A word to sign is good once.
        self.nonces.discard(str(nonce))
        handler.send_tv(200, "auth", {"auth_token": self.give_token(user)})

    def _is_signed(self, letter: str, jwk: Row, client: str) -> bool:
        """Whether a letter is what Plex wants: by this key, from this client, of now."""
        head, claims, signature = [*letter.split("."), "", ""][:3]
        key = Ed25519PublicKey.from_public_bytes(_unweb64(jwk["x"]))
        try:
            key.verify(_unweb64(signature), f"{head}.{claims}".encode())
        except InvalidSignature:
            return False
        said = _unpack(claims)
        now = time.time()
        return (
            _unpack(head) == {"alg": "EdDSA", "typ": "JWT", "kid": jwk["kid"]}
            and (said["aud"], said["iss"]) == ("plex.tv", client)
            and said["iat"] - 60 <= now <= said["exp"]
            and "username" in said["scope"].split(",")
        )

    def _resource(self, plex: FakePlex, more: Row) -> Row:
        port = int(plex.url.rpartition(":")[2])
        return {
            "name": plex.name,
            "product": "Plex Media Server",
            "productVersion": "1.40.1",
            "platform": plex.platform,
            "clientIdentifier": plex.machine_id,
            "provides": "server",
            "owned": True,
            "accessToken": self.server_token,
            "presence": True,
            "connections": [
                {
                    "protocol": "http",
                    "address": "127.0.0.1",
                    "port": port,
                    "uri": plex.url,
                    "local": True,
                    "relay": False,
                    "IPv6": False,
                }
            ],
        } | more


def media(key: int | str, paths: list[str], *, number: int = 1) -> Row:
    """One version of an item, of one or more parts."""
    digits = _digits(key)
    return {
        "id": digits * 10 + number,
        "duration": 5_400_000,
        "bitrate": 8000,
        "width": 1920,
        "height": 1080,
        "container": "mkv",
        "videoCodec": "h264",
        "Part": [
            {
                "id": digits * 100 + number * 10 + place,
                "key": f"/library/parts/{digits}/{place}/file.mkv",
                "duration": 5_400_000,
                "file": path,
                "size": 1_000_000 + digits,
                "container": "mkv",
                "Stream": [
                    {
                        "id": 1,
                        "streamType": 1,
                        "codec": "h264",
                        "width": 1920,
                        "height": 1080,
                        "default": True,
                        "displayTitle": "1080p (H.264)",
                    },
                    {
                        "id": 2,
                        "streamType": 2,
                        "codec": "ac3",
                        "channels": 6,
                        "languageTag": "en",
                        "displayTitle": "English (AC3 5.1)",
                    },
                    {
                        "id": 3,
                        "streamType": 3,
                        "codec": "srt",
                        "languageTag": "de",
                        "displayTitle": "German (SRT)",
                    },
                ],
            }
            for place, path in enumerate(paths)
        ],
    }


def _digits(key: int | str) -> int:
    return int(re.sub(r"\D", "", str(key)) or 0)


def _web64(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unweb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _unpack(part: str) -> Row:
    return dict(json.loads(_unweb64(part) or b"{}"))


def _error(code: int, message: str, status: int) -> Row:
    return {"errors": [{"code": code, "message": message, "status": status}]}


def _fits(row: Row, name: str, value: str) -> bool:
    """Whether a row passes one filter of the query: `updatedAt>=5` is `updatedAt>`: 5."""
    found = re.fullmatch(r"(updatedAt|addedAt|lastViewedAt)(>>?|<<?|!)?", name)
    if not found:
        return True
    mine, theirs = int(row.get(found[1]) or 0), int(value)
    return {
        ">": mine >= theirs,
        ">>": mine > theirs,
        "<": mine <= theirs,
        "<<": mine < theirs,
        "!": mine != theirs,
    }.get(found[2] or "", mine == theirs)


def _public(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _listed(row: Row) -> Row:
    """Return a row as lists have it: few tags, no streams."""
    if row["_list"] is None:
        short = copy.deepcopy(_public(row))
        for name in ("Genre", "Role", "Director", "Writer"):
            if name in short:
                short[name] = short[name][:2]
        for name in ("Chapter", "Marker", "Location", "Label"):
            short.pop(name, None)
        for each in short.get("Media", []):
            for part in each["Part"]:
                part.pop("Stream", None)
        row["_list"] = short
    return dict(row["_list"])


_ELEMENTS = {"movie": "Video", "episode": "Video"}


def to_xml(tag: str, row: Row) -> str:
    """Write a row as Plex's XML does: values are attributes, lists are children."""
    attributes, children = [], []
    for name, value in row.items():
        if isinstance(value, list):
            children += [to_xml(_tag(name, each), each) for each in value]
        elif isinstance(value, bool):
            attributes.append(f'{name}="{int(value)}"')
        elif value is not None:
            attributes.append(f"{name}={quoteattr(str(value))}")
    head = " ".join([tag, *attributes])
    return f"<{head}>{''.join(children)}</{tag}>" if children else f"<{head}/>"


def _tag(name: str, row: Row) -> str:
    if name == "Metadata":
        return _ELEMENTS.get(row["type"], "Directory")
    return {"connections": "connection"}.get(name, name)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: Fake
    json: Any = None

    def do_GET(self) -> None:
        fake = self.fake
        fake.asked.append(f"{self.command} {self.path}")
        fake.headers.append(dict(self.headers))
        if fake.delay_seconds:
            time.sleep(fake.delay_seconds)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        is_json = "json" in self.headers.get("Content-Type", "")
        self.json = json.loads(body) if is_json and body else None
        fault = fake.find_fault(self.path)
        if fault is None or not fault(self):
            fake.answer(self)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the base class's names

    @property
    def token(self) -> str:
        return str(self.headers.get("X-Plex-Token", ""))

    @property
    def path_only(self) -> str:
        return urlsplit(self.path).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query))

    def span(self) -> tuple[int, int]:
        """Where the page starts and how many rows are asked for."""
        values = []
        for name, otherwise in (("Start", "0"), ("Size", "100000")):
            header = f"X-Plex-Container-{name}"
            values.append(
                int(self.headers.get(header) or self.query.get(header, otherwise))
            )
        return values[0], values[1]

    @property
    def wants_json(self) -> bool:
        return "json" in self.headers.get("Accept", "")

    def send_container(self, container: Row, rows: list[Row] | None = None) -> None:
        if rows is not None:
            container = container | {"Metadata": rows}
        if self.wants_json:
            body = json.dumps({"MediaContainer": container}).encode()
            self.send(200, body, "application/json")
            return
        text = '<?xml version="1.0" encoding="UTF-8"?>\n'
        text += to_xml("MediaContainer", container)
        self.send(200, text.encode(), "text/xml;charset=utf-8")

    def send_tv(self, status: int, root: str, reply: Any) -> None:
        if self.wants_json:
            self.send(status, json.dumps(reply).encode(), "application/json")
            return
        text = '<?xml version="1.0" encoding="UTF-8"?>\n'
        if isinstance(reply, list):
            inner = "".join(_tv_resource(each) for each in reply)
            text += f"<{root}>{inner}</{root}>"
        else:
            text += to_xml(root, reply)
        self.send(status, text.encode(), "application/xml; charset=utf-8")

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


def _tv_resource(row: Row) -> str:
    inner = "".join(to_xml("connection", each) for each in row["connections"])
    plain = {name: value for name, value in row.items() if name != "connections"}
    head = to_xml("resource", plain).removesuffix("/>")
    return f"{head}><connections>{inner}</connections></resource>"


@contextmanager
def serving(fake: Fake) -> Iterator[None]:
    """Serve a stand-in on a free port of this machine."""
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    scheme = "http"
    if fake.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(fake.certificate)
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        scheme = "https"
    fake.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        if isinstance(fake, FakePlex):
            fake.hang_up()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def running_plex(**more: Any) -> Iterator[FakePlex]:
    """Serve an empty Plex Media Server."""
    fake = FakePlex(**more)
    with serving(fake):
        yield fake


@contextmanager
def running_plextv() -> Iterator[FakePlexTv]:
    """Serve plex.tv with one account."""
    fake = FakePlexTv()
    with serving(fake):
        yield fake


# --- Faults ---------------------------------------------------------------------------


def status(code: int, body: bytes = b"", **headers: str) -> Fault:
    """Answer with a status."""

    def fault(handler: _Handler) -> bool:
        handler.send(code, body or b"<html>No.</html>", "text/html", **headers)
        return True

    return fault


def html(handler: _Handler) -> bool:
    """Answer as a captive portal does."""
    handler.send(200, b"<!DOCTYPE html><html>Please sign in</html>", "text/html")
    return True


def broken_json(handler: _Handler) -> bool:
    """Answer with half a document of the right length."""
    handler.send(
        200, b'{"MediaContainer": {"size": 1, "Metadata": [{"rati', "text/json"
    )
    return True


def broken_xml(handler: _Handler) -> bool:
    """Answer with half a document of the right length."""
    handler.send(200, b"<MediaContainer><Video rating", "text/xml")
    return True


def empty(handler: _Handler) -> bool:
    """Answer with nothing."""
    handler.send(200, b"", "text/html")
    return True


def no_rows(handler: _Handler) -> bool:
    """Answer that there is nothing, as a server does that has just started."""
    handler.send_container({"size": 0, "totalSize": 0, "offset": 0})
    return True


def cut_body(handler: _Handler) -> bool:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b'{"MediaContainer": {')
    handler.close_connection = True
    return True


def reset(handler: _Handler) -> bool:
    """Hang up without a word."""
    handler.connection.setsockopt(1, 13, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True
    return True


def hang(seconds: float) -> Fault:
    """Say nothing for longer than anybody waits."""

    def fault(handler: _Handler) -> bool:
        time.sleep(seconds)
        handler.close_connection = True
        return True

    return fault


def late(seconds: float) -> Fault:
    """Answer as always, but only after a while."""

    def fault(handler: _Handler) -> bool:
        time.sleep(seconds)
        return False

    return fault
