"""Requests to Plex: headers, patience, and what went wrong in our own words.

A token travels in a header only. No message, log or exception holds it, or a query.
"""

import email.utils
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import LocationParseError

from drivearr.lib.errors import StopRun
from drivearr.lib.wording import gettext, gettext_noop
from plexlink.answers import Unreadable, parse_body

logger = logging.getLogger(__name__)

WAIT_MOST_SECONDS = 300.0
FIRST_WAIT_SECONDS = 0.5
"""Before the second try; doubles with each one."""
ANSWER_MOST_BYTES = 96 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_JSON = "application/json"


class PlexTrouble(StopRun):
    """Speaking with Plex failed."""

    code = "PLEX_TROUBLE"
    kind: ClassVar[str] = "NETWORK"
    """NETWORK, SIGN_IN, DATA or FILES."""
    retry_after_seconds: float | None = None
    is_counted: bool = False
    """Whether it counts already among the failures of its server."""
    status: int | None = None
    """What HTTP says of it; None where no answer came."""


class PlexUnreachable(PlexTrouble):
    """No answer: no way there, or none in time."""

    code = "PLEX_UNREACHABLE"
    advice = gettext_noop(
        "Check that it runs and can be reached from here. Drivearr tries again."
    )
    retryable = True


class PlexUntrusted(PlexTrouble):
    """Its certificate is not trusted here."""

    code = "PLEX_UNTRUSTED"
    advice = gettext_noop(
        "Use its plex.direct address, or let REQUESTS_CA_BUNDLE name its authority."
    )


class PlexBusy(PlexTrouble):
    """It asks to be left in peace for a while."""

    code = "PLEX_BUSY"
    advice = gettext_noop("Nothing to do: Drivearr tries again later.")
    retryable = True


class PlexFailed(PlexTrouble):
    """It answered that it failed."""

    code = "PLEX_FAILED"
    advice = gettext_noop("Look into the log of Plex. Drivearr tries again.")
    retryable = True


class PlexConfused(PlexTrouble):
    """It answered with something that cannot be read."""

    code = "PLEX_CONFUSED"
    kind = "DATA"
    advice = gettext_noop(
        "See whether it is Plex that answers at this address, and not a "
        "router or a proxy."
    )
    retryable = True


class PlexAddressUnfit(PlexTrouble):
    """Nothing can be asked at such an address."""

    code = "PLEX_ADDRESS"
    kind = "CONFIG"
    advice = gettext_noop("Give it as http://host:32400 or https://host:32400.")


class PlexLacks(PlexTrouble):
    """It has not got what was asked for."""

    code = "PLEX_LACKS"
    kind = "DATA"
    advice = gettext_noop("It may have been removed there just now.")


class PlexRefused(PlexTrouble):
    """It does not take the token: revoked, or of somebody else."""

    code = "PLEX_TOKEN_REFUSED"
    kind = "SIGN_IN"
    advice = gettext_noop("Sign in to Plex again. Nothing that is known was removed.")


class PlexTokenExpired(PlexRefused):
    """The token was good, but its time is over."""

    code = "PLEX_TOKEN_EXPIRED"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    client_identifier: str
    version: str
    device: str = "Drivearr"

    def headers(self) -> dict[str, str]:
        """Return what Plex wants to know of a client."""
        return {
            "Accept": _JSON,
            "X-Plex-Client-Identifier": self.client_identifier,
            "X-Plex-Product": "Drivearr",
            "X-Plex-Version": self.version,
            "X-Plex-Device": self.device,
            "X-Plex-Device-Name": self.device,
            "X-Plex-Platform": "Linux",
            "User-Agent": f"Drivearr/{self.version}",
        }


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often to try."""

    attempts: int = 4
    connect_seconds: float = 5.0
    answer_seconds: float = 30.0
    first_wait_seconds: float = FIRST_WAIT_SECONDS

    def wait_before(self, attempt: int, asked: float | None) -> float:
        """Return how long to wait before try number `attempt` (from 1), with jitter."""
        if asked is not None:
            return min(asked, WAIT_MOST_SECONDS)
        grown = self.first_wait_seconds * 2.0 ** (attempt - 1)
        return min(WAIT_MOST_SECONDS, grown) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


ONE_TRY = Patience(attempts=1)


@dataclass(frozen=True, slots=True)
class _Call:
    """One request, without the token."""

    method: str
    path: str
    params: dict[str, Any]
    headers: dict[str, str]
    json: Any


class Speaker:
    """Speaks with one address. May be used by several threads."""

    def __init__(
        self,
        base_url: str,
        *,
        me: Caller,
        token: str = "",
        patience: Patience | None = None,
        connections: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.patience = patience or Patience()
        self.requests = 0
        self._token = token
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers.update(me.headers())
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=connections)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        patience: Patience | None = None,
    ) -> Any:
        """Return the answer to GET `path`, read; see `ask`."""
        return self.ask("GET", path, params, headers=headers, patience=patience)

    def ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        json: Any = None,
    ) -> Any:
        """Return the answer, read; tries again where that may help.

        Raises:
            PlexTrouble: of the kind that it is.

        """
        call = _Call(method, path, dict(params or {}), dict(headers or {}), json)
        return self._try(call, patience, lambda body: _read(body, path))

    def _try(
        self, call: "_Call", patience: Patience | None, read: Callable[[bytes], Any]
    ) -> Any:
        patience = patience or self.patience
        attempt = 1
        while True:
            try:
                return read(self._once(call, patience))
            except PlexTrouble as error:
                asked = error.retry_after_seconds
                too_long = asked is not None and asked > WAIT_MOST_SECONDS
                if not error.retryable or attempt >= patience.attempts or too_long:
                    raise
                logger.debug("Trying %s again: %s", call.path, error.code)
                self._sleep(patience.wait_before(attempt, asked))
            attempt += 1

    def picture(self, path: str, *, most_bytes: int) -> bytes:
        """Return the bytes of a picture that the server has.

        Raises:
            PlexTrouble: it is not there, or larger than `most_bytes`.

        """
        call = _Call("GET", path, {}, {"Accept": "image/*"}, None)
        body: bytes = self._try(call, None, lambda body: body)
        if len(body) > most_bytes:
            raise PlexConfused(gettext("The picture is far too large."))
        return body

    def _once(self, call: "_Call", patience: Patience) -> bytes:
        self.requests += 1
        sent = call.headers | ({"X-Plex-Token": self._token} if self._token else {})
        try:
            with self._session.request(
                call.method,
                self.base_url + call.path,
                params=call.params,
                headers=sent,
                json=call.json,
                timeout=(patience.connect_seconds, patience.answer_seconds),
                # A redirect would carry the token to wherever it leads.
                allow_redirects=False,
                stream=True,
            ) as reply:
                _check_status(reply, call.path)
                return _read_body(reply, patience)
        except requests.RequestException as error:
            raise _network_trouble(error, self.base_url) from None
        except LocationParseError:
            # urllib3's own: a host name that is too long passes through requests.
            raise PlexAddressUnfit(
                gettext("There can be no host of that name.")
            ) from None


def _read(body: bytes, path: str) -> Any:
    if not body.strip():
        return {}
    try:
        return parse_body(body)
    except Unreadable as error:
        raise PlexConfused(
            gettext("Plex cannot be understood ({path}): {error}").format(
                path=path, error=error
            )
        ) from None


def _read_body(reply: requests.Response, patience: Patience) -> bytes:
    deadline = time.monotonic() + patience.answer_seconds * 4
    chunks: list[bytes] = []
    size = 0
    for chunk in reply.iter_content(_CHUNK_BYTES):
        size += len(chunk)
        if size > ANSWER_MOST_BYTES:
            raise PlexConfused(gettext("The answer of Plex is far too large."))
        if time.monotonic() > deadline:
            raise PlexUnreachable(gettext("Plex answers too slowly."))
        chunks.append(chunk)
    return b"".join(chunks)


def _check_status(reply: requests.Response, path: str) -> None:
    if reply.status_code < 300:  # noqa: PLR2004 - HTTP
        return
    trouble = _trouble_of(reply.status_code, path)
    trouble.status = reply.status_code
    if isinstance(trouble, PlexBusy):
        said = reply.headers.get("Retry-After", "")
        trouble.retry_after_seconds = _retry_after(said)
    raise trouble


def _trouble_of(status: int, path: str) -> PlexTrouble:
    if status == 498:  # noqa: PLR2004 - plex.tv's own
        return PlexTokenExpired(gettext("The sign-in at Plex has expired."))
    if status in {401, 403}:
        return PlexRefused(gettext("Plex does not accept the sign-in."))
    if status in {404, 410}:
        return PlexLacks(gettext("Plex has no {path}.").format(path=path))
    if status in {429, 503}:
        return PlexBusy(
            gettext("Plex asks to be left in peace for a while ({status}).").format(
                status=status
            )
        )
    if status >= 500:  # noqa: PLR2004 - HTTP
        return PlexFailed(
            gettext("Plex failed at {path} ({status}).").format(
                path=path, status=status
            )
        )
    return PlexConfused(
        gettext("Plex answered {path} with status {status}.").format(
            path=path, status=status
        )
    )


def _retry_after(value: str) -> float | None:
    """Read seconds or a date; None for anything else."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(0.0, moment.timestamp() - time.time())


def _network_trouble(error: requests.RequestException, base_url: str) -> PlexTrouble:
    """Say in our words what failed: the library's own hold the whole address."""
    host = urlsplit(base_url).hostname or "Plex"
    if isinstance(error, requests.exceptions.SSLError):
        return PlexUntrusted(
            gettext("The certificate of {host} is not trusted.").format(host=host)
        )
    if isinstance(error, requests.exceptions.Timeout):
        return PlexUnreachable(
            gettext("{host} did not answer in time.").format(host=host)
        )
    if isinstance(
        error,
        requests.exceptions.ChunkedEncodingError
        | requests.exceptions.ContentDecodingError,
    ):
        return PlexUnreachable(
            gettext("The answer of {host} was cut off.").format(host=host)
        )
    if isinstance(
        error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema
    ):
        return PlexAddressUnfit(
            gettext("{host} is no address that can be asked.").format(host=host)
        )
    return PlexUnreachable(gettext("{host} cannot be reached.").format(host=host))
