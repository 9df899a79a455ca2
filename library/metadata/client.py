"""Asking a service over HTTP: patience, pace, kept replies, and every way it can fail."""

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, ResponseError
from urllib3.util.retry import Retry

from drivearr.lib.wording import gettext
from library.metadata.pacing import Gate
from library.metadata.source import (
    ReplyCache,
    SourceBusy,
    SourceConfused,
    SourceLacks,
    SourceRefusedKey,
    SourceUnreachable,
)

TIMEOUT = (3.05, 10.0)
"""Seconds to connect, and between two pieces of the reply."""
RETRY_AFTER_MOST_SECONDS = 20
REPLY_MOST_BYTES = 20 * 1024 * 1024
PICTURE_MOST_BYTES = 20 * 1024 * 1024
_BUSY = frozenset({429, 500, 502, 503, 504})
_Answer = TypeVar("_Answer")
_SECRET = re.compile(r"((?:api_?key|pin|token)=)[^&\s'\"]+", re.IGNORECASE)


class _Redact(logging.Filter):
    """Takes keys out of what urllib3 writes about addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _SECRET.sub(r"\1…", record.getMessage())
        record.args = ()
        return True


for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_Redact())


class _Patience(Retry):
    """Waits as the service asks, but not for ever."""

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        response = kwargs.get("response")
        if response is not None:
            asked = self.get_retry_after(response) or 0
            if asked > RETRY_AFTER_MOST_SECONDS:
                raise MaxRetryError(
                    kwargs["_pool"], "", ResponseError("asks for too long a wait")
                )
        return super().increment(*args, **kwargs)


class Client:
    """Speaks with one service; threads may share it, each has its own connection."""

    def __init__(
        self,
        *,
        label: str,
        url: str,
        gate: Gate,
        cache: ReplyCache | None = None,
        user_agent: str = "Drivearr",
        backoff_seconds: float = 0.5,
    ) -> None:
        self.label = label
        self._url = url.rstrip("/")
        self._cache = cache
        self._gate = gate
        self._user_agent = user_agent
        self._backoff_seconds = backoff_seconds
        self._local = threading.local()
        self._lock = threading.Lock()
        self.requests = 0

    def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        secret: Mapping[str, str] | None = None,
        headers: Callable[[], Mapping[str, str]] = dict,
        is_kept: bool = True,
    ) -> dict[str, Any]:
        """Return a reply, kept or fresh.

        `secret` are parameters that no one may keep or see; `headers` makes those of a
        fresh request. `is_kept`: whether replies are kept at all.

        Raises: a SourceTrouble for anything but a good answer.
        """
        shown = dict(params)
        cache = self._cache if is_kept else None
        kept = cache.get(path, shown) if cache else None
        if kept is not None:
            return kept
        reply = self._ask(
            "GET",
            self._url + path,
            params=shown | dict(secret or {}),
            headers=headers(),
        )
        if cache:
            cache.put(path, shown, reply)
        return reply

    def post(self, path: str, body: Mapping[str, str]) -> dict[str, Any]:
        """Send JSON and return the reply; nothing of it is kept."""
        return self._ask("POST", self._url + path, body=dict(body))

    def get_picture(self, url: str) -> bytes:
        """Return the bytes of a picture; no key goes with the request."""
        return self._guarded(lambda: self._picture(url))

    def _picture(self, url: str) -> bytes:
        with self._send("GET", url) as response:
            return self._read_body(response, PICTURE_MOST_BYTES)

    def _ask(self, method: str, url: str, **how: Any) -> dict[str, Any]:
        return self._guarded(lambda: self._ask_once(method, url, **how))

    def _ask_once(self, method: str, url: str, **how: Any) -> dict[str, Any]:
        with self._send(method, url, **how) as response:
            return self._read_json(response)

    def _guarded(self, ask: Callable[[], _Answer]) -> _Answer:
        """Let the gate know how it went."""
        self._gate.wait()
        try:
            answer = ask()
        except (SourceUnreachable, SourceBusy, SourceConfused) as error:
            self._gate.note_trouble(error.message)
            raise
        except SourceRefusedKey as error:
            self._gate.note_refusal(error.message)
            raise
        except SourceLacks:
            self._gate.note_success()
            raise
        self._gate.note_success()
        return answer

    def _send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Ask once, patiently. No error carries the address: it may hold a key."""
        with self._lock:
            self.requests += 1
        try:
            response = self._session().request(
                method,
                url,
                params=params,
                headers=headers,
                json=body,
                timeout=TIMEOUT,
                stream=True,
                allow_redirects=False,
            )
        except requests.Timeout:
            raise SourceUnreachable(
                gettext("{label} does not answer.").format(label=self.label)
            ) from None
        except requests.RequestException as error:
            what = type(error).__name__
            raise SourceUnreachable(
                gettext("{label} cannot be reached ({what}).").format(
                    label=self.label, what=what
                )
            ) from None
        self._check_status(response)
        return response

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = True
            session.headers["User-Agent"] = self._user_agent
            session.headers["Accept"] = "application/json, image/*"
            patience = _Patience(
                total=3,
                backoff_factor=self._backoff_seconds,
                status_forcelist=_BUSY,
                allowed_methods={"GET", "POST"},
                respect_retry_after_header=True,
                raise_on_status=False,
            )
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=patience))
            self._local.session = session
        return session

    def _check_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status == requests.codes.ok:
            return
        response.close()
        if status in {401, 403}:
            raise SourceRefusedKey(
                gettext("{label} does not accept the key.").format(label=self.label)
            )
        if status == requests.codes.not_found:
            raise SourceLacks(
                gettext("{label} knows nothing under that id.").format(label=self.label)
            )
        if status == requests.codes.too_many_requests:
            raise SourceBusy(
                gettext("{label} asks us to wait.").format(label=self.label)
            )
        if status in _BUSY:
            raise SourceUnreachable(
                gettext("{label} is out of order (status {status}).").format(
                    label=self.label, status=status
                )
            )
        raise SourceConfused(
            gettext("{label} answered with status {status}.").format(
                label=self.label, status=status
            )
        )

    def _read_body(self, response: requests.Response, most_bytes: int) -> bytes:
        body = bytearray()
        try:
            for piece in response.iter_content(64 * 1024):
                body += piece
                if len(body) > most_bytes:
                    raise SourceConfused(
                        gettext("{label}'s answer is far too large.").format(
                            label=self.label
                        )
                    )
        except requests.RequestException as error:
            what = type(error).__name__
            raise SourceUnreachable(
                gettext("{label} broke off its answer ({what}).").format(
                    label=self.label, what=what
                )
            ) from None
        return bytes(body)

    def _read_json(self, response: requests.Response) -> dict[str, Any]:
        body = self._read_body(response, REPLY_MOST_BYTES)
        try:
            reply = json.loads(body)
        except (ValueError, RecursionError):
            raise SourceConfused(
                gettext("{label}'s answer is no JSON.").format(label=self.label)
            ) from None
        if not isinstance(reply, dict):
            raise SourceConfused(
                gettext("{label}'s answer is no object.").format(label=self.label)
            )
        return reply
