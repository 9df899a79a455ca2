"""Finding the best way to a server: all at once, the right one, the fastest."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from plexlink.client import PlexClient
from plexlink.models import (
    ConnectionReading,
    PlexConnection,
    PlexLibrary,
    PlexServer,
)
from plexlink.services import erring
from plexlink.services.opening import me
from plexlink.speaking import (
    Caller,
    Patience,
    PlexRefused,
    PlexTrouble,
    PlexUnreachable,
    Speaker,
)

_RELAY_WAITS_SECONDS = 0.7
"""How long a direct way may be slower than the relay and still be taken."""


class WrongServer(PlexTrouble):
    """Another server answers at that address."""

    code = "PLEX_WRONG_SERVER"
    advice = gettext_noop(
        "Its address was given to another machine. Another address is tried."
    )


@dataclass(frozen=True, slots=True)
class Tried:
    """How one address answered."""

    connection: PlexConnection
    latency_ms: int | None
    error: str = ""


def open_client(
    *,
    server: PlexServer,
    library: PlexLibrary | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> PlexClient:
    """Return a client at the server's current address, unproven.

    `library`: what it is about, for that may have a pace of its own.
    """
    current = server.connections.filter(is_current=True).first()
    if current is None:
        return connect(server=server, library=library, sleep=sleep)
    return _client(server, library, current.uri, sleep)


def _client(
    server: PlexServer,
    library: PlexLibrary | None,
    uri: str,
    sleep: Callable[[float], None],
) -> PlexClient:
    at_once = library.requests_at_once if library else server.concurrency
    seconds = library.patience_seconds if library else server.timeout_seconds
    patience = Patience(
        attempts=settings.PLEX_RETRIES + 1,
        first_wait_seconds=settings.PLEX_RETRY_WAIT_MS / 1000,
        connect_seconds=settings.PLEX_CONNECT_SECONDS,
        answer_seconds=seconds,
    )
    speaker = Speaker(
        uri,
        me=me(),
        token=server.token,
        patience=patience,
        connections=at_once + 1,
        sleep=sleep,
    )
    return PlexClient(speaker)


def ask_activity(*, server: PlexServer) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a server is doing and what is being watched there; tried once.

    Raises: PlexTrouble.
    """
    current = server.connections.filter(is_current=True).first()
    if current is None:
        raise PlexUnreachable(
            gettext("No way to {name} is known.").format(name=server.name)
        )
    seconds = settings.PLEX_CONNECT_SECONDS
    patience = Patience(attempts=1, connect_seconds=seconds, answer_seconds=seconds)
    speaker = Speaker(current.uri, me=me(), token=server.token, patience=patience)
    client = PlexClient(speaker)
    try:
        return client.activities(), client.playing()
    finally:
        client.close()


def connect(
    *,
    server: PlexServer,
    library: PlexLibrary | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> PlexClient:
    """Try every address at once and return a client at the fastest right one.

    Raises:
        PlexUnreachable: none answers.
        WrongServer: only other servers answer.
        PlexRefused: it answers, but takes no token.

    """
    connections = [
        each
        for each in server.connections.order_by("-is_current", "latency_ms", "pk")
        if server.allows_http or each.uri.startswith("https://")
    ]
    tried = _try_all(server, connections)
    best = _best(tried)
    _keep(server, tried, best)
    if best is None:
        error = _why_none(server, tried)
        erring.count_failure(server, error)
        raise error
    client = _client(server, library, best.connection.uri, sleep)
    try:
        _learn(server, client)
    except PlexRefused as error:
        erring.count_failure(server, error)
        raise
    return client


def _try_all(server: PlexServer, connections: list[PlexConnection]) -> list[Tried]:
    """Ask all at once; once one is right, the slower ones are not waited for."""
    if not connections:
        return []
    caller = me()
    pool = ThreadPoolExecutor(max_workers=min(16, len(connections)))
    waiting = {
        pool.submit(_try, caller, server.machine_id, each) for each in connections
    }
    tried: list[Tried] = []
    until = time.monotonic() + settings.PLEX_CONNECT_SECONDS * 2 + 1
    try:
        while waiting and (left := until - time.monotonic()) > 0:
            ended, waiting = wait(waiting, left, return_when=FIRST_COMPLETED)
            answers = [future.result() for future in ended]
            tried += answers
            good = [each for each in answers if each.latency_ms is not None]
            if any(not each.connection.is_relay for each in good):
                break
            if good:
                until = min(until, time.monotonic() + _RELAY_WAITS_SECONDS)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return tried


def _try(caller: Caller, machine_id: str, connection: PlexConnection) -> Tried:
    patience = Patience(
        attempts=1,
        connect_seconds=settings.PLEX_CONNECT_SECONDS,
        answer_seconds=settings.PLEX_CONNECT_SECONDS,
    )
    # Without the token: nobody knows yet who answers there.
    client = PlexClient(Speaker(connection.uri, me=caller, patience=patience))
    begun = time.perf_counter()
    try:
        found = client.identity()
    except PlexTrouble as error:
        return Tried(connection, None, error.message)
    finally:
        client.close()
    if found.machine_id != machine_id:
        return Tried(connection, None, "Another server answers there.")
    return Tried(connection, max(1, round((time.perf_counter() - begun) * 1000)))


def _best(tried: list[Tried]) -> Tried | None:
    good = [each for each in tried if each.latency_ms is not None]
    return min(
        good,
        key=lambda each: (each.connection.is_relay, each.latency_ms),
        default=None,
    )


def _why_none(server: PlexServer, tried: list[Tried]) -> PlexTrouble:
    wrong = [each for each in tried if each.error.startswith("Another server")]
    if wrong and len(wrong) == len(tried):
        return WrongServer(
            gettext("Another server answers at the address of {name}.").format(
                name=server.name
            )
        )
    if not tried:
        return PlexUnreachable(
            gettext("No address of {name} is known.").format(name=server.name),
            advice=gettext("Add one: its address in your network, with the port."),
        )
    return PlexUnreachable(
        gettext("{name} answers at none of its addresses.").format(name=server.name)
    )


@transaction.atomic
def _keep(server: PlexServer, tried: list[Tried], best: Tried | None) -> None:
    """Write down how each address answered, and which is used from now on."""
    now = timezone.now()
    for each in tried:
        good = each.latency_ms is not None
        changes: dict[str, object] = {"tried_at": now, "last_error": each.error}
        if good:
            changes |= {"latency_ms": each.latency_ms, "answered_at": now}
        PlexConnection.objects.filter(pk=each.connection.pk).update(**changes)
    uri, latency = (best.connection.uri, best.latency_ms) if best else ("", None)
    ConnectionReading.objects.create(server=server, uri=uri, at=now, latency_ms=latency)
    if best is not None:
        server.connections.exclude(pk=best.connection.pk).update(is_current=False)
        PlexConnection.objects.filter(pk=best.connection.pk).update(is_current=True)


def _learn(server: PlexServer, client: PlexClient) -> None:
    """Take over name, version and platform, with the token this time."""
    about = client.about()
    PlexServer.objects.filter(pk=server.pk).update(
        name=about.name or server.name,
        version=about.version or server.version,
        platform=about.platform or server.platform,
        seen_at=timezone.now(),
    )
    erring.count_success(server)
    server.refresh_from_db()
