"""Deciding which title and items the files are."""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.progress import Progress
from library.jobs import IDENTIFY
from library.models import MediaFile, Root, SideFile, Title
from library.models.media_file import MediaFileQuerySet
from library.naming import VERSION, ParsedName
from library.naming.readers import NameReaders
from library.services.applying import apply_decisions
from library.services.artwork import fetch_artwork, note_local
from library.services.claiming import file_claims
from library.services.deciding import Judge
from library.services.gathering import Surroundings
from library.services.gating import wake_sources
from library.services.refreshing import start_refresh_if_due
from library.services.sourcing import (
    NfoTrust,
    find_sources,
    purge_replies,
    read_nfo_trust,
)
from library.services.speaking import note_languages

logger = logging.getLogger(__name__)

BATCH_FILES = 400


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
    beside = beside.exclude(kind__in=[SideFile.Kind.SUBTITLE, SideFile.Kind.EXTRA])
    is_new = pending.exists() or beside.exists()
    return start_identify(root_id=root_id) if is_new else None


def identify_files(
    *,
    root_id: int | None = None,
    again: bool = False,
    progress: Progress,
    job: Job | None = None,
) -> IdentifySummary:
    """Match what is not yet matched; a person's choice is never touched.

    Asks the metadata sources that have a key, once per film or show. Their trouble is
    counted and reported, and names are believed instead until they answer again. What
    more there is to know of the titles is fetched by a job of its own.
    """
    started = time.monotonic()
    if job is None or job.trigger == Job.Trigger.PERSON:
        wake_sources()
    note_languages()
    sources = find_sources()
    roots = Root.objects.in_order()
    if root_id is not None:
        roots = roots.filter(pk=root_id)
    trust = read_nfo_trust()
    surroundings = Surroundings(roots, progress, reads_nfos=trust != NfoTrust.NOT)
    is_nfo_first = trust == NfoTrust.FIRST
    judge = Judge(sources, surroundings, progress, is_nfo_first=is_nfo_first)
    files = find_waiting(root_id=root_id, again=again, has_source=bool(sources))
    pks = list(files.in_order().values_list("pk", flat=True))
    progress.expect(len(pks), "FILES")
    counts = _Counts(considered=len(pks))
    with NameReaders() as readers:
        for batch in _batches(pks):
            judge.progress.check()
            named = read_names(batch, readers, again=again)
            _identify_batch(named, judge, counts)
    note_local(roots=roots)
    fetch_artwork(sources=(), progress=progress)
    if sources:
        purge_replies()
        start_refresh_if_due()
    return IdentifySummary(
        considered=counts.considered,
        matched=counts.by_state.get("MATCHED", 0),
        ambiguous=counts.by_state.get("SUGGESTED", 0),
        unmatched=counts.by_state.get("UNMATCHED", 0),
        errors=counts.errors + judge.errors,
        requests=sum(each.requests for each in sources),
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
    named: list[tuple[MediaFile, ParsedName]], judge: Judge, counts: _Counts
) -> None:
    decisions = judge.decide(named)
    file_claims(decisions)
    for state in apply_decisions(named, decisions, judge.surroundings):
        counts.by_state[state] = counts.by_state.get(state, 0) + 1
    judge.progress.advance(len(named))


def read_names(
    files: list[MediaFile], readers: NameReaders, *, again: bool
) -> list[tuple[MediaFile, ParsedName]]:
    """Return what the files' names say: as kept, or read anew."""
    kept = {
        file.pk: file.parsed
        for file in files
        if file.parsed.get("version") == VERSION and not again
    }
    unread = [file for file in files if file.pk not in kept]
    asked = readers.ask([(file.relpath, file.root.kind) for file in unread])
    for file, told in zip(unread, asked.take(), strict=True):
        kept[file.pk] = json.loads(told)
    return [(file, ParsedName.from_json(kept[file.pk])) for file in files]
