"""Wishes (QueueItem), the files they need (Copy), and runs of copying (CopyRun)."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from drivearr.jobs.models import Job
from drives.models import Drive, DriveFile
from library.models import Item, MediaFile, Season, SideFile, Title
from syncqueue.backoff import CEILING_SECONDS
from syncqueue.pacing import Limit

_AT_ONCE = 500
"""Databases limit how many values one statement takes."""
_IS_OPEN = Q(state__in=["WAITING", "COPYING", "PAUSED", "FAILED"])


class QueueItemQuerySet(models.QuerySet["QueueItem"]):
    """Wishes."""

    def open(self) -> "QueueItemQuerySet":
        """Wishes that are neither fulfilled nor withdrawn."""
        return self.filter(state__in=QueueItem.OPEN_STATES)

    def due(self) -> "QueueItemQuerySet":
        """Wishes a copy run may work on."""
        return self.filter(state__in=[QueueItem.State.WAITING, QueueItem.State.COPYING])

    def finished(self) -> "QueueItemQuerySet":
        """Wishes that are over."""
        return self.filter(state__in=[QueueItem.State.DONE, QueueItem.State.CANCELLED])

    def move_all(
        self, pks: Collection[int], *, to: str, among: tuple[str, ...], now: datetime
    ) -> int:
        """Do `QueueItem.move` for many; return how many were still in one of `among`."""
        over = to in {QueueItem.State.DONE, QueueItem.State.CANCELLED}
        moved = 0
        rest = list(pks)
        while rest:
            some, rest = rest[:_AT_ONCE], rest[_AT_ONCE:]
            moved += self.filter(pk__in=some, state__in=among).update(
                state=to,
                changed_at=now,
                finished_at=now if over else None,
                error_code="",
                error_message="",
                error_advice="",
            )
        return moved

    def in_order(self) -> "QueueItemQuerySet":
        """Order: as they are worked off."""
        return self.order_by("drive", "-priority", "created_at", "pk")


class QueueItem(models.Model):
    """A wish: this title (season, item) should be on that drive. Outlives many jobs.

    WAITING → COPYING → DONE
    COPYING → WAITING        (the run stopped; it goes on with the next run)
    WAITING | COPYING ⇄ PAUSED
    WAITING | COPYING → FAILED → WAITING (retry)
    WAITING | COPYING | PAUSED | FAILED → CANCELLED
    """

    class State(models.TextChoices):
        WAITING = "WAITING", gettext_lazy("Waiting")
        COPYING = "COPYING", gettext_lazy("Copying")
        PAUSED = "PAUSED", gettext_lazy("Paused")
        DONE = "DONE", gettext_lazy("Done")
        FAILED = "FAILED", gettext_lazy("Failed")
        CANCELLED = "CANCELLED", gettext_lazy("Cancelled")

    OPEN_STATES = (State.WAITING, State.COPYING, State.PAUSED, State.FAILED)

    drive = models.ForeignKey(Drive, on_delete=models.CASCADE, related_name="wishes")
    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="wishes")
    season = models.ForeignKey(
        Season, on_delete=models.CASCADE, related_name="wishes", null=True, blank=True
    )
    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="wishes", null=True, blank=True
    )
    """Season None: the whole title; item None: the whole season."""
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    priority = models.IntegerField(default=0)
    renews = models.BooleanField(default=False)
    """Whether outdated copies go with it; of a fulfilled one: the old are still there."""
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
    )
    changed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    error_advice = models.TextField(blank=True)

    objects = QueueItemQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # Three, for SQLite knows no `nulls_distinct`.
            models.UniqueConstraint(
                fields=["drive", "title"],
                condition=_IS_OPEN & Q(season__isnull=True, item__isnull=True),
                name="queue_item_one_open_per_title",
            ),
            models.UniqueConstraint(
                fields=["drive", "season"],
                condition=_IS_OPEN & Q(season__isnull=False, item__isnull=True),
                name="queue_item_one_open_per_season",
            ),
            models.UniqueConstraint(
                fields=["drive", "item"],
                condition=_IS_OPEN & Q(item__isnull=False),
                name="queue_item_one_open_per_item",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["DONE", "CANCELLED"], finished_at__isnull=False)
                | Q(
                    state__in=["WAITING", "COPYING", "PAUSED", "FAILED"],
                    finished_at__isnull=True,
                ),
                name="queue_item_finished_at_pairs_with_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="FAILED") | ~Q(error_code=""),
                name="queue_item_failed_has_error",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} title {self.title_id} on drive {self.drive_id} {self.state}"

    def move(self, *, to: str, among: tuple[str, ...], now: datetime) -> bool:
        """Go to a state without error, if still in one of `among`; say who won."""
        won = bool(QueueItem.objects.move_all([self.pk], to=to, among=among, now=now))
        if won:
            self.refresh_from_db()
        return won

    def fail(self, *, code: str, message: str, advice: str, now: datetime) -> bool:
        """Say why the wish cannot be fulfilled now; it stays until a person acts."""
        won = bool(
            QueueItem.objects.filter(
                pk=self.pk, state__in=[self.State.WAITING, self.State.COPYING]
            ).update(
                state=self.State.FAILED,
                changed_at=now,
                error_code=code,
                error_message=message,
                error_advice=advice,
            )
        )
        if won:
            self.refresh_from_db()
        return won


class SpeedLimit(models.Model):
    """How fast a drive may be written and read back at most, and in which hours."""

    drive = models.OneToOneField(
        Drive, on_delete=models.CASCADE, related_name="speed_limit"
    )
    bytes_per_second = models.PositiveBigIntegerField()
    begins = models.TimeField(default=time(0))
    ends = models.TimeField(default=time(0))
    """Local times of day; equal: it holds all day."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(bytes_per_second__gt=0), name="speed_limit_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} drive {self.drive_id}: {self.bytes_per_second} B/s"

    @property
    def limit(self) -> Limit:
        """Return it as pacing needs it."""
        return Limit(self.bytes_per_second, self.begins, self.ends)


class CopyRun(models.Model):
    """One run of copying to one drive."""

    drive = models.ForeignKey(Drive, on_delete=models.CASCADE, related_name="copy_runs")
    job = models.OneToOneField(
        Job, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    fence = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    files_done = models.PositiveIntegerField(default=0)
    files_failed = models.PositiveIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"#{self.pk} to drive {self.drive_id}"


class CopyQuerySet(models.QuerySet["Copy"]):
    """Copies."""

    def open(self) -> "CopyQuerySet":
        """Copies that are not over."""
        return self.filter(state__in=Copy.OPEN_STATES)

    def backing_off(self, *, now: datetime) -> "CopyQuerySet":
        """Copies that wait for another try; a wait beyond any is a wrong clock's."""
        longest = now + timedelta(seconds=CEILING_SECONDS)
        return self.filter(retry_at__gt=now, retry_at__lte=longest)

    def in_order(self) -> "CopyQuerySet":
        """Order: as they are worked off."""
        return self.order_by("queue_item", "position", "pk")


class Copy(models.Model):
    """One media file or side file going to one drive, with its attempts.

    QUEUED → COPYING → VERIFYING → DONE
    COPYING | VERIFYING → QUEUED      (stopped; resumes at the last durable block)
    any open state → FAILED | CANCELLED; FAILED → QUEUED (retry)
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED", gettext_lazy("Queued")
        COPYING = "COPYING", gettext_lazy("Copying")
        VERIFYING = "VERIFYING", gettext_lazy("Verifying")
        DONE = "DONE", gettext_lazy("Done")
        FAILED = "FAILED", gettext_lazy("Failed")
        CANCELLED = "CANCELLED", gettext_lazy("Cancelled")

    OPEN_STATES = (State.QUEUED, State.COPYING, State.VERIFYING)

    queue_item = models.ForeignKey(
        QueueItem, on_delete=models.CASCADE, related_name="copies"
    )
    drive = models.ForeignKey(Drive, on_delete=models.CASCADE, related_name="copies")
    media_file = models.ForeignKey(
        MediaFile, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    side_file = models.ForeignKey(
        SideFile, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    drive_file = models.ForeignKey(
        DriveFile, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    """The result, once DONE."""
    source_path = models.CharField(max_length=2000)
    relpath = models.CharField(max_length=1000)
    """Where it goes on the drive."""
    position = models.PositiveIntegerField(default=0)
    size_bytes = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    """Those that failed; being stopped, or the drive being gone, is no failure."""
    durable_bytes = models.BigIntegerField(default=0)
    verified_bytes = models.BigIntegerField(default=0)
    bytes_per_second = models.BigIntegerField(null=True, blank=True)
    """Now, over the last seconds, in whichever phase it is."""
    write_bytes_per_second = models.BigIntegerField(null=True, blank=True)
    read_bytes_per_second = models.BigIntegerField(null=True, blank=True)
    """As last measured in each phase; they foretell the next files."""
    source_identity = models.JSONField(default=dict, blank=True)
    """`{dev, ino, size, mtime_ns, ctime_ns}` of the source when copying began."""
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    error_advice = models.TextField(blank=True)

    objects = CopyQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["drive", "relpath"],
                condition=Q(state__in=["QUEUED", "COPYING", "VERIFYING"]),
                name="copy_one_open_per_target",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["QUEUED", "COPYING", "VERIFYING"],
                    finished_at__isnull=True,
                )
                | Q(
                    state__in=["DONE", "FAILED", "CANCELLED"], finished_at__isnull=False
                ),
                name="copy_finished_at_pairs_with_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="FAILED") | ~Q(error_code=""),
                name="copy_failed_has_error",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.relpath} {self.state}"


class CopyBlock(models.Model):
    """The journal: a block of a copy that is durable on the drive."""

    copy = models.ForeignKey(Copy, on_delete=models.CASCADE, related_name="blocks")
    number = models.PositiveIntegerField()
    offset = models.BigIntegerField()
    length = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    """blake3 of the block's bytes as read from the source."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["copy", "number"], name="copy_block_once"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} block {self.number} of copy {self.copy_id}"
