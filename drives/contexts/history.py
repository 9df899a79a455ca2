"""What happened to one drive, or to all: searched, narrowed, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.http import urlencode

from drivearr.web.paging import Span
from drivearr.web.reading import read_choice, read_day, read_id, read_query
from drives.exporting import Line
from drives.models import Drive, SyncRecord

PER_PAGE = 50
CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a drive's history."""

    at: datetime
    action: str
    label: str
    name: str
    title_id: int | None
    drive_id: int
    drive: str
    relpath: str
    size_bytes: int
    seconds: float | None
    verified_by: str
    message: str
    by: str

    @property
    def bytes_per_second(self) -> float | None:
        """How fast it went, verification included."""
        return self.size_bytes / self.seconds if self.seconds else None

    @classmethod
    def of(cls, row: SyncRecord) -> "Event":
        """Make it; the row's drive and person are read with it."""
        return cls(
            at=row.at,
            action=row.action,
            label=row.get_action_display(),
            name=row.title_name or row.relpath.rsplit("/", 1)[-1],
            title_id=row.title_id,
            drive_id=row.drive_id,
            drive=row.drive.name,
            relpath=row.relpath,
            size_bytes=row.size_bytes,
            seconds=row.seconds,
            verified_by=row.get_verified_by_display() if row.verified_by else "",
            message=row.message,
            by=row.by.get_username() if row.by else "",
        )


@dataclass(frozen=True, slots=True)
class HistoryFilters:
    """What was asked for; empty texts and None ask for nothing."""

    query: str
    action: str
    first: date | None
    last: date | None
    """Both days belong to it."""
    drive_id: int | None

    @classmethod
    def read(cls, asked: QueryDict) -> "HistoryFilters":
        """Read a query; nonsense asks for nothing."""
        return cls(
            query=read_query(asked.get("q")),
            action=read_choice(asked.get("action"), SyncRecord.Action.values),
            first=read_day(asked.get("first")),
            last=read_day(asked.get("last")),
            drive_id=read_id(asked.get("drive")),
        )

    @property
    def is_narrow(self) -> bool:
        """Whether anything narrows the list."""
        return any(
            (self.query, self.action, self.first, self.last, self.drive_id is not None)
        )

    def apply(self, rows: QuerySet[SyncRecord]) -> QuerySet[SyncRecord]:
        """Return those that were asked for."""
        if self.query:
            words = Q(title_name__icontains=self.query)
            words |= Q(relpath__icontains=self.query) | Q(message__icontains=self.query)
            rows = rows.filter(words)
        if self.action:
            rows = rows.filter(action=self.action)
        if self.first:
            rows = rows.filter(at__gte=_midnight(self.first))
        if self.last:
            rows = rows.filter(at__lt=_midnight(self.last + timedelta(days=1)))
        if self.drive_id is not None:
            rows = rows.filter(drive=self.drive_id)
        return rows

    def encode(self) -> str:
        """Return it as a query of an address."""
        parts = {
            "q": self.query,
            "action": self.action,
            "first": self.first.isoformat() if self.first else "",
            "last": self.last.isoformat() if self.last else "",
            "drive": self.drive_id or "",
        }
        return urlencode({name: value for name, value in parts.items() if value})


@dataclass(frozen=True, slots=True)
class History:
    """A page of what happened; `drive` is None for all drives."""

    drive: Drive | None
    drives: tuple[Drive, ...]
    """To choose from; empty on the page of one drive."""
    events: tuple[Event, ...]
    filters: HistoryFilters
    actions: tuple[tuple[str, str], ...]
    span: Span

    @classmethod
    def build(cls, drive: Drive | None, asked: QueryDict) -> "History":
        """Make it; three queries."""
        filters = HistoryFilters.read(asked)
        rows = filters.apply(_rows(drive))
        span = Span.of(asked=asked.get("page"), total=rows.count(), per_page=PER_PAGE)
        return cls(
            drive=drive,
            drives=() if drive else tuple(Drive.objects.by_name()),
            events=tuple(Event.of(row) for row in rows[span.start : span.stop]),
            filters=filters,
            actions=tuple((value, str(label)) for value, label in _ACTIONS),
            span=span,
        )


_ACTIONS = SyncRecord.Action.choices


def list_newest(drive: Drive, most: int) -> tuple[Event, ...]:
    """Return the last things that happened to a drive; one query."""
    return tuple(Event.of(row) for row in _rows(drive)[:most])


def list_lines(drive: Drive | None, asked: QueryDict) -> Iterator[Line]:
    """Yield all lines that were asked for, the newest first, without holding them."""
    rows = HistoryFilters.read(asked).apply(_rows(drive))
    for row in rows.iterator(chunk_size=CHUNK):
        yield Line(
            at=row.at,
            drive=row.drive.name,
            action=row.action,
            title=row.title_name,
            relpath=row.relpath,
            size_bytes=row.size_bytes,
            seconds=row.seconds,
            verified_by=row.verified_by,
            code=row.code,
            message=row.message,
            by=row.by.get_username() if row.by else "",
        )


def _rows(drive: Drive | None) -> QuerySet[SyncRecord]:
    rows = SyncRecord.objects.all() if drive is None else drive.history.all()
    return rows.select_related("by", "drive").order_by("-at", "-pk")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
