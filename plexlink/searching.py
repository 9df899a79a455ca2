"""Plex servers that answer a call into the network ("good day mate").

Source: the answers as python-plexapi's gdm module records them. That module cuts lines at
every colon, so one server called "Attic: films" hides all others, and it waits for as
long as anybody keeps answering.
"""

import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

GROUP = ("239.0.0.250", 32414)
"""Where servers listen."""
PORT = 32400
_CALL = b"M-SEARCH * HTTP/1.0\r\n\r\n"
_CALLS = 2
"""Nobody says that a packet was lost."""
_ANSWERS_MOST = 200
_LONGEST = 200
_LARGEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server that answered; whatever it says may be untrue."""

    name: str
    url: str
    machine_id: str
    version: str


def search_network(
    address: tuple[str, int] = GROUP,
    *,
    interfaces: Iterable[str] = (),
    wait_seconds: float = 1.0,
) -> list[FoundServer]:
    """Return the servers that answer within `wait_seconds`, each once, by name.

    `interfaces` are own addresses to call from, beside the one that the system takes.
    """
    found: dict[str, FoundServer] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        for _ in range(_CALLS):
            _call(line, address, interfaces)
            for data, host in _answers(line, wait_seconds / _CALLS):
                server = read_answer(data, host)
                if server is not None:
                    found.setdefault(server.machine_id or server.url, server)
    return sorted(found.values(), key=lambda each: (each.name.casefold(), each.url))


def _call(
    line: socket.socket, address: tuple[str, int], interfaces: Iterable[str]
) -> None:
    for own in ("0.0.0.0", *interfaces):  # noqa: S104 - the system's choice
        try:
            line.setsockopt(
                socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own)
            )
            line.sendto(_CALL, address)
        except OSError:
            # A network without multicast, or one that is down: others may have it.
            continue


def _answers(line: socket.socket, wait_seconds: float) -> Iterator[tuple[bytes, str]]:
    until = time.monotonic() + wait_seconds
    for _ in range(_ANSWERS_MOST):
        left = until - time.monotonic()
        if left <= 0:
            return
        line.settimeout(left)
        try:
            data, host = line.recvfrom(2048)
        except TimeoutError:
            return
        except OSError:
            # The refusal of one host; others may answer still.
            continue
        yield data, host[0]


def read_answer(data: bytes, host: str) -> FoundServer | None:
    """Return which server answers from `host`; None for anything else."""
    lines = data.decode("utf-8", "replace").splitlines()
    if not lines or "200 OK" not in lines[0]:
        return None
    said = {
        name.strip().casefold(): _clean(value)
        for name, colon, value in (line.partition(":") for line in lines[1:])
        if colon
    }
    if said.get("content-type") != "plex/media-server":
        return None
    port = _port(said.get("port", ""))
    if port is None:
        return None
    return FoundServer(
        name=said.get("name") or host,
        url=f"http://{host}:{port}",
        machine_id=said.get("resource-identifier", ""),
        version=said.get("version", ""),
    )


def _clean(value: str) -> str:
    return "".join(each for each in value if each.isprintable()).strip()[:_LONGEST]


def _port(text: str) -> int | None:
    if not text:
        return PORT
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_PORT))):
        return None
    return int(text) if 0 < int(text) <= _LARGEST_PORT else None
