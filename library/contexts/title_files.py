"""The files of a title, with the evidence of their match; a page of them at a time."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from drivearr.web.paging import Span
from library.contexts.beside import Beside, group_sides, list_folder_sides
from library.contexts.evidence import (
    CandidateRow,
    EvidenceRow,
    percent,
    read_candidate,
    read_evidence,
    read_told,
)
from library.contexts.media import name_facts, name_tracks
from library.models import Item, MediaFile, Title
from library.phrases import say

RUNNERS_UP_SHOWN = 4
FILES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of the title."""

    pk: int
    relpath: str
    root_path: str
    size_bytes: int
    state: str
    resolution: str
    edition: str
    part: int | None
    match_state: str
    score_percent: int | None
    reason: str
    is_by_person: bool
    beside: tuple[Beside, ...]
    holds: str
    facts: tuple[str, ...] = ()
    """What is in it: "1920 × 1080", "2 h 10 min", …"""
    tracks: tuple[str, ...] = ()
    """Its sound and subtitles, a sentence each."""
    problem: str = ""
    """Why nothing could be read of it."""
    decided_at: datetime | None = None
    evidence: tuple[EvidenceRow, ...] = ()
    told: tuple[str, ...] = ()
    runners_up: tuple[CandidateRow, ...] = ()


@dataclass(frozen=True, slots=True)
class TitleFiles:
    """The files of a title."""

    rows: tuple[FileRow, ...]
    """Those of this page."""
    span: Span
    size_bytes: int
    """Of all of them."""
    beside: tuple[Beside, ...]
    """What lies in its folders and belongs to no single file."""

    @classmethod
    def build(cls, title: Title, *, asked: str | None) -> "TitleFiles":
        """Make it; a fixed number of queries, whatever the number of files."""
        files = MediaFile.objects.filter(title=title).order_by()
        places = tuple(files.values_list("root_id", "relpath", "size_bytes"))
        span = Span.of(asked=asked, total=len(places), per_page=FILES_SHOWN)
        return cls(
            rows=_list_rows(title, span),
            span=span,
            size_bytes=sum(size_bytes for _, _, size_bytes in places),
            beside=list_folder_sides(
                title, [(root, relpath) for root, relpath, _ in places]
            ),
        )


def _list_rows(title: Title, span: Span) -> tuple[FileRow, ...]:
    rows = (
        MediaFile.objects.filter(title=title)
        .select_related("root", "facts")
        .prefetch_related(
            Prefetch("items", Item.objects.select_related("season")), "side_files"
        )
        .in_order()
    )
    return tuple(_file(row) for row in rows[span.start : span.stop])


def _file(row: MediaFile) -> FileRow:
    facts = getattr(row, "facts", None)
    return FileRow(
        facts=name_facts(facts) if facts else (),
        tracks=name_tracks(facts) if facts else (),
        problem=facts.problem if facts else "",
        decided_at=row.matched_at,
        evidence=read_evidence(row.match_evidence),
        told=read_told(row.parsed),
        runners_up=tuple(
            read_candidate(each) for each in row.match_candidates[:RUNNERS_UP_SHOWN]
        ),
        pk=row.pk,
        relpath=row.relpath,
        root_path=row.root.path,
        size_bytes=row.size_bytes,
        state=row.state,
        resolution=row.resolution,
        edition=row.edition,
        part=row.part,
        match_state=row.match_state,
        score_percent=percent(row.match_score),
        reason=say(row.match_reason),
        is_by_person=row.matched_by == MediaFile.MatchedBy.PERSON,
        beside=group_sides(row.side_files.all()),
        holds=", ".join(name_item(item) for item in row.items.all() if item.season_id),
    )


def name_item(item: Item) -> str:
    """Return "S01E02" of an episode whose season is loaded."""
    season = item.season.number if item.season else 0
    return f"S{season:02}E{item.number or 0:02}"
