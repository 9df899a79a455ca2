"""plex.tv: signing in, the account, and the servers it may use.

Source: https://developer.plex.tv/pms/ and https://plexapi.dev
"""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from drivearr.lib.wording import gettext
from plexlink.answers import Row, flag_of, number_of, rows_of, text_of
from plexlink.speaking import PlexConfused, PlexLacks, Speaker

PIN_GOOD_FOR_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Pin:
    """A sign-in that was begun."""

    id: str
    code: str
    expires_in_seconds: int
    token: str = field(default="", repr=False)
    """Empty until the person has said yes."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Who a token belongs to."""

    id: str
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """One way to a server, as plex.tv names it."""

    uri: str
    is_local: bool = False
    is_relay: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """A server that an account may use."""

    machine_id: str
    name: str
    version: str = ""
    platform: str = ""
    is_owned: bool = True
    token: str = field(default="", repr=False)
    addresses: tuple[Address, ...] = ()


class PlexTv:
    """What we ask of plex.tv. Raises PlexTrouble of the kind that it is."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    def begin_pin(self) -> Pin:
        """Begin a sign-in."""
        reply = self._speaker.ask("POST", "/api/v2/pins", {"strong": "true"})
        return _pin(reply)

    def look_at_pin(self, pin_id: str, code: str) -> Pin:
        """See whether the person has said yes.

        Raises:
            PlexLacks: it has expired.

        """
        return _pin(self._speaker.get(f"/api/v2/pins/{pin_id}", {"code": code}))

    def account(self) -> AccountFacts:
        """Return whose token it is."""
        try:
            reply = self._speaker.get("/api/v2/user")
        except PlexLacks:
            reply = self._speaker.get("/users/account")
        row = _only(reply, "user")
        name = text_of(row, "username", most=200) or text_of(row, "title", most=200)
        email = text_of(row, "email", most=300)
        account_id = text_of(row, "id", most=100) or text_of(row, "uuid", most=100)
        if not (name or email or account_id):
            raise PlexConfused(gettext("plex.tv does not say whose sign-in it is."))
        name = name or email or account_id
        return AccountFacts(account_id or name, name, email)

    def servers(self) -> tuple[Resource, ...]:
        """Return the servers that the account may use."""
        params = {"includeHttps": 1, "includeRelay": 1, "includeIPv6": 1}
        try:
            reply = self._speaker.get("/api/v2/resources", params)
        except PlexLacks:
            reply = self._speaker.get("/api/resources", params)
        found = (_resource(row) for row in _resource_rows(reply))
        return tuple(each for each in found if each is not None)

    def sign_out(self) -> None:
        """Give the token back."""
        self._speaker.ask("DELETE", "/api/v2/users/signout")


def auth_link(app_url: str, *, client_identifier: str, code: str, back: str) -> str:
    """Return the address at which a person says yes in their browser.

    Plex reads it behind the `#`, so that no server on the way sees the code.
    """
    query = {
        "clientID": client_identifier,
        "code": code,
        "context[device][product]": "Drivearr",
    }
    if back:
        query["forwardUrl"] = back
    return f"{app_url}/auth#?{urlencode(query)}"


def token_expiry(token: str) -> datetime | None:
    """Return when a token's time is over; None for a classic one, which has no end."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * 3))
        return datetime.fromtimestamp(int(claims["exp"]), tz=UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return None


def _only(reply: Any, name: str) -> Row:
    """Return the one thing an answer is about: JSON as it is, XML below its root."""
    if isinstance(reply, dict):
        inner = reply.get(name)
        if isinstance(inner, dict):
            return inner
        return reply
    raise PlexConfused(gettext("plex.tv answers in a shape that is not known."))


def _pin(reply: Any) -> Pin:
    row = _only(reply, "pin")
    pin_id, code = text_of(row, "id", most=100), text_of(row, "code", most=100)
    if not pin_id or not code:
        raise PlexConfused(gettext("plex.tv gave no code to sign in with."))
    return Pin(
        pin_id,
        code,
        number_of(row, "expiresIn") or PIN_GOOD_FOR_SECONDS,
        text_of(row, "authToken", most=4000),
    )


def _resource_rows(reply: Any) -> list[Row]:
    if isinstance(reply, list):
        return [row for row in reply if isinstance(row, dict)]
    if not isinstance(reply, dict):
        return []
    for name, child in (("resources", "resource"), ("MediaContainer", "Device")):
        inner = reply.get(name)
        if isinstance(inner, dict):
            return rows_of(inner, child)
    return []


def _resource(row: Row) -> Resource | None:
    machine_id = text_of(row, "clientIdentifier", most=100)
    provides = text_of(row, "provides").split(",")
    if not machine_id or "server" not in [each.strip() for each in provides]:
        return None
    return Resource(
        machine_id=machine_id,
        name=text_of(row, "name", most=200) or machine_id,
        version=text_of(row, "productVersion", most=100),
        platform=text_of(row, "platform", most=100),
        is_owned=flag_of(row, "owned", otherwise=True),
        token=text_of(row, "accessToken", most=4000),
        addresses=tuple(_addresses(row)),
    )


def _addresses(row: Row) -> list[Address]:
    # XML wraps them once more than JSON.
    rows = rows_of(row, "Connection")
    for wrapper in rows_of(row, "connections"):
        rows += rows_of(wrapper, "connection") or [wrapper]
    found: dict[str, Address] = {}
    for each in rows:
        uri = text_of(each, "uri", most=500).rstrip("/")
        is_local, is_relay = flag_of(each, "local"), flag_of(each, "relay")
        if uri.startswith(("http://", "https://")):
            found.setdefault(uri, Address(uri, is_local, is_relay))
        host, port = text_of(each, "address"), number_of(each, "port")
        if is_local and host and port:
            # Where the name service blocks plex.direct, the plain address still works.
            host = f"[{host}]" if ":" in host else host
            plain = f"http://{host}:{port}"
            found.setdefault(plain, Address(plain, is_local=True))
    return list(found.values())
