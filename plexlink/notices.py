"""The notices a Plex server sends by itself: the socket, and what they say.

Source: https://developer.plex.tv/pms/ and python-plexapi's alert listener.
"""

import json
import os
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import websocket
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from drivearr.lib.wording import gettext
from plexlink.answers import Row, number_of, rows_of, text_of
from plexlink.speaking import (
    PlexConfused,
    PlexFailed,
    PlexRefused,
    PlexTrouble,
    PlexUnreachable,
    PlexUntrusted,
)

PATH = "/:/websockets/notifications"
QUIET_SECONDS = 30.0
"""After so long without a word the other side is asked whether it is there."""
ANSWER_SECONDS = 10.0
"""Without any answer to that, the connection is dead."""
STEP_SECONDS = 0.5
_PROCESSED, _DELETED = 5, 9
_LIBRARY = "com.plexapp.plugins.library"
_UNAUTHORIZED = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened to an item, or to a whole section."""

    section: str
    """Key of the section; empty when the notice does not say."""
    key: str = ""
    """Rating key; empty: the section as such."""
    is_deleted: bool = False


def read_notices(text: str | bytes) -> tuple[Notice, ...]:
    """Return what a message says that matters to a catalogue; nothing of anything else."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(message, dict):
        return ()
    container = message.get("NotificationContainer", message)
    if not isinstance(container, dict):
        return ()
    kind = text_of(container, "type", most=50)
    found = [
        *_timeline(rows_of(container, "TimelineEntry")),
        *_activities(rows_of(container, "ActivityNotification")),
        *_plays(rows_of(container, "PlaySessionStateNotification")),
    ]
    if kind == "status" and _is_library_update(container):
        found.append(Notice(""))
    return tuple(dict.fromkeys(found))


def _timeline(rows: list[Row]) -> Iterator[Notice]:
    for row in rows:
        # Some are about the television guide.
        if text_of(row, "identifier") not in {"", _LIBRARY}:
            continue
        state, key = number_of(row, "state"), text_of(row, "itemID", most=50)
        is_deleted = state == _DELETED or text_of(row, "metadataState") == "deleted"
        if not key or key == "0" or not (state == _PROCESSED or is_deleted):
            continue
        section = text_of(row, "sectionID", most=50)
        yield Notice("" if section == "-1" else section, key, is_deleted)


def _activities(rows: list[Row]) -> Iterator[Notice]:
    for row in rows:
        activity = row.get("Activity")
        if text_of(row, "event") != "ended" or not isinstance(activity, dict):
            continue
        context = activity.get("Context")
        if not text_of(activity, "type").startswith("library.update.section"):
            continue
        section = (
            text_of(context, "librarySectionID", most=50)
            if isinstance(context, dict)
            else ""
        )
        yield Notice(section)


def _plays(rows: list[Row]) -> Iterator[Notice]:
    for row in rows:
        key = text_of(row, "ratingKey", most=50)
        # While it plays it tells every few seconds.
        if key and text_of(row, "state") == "stopped":
            yield Notice("", key)


def _is_library_update(container: Row) -> bool:
    rows = rows_of(container, "StatusNotification")
    return any(text_of(row, "notificationName") == "LIBRARY_UPDATE" for row in rows)


class NoticeSocket:
    """An open line to a server. Raises PlexTrouble when it breaks. For one thread."""

    def __init__(
        self, base_url: str, *, headers: Mapping[str, str], connect_seconds: float
    ) -> None:
        """Open it; the token goes in a header, so that no log holds it."""
        self._host = urlsplit(base_url).hostname or "Plex"
        self._heard = time.monotonic()
        self._asked: float | None = None
        try:
            self._line = websocket.create_connection(
                _socket_address(base_url),
                timeout=connect_seconds,
                header=[f"{name}: {value}" for name, value in headers.items()],
                sslopt=_tls(),
                redirect_limit=0,
                enable_multithread=False,
            )
            self._line.settimeout(STEP_SECONDS)
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise self._trouble(error) from None

    def close(self) -> None:
        """Hang up without waiting for a goodbye."""
        self._line.shutdown()  # type: ignore[no-untyped-call]  # the library has no types

    def listen(self) -> tuple[Notice, ...]:
        """Wait a moment for a message; nothing said is no trouble, a dead line is.

        Raises:
            PlexUnreachable: the line broke, or nobody answers on it any more.

        """
        try:
            opcode, data = self._line.recv_data(control_frame=True)
        except websocket.WebSocketTimeoutException:
            self._look_alive()
            return ()
        except (websocket.WebSocketException, OSError) as error:
            raise self._trouble(error) from None
        self._heard, self._asked = time.monotonic(), None
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise PlexUnreachable(gettext("{host} hung up.").format(host=self._host))
        if opcode != websocket.ABNF.OPCODE_TEXT:
            return ()
        return read_notices(data)

    def _look_alive(self) -> None:
        now = time.monotonic()
        if self._asked is not None:
            if now - self._asked > ANSWER_SECONDS:
                raise PlexUnreachable(
                    gettext("{host} does not answer any more.").format(host=self._host)
                )
            return
        if now - self._heard <= QUIET_SECONDS:
            return
        try:
            self._line.ping()
        except (websocket.WebSocketException, OSError) as error:
            raise self._trouble(error) from None
        self._asked = now

    def _trouble(self, error: Exception) -> PlexTrouble:
        """Say in our words what failed: the library's own hold the whole address."""
        if isinstance(error, ssl.SSLError):
            return PlexUntrusted(
                gettext("The certificate of {host} is not trusted.").format(
                    host=self._host
                )
            )
        if isinstance(error, websocket.WebSocketBadStatusException):
            if error.status_code in _UNAUTHORIZED:
                return PlexRefused(gettext("Plex does not accept the sign-in."))
            return PlexFailed(
                gettext("{host} sends no notices ({status_code}).").format(
                    host=self._host, status_code=error.status_code
                )
            )
        if isinstance(error, websocket.WebSocketProtocolException | ValueError):
            return PlexConfused(
                gettext("{host} does not speak as a Plex server does.").format(
                    host=self._host
                )
            )
        return PlexUnreachable(
            gettext("The line to {host} broke.").format(host=self._host)
        )


def _socket_address(base_url: str) -> str:
    scheme, _, rest = base_url.rstrip("/").partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}{PATH}"


def _tls() -> dict[str, Any]:
    # The same trust as `requests` has.
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return {"ca_certs": bundle or DEFAULT_CA_BUNDLE_PATH}
