"""Fragments that pages ask for again and again: only what changed goes over the wire.

A fragment is a frame with pieces in it. The page says by short digests what it shows.
While the frame is the same, the answer holds the pieces that differ; else all of it.
Source: "Out of band swaps" and "Response headers" in the documentation of htmx.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

HEADER = "X-Seen"
_DIGITS = 6
_IDLE_SECONDS = 10
"""How often to ask while nothing runs: a drive may be plugged in, a schedule begin."""
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
_MOMENT = re.compile(r'<time datetime="([^"]+)"[^>]*>[^<]*</time>')
_KEPT = "polled_fragment"


@dataclass(slots=True)
class Fragment:
    """A fragment while it is rendered, and afterwards."""

    name: str
    """Id of its root element."""
    url: str
    seconds: float
    is_live: bool
    pieces: dict[str, str] = field(default_factory=dict)
    """HTML by the id of the root element."""
    frame: str = ""

    @property
    def seen(self) -> str:
        """Digests of the frame and of each piece in its place."""
        return ".".join(map(_digest, [self.frame, *self.pieces.values()]))

    @property
    def poller(self) -> SafeString:
        """The element that asks again, calmly when there is nothing to wait for."""
        seconds = self.seconds if self.is_live else max(self.seconds, _IDLE_SECONDS)
        return format_html(
            '<i id="{}-poll" hidden hx-get="{}" hx-headers=\'{{"{}": "{}"}}\' '
            'hx-trigger="every {}s" hx-swap="outerHTML"></i>',
            *(self.name, self.url, HEADER, self.seen, f"{seconds:g}"),
        )

    def finish(self, html: str) -> None:
        """Take the frame out of the whole."""
        for name, piece in self.pieces.items():
            html = html.replace(piece, f"[{name}]", 1)
        self.frame = f"{self.url} {self.is_live} {html}"

    def news(self, seen: str) -> SafeString | None:
        """Return what a page that shows `seen` lacks; None: it needs all of it."""
        frame, *shown = seen.split(".")
        is_same = frame == _digest(self.frame) and len(shown) == len(self.pieces)
        if not is_same:
            return None
        changed = [
            # Its root is the first to bear an id.
            piece.replace(f'id="{name}"', f'id="{name}" hx-swap-oob="true"', 1)
            for (name, piece), digest in zip(self.pieces.items(), shown, strict=True)
            if _digest(piece) != digest
        ]
        if not changed:
            return SafeString()
        return mark_safe(self.poller + "".join(changed))  # noqa: S308 - rendered by templates


def _digest(html: str) -> str:
    plain = _MOMENT.sub(_calm, _TOKEN.sub("", html))
    return hashlib.sha256(plain.encode()).hexdigest()[:_DIGITS]


def _calm(said: re.Match[str]) -> str:
    """Leave out what changes with every second: "12 seconds ago"."""
    age = datetime.now(UTC) - datetime.fromisoformat(said[1])
    return said[0] if age > timedelta(minutes=1) else ""


def begin(request: HttpRequest, fragment: Fragment) -> None:
    """Let the pieces rendered from here on belong to `fragment`."""
    setattr(request, _KEPT, fragment)


def find(request: HttpRequest) -> Fragment | None:
    """Return the fragment that was rendered for this request, if there was one."""
    found = getattr(request, _KEPT, None)
    return found if isinstance(found, Fragment) else None
