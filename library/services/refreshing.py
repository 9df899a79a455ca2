"""Fetching all that the sources know of the titles here: first, when it changed, when old."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.progress import Progress
from library.facts import TitleFacts
from library.jobs import REFRESH
from library.metadata.source import (
    Source,
    SourceLacks,
    SourceRefusedKey,
    SourceResting,
    SourceTrouble,
)
from library.models import ExternalId, MediaFile, MetadataSource, Title
from library.models.title import TitleQuerySet
from library.services.artwork import fetch_artwork, note_remote
from library.services.filing import file_title
from library.services.gating import wake_sources
from library.services.sourcing import (
    find_by_name,
    find_sources,
    forget_reply,
    list_askable,
    purge_replies,
    read_precedence,
)
from library.services.speaking import note_languages

FACTS_GOOD_FOR = timedelta(days=150)
"""TMDb's terms: nothing is kept longer than six months without asking again."""
TROUBLES_MOST = 3
ASKED_AGAIN_AFTER = timedelta(days=1)
CHANGES_OVERLAP = timedelta(hours=2)
"""Feeds are read from a little before the last time: clocks differ."""
FIRST_LOOK_BACK = timedelta(days=14)
_ASKED = ("tmdb", "tvdb")


@dataclass(frozen=True, slots=True)
class RefreshSummary:
    """What one run came to."""

    considered: int
    refreshed: int
    unchanged: int
    gone: int
    """Titles that their source has no more; they keep what is known."""
    pictures: int
    errors: int
    requests: int
    seconds: float


def start_refresh(
    *,
    title_id: int | None = None,
    changes: bool = False,
    trigger: str = Job.Trigger.SYSTEM,
) -> Job:
    """Queue the fetching of facts; the one under way if any."""
    return enqueue(
        REFRESH,
        subject="" if title_id is None else f"title:{title_id}",
        trigger=trigger,
        title_id=title_id,
        changes=changes,
    )


def start_refresh_if_due() -> Job | None:
    """Queue it when there are titles of which only a search has told."""
    return start_refresh() if find_due().exists() else None


def find_due(*, now: datetime | None = None) -> TitleQuerySet:
    """Return the titles whose facts are missing or old, of the sources that can be asked."""
    old = (now or timezone.now()) - FACTS_GOOD_FOR
    is_old = Q(facts_at=None) | Q(facts_at__lt=old)
    due = Q(facts_from__in=_ASKED) & is_old
    return Title.objects.filter(due | _held_by_plex(now or timezone.now()))


def _held_by_plex(now: datetime) -> Q:
    """Return files' titles of which Plex told what a source believed more knows better."""
    askable = list_askable()
    better = [name for name in read_precedence().outranking("plex") if name in askable]
    if not better:
        return Q(pk__in=[])
    known = ExternalId.objects.filter(title=OuterRef("pk"), source__in=better)
    files = MediaFile.objects.filter(title=OuterRef("pk"))
    # Where that source has nothing, it is asked again a day later.
    waited = Q(facts_at=None) | Q(facts_at__lt=now - ASKED_AGAIN_AFTER)
    return Q(Exists(files), Exists(known), waited, facts_from="plex")


def refresh_titles(
    *,
    title_ids: Iterable[int] | None = None,
    again: bool = False,
    changes: bool = False,
    progress: Progress,
    job: Job | None = None,
) -> RefreshSummary:
    """Fetch the facts of these titles, or of all that are due, and then the pictures.

    `again`: of all titles that a source knows. `changes`: read the sources' feeds of
    changes first. Trouble is counted and reported; the next run does the rest.
    """
    started = time.monotonic()
    if job is None or job.trigger == Job.Trigger.PERSON:
        wake_sources()
    note_languages()
    work = _Refreshing(find_sources(), progress)
    if changes:
        work.read_changes()
    if title_ids is not None:
        rows = Title.objects.filter(pk__in=list(title_ids))
    elif again:
        rows = Title.objects.filter(facts_from__in=_ASKED)
    else:
        rows = find_due()
    pks = list(rows.order_by("pk").values_list("pk", flat=True))
    progress.expect(len(pks), "ITEMS")
    for pk in pks:
        progress.check()
        work.refresh(pk, is_forced=title_ids is not None or again)
        progress.advance()
    pictures = fetch_artwork(sources=work.sources, progress=progress)
    purge_replies()
    return RefreshSummary(
        considered=len(pks),
        refreshed=work.refreshed,
        unchanged=work.unchanged,
        gone=work.gone,
        pictures=pictures,
        errors=work.errors,
        requests=sum(each.requests for each in work.all_sources),
        seconds=round(time.monotonic() - started, 3),
    )


class _Refreshing:
    """One run: the sources that still answer, and what came of it."""

    def __init__(self, sources: Sequence[Source], progress: Progress) -> None:
        self.all_sources = tuple(sources)
        self.sources = list(sources)
        self.refreshed = self.unchanged = self.gone = self.errors = 0
        self._progress = progress
        self._troubles: dict[str, int] = {}

    # --- One title ----------------------------------------------------------------

    def refresh(self, title_id: int, *, is_forced: bool) -> None:
        title = Title.objects.filter(pk=title_id).first()
        if title is None:
            return
        self._progress.note(title.label)
        ids = dict(title.external_ids.values_list("source", "value"))
        source = self._source_of(title, ids)
        if source is None:
            return
        if is_forced:
            forget_reply(source=source.name, kind=title.kind, id=ids[source.name])
        try:
            facts = source.fetch(
                kind=title.kind, id=ids[source.name], order=title.episode_order
            )
        except SourceLacks:
            self._note_gone(title)
        except SourceTrouble as error:
            self._note_trouble(source, error)
        else:
            self._troubles[source.name] = 0
            self._store(title, facts, source)

    def _source_of(self, title: Title, ids: dict[str, str]) -> Source | None:
        """Return the source the facts came from, else the first that knows the title."""
        own = find_by_name(self.sources, title.facts_from)
        if own and own.name in ids:
            return own
        return next((each for each in self.sources if each.name in ids), None)

    def _store(self, title: Title, facts: TitleFacts, source: Source) -> None:
        before = (title.facts_at, fingerprint(title))
        now = file_title(facts=facts, origin=source.name, instead_of=title)
        note_remote(title=now, facts=facts, origin=source.name)
        if before[0] is not None and before[1] == fingerprint(now):
            self.unchanged += 1
        else:
            self.refreshed += 1

    def _note_gone(self, title: Title) -> None:
        self.gone += 1
        # Asked again only when it is old, like any other.
        Title.objects.filter(pk=title.pk).update(facts_at=timezone.now())

    def _note_trouble(self, source: Source, error: SourceTrouble) -> None:
        self.errors += 1
        self._progress.report(error)
        troubles = self._troubles.get(source.name, 0) + 1
        self._troubles[source.name] = troubles
        is_final = isinstance(error, SourceRefusedKey | SourceResting)
        if troubles >= TROUBLES_MOST or is_final:
            self.sources.remove(source)

    # --- What changed -------------------------------------------------------------

    def read_changes(self) -> None:
        """Mark the titles that the sources have changed since the last look."""
        for source in list(self.sources):
            self._progress.note(f"What changed at {source.label}")
            row = MetadataSource.objects.get(name=source.name)
            now = timezone.now()
            since = (row.changes_read_at or now - FIRST_LOOK_BACK) - CHANGES_OVERLAP
            try:
                for kind in (Title.Kind.MOVIE, Title.Kind.SHOW):
                    self._mark(source, kind, since)
            except SourceTrouble as error:
                self._note_trouble(source, error)
                continue
            MetadataSource.objects.filter(pk=row.pk).update(changes_read_at=now)

    @staticmethod
    def _mark(source: Source, kind: str, since: datetime) -> None:
        changes = source.list_changes(kind=kind, since=since)
        for change in changes:
            if change.merged_into:
                _rename_id(source.name, kind, change.id, change.merged_into)
        wanted = {change.merged_into or change.id for change in changes}
        ours = ExternalId.objects.filter(
            source=source.name, title__kind=kind, title__facts_from=source.name
        )
        hit = [
            pk for pk, value in ours.values_list("title", "value") if value in wanted
        ]
        for start in range(0, len(hit), 500):
            some = hit[start : start + 500]
            fetched_before = Title.objects.filter(pk__in=some, facts_at__isnull=False)
            fetched_before.update(facts_at=None)
            for value in ours.filter(title__in=some).values_list("value", flat=True):
                forget_reply(source=source.name, kind=kind, id=value)


def _rename_id(source: str, kind: str, old: str, new: str) -> None:
    """Let a title go by the id that its source has merged its own into."""
    rows = ExternalId.objects.filter(source=source, title__kind=kind)
    if not rows.filter(value=new).exists():
        rows.filter(value=old).update(value=new)


def fingerprint(title: Title) -> tuple[object, ...]:
    """Return what one would notice a change of a title by."""
    plain = tuple(
        getattr(title, name)
        for name in (
            "name",
            "original_name",
            "year",
            "overview",
            "tagline",
            "runtime_minutes",
            "rating",
            "content_rating",
            "release_date",
            "status",
        )
    )
    return (
        *plain,
        frozenset(title.genres.values_list("pk", flat=True)),
        frozenset(title.studios.values_list("pk", flat=True)),
        frozenset(title.collections.values_list("pk", flat=True)),
        frozenset(title.credits.values_list("person", "role", "character")),
        frozenset(title.items.values_list("season", "number", "name", "air_date")),
    )
