"""The page of one Plex server: how it is, its libraries, where its files are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from drivearr.jobs.contexts import JobRow, list_active
from drivearr.jobs.models import Job
from drivearr.lib.text import number_words
from plexlink.contexts.overview import FormPage
from plexlink.jobs import SYNC
from plexlink.mapping import Suggestion
from plexlink.models import (
    ConnectionReading,
    PathMapping,
    PlexConnection,
    PlexError,
    PlexItem,
    PlexLibrary,
    PlexPart,
    PlexServer,
    PlexSync,
)
from plexlink.services import mapping_paths
from plexlink.services.adopting import NewFolder, list_new_folders
from plexlink.services.mapping_paths import Preview

READINGS_SHOWN = 48
RUNS_SHOWN, RUNS_DRAWN = 10, 48
TREND_DAYS = 14
ERRORS_SHOWN = 20
PACE_AFTER_SECONDS = 1.0
CHART_HEIGHT, CHART_BAR, CHART_GAP = 40, 6, 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One reading in the chart."""

    x: int
    y: int
    height: int
    is_failure: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Small bars over time."""

    bars: tuple[Bar, ...]
    width: int
    words: str
    """The same in words, for who sees no chart."""

    @classmethod
    def of(
        cls, values: Sequence[float | None], words: str, *, is_trouble: bool = False
    ) -> "Chart":
        """Draw values, the oldest first; None: there was none."""
        most = max((value for value in values if value is not None), default=0) or 1
        bars = []
        for place, value in enumerate(values):
            height = CHART_HEIGHT if value is None else _height(value, most)
            x = place * (CHART_BAR + CHART_GAP)
            bars.append(
                Bar(x, CHART_HEIGHT - height, height, is_trouble or value is None)
            )
        return cls(tuple(bars), max(1, len(values)) * (CHART_BAR + CHART_GAP), words)


def _height(value: float, most: float) -> int:
    return max(2, round(value * CHART_HEIGHT / most)) if value else 0


def draw_answers(server: PlexServer) -> Chart:
    """Draw how fast the server answered lately; one query."""
    rows = ConnectionReading.objects.filter(server=server).order_by("-at", "-pk")
    values = [row.latency_ms for row in rows[:READINGS_SHOWN]][::-1]
    good = [value for value in values if value is not None]
    failures = len(values) - len(good)
    words = gettext("no answer yet")
    if good:
        words = gettext("{least} to {most} ms").format(least=min(good), most=max(good))
    if failures:
        words += ", " + gettext("{n} without an answer").format(n=failures)
    return Chart.of(values, words)


def draw_runs(runs: Sequence[PlexSync]) -> Chart:
    """Draw how long the last runs took, and which failed."""
    ended = [run for run in runs if run.finished_at][::-1]
    values = [
        None if run.state == PlexSync.State.FAILED else run.seconds for run in ended
    ]
    good = [value for value in values if value is not None]
    failures = len(values) - len(good)
    words = gettext("none yet")
    if good:
        least, most = f"{min(good):.1f}", f"{max(good):.1f}"
        words = gettext("{least} to {most} s").format(least=least, most=most)
    if failures:
        said = ngettext("{n} failed", "{n} failed", failures)
        words += f", {said.format(n=failures)}"
    return Chart.of(values, words)


def draw_trouble(server: PlexServer) -> Chart:
    """Draw how many things went wrong on each of the last days; one query."""
    today = timezone.localdate()
    since = today - timedelta(days=TREND_DAYS - 1)
    rows = PlexSync.objects.filter(
        library__server=server, started_at__date__gte=since
    ).order_by()
    counts: dict[date, int] = defaultdict(int)
    for moment, errors in rows.values_list("started_at", "errors"):
        counts[timezone.localtime(moment).date()] += errors
    values = [counts[since + timedelta(days=day)] for day in range(TREND_DAYS)]
    half = TREND_DAYS // 2
    words = gettext("{n} in the last week, {before} before").format(
        n=sum(values[half:]), before=sum(values[:half])
    )
    return Chart.of(values, words, is_trouble=True)


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many items of a library are in one state."""

    state: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast what is under way goes."""

    per_second: float
    seconds_left: float | None
    """Until this phase ends; None while nobody can say."""

    @classmethod
    def of(cls, run: PlexSync | None, *, now: datetime) -> "Pace | None":
        """Return the pace of a run's phase; None in its first moments."""
        if run is None or run.job is None or run.phase_at is None:
            return None
        seconds = (now - run.phase_at).total_seconds()
        done, total = run.job.done, run.job.total
        if seconds < PACE_AFTER_SECONDS or not done:
            return None
        rate = done / seconds
        return cls(rate, max(0, total - done) / rate if total else None)

    @property
    def words(self) -> str:
        """The rate, in words."""
        if self.per_second >= 1:
            return f"{number_words(round(self.per_second))} a second"
        return f"{number_words(round(self.per_second * 60))} a minute"


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """A library with what is known and what runs."""

    library: PlexLibrary
    kind: str
    items: int
    states: tuple[StateCount, ...]
    job: JobRow | None
    phase: str
    pace: "Pace | None"
    last: PlexSync | None

    @property
    def element(self) -> str:
        """Id of its element on the page."""
        return f"plex-library-{self.library.pk}"


@dataclass(frozen=True, slots=True)
class Libraries:
    """The part of the page that changes by itself."""

    server: PlexServer
    rows: tuple[LibraryRow, ...]

    @classmethod
    def build(cls, server: PlexServer) -> "Libraries":
        """Make it; a fixed number of queries."""
        libraries = list(server.libraries.in_order())
        counts: dict[int, dict[str, int]] = defaultdict(dict)
        rows = PlexItem.objects.filter(server=server).order_by()
        for pk, state, number in rows.values_list("library", "state").annotate(
            Count("pk")
        ):
            counts[pk][state] = number
        jobs = _jobs()
        running = {
            run.library_id: run
            for run in PlexSync.objects.filter(
                library__server=server, state="RUNNING"
            ).select_related("job")
        }
        last = _last_runs(server)
        return cls(
            server,
            tuple(
                LibraryRow(
                    library=each,
                    kind=each.get_kind_display(),
                    items=sum(counts[each.pk].values())
                    - counts[each.pk].get("FILE_NOT_FOUND", 0),
                    states=_states(counts[each.pk]),
                    job=jobs.get(each.subject),
                    phase=running[each.pk].phase if each.pk in running else "",
                    pace=Pace.of(running.get(each.pk), now=timezone.now()),
                    last=last.get(each.pk),
                )
                for each in libraries
            ),
        )

    @property
    def is_live(self) -> bool:
        """Whether a sync is under way."""
        return any(row.job for row in self.rows)

    @property
    def poll_seconds(self) -> float:
        """How long to wait before the next look: with the way there less than a second.

        A run tells where it stands four times a second.
        """
        return settings.POLL_SECONDS / 2


def _states(counts: dict[str, int]) -> tuple[StateCount, ...]:
    return tuple(
        StateCount(state.value, str(state.label), counts[state.value])
        for state in PlexItem.State
        if counts.get(state.value)
    )


def _jobs() -> dict[str, JobRow]:
    subjects = dict(
        Job.objects.active().of(SYNC.name).order_by("pk").values_list("pk", "subject")
    )
    rows = list_active([SYNC.name]) if subjects else ()
    return {subjects[row.pk]: row for row in rows if row.pk in subjects}


def _last_runs(server: PlexServer) -> dict[int, PlexSync]:
    runs = PlexSync.objects.filter(
        library__server=server, finished_at__isnull=False
    ).order_by("-started_at", "-pk")
    found: dict[int, PlexSync] = {}
    for run in runs[:100]:
        found.setdefault(run.library_id, run)
    return found


@dataclass(frozen=True, slots=True)
class Holding:
    """How many of a kind a server has."""

    label: str
    count: int


def _holdings(server: PlexServer) -> tuple[Holding, ...]:
    rows = PlexItem.objects.filter(server=server).listed().order_by()
    counts = dict(rows.values_list("kind").annotate(Count("pk")))
    labels = {
        "MOVIE": gettext("movies"),
        "SHOW": gettext("shows"),
        "EPISODE": gettext("episodes"),
        "VIDEO": gettext("other videos"),
    }
    return tuple(
        Holding(label, counts[kind]) for kind, label in labels.items() if kind in counts
    )


@dataclass(frozen=True, slots=True)
class Activity:
    """What a server does now, as it says itself."""

    server: PlexServer
    doing: tuple[str, ...]
    playing: tuple[str, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class ServerPage:
    """All that the page of a server shows."""

    server: PlexServer
    is_listened_to: bool
    holdings: tuple[Holding, ...]
    size_bytes: int
    seconds: int
    answers: Chart
    durations: Chart
    trouble: Chart
    new_folders: tuple[NewFolder, ...]
    connections: tuple[PlexConnection, ...]
    libraries: Libraries
    mappings: tuple[PathMapping, ...]
    preview: Preview
    suggestions: tuple[Suggestion, ...]
    runs: tuple[PlexSync, ...]
    errors: tuple[PlexError, ...]
    form: object
    resting_until: datetime | None

    @classmethod
    def build(cls, server: PlexServer, form: object) -> "ServerPage":
        """Make it; a fixed number of queries, and a look at the libraries' folders."""
        held = PlexPart.objects.filter(
            plex_item__server=server, plex_item__gone_since=None
        ).aggregate(size=Sum("size_bytes"), length=Sum("duration_ms"))
        libraries = server.libraries.enabled().select_related("server").in_order()
        runs = tuple(
            PlexSync.objects.filter(library__server=server)
            .select_related("library")
            .order_by("-started_at", "-pk")[:RUNS_DRAWN]
        )
        return cls(
            server=server,
            is_listened_to=server.is_listened_to(now=timezone.now()),
            holdings=_holdings(server),
            size_bytes=held["size"] or 0,
            seconds=(held["length"] or 0) // 1000,
            answers=draw_answers(server),
            durations=draw_runs(runs),
            trouble=draw_trouble(server),
            new_folders=tuple(list_new_folders(libraries)),
            connections=tuple(
                server.connections.order_by("-is_current", "latency_ms", "pk")
            ),
            libraries=Libraries.build(server),
            mappings=tuple(server.mappings.order_by("plex_path", "pk")),
            preview=mapping_paths.count_kept(server=server),
            suggestions=tuple(mapping_paths.suggest_mappings(server=server)),
            runs=runs[:RUNS_SHOWN],
            errors=tuple(
                PlexError.objects.filter(server=server)
                .select_related("library")
                .order_by("resolved_at", "-last_at", "-pk")[:ERRORS_SHOWN]
            ),
            form=form,
            resting_until=server.rests_until,
        )


@dataclass(frozen=True, slots=True)
class MappingPage:
    """A rule that is being tried out."""

    server: PlexServer
    page: FormPage
    preview: Preview | None
