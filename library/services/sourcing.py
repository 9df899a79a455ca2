"""The metadata source as this home has it: key, addresses, kept replies."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from drivearr import __version__
from library.metadata.source import Source
from library.models import SourceReply

SEARCHES_GOOD_FOR = timedelta(days=7)
DETAILS_GOOD_FOR = timedelta(days=1)
KEPT_FOR = timedelta(days=150)
"""TMDb's terms: no reply is kept longer than six months."""


class DatabaseReplies:
    """A ReplyCache in the table SourceReply."""

    def __init__(self, source: str) -> None:
        self._source = source

    def get(self, path: str, params: dict[str, str]) -> dict[str, Any] | None:
        """See ReplyCache."""
        is_search = path.startswith(("/search", "/find"))
        good_for = SEARCHES_GOOD_FOR if is_search else DETAILS_GOOD_FOR
        row = SourceReply.objects.filter(
            source=self._source,
            key=_key(path, params),
            fetched_at__gte=timezone.now() - good_for,
        ).first()
        return dict(row.body) if row else None

    def put(self, path: str, params: dict[str, str], reply: dict[str, Any]) -> None:
        """See ReplyCache."""
        SourceReply.objects.update_or_create(
            source=self._source,
            key=_key(path, params),
            defaults={
                "path": path[:300],
                "body": _storable(reply),
                "fetched_at": timezone.now(),
            },
        )


def find_source() -> Source | None:
    """Return the metadata source; None when no key is set."""
    if not settings.TMDB_KEY:
        return None
    # Late: requests takes 10 MiB that processes without a key need not carry.
    from library.metadata.tmdb import Tmdb  # noqa: PLC0415

    return Tmdb(
        key=settings.TMDB_KEY,
        url=settings.TMDB_URL,
        image_url=settings.TMDB_IMAGE_URL,
        language=settings.METADATA_LANGUAGE,
        cache=DatabaseReplies("tmdb"),
        user_agent=f"Drivearr/{__version__}",
    )


def purge_replies() -> int:
    """Delete the replies that have been kept long enough; returns how many."""
    old = timezone.now() - KEPT_FOR
    return SourceReply.objects.filter(fetched_at__lt=old).delete()[0]


def _key(path: str, params: dict[str, str]) -> str:
    text = json.dumps([path, sorted(params.items())])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _storable(reply: dict[str, Any]) -> dict[str, Any]:
    """Return the reply without null characters, which PostgreSQL does not keep."""
    text = json.dumps(reply)
    if "\\u0000" not in text:
        return reply
    return dict(json.loads(text.replace("\\u0000", "")))
