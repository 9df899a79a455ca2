"""The page of missing files: what is gone, since when, where a copy is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from drivearr.web.paging import Span
from library import marks
from library.marks import Mark
from library.models import MediaFile

PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class MissingRow:
    """One file that is gone."""

    pk: int
    relpath: str
    root_path: str
    is_root_away: bool
    title_id: int | None
    title: str
    size_bytes: int
    since: datetime | None
    forgotten_at: datetime | None
    """None: it is kept for ever."""
    marks: tuple[Mark, ...]
    """Where a copy of its title is."""


@dataclass(frozen=True, slots=True)
class MissingList:
    """All missing files, a page of them at a time; the newest first."""

    rows: tuple[MissingRow, ...]
    span: Span
    total: int
    kept_days: int

    @classmethod
    def build(cls, *, number: str = "") -> "MissingList":
        """Make it; a fixed number of queries."""
        files = (
            MediaFile.objects.missing()
            .select_related("root", "title")
            .order_by("-missing_since", "pk")
        )
        total = files.count()
        span = Span.of(asked=number, total=total, per_page=PER_PAGE)
        shown = list(files[span.start : span.stop])
        held = marks.mark_titles({file.title_id for file in shown if file.title_id})
        days = settings.MISSING_KEPT_DAYS
        return cls(
            rows=tuple(
                _row(file, held.get(file.title_id or 0, ()), days) for file in shown
            ),
            span=span,
            total=total,
            kept_days=days,
        )


def _row(file: MediaFile, held: tuple[Mark, ...], days: int) -> MissingRow:
    is_kept = file.matched_by == MediaFile.MatchedBy.PERSON or not days
    since = file.missing_since
    return MissingRow(
        pk=file.pk,
        relpath=file.relpath,
        root_path=file.root.path,
        is_root_away=file.root.state != file.root.State.AVAILABLE,
        title_id=file.title_id,
        title=file.title.label if file.title else "",
        size_bytes=file.size_bytes,
        since=since,
        forgotten_at=since + timedelta(days=days) if since and not is_kept else None,
        marks=held,
    )
