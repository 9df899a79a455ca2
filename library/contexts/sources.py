"""Where facts come from: in which order, with which keys, and how each source fares."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from library.models import EpisodeOrder, MetadataSource
from library.services.arranging import Kept, count_replies
from library.services.sourcing import list_rows, read_access

NOTICES = {
    "tmdb": (
        "This product uses the TMDB API but is not endorsed or certified by TMDB.",
        "https://www.themoviedb.org/settings/api",
    ),
    "tvdb": (
        (
            "TV information and images are provided by TheTVDB. Please consider adding "
            "what is missing there, or becoming a member."
        ),
        "https://thetvdb.com/api-information",
    ),
}
"""Whose facts they are, as the services want it said; and where keys are to be had."""
SAYS = {
    "tmdb": gettext_noop(
        "Films and shows, in most languages. A key is free for a household."
    ),
    "tvdb": gettext_noop(
        "Shows above all, with their orders on DVD. A key of its own or one with a PIN."
    ),
    "nfo": gettext_noop(
        "What other programs wrote beside the videos. First in the order: "
        "what they say is not asked elsewhere."
    ),
}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source as the page shows it."""

    name: str
    label: str
    says: str
    notice: str
    key_page: str
    place: int
    is_first: bool
    is_last: bool
    is_on: bool
    is_outside: bool
    has_key: bool
    is_from_environment: bool
    state: str
    """RUNNING, PAUSED or FAILED, for its badge."""
    state_label: str
    trouble: str
    rests_until: datetime | None
    replies: int
    oldest_at: datetime | None
    order: str


@dataclass(frozen=True, slots=True)
class SourceList:
    """All sources."""

    rows: tuple[SourceRow, ...]
    orders: tuple[tuple[str, str], ...]
    languages: str

    @classmethod
    def build(cls) -> "SourceList":
        """Make it; two queries."""
        rows, kept = list_rows(), count_replies()
        last = len(rows) - 1
        return cls(
            rows=tuple(
                _row(row, place, kept.get(row.name), is_last=place == last)
                for place, row in enumerate(rows)
            ),
            orders=tuple(
                (str(value), str(label)) for value, label in EpisodeOrder.choices
            ),
            languages=settings.METADATA_LANGUAGE,
        )


def _row(
    row: MetadataSource, place: int, kept: Kept | None, *, is_last: bool
) -> SourceRow:
    access = read_access(row)
    notice, key_page = NOTICES.get(row.name, ("", ""))
    state, label = _state(row, has_key=bool(access.key))
    return SourceRow(
        name=row.name,
        label=row.label,
        says=gettext(SAYS[row.name]),
        notice=notice,
        key_page=key_page,
        place=place + 1,
        is_first=place == 0,
        is_last=is_last,
        is_on=row.is_on,
        is_outside=row.is_outside,
        has_key=bool(access.key),
        is_from_environment=access.is_from_environment,
        state=state,
        state_label=label,
        trouble=row.trouble,
        rests_until=row.rests_until if _is_resting(row) else None,
        replies=kept.count if kept else 0,
        oldest_at=kept.oldest_at if kept else None,
        order=row.episode_order,
    )


def _is_resting(row: MetadataSource) -> bool:
    return row.rests_until is not None and row.rests_until > timezone.now()


def _state(row: MetadataSource, *, has_key: bool) -> tuple[str, str]:
    if not row.is_on:
        return "IGNORED", gettext("Off")
    if row.is_outside and not has_key:
        return "IGNORED", gettext("No key")
    if _is_resting(row):
        return "PAUSED", gettext("Left in peace")
    if row.trouble:
        return "FAILED", gettext("In trouble")
    return "COMPLETE", gettext("On")


def find_row(name: str) -> SourceRow | None:
    """Return one source as the pages show it."""
    return next((row for row in SourceList.build().rows if row.name == name), None)
