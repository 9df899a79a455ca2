"""Standing in for a service over real HTTP, with faults on demand."""

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

Fault = Callable[["Handler"], bool]
"""Answers in its own way and says True, or leaves the request alone."""


@dataclass
class FakeService(ABC):
    """What was asked of a stand-in, and how it is to fail."""

    asked: list[str] = field(default_factory=list)
    """Paths with their queries, keys included: what a log may never show."""
    headers: list[dict[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    """Used up one by one, the first first."""
    url: str = ""
    connections: int = 0

    @abstractmethod
    def respond(self, handler: "Handler") -> None:
        """Answer a request that no fault has taken."""


class Handler(BaseHTTPRequestHandler):
    """One connection to a stand-in."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    service: FakeService
    body: bytes = b""

    def setup(self) -> None:
        """Count the line that was opened."""
        super().setup()
        self.service.connections += 1

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        # Read before a fault answers: the next request comes on the same line.
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.service.asked.append(self.path)
        self.service.headers.append(dict(self.headers))
        if self.service.faults and self.service.faults.pop(0)(self):
            return
        self.service.respond(self)

    def read_json(self) -> Any:
        """Return what was sent to us."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

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


_Service = TypeVar("_Service", bound=FakeService)


@contextmanager
def serving(service: _Service, *, port: int = 0) -> Iterator[_Service]:
    """Serve on this port of this machine, or on a free one."""
    handler = type("Handler", (Handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --- Faults ---------------------------------------------------------------------------


ERROR_BODY = {
    "success": False,
    "status_code": 11,
    "status_message": "No.",
}


def status(code: int, **headers: str) -> Fault:
    """Answer with a status and an error body."""

    def fault(handler: Handler) -> bool:
        handler.send_json(code, ERROR_BODY, **headers)
        return True

    return fault


def html(handler: Handler) -> bool:
    """Answer as a captive portal does."""
    handler.send(200, b"<html>Please sign in</html>", "text/html")
    return True


def cut_body(handler: Handler) -> bool:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"results": [')
    handler.close_connection = True
    return True


def silence(seconds: float) -> Fault:
    """Say nothing for a while, then hang up."""

    def fault(handler: Handler) -> bool:
        time.sleep(seconds)
        handler.close_connection = True
        return True

    return fault


def hang_up(handler: Handler) -> bool:
    """Close the line without an answer."""
    handler.close_connection = True
    return True


def reply(body: Any) -> Fault:
    """Answer 200 with this JSON."""

    def fault(handler: Handler) -> bool:
        handler.send_json(200, body)
        return True

    return fault
