"""The queue: one lane for each drive."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Case, Count, F, IntegerField, Q, Sum, Value, When, Window
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
from syncqueue.contexts.wishes import WishRow, list_wishes
from syncqueue.jobs import COPY
from syncqueue.models import Copy, QueueItem, QueueItemQuerySet

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
_ORDER = ("rank", "-priority", "created_at", "pk")


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
        rows = _open_rows(drive_id, span)
        finished = _finished_rows(drive_id)
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


def _open_rows(
    drive_id: int | None, span: Span | None
) -> dict[int, tuple[WishRow, ...]]:
    wishes = QueueItem.objects.open()
    if drive_id is not None:
        wishes = wishes.filter(drive=drive_id)
    start, stop = (span.start, span.stop) if span else (0, ROWS_SHOWN)
    return _by_drive(_numbered(wishes, start, stop))


def _finished_rows(drive_id: int | None) -> dict[int, tuple[WishRow, ...]]:
    since = timezone.now() - FINISHED_SHOWN_FOR
    wishes = QueueItem.objects.finished().filter(finished_at__gte=since)
    if drive_id is not None:
        wishes = wishes.filter(drive=drive_id)
    newest = Window(
        RowNumber(), partition_by="drive", order_by=(F("finished_at").desc(), F("pk"))
    )
    rows = wishes.annotate(place=newest).filter(place__lte=ROWS_SHOWN)
    return _by_drive(_with_names(rows).order_by("-finished_at", "pk"))


def _numbered(wishes: QueueItemQuerySet, start: int, stop: int) -> Iterable[QueueItem]:
    ranked = wishes.annotate(rank=_RANK)
    order = [F(each[1:]).desc() if each[0] == "-" else F(each) for each in _ORDER]
    place = Window(RowNumber(), partition_by="drive", order_by=order)
    rows = ranked.annotate(place=place).filter(place__gt=start, place__lte=stop)
    return _with_names(rows).order_by(*_ORDER)


def _with_names(wishes: QueueItemQuerySet) -> QueueItemQuerySet:
    return wishes.select_related("title", "season", "item", "created_by")


def _by_drive(wishes: Iterable[QueueItem]) -> dict[int, tuple[WishRow, ...]]:
    grouped: dict[int, list[WishRow]] = defaultdict(list)
    for row in list_wishes(wishes):
        grouped[row.drive_id].append(row)
    return {drive: tuple(rows) for drive, rows in grouped.items()}


def find_waiting(drive_ids: Iterable[int]) -> dict[int, Waiting]:
    """Say what drives wait for, for the pages of drives; three queries."""
    ids = list(drive_ids)
    rows = (
        QueueItem.objects.open()
        .filter(drive__in=ids)
        .order_by()
        .values_list("drive")
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
    paused = set(
        Drive.objects.filter(pk__in=list(found), is_paused=True).values_list(
            "pk", flat=True
        )
    )
    return {
        pk: Waiting(
            wishes=wishes,
            failed=failed,
            is_copying=bool(copying),
            is_paused=pk in paused,
            size_bytes=max(0, left.get(pk) or 0),
        )
        for pk, (wishes, failed, copying) in found.items()
    }
