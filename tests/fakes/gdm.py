"""A stand-in for the part of a Plex server that answers calls into the network."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LOOPBACK = "127.0.0.1"


def answer_of(name: str, port: int, machine_id: str = "machine-one") -> bytes:
    """What a server says, as python-plexapi's documentation shows it."""
    lines = (
        "HTTP/1.0 200 OK",
        "Content-Type: plex/media-server",
        "Host: 53f4b5b6023d41182fe88a99b0e714ba.plex.direct",
        f"Name: {name}",
        f"Port: {port}",
        f"Resource-Identifier: {machine_id}",
        "Updated-At: 1585769946",
        "Version: 1.18.8.2527-740d4c206",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass
class FakeGdm:
    """Answers each call with all it has to say."""

    address: tuple[str, int]
    answers: list[bytes] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)

    def listen(self, line: socket.socket) -> None:
        while True:
            try:
                data, caller = line.recvfrom(1024)
            except TimeoutError:
                continue
            if data == b"over":
                return
            self.heard.append(data)
            for answer in self.answers:
                line.sendto(answer, caller)


@contextmanager
def running_gdm(*answers: bytes, group: str = "") -> Iterator[FakeGdm]:
    """Answer on this machine; with `group` to calls at all that listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(0.2)
        line.bind((group or LOOPBACK, 0))
        if group:
            joined = struct.pack(
                "4s4s", socket.inet_aton(group), socket.inet_aton(LOOPBACK)
            )
            line.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        fake = FakeGdm((group or LOOPBACK, line.getsockname()[1]), [*answers])
        thread = threading.Thread(target=fake.listen, args=[line], daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hand:
                hand.setsockopt(
                    socket.IPPROTO_IP,
                    socket.IP_MULTICAST_IF,
                    socket.inet_aton(LOOPBACK),
                )
                hand.sendto(b"over", fake.address)
            thread.join(timeout=5)
            assert not thread.is_alive()
