"""The metadata sources as this home has them: order, keys, addresses, kept replies."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from django.conf import settings
from django.utils import timezone

from drivearr import __version__
from drivearr.lib.sealing import CannotUnseal
from drivearr.web.sealing import seal, unseal
from library.metadata.source import Source
from library.models import MetadataSource, SourceReply
from library.precedence import Precedence
from library.services.gating import SharedGate

logger = logging.getLogger(__name__)

SEARCHES_GOOD_FOR = timedelta(days=7)
DETAILS_GOOD_FOR = timedelta(days=1)
KEPT_FOR = timedelta(days=150)
"""TMDb's terms: no reply is kept longer than six months."""


# --- Kept replies ---------------------------------------------------------------------


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
        row = SourceReply(
            source=self._source,
            key=_key(path, params),
            path=path[:300],
            body=_storable(reply),
            fetched_at=timezone.now(),
        )
        SourceReply.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["source", "key"],
            update_fields=["path", "body", "fetched_at"],
        )


def purge_replies() -> int:
    """Delete the replies that have been kept long enough; returns how many."""
    old = timezone.now() - KEPT_FOR
    return SourceReply.objects.filter(fetched_at__lt=old).delete()[0]


def forget_replies(*, source: str) -> int:
    """Delete all that a source answered, as when its language or order is another now."""
    return SourceReply.objects.filter(source=source).delete()[0]


def forget_reply(*, source: str, kind: str, id: str) -> None:  # noqa: A002 - it is one
    """Delete what was kept of one title, so that it is asked for anew."""
    word = {"tmdb": {"MOVIE": "movie", "SHOW": "tv"}}.get(
        source, {"MOVIE": "movies", "SHOW": "series"}
    ).get(kind, "")
    paths = [f"/{word}/{id}", f"/{word}/{id}/extended"]
    rows = SourceReply.objects.filter(source=source)
    rows.filter(path__in=paths).delete()
    rows.filter(path__startswith=f"/{word}/{id}/").delete()


def _key(path: str, params: dict[str, str]) -> str:
    text = json.dumps([path, sorted(params.items())])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _storable(reply: dict[str, Any]) -> dict[str, Any]:
    """Return the reply without null characters, which PostgreSQL does not keep."""
    text = json.dumps(reply)
    if "\\u0000" not in text:
        return reply
    return dict(json.loads(text.replace("\\u0000", "")))


# --- Keys and tokens ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Access:
    """With what a source is asked."""

    key: str
    pin: str
    is_from_environment: bool


def read_access(row: MetadataSource) -> Access:
    """Return a source's key; the environment's outranks the one kept here.

    A key that was sealed with another secret counts as none.
    """
    told = {
        MetadataSource.Name.TMDB.value: (settings.TMDB_KEY, ""),
        MetadataSource.Name.TVDB.value: (settings.TVDB_KEY, settings.TVDB_PIN),
    }.get(row.name, ("", ""))
    if told[0]:
        return Access(told[0], told[1], is_from_environment=True)
    return Access(
        _open(row.sealed_key), _open(row.sealed_pin), is_from_environment=False
    )


def _open(sealed: str) -> str:
    try:
        return unseal(sealed)
    except CannotUnseal:
        logger.warning("A key of a metadata source cannot be read any more")
        return ""


class DatabaseTokens:
    """A TokenStore in the source's row, sealed."""

    def __init__(self, source: str, good_for: timedelta) -> None:
        self._source, self._good_for = source, good_for
        self._kept: str | None = None

    def get(self) -> str:
        """See TokenStore."""
        if self._kept is None:
            row = MetadataSource.objects.get(name=self._source)
            is_good = row.token_at and row.token_at > timezone.now() - self._good_for
            self._kept = _open(row.sealed_token) if is_good else ""
        return self._kept

    def put(self, token: str) -> None:
        """See TokenStore."""
        self._kept = token
        MetadataSource.objects.filter(name=self._source).update(
            sealed_token=seal(token), token_at=timezone.now() if token else None
        )


# --- Sources --------------------------------------------------------------------------


def list_rows() -> list[MetadataSource]:
    """Return a row for every source there is, in the order in which they are asked."""
    known = set(MetadataSource.objects.values_list("name", flat=True))
    missing = [name for name in MetadataSource.Name.values if name not in known]
    if missing:
        MetadataSource.objects.bulk_create(
            (
                MetadataSource(name=name, position=place)
                for place, name in enumerate(MetadataSource.Name.values)
                if name in missing
            ),
            ignore_conflicts=True,
        )
    return list(MetadataSource.objects.order_by("position", "pk"))


def find_sources() -> tuple[Source, ...]:
    """Return the sources that are on and have a key, in the home's order."""
    if not (settings.TMDB_KEY or settings.TVDB_KEY or _has_kept_key()):
        return ()
    rows = [
        (row, read_access(row)) for row in list_rows() if row.is_on and row.is_outside
    ]
    return tuple(make_source(row, access) for row, access in rows if access.key)


def list_askable() -> tuple[str, ...]:
    """Return the names of the sources that are on and have a key; asks nobody."""
    return tuple(
        row.name
        for row in list_rows()
        if row.is_on and row.is_outside and read_access(row).key
    )


class NfoTrust(Enum):
    """How far .nfo files are believed, by their place in the home's order."""

    FIRST = "FIRST"
    """Before all services: what a title's .nfo says is not asked elsewhere."""
    AMONG = "AMONG"
    """Their ids and names lead the search; they speak where services know nothing."""
    NOT = "NOT"


def read_nfo_trust() -> NfoTrust:
    """Return how far .nfo files are believed."""
    rows = list_rows()
    # Plex is not asked, so nothing is asked before or after it.
    rows = [row for row in rows if row.name != MetadataSource.Name.PLEX]
    nfo = next(row for row in rows if not row.is_outside)
    if not nfo.is_on:
        return NfoTrust.NOT
    return NfoTrust.FIRST if rows[0] == nfo else NfoTrust.AMONG


def read_precedence() -> Precedence:
    """Return in which order this home believes its sources; one query."""
    rows = MetadataSource.objects.order_by("position", "pk")
    known = dict(rows.values_list("name", "is_on"))
    missing = [name for name in MetadataSource.Name.values if name not in known]
    believed = [name for name, is_on in known.items() if is_on]
    return Precedence((*believed, *missing))


def _has_kept_key() -> bool:
    return MetadataSource.objects.exclude(sealed_key="").exists()


def find_by_name(sources: Sequence[Source], name: str) -> Source | None:
    """Return the source of that name."""
    return next((each for each in sources if each.name == name), None)


def make_source(row: MetadataSource, access: Access) -> Source:
    """Return a source to ask; asks nothing yet."""
    makers: dict[str, Callable[[MetadataSource, Access], Source]] = {
        MetadataSource.Name.TMDB.value: _make_tmdb,
        MetadataSource.Name.TVDB.value: _make_tvdb,
    }
    return makers[row.name](row, access)


def _make_tmdb(row: MetadataSource, access: Access) -> Source:
    # Late: requests takes 10 MiB that processes without a key need not carry.
    from library.metadata.tmdb import REQUESTS_PER_SECOND, Tmdb  # noqa: PLC0415

    return Tmdb(
        key=access.key,
        url=settings.TMDB_URL,
        image_url=settings.TMDB_IMAGE_URL,
        language=settings.METADATA_LANGUAGE,
        order=row.episode_order,
        cache=DatabaseReplies(row.name),
        gate=SharedGate(row.name, REQUESTS_PER_SECOND),
        user_agent=f"Drivearr/{__version__}",
    )


def _make_tvdb(row: MetadataSource, access: Access) -> Source:
    from library.metadata.tvdb import (  # noqa: PLC0415 - as above
        REQUESTS_PER_SECOND,
        TOKEN_GOOD_FOR,
        Tvdb,
    )

    return Tvdb(
        key=access.key,
        pin=access.pin,
        url=settings.TVDB_URL,
        language=settings.METADATA_LANGUAGE,
        order=row.episode_order,
        cache=DatabaseReplies(row.name),
        gate=SharedGate(row.name, REQUESTS_PER_SECOND),
        tokens=DatabaseTokens(row.name, TOKEN_GOOD_FOR),
        user_agent=f"Drivearr/{__version__}",
    )
