"""What was written of a title before, for people."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.text import Truncator
from django.utils.translation import gettext

from library.models import Title
from library.services.versioning import PERSON

SHOWN_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class VersionRow:
    """What one write wrote over."""

    pk: int
    at: datetime
    by: str
    was: tuple[tuple[str, str], ...]
    """Field in words, and its former value, cut to a fair length."""


def list_versions(title: Title) -> tuple[VersionRow, ...]:
    """Return what was written over, the latest first; one query."""
    words = _field_words()
    return tuple(
        VersionRow(
            pk=row.pk,
            at=row.at,
            by=_by(row.by),
            was=tuple(
                (words[name], Truncator(str(value)).chars(SHOWN_CHARACTERS))
                for name, value in row.was.items()
                if name in words
            ),
        )
        for row in title.versions.order_by("-at", "-pk")
    )


def _by(source: str) -> str:
    if source == PERSON:
        return gettext("a person")
    return NAMES.get(source, source)


NAMES = {"tmdb": "TMDb", "tvdb": "TheTVDB", "nfo": ".nfo", "plex": "Plex"}


def _field_words() -> dict[str, str]:
    return {
        "name": gettext("Title"),
        "original_name": gettext("Original title"),
        "year": gettext("Year"),
        "tagline": gettext("Tagline"),
        "overview": gettext("Plot"),
        "content_rating": gettext("Content rating"),
        "rating": gettext("Rating"),
        "runtime_minutes": gettext("Minutes"),
    }
