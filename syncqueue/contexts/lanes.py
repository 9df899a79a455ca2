"""The queue: one lane for each drive."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    F,
    IntegerField,
    Q,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext

from drivearr.jobs.contexts import JobRow, list_rows
from drivearr.jobs.models import Job
from drivearr.web.paging import Span
from drivearr.web.reading import read_id
from drives.contexts.cards import DriveCard, build_cards
from drives.models import Drive
from drives.waiting import Waiting
from syncqueue.contexts.wishes import Deed, WishRow, list_wishes
from syncqueue.jobs import COPY
from syncqueue.models import Copy, QueueItem

ROWS_SHOWN = 20
ROWS_ALONE = 100
FINISHED_SHOWN_FOR = timedelta(hours=24)

S = QueueItem.State
_RANK = Case(
    When(state=S.COPYING, then=Value(0)),
    When(state=S.FAILED, then=Value(1)),
    When(state=S.WAITING, then=Value(2)),
    When(state=S.PAUSED, then=Value(3)),
    default=Value(4),
    output_field=IntegerField(),
)
_IS_OVER = Case(
    When(state__in=QueueItem.OPEN_STATES, then=Value(0)),
    default=Value(1),
    output_field=IntegerField(),
)
_OVER_AT = Case(
    When(state__in=QueueItem.OPEN_STATES, then=None),
    default=F("finished_at"),
    output_field=DateTimeField(),
)
"""When a wish was over; empty while it is open, whatever was before."""


@dataclass(frozen=True, slots=True)
class Lane:
    """What one drive waits for."""

    drive: DriveCard
    job: JobRow | None
    rows: tuple[WishRow, ...]
    finished: tuple[WishRow, ...]
    open_count: int
    due_count: int
    held_count: int
    """Of these, how many said why they wait when they were looked at last."""
    """Those of them that are worked on without a hand."""
    finished_count: int
    span: Span | None

    @property
    def key(self) -> str:
        """What tells its elements on the page apart."""
        return str(self.drive.pk)

    @property
    def left_out(self) -> int:
        """How many wishes are not shown here."""
        return 0 if self.span else max(0, self.open_count - len(self.rows))

    @property
    def rests(self) -> bool:
        """Whether a failing drive keeps what waits from beginning by itself."""
        is_ready = self.drive.state == "ATTACHED" and not self.drive.is_paused
        failing = self.drive.health == Drive.Health.FAILING
        return failing and is_ready and self.job is None and self.due_count > 0

    @property
    def is_live(self) -> bool:
        """Whether it changes by itself."""
        if self.job is not None:
            return True
        waits = self.due_count > 0 and not self.rests
        return waits and self.drive.state == "ATTACHED" and not self.drive.is_paused

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """What can be done with all of it now."""
        pk = self.drive.pk
        pause = Deed(
            f"lane-deed-{pk}",
            reverse("pause_copying", args=[pk]),
            "pause",
            gettext("Pause"),
        )
        resume = reverse("resume_copying", args=[pk])
        if self.drive.is_paused:
            return (Deed(f"lane-deed-{pk}", resume, "play", gettext("Resume")),)
        if self.rests:
            begin = gettext("Copy all the same")
            return (Deed(f"lane-start-{pk}", resume, "play", begin), pause)
        return (pause,)

    @property
    def words(self) -> str:
        """Why it does or does not go on, in a sentence."""
        if self.job is not None:
            return self.job.note or gettext("Looking what is to be done")
        reasons = (
            (
                self.drive.is_paused,
                gettext("Paused. Nothing is copied until you resume it."),
            ),
            (not self.open_count, gettext("Everything is done.")),
            (
                not self.drive.is_attached,
                gettext("Not plugged in. It goes on by itself when it is."),
            ),
            (
                self.drive.state == "READ_ONLY",
                gettext("Read only: nothing can be written."),
            ),
            (not self.due_count, gettext("What is left needs your hand.")),
            (
                self.rests,
                gettext("The drive is failing: nothing is copied to it by itself."),
            ),
            (
                self.held_count == self.due_count,
                gettext("What is left waits, and says for what."),
            ),
        )
        return next(
            (words for holds, words in reasons if holds), gettext("Begins in a moment.")
        )


@dataclass(frozen=True, slots=True)
class Queue:
    """The whole queue, or one drive's."""

    lanes: tuple[Lane, ...]
    drive_id: int | None
    is_live: bool
    has_drives: bool

    @property
    def url(self) -> str:
        """Where the very same lanes are found."""
        if self.drive_id is None:
            return reverse("queue")
        span = self.lanes[0].span if self.lanes else None
        place = {"drive": self.drive_id} | ({"page": span.number} if span else {})
        return f"{reverse('queue')}?{urlencode(place)}"

    @classmethod
    def build(cls, asked: QueryDict) -> "Queue":
        """Make it; a fixed number of queries, whatever the number of drives."""
        drive_id = read_id(asked.get("drive"))
        counts = _counts(drive_id)
        drives = Drive.objects.filter(pk__in=list(counts)).by_name()
        cards = build_cards(drives)
        jobs = _copy_jobs()
        span = None
        if drive_id is not None and drive_id in counts:
            total = counts[drive_id].open
            span = Span.of(asked=asked.get("page"), total=total, per_page=ROWS_ALONE)
        rows, finished = _rows(drive_id, span)
        lanes = tuple(
            Lane(
                drive=card,
                job=jobs.get(card.pk),
                rows=rows.get(card.pk, ()),
                finished=finished.get(card.pk, ()),
                open_count=counts[card.pk].open,
                due_count=counts[card.pk].due,
                held_count=counts[card.pk].held,
                finished_count=counts[card.pk].finished,
                span=span,
            )
            for card in cards
        )
        return cls(
            lanes=tuple(sorted(lanes, key=_lane_order)),
            drive_id=drive_id,
            is_live=any(lane.is_live for lane in lanes),
            has_drives=bool(lanes) or Drive.objects.exists(),
        )


def _lane_order(lane: Lane) -> tuple[bool, bool, bool]:
    return lane.job is None, lane.open_count == 0, not lane.drive.is_attached


@dataclass(frozen=True, slots=True)
class _Counts:
    open: int
    due: int
    held: int
    finished: int


def _counts(drive_id: int | None) -> dict[int, _Counts]:
    wishes = QueueItem.objects.filter(_lately())
    if drive_id is not None:
        wishes = wishes.filter(drive=drive_id)
    rows = (
        wishes.order_by()
        .values_list("drive")
        .annotate(
            open=Count("pk", filter=Q(state__in=QueueItem.OPEN_STATES)),
            due=Count("pk", filter=Q(state__in=[S.WAITING, S.COPYING])),
            held=Count("pk", filter=Q(state=S.WAITING) & ~Q(error_code="")),
            finished=Count("pk", filter=~Q(state__in=QueueItem.OPEN_STATES)),
        )
    )
    return {row[0]: _Counts(*row[1:]) for row in rows}


def _lately() -> Q:
    since = timezone.now() - FINISHED_SHOWN_FOR
    return Q(state__in=QueueItem.OPEN_STATES) | Q(finished_at__gte=since)


def _copy_jobs() -> dict[int, JobRow]:
    subjects = dict(Job.objects.active().of(COPY.name).values_list("pk", "subject"))
    if not subjects:
        return {}
    rows = list_rows(Job.objects.filter(pk__in=list(subjects)))
    return {
        int(subjects[row.pk].partition(":")[2]): row
        for row in rows
        if read_id(subjects[row.pk].partition(":")[2])
    }


def _rows(
    drive_id: int | None, span: Span | None
) -> tuple[dict[int, tuple[WishRow, ...]], dict[int, tuple[WishRow, ...]]]:
    """Return by drive what is open and what is over; three queries."""
    wishes = QueueItem.objects.filter(_lately())
    if drive_id is not None:
        wishes = wishes.filter(drive=drive_id)
    start, stop = (span.start, span.stop) if span else (0, ROWS_SHOWN)
    is_open = Q(state__in=QueueItem.OPEN_STATES)
    order = (
        *(F("rank").asc(), F("over_at").desc(), F("priority").desc()),
        *(F("created_at").asc(), F("pk").asc()),
    )
    place = Window(RowNumber(), partition_by=[F("drive"), F("is_over")], order_by=order)
    # First which ones: a window over all columns of five tables takes longer to say.
    shown = list(
        wishes.annotate(rank=_RANK, is_over=_IS_OVER, over_at=_OVER_AT, place=place)
        .filter(
            (is_open & Q(place__gt=start, place__lte=stop))
            | (~is_open & Q(place__lte=ROWS_SHOWN))
        )
        .order_by(*order)
        .values_list("pk", flat=True)
    )
    found = QueueItem.objects.select_related("title", "season", "item", "created_by")
    by_id = found.in_bulk(shown)
    opened: dict[int, list[WishRow]] = defaultdict(list)
    over: dict[int, list[WishRow]] = defaultdict(list)
    for row in list_wishes(by_id[pk] for pk in shown if pk in by_id):
        those = opened if row.state in QueueItem.OPEN_STATES else over
        those[row.drive_id].append(row)
    return _frozen(opened), _frozen(over)


def _frozen(rows: dict[int, list[WishRow]]) -> dict[int, tuple[WishRow, ...]]:
    return {drive: tuple(those) for drive, those in rows.items()}


def find_waiting(drive_ids: Iterable[int]) -> dict[int, Waiting]:
    """Say what drives wait for, for the pages of drives; two queries."""
    rows = (
        QueueItem.objects.open()
        .filter(drive__in=list(drive_ids))
        .order_by()
        .values_list("drive", "drive__is_paused")
        .annotate(
            wishes=Count("pk"),
            failed=Count("pk", filter=Q(state=S.FAILED)),
            copying=Count("pk", filter=Q(state=S.COPYING)),
        )
    )
    found = {row[0]: row[1:] for row in rows}
    if not found:
        return {}
    left = dict(
        Copy.objects.open()
        .filter(drive__in=list(found))
        .order_by()
        .values_list("drive")
        .annotate(left=Sum(F("size_bytes") - F("durable_bytes")))
    )
    return {
        pk: Waiting(
            wishes=wishes,
            failed=failed,
            is_copying=bool(copying),
            is_paused=is_paused,
            size_bytes=max(0, left.get(pk) or 0),
        )
        for pk, (is_paused, wishes, failed, copying) in found.items()
    }
