"""What the statistics page shows: copies, success, growth, speed, over time."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop, ngettext

from drivearr.jobs.models import Job
from drivearr.lib.charting import Point
from drivearr.lib.counting import counted
from drivearr.lib.text import number_words, size_words
from drivearr.web.reading import read_choice, read_day
from drives.models import Drive, SyncRecord
from library.models import MediaFile, Title

RANGES = {
    "7": gettext_noop("Week"),
    "30": gettext_noop("Month"),
    "90": gettext_noop("Quarter"),
    "365": gettext_noop("Year"),
}
BARS_MOST = 31
LONGEST_DAYS = 3660
DAYS_WITHOUT_YEAR = 366
KIND_WORDS = {
    "MOVIE": gettext_noop("Movies"),
    "SHOW": gettext_noop("Shows"),
    "OTHER": gettext_noop("Other videos"),
}
COPIED = (SyncRecord.Action.COPIED, SyncRecord.Action.REPLACED)


@dataclass(frozen=True, slots=True)
class Range:
    """A span of time to choose."""

    value: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a drive was written, day by day."""

    name: str
    values: tuple[float, ...]
    latest: float


@dataclass(frozen=True, slots=True)
class StatisticsPage:
    """Figures and charts of one span."""

    ranges: tuple[Range, ...]
    copied_bytes: int
    copied_files: int
    success_percent: int | None
    bytes_per_second: float | None
    copied: tuple[Point, ...]
    failed: tuple[Point, ...]
    growth: tuple[Point, ...]
    kinds: tuple[Point, ...]
    kinds_total: str
    speeds: tuple[Speed, ...]
    jobs_failed: tuple[Point, ...]
    calendar: "Calendar"
    is_own: bool
    """Whether the first and last day were chosen by hand."""

    @classmethod
    def build(cls, asked: QueryDict) -> "StatisticsPage":
        """Make it; ten queries whatever the size of the library."""
        days = read_choice(asked.get("days"), RANGES, "30")
        own = _own_calendar(asked)
        calendar = own or Calendar.of(days=int(days), last=timezone.localdate())
        records = SyncRecord.objects.filter(
            at__gte=calendar.begins, at__lt=calendar.ends
        )
        copied, failed = _per_day(records)
        files, size, seconds = _totals(records)
        tried = files + sum(failed.values())
        kinds = _kinds()
        return cls(
            ranges=tuple(
                Range(value, gettext(label), not own and value == days)
                for value, label in RANGES.items()
            ),
            copied_bytes=size,
            copied_files=files,
            success_percent=round(100 * files / tried) if tried else None,
            bytes_per_second=size / seconds if seconds else None,
            copied=calendar.points(copied, size_words),
            failed=calendar.failures(failed),
            growth=_growth(calendar),
            kinds=kinds,
            kinds_total=size_words(sum(point.value for point in kinds)),
            speeds=_speeds(records),
            jobs_failed=_jobs(calendar),
            calendar=calendar,
            is_own=own is not None,
        )


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days put together so that no chart has more bars than one can tell apart."""

    first: date
    days: int
    step: int

    @classmethod
    def of(cls, *, days: int, last: date) -> "Calendar":
        """Return the `days` that end with `last`."""
        step = -(-days // BARS_MOST)
        return cls(last - timedelta(days=days - 1), days, step)

    @property
    def last(self) -> date:
        """The last day."""
        return self.first + timedelta(days=self.days - 1)

    @property
    def begins(self) -> datetime:
        """The first moment."""
        return _midnight(self.first)

    @property
    def ends(self) -> datetime:
        """The first moment that is out of it."""
        return _midnight(self.last + timedelta(days=1))

    def bucket(self, day: date) -> int:
        """Return the number of the bar that a day belongs to."""
        return (day - self.first).days // self.step

    def labels(self) -> list[str]:
        """Return what stands below each bar."""
        starts = range(0, self.days, self.step)
        days = [self.first + timedelta(days=number) for number in starts]
        shape = "j M Y" if self.days > DAYS_WITHOUT_YEAR else "j M"
        return [date_format(day, shape) for day in days]

    def points(
        self, per_day: Mapping[date, float], say: Callable[[float], str]
    ) -> tuple[Point, ...]:
        """Return a point for each bar; `say` puts its value into words."""
        labels = self.labels()
        sums = [0.0] * len(labels)
        for day, value in per_day.items():
            if 0 <= self.bucket(day) < len(sums):
                sums[self.bucket(day)] += value
        return tuple(
            Point(label, value, say(value))
            for label, value in zip(labels, sums, strict=True)
        )

    def failures(self, per_day: Mapping[date, float]) -> tuple[Point, ...]:
        """Return points in the colour of trouble."""
        points = self.points(per_day, _failed_words)
        return tuple(replace(point, state="FAILED") for point in points)


def _failed_words(number: float) -> str:
    said = ngettext("{n} failed", "{n} failed", int(number))
    return said.format(n=number_words(int(number)))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def _own_calendar(asked: QueryDict) -> Calendar | None:
    """Return the days that a person chose; None when they are none.

    One day alone is enough: the other is today, or a month before.
    """
    today = timezone.localdate()
    first, last = read_day(asked.get("from")), read_day(asked.get("to"))
    if not first and not last:
        return None
    last = min(last or today, today)
    first = first or last - timedelta(days=29)
    days = (last - first).days + 1
    return Calendar.of(days=min(days, LONGEST_DAYS), last=last) if days > 0 else None


def _per_day(
    records: QuerySet[SyncRecord],
) -> tuple[dict[date, float], dict[date, float]]:
    rows = (
        records.filter(action__in=[*COPIED, SyncRecord.Action.FAILED])
        .annotate(day=TruncDate("at"))
        .order_by()
        .values_list("day", "action")
        .annotate(Sum("size_bytes"), Count("pk"))
    )
    copied: dict[date, float] = defaultdict(float)
    failed: dict[date, float] = defaultdict(float)
    for day, action, size, count in rows:
        if action == SyncRecord.Action.FAILED:
            failed[day] += count
        else:
            copied[day] += size or 0
    return copied, failed


def _totals(records: QuerySet[SyncRecord]) -> tuple[int, int, float]:
    found = records.filter(action__in=COPIED).aggregate(
        files=Count("pk"), size=Sum("size_bytes"), seconds=Sum("seconds")
    )
    return found["files"], found["size"] or 0, found["seconds"] or 0.0


def _growth(calendar: Calendar) -> tuple[Point, ...]:
    """Return how many titles the library had at the end of each bar."""
    on_shelf = Title.objects.with_files()
    before = on_shelf.filter(added_at__lt=calendar.begins).count()
    rows = (
        on_shelf.filter(added_at__gte=calendar.begins, added_at__lt=calendar.ends)
        .annotate(day=TruncDate("added_at"))
        .order_by()
        .values_list("day")
        .annotate(Count("pk"))
    )
    added = calendar.points(dict(rows), str)
    points, total = [], float(before)
    for point in added:
        total += point.value
        points.append(Point(point.label, total, counted(int(total), "title")))
    return tuple(points)


def _kinds() -> tuple[Point, ...]:
    rows = (
        MediaFile.objects.present()
        .exclude(title=None)
        .order_by()
        .values_list("title__kind")
        .annotate(Sum("size_bytes"))
    )
    sizes = dict(rows)
    return tuple(
        Point(gettext(words), sizes[kind], size_words(sizes[kind]))
        for kind, words in KIND_WORDS.items()
        if sizes.get(kind)
    )


def _speeds(records: QuerySet[SyncRecord]) -> tuple[Speed, ...]:
    rows = (
        records.filter(action__in=COPIED, seconds__gt=0)
        .annotate(day=TruncDate("at"))
        .order_by("day")
        .values_list("drive", "day")
        .annotate(Sum("size_bytes"), Sum("seconds"))
    )
    found: dict[int, list[float]] = defaultdict(list)
    for drive, _day, size, seconds in rows:
        found[drive].append(size / seconds)
    names = dict(Drive.objects.filter(pk__in=found).values_list("pk", "name"))
    speeds = [Speed(names[pk], tuple(v), v[-1]) for pk, v in found.items()]
    return tuple(sorted(speeds, key=lambda each: each.name))


def _jobs(calendar: Calendar) -> tuple[Point, ...]:
    rows = (
        Job.objects.filter(
            state=Job.State.FAILED,
            finished_at__gte=calendar.begins,
            finished_at__lt=calendar.ends,
        )
        .annotate(day=TruncDate("finished_at"))
        .order_by()
        .values_list("day")
        .annotate(Count("pk"))
    )
    return calendar.failures(dict(rows))
