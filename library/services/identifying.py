"""Deciding which title and items the files are."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.progress import Progress
from library.jobs import IDENTIFY
from library.models import MediaFile, Root, SideFile, Title
from library.models.media_file import MediaFileQuerySet
from library.naming import VERSION, ParsedName, parse
from library.services.artwork import fetch_artwork, note_local
from library.services.deciding import Decision, Judge
from library.services.gathering import Surroundings
from library.services.linking import Numbers, find_items, link_items
from library.services.merging import drop_if_unused
from library.services.sourcing import find_source, purge_replies

logger = logging.getLogger(__name__)

BATCH_FILES = 200


@dataclass(frozen=True, slots=True)
class IdentifySummary:
    """What one run of identifying came to."""

    considered: int
    matched: int
    ambiguous: int
    unmatched: int
    errors: int
    requests: int
    """Asked of the service itself; replies that were kept do not count."""
    seconds: float


@dataclass(slots=True)
class _Counts:
    considered: int = 0
    by_state: dict[str, int] = field(default_factory=dict)
    errors: int = 0
    title_ids: set[int] = field(default_factory=set)


def start_identify(
    *,
    root_id: int | None = None,
    again: bool = False,
    trigger: str = Job.Trigger.SYSTEM,
) -> Job:
    """Queue the identifying of a root's files, or of all; the one under way if any.

    `again` also looks at files that are matched; never at what a person chose.
    """
    return enqueue(
        IDENTIFY,
        subject="" if root_id is None else f"root:{root_id}",
        trigger=trigger,
        root_id=root_id,
        again=again,
    )


def start_if_waiting(*, root_id: int, since: datetime) -> Job | None:
    """Queue identifying when a scan, begun at `since`, found something to identify."""
    pending = MediaFile.objects.present().filter(
        root=root_id, match_state=MediaFile.Match.PENDING
    )
    beside = SideFile.objects.filter(root=root_id, seen_at__gte=since)
    is_new = pending.exists() or beside.exclude(kind=SideFile.Kind.SUBTITLE).exists()
    return start_identify(root_id=root_id) if is_new else None


def identify_files(
    *,
    root_id: int | None = None,
    again: bool = False,
    progress: Progress,
    job: Job | None = None,  # noqa: ARG001 - part of every job's service
) -> IdentifySummary:
    """Match what is not yet matched; a person's choice is never touched.

    Asks the metadata source when a key is set, once per folder or show. Its trouble is
    counted and reported, and names are believed instead until it answers again.
    """
    started = time.monotonic()
    source = find_source()
    roots = Root.objects.in_order()
    if root_id is not None:
        roots = roots.filter(pk=root_id)
    judge = Judge(source, Surroundings(roots, progress), progress)
    files = find_waiting(root_id=root_id, again=again, has_source=source is not None)
    pks = list(files.in_order().values_list("pk", flat=True))
    progress.expect(len(pks), "FILES")
    counts = _Counts(considered=len(pks))
    for batch in _batches(pks):
        _identify_batch(batch, judge, counts, again=again)
    note_local(roots=roots)
    fetch_artwork(source=judge.source, progress=progress)
    if source:
        purge_replies()
    return IdentifySummary(
        considered=counts.considered,
        matched=counts.by_state.get("MATCHED", 0),
        ambiguous=counts.by_state.get("SUGGESTED", 0),
        unmatched=counts.by_state.get("UNMATCHED", 0),
        errors=counts.errors + judge.errors,
        requests=source.requests if source else 0,
        seconds=round(time.monotonic() - started, 3),
    )


def find_waiting(
    *, root_id: int | None = None, again: bool = False, has_source: bool = False
) -> MediaFileQuerySet:
    """Return the files that identifying would look at.

    Without `again`: what is not matched, what was renamed since, and, when there is a
    source, what was matched by its name alone.
    """
    by_person = Q(matched_by=MediaFile.MatchedBy.PERSON)
    files = MediaFile.objects.present().exclude(by_person)
    files = files.exclude(match_state=MediaFile.Match.IGNORED)
    if root_id is not None:
        files = files.filter(root=root_id)
    if again:
        return files
    waiting = ~Q(match_state=MediaFile.Match.MATCHED) | Q(parsed={})
    if has_source:
        kinds = [Title.Kind.MOVIE, Title.Kind.SHOW]
        waiting |= Q(title__facts_from="name", title__kind__in=kinds)
    return files.filter(waiting)


def _batches(pks: list[int]) -> Iterator[list[MediaFile]]:
    for start in range(0, len(pks), BATCH_FILES):
        rows = MediaFile.objects.filter(pk__in=pks[start : start + BATCH_FILES])
        yield list(
            rows.select_related("root", "title")
            .prefetch_related("side_files")
            .in_order()
        )


def _identify_batch(
    files: list[MediaFile], judge: Judge, counts: _Counts, *, again: bool
) -> None:
    for file in files:
        judge.progress.check()
        judge.progress.note(file.relpath)
        parsed = read_name(file, again=again)
        decision = judge.decide(file, parsed)
        state = apply_decision(file=file, parsed=parsed, decision=decision, judge=judge)
        counts.by_state[state] = counts.by_state.get(state, 0) + 1
        judge.progress.advance()


def read_name(file: MediaFile, *, again: bool = False) -> ParsedName:
    """Return what a file's name says, as kept, or read anew."""
    if file.parsed.get("version") == VERSION and not again:
        return ParsedName.from_json(file.parsed)
    return parse(file.relpath, file.root.kind)


def kept_name(parsed: ParsedName) -> dict[str, Any]:
    """Return what MediaFile.parsed keeps of a name."""
    return parsed.as_json() | {"version": VERSION}


def apply_decision(
    *, file: MediaFile, parsed: ParsedName, decision: Decision, judge: Judge
) -> str:
    """Write what was decided, unless a person was faster; return the file's state."""
    title = (
        Title.objects.filter(pk=decision.title_id).first()
        if decision.title_id
        else None
    )
    state, reason = decision.state, decision.reason
    items = []
    if title:
        numbers = _read_numbers(file, parsed, judge)
        if title.kind == Title.Kind.SHOW and numbers.is_empty:
            # The show is known, the episode is not: a person has to say.
            state, reason = "UNMATCHED", f"no episode number: {parsed.reason}"
            title = None
        else:
            items = find_items(title=title, numbers=numbers)
    if state != "MATCHED" and _keeps_its_title(file):
        return _keep(file, parsed)
    with transaction.atomic():
        if _write(file, parsed, decision, title=title, state=state, reason=reason):
            link_items(file=file, items=items)
            if file.title_id and (title is None or file.title_id != title.pk):
                drop_if_unused(title_id=file.title_id)
    return state


def _read_numbers(file: MediaFile, parsed: ParsedName, judge: Judge) -> Numbers:
    nfo = judge.surroundings.read_own_nfo(file)
    return Numbers.of(parsed, nfo.episodes if nfo else ())


def _keeps_its_title(file: MediaFile) -> bool:
    """Whether a match by name stands although the source knows nothing better."""
    is_matched = file.match_state == MediaFile.Match.MATCHED
    return bool(is_matched and file.title and file.title.facts_from == "name")


def _keep(file: MediaFile, parsed: ParsedName) -> str:
    MediaFile.objects.filter(pk=file.pk).update(parsed=kept_name(parsed))
    return file.match_state


def _write(
    file: MediaFile,
    parsed: ParsedName,
    decision: Decision,
    *,
    title: Title | None,
    state: str,
    reason: str,
) -> bool:
    """Write the match if the file is still automation's; return whether it was."""
    still_ours = ~Q(matched_by=MediaFile.MatchedBy.PERSON)
    rows = MediaFile.objects.filter(still_ours, pk=file.pk)
    return bool(
        rows.exclude(match_state=MediaFile.Match.IGNORED).update(
            parsed=kept_name(parsed),
            resolution=(parsed.resolution or "")[:20],
            edition=(parsed.edition or "")[:100],
            part=parsed.part,
            title=title,
            match_state=state,
            match_score=decision.score,
            match_reason=reason,
            match_candidates=decision.candidates_json(),
            matched_by=MediaFile.MatchedBy.AUTO if state == "MATCHED" else "",
            matched_at=timezone.now(),
        )
    )
