"""Drives, where they are, what they hold, and what happened to them."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from drivearr.jobs.models import Job
from library.models import Item, MediaFile, Root, SideFile, Title


class DriveQuerySet(models.QuerySet["Drive"]):
    """Drives."""

    def attached(self) -> "DriveQuerySet":
        """Drives that are plugged in somewhere."""
        return self.filter(attachments__detached_at__isnull=True).distinct()

    def by_name(self) -> "DriveQuerySet":
        """Order: by name."""
        return self.order_by("name", "pk")


class Drive(models.Model):
    """A known place to copy to, with its profile.

    Its identity is `uuid`, written into its manifest; label and path are for people.
    """

    class SideFiles(models.TextChoices):
        NONE = "NONE", gettext_lazy("None")
        SUBTITLES = "SUBTITLES", gettext_lazy("Subtitles")
        ALL = "ALL", gettext_lazy("Subtitles, .nfo and artwork")

    class Verification(models.TextChoices):
        ALL = "ALL", gettext_lazy("Read back everything")
        NONE = "NONE", gettext_lazy("Do not read back")

    class Engine(models.TextChoices):
        OWN = "OWN", gettext_lazy("Drivearr's own")
        RSYNC = "RSYNC", "rsync"

    class Outdated(models.TextChoices):
        ASK = "ASK", gettext_lazy("Ask me")
        KEEP = "KEEP", gettext_lazy("Keep what is on the drive")
        REPLACE = "REPLACE", gettext_lazy("Replace it by itself")

    class MakesRoom(models.TextChoices):
        WATCHED_FIRST = "WATCHED_FIRST", gettext_lazy("Watched titles, then old ones")
        WATCHED_ONLY = "WATCHED_ONLY", gettext_lazy("Watched titles only")
        NOTHING = "NOTHING", gettext_lazy("Nothing")

    class Health(models.TextChoices):
        GOOD = "GOOD", gettext_lazy("Good")
        LIMITED = "LIMITED", gettext_lazy("Limited")
        UNKNOWN = "UNKNOWN", gettext_lazy("Unknown")
        FAILING = "FAILING", gettext_lazy("Failing")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100, unique=True)
    is_folder = models.BooleanField(default=False)
    """A plain folder (a NAS share, a test), used because a person said so."""
    filesystem_uuid = models.CharField(max_length=100, blank=True)
    label = models.CharField(max_length=100, blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    # Profile
    owner = models.CharField(max_length=100, blank=True)
    side_files = models.CharField(
        max_length=10, choices=SideFiles, default=SideFiles.SUBTITLES
    )
    verification = models.CharField(
        max_length=10, choices=Verification, default=Verification.ALL
    )
    engine = models.CharField(max_length=10, choices=Engine, default=Engine.OWN)
    """What writes the files; this machine's choice, so not in the manifest."""
    rsync_flags = models.CharField(max_length=200, blank=True)
    """Options for rsync, as drives.rsyncflags lets through; this machine's too."""
    outdated = models.CharField(max_length=10, choices=Outdated, default=Outdated.ASK)
    """What becomes of a copy whose library file was replaced since."""
    makes_room = models.CharField(
        max_length=15, choices=MakesRoom, default=MakesRoom.WATCHED_FIRST
    )
    """What a plan may suggest to delete; a person says yes, or nothing goes."""
    sources = models.ManyToManyField(Root, blank=True, related_name="+")
    """Library folders that it is filled from; none: all of them."""
    reserve_bytes = models.BigIntegerField(default=256 * 1024**2)
    """Left free on the drive, whatever is wished."""

    # What we know of it
    health = models.CharField(max_length=10, choices=Health, default=Health.UNKNOWN)
    health_reason = models.TextField(blank=True)
    trouble = models.TextField(blank=True)
    """A sentence when the drive needs a person; empty when all is well."""
    manifest_generation = models.PositiveIntegerField(default=0)
    manifest_is_due = models.BooleanField(default=False)
    """Whether our rows say more than the manifest on the drive."""
    manifest_whole_is_due = models.BooleanField(default=True)
    """Whether a line in its journal will not do; counts while the manifest is due."""
    write_bytes_per_second = models.PositiveBigIntegerField(null=True, blank=True)
    """Measured, smoothed over its copies; verification included."""
    fence = models.PositiveIntegerField(default=0)
    """Grows with each writer; a writer with a lower number may not record any more."""
    is_paused = models.BooleanField(default=False)
    clone_mark = models.CharField(max_length=400, blank=True)
    """Which mount carried its identity too, while it was plugged in; see attaching."""
    verify_days = models.PositiveSmallIntegerField(default=90)
    """How often it is verified by itself; 0: only when asked."""
    is_low_on_space = models.BooleanField(default=False)

    objects = DriveQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="drive_has_a_name"),
            models.CheckConstraint(
                condition=Q(reserve_bytes__gte=0), name="drive_reserve_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"

    @property
    def subject(self) -> str:
        """What a job about this drive is about."""
        return f"drive:{self.pk}"

    def take_fence(self) -> int:
        """Become the drive's one writer; earlier writers can record nothing more."""
        Drive.objects.filter(pk=self.pk).update(fence=F("fence") + 1)
        self.refresh_from_db(fields=["fence"])
        return self.fence


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Attachments."""

    def current(self) -> "AttachmentQuerySet":
        """Attachments that still hold."""
        return self.filter(detached_at__isnull=True)


class Attachment(models.Model):
    """Where a drive is, or was: attached → detached."""

    drive = models.ForeignKey(
        Drive, on_delete=models.CASCADE, related_name="attachments"
    )
    host = models.CharField(max_length=200)
    path = models.CharField(max_length=1000)
    device = models.CharField(max_length=50, blank=True)
    """`major:minor` of the block device; empty for a folder drive."""
    device_node = models.CharField(max_length=200, blank=True)
    filesystem = models.CharField(max_length=50, blank=True)
    mount_options = models.TextField(blank=True)
    is_read_only = models.BooleanField(default=False)
    total_bytes = models.BigIntegerField(default=0)
    free_bytes = models.BigIntegerField(default=0)
    cluster_bytes = models.PositiveIntegerField(default=4096)
    attached_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    detached_at = models.DateTimeField(null=True, blank=True)
    detach_reason = models.CharField(max_length=200, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["drive"],
                condition=Q(detached_at__isnull=True),
                name="attachment_one_current_per_drive",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.path}"

    def detach(self, *, now: datetime, reason: str) -> bool:
        """Say that the drive is gone from here; False when that was known."""
        rows = Attachment.objects.filter(pk=self.pk, detached_at__isnull=True)
        return bool(rows.update(detached_at=now, detach_reason=reason[:200]))


class DriveFileQuerySet(models.QuerySet["DriveFile"]):
    """Files on drives."""

    def present(self) -> "DriveFileQuerySet":
        """Files that are on their drive, as far as is known."""
        return self.filter(state=DriveFile.State.PRESENT)

    def ours(self) -> "DriveFileQuerySet":
        """Files that we wrote."""
        return self.filter(origin=DriveFile.Origin.OURS)

    def foreign(self) -> "DriveFileQuerySet":
        """Files that others wrote: shown, left alone."""
        return self.filter(origin=DriveFile.Origin.FOREIGN)

    def in_order(self) -> "DriveFileQuerySet":
        """Order: as in the folders."""
        return self.order_by("drive", "relpath", "pk")


class DriveFile(models.Model):
    """One file on a drive.

    PRESENT ⇄ ALTERED (size, time or content is not what we wrote) ⇄ VANISHED
    """

    class Origin(models.TextChoices):
        OURS = "OURS", gettext_lazy("Written by Drivearr")
        FOREIGN = "FOREIGN", gettext_lazy("Foreign")

    class State(models.TextChoices):
        PRESENT = "PRESENT", gettext_lazy("Present")
        ALTERED = "ALTERED", gettext_lazy("Altered")
        VANISHED = "VANISHED", gettext_lazy("Vanished")

    class Kind(models.TextChoices):
        VIDEO = "VIDEO", gettext_lazy("Video")
        SIDE = "SIDE", gettext_lazy("Side file")
        OTHER = "OTHER", gettext_lazy("Other")

    class VerifiedBy(models.TextChoices):
        DEVICE = "DEVICE", gettext_lazy("Read back from the device")
        CACHE = "CACHE", gettext_lazy("Read back, perhaps from memory")
        NONE = "NONE", gettext_lazy("Not read back")

    class RecognisedBy(models.TextChoices):
        MANIFEST = "MANIFEST", gettext_lazy("Manifest")
        CONTENT = "CONTENT", gettext_lazy("Size and sampled content")
        NAME = "NAME", gettext_lazy("Name")

    drive = models.ForeignKey(Drive, on_delete=models.CASCADE, related_name="files")
    relpath = models.CharField(max_length=1000)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.VIDEO)
    origin = models.CharField(max_length=10, choices=Origin)
    state = models.CharField(max_length=10, choices=State, default=State.PRESENT)
    size_bytes = models.BigIntegerField()
    mtime_ns = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    block_digests = models.JSONField(default=list, blank=True)
    """blake3 of each 64 MiB block, in order; empty when unknown."""
    verified_by = models.CharField(
        max_length=10, choices=VerifiedBy, default=VerifiedBy.NONE
    )
    verified_at = models.DateTimeField(null=True, blank=True)
    damaged_at = models.DateTimeField(null=True, blank=True)
    """When reading it back gave other bytes; it stays ALTERED until it is replaced."""
    copied_at = models.DateTimeField(null=True, blank=True)
    is_untold = models.BooleanField(default=False)
    """Whether it was copied since the drive's manifest was last brought in line."""
    seen_at = models.DateTimeField(default=timezone.now)

    media_file = models.ForeignKey(
        MediaFile,
        on_delete=models.SET_NULL,
        related_name="drive_files",
        null=True,
        blank=True,
    )
    side_file = models.ForeignKey(
        SideFile,
        on_delete=models.SET_NULL,
        related_name="drive_files",
        null=True,
        blank=True,
    )
    title = models.ForeignKey(
        Title,
        on_delete=models.SET_NULL,
        related_name="drive_files",
        null=True,
        blank=True,
    )
    items: "models.ManyToManyField[Item, DriveFileItem]" = models.ManyToManyField(
        Item, through="DriveFileItem", related_name="drive_files"
    )
    source_fingerprint = models.CharField(max_length=80, blank=True)
    """MediaFile.fingerprint of what was copied or recognised; differs now: OUTDATED."""
    recognised_by = models.CharField(max_length=10, choices=RecognisedBy, blank=True)
    kept_instead_of = models.CharField(max_length=80, blank=True)
    """MediaFile.fingerprint that a person did not want in its place."""

    objects = DriveFileQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["drive", "state", "title"], name="drive_file_title"),
            models.Index(fields=["drive", "origin", "state"], name="drive_file_origin"),
            models.Index(
                fields=["drive"],
                condition=Q(damaged_at__isnull=False),
                name="drive_file_damaged",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["drive", "relpath"], name="drive_file_once_per_drive"
            ),
            models.CheckConstraint(
                condition=~Q(relpath="") & ~Q(relpath__startswith="/"),
                name="drive_file_relpath_is_relative",
            ),
            models.CheckConstraint(
                condition=Q(verified_by="NONE") | Q(verified_at__isnull=False),
                name="drive_file_verified_at_pairs",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.relpath}"


class DriveFileItem(models.Model):
    """That a file on a drive holds an item."""

    drive_file = models.ForeignKey(DriveFile, on_delete=models.CASCADE)
    item = models.ForeignKey(Item, on_delete=models.CASCADE)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["drive_file", "item"], name="drive_file_item_once"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.drive_file_id} holds {self.item_id}"


class DriveFolder(models.Model):
    """A folder on a drive that we made: ours to remove when nothing is left in it."""

    drive = models.ForeignKey(Drive, on_delete=models.CASCADE, related_name="folders")
    relpath = models.CharField(max_length=1000)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["drive", "relpath"], name="drive_folder_once_per_drive"
            ),
            models.CheckConstraint(
                condition=~Q(relpath="") & ~Q(relpath__startswith="/"),
                name="drive_folder_relpath_is_relative",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.relpath}"


class DriveScan(models.Model):
    """What one scan or verification of a drive found."""

    class Kind(models.TextChoices):
        SCAN = "SCAN", gettext_lazy("Scan")
        VERIFY = "VERIFY", gettext_lazy("Verification")

    drive = models.ForeignKey(Drive, on_delete=models.CASCADE, related_name="scans")
    job = models.OneToOneField(
        Job, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SCAN)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    seen = models.PositiveIntegerField(default=0)
    ours = models.PositiveIntegerField(default=0)
    foreign = models.PositiveIntegerField(default=0)
    recognised = models.PositiveIntegerField(default=0)
    altered = models.PositiveIntegerField(default=0)
    vanished = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    pass_began_at = models.DateTimeField(null=True, blank=True)
    """When the verification began that this one goes on with; its own start if none."""
    is_complete = models.BooleanField(default=False)
    """Whether it looked at everything; a stopped verification is gone on with."""
    partway = models.JSONField(default=dict, blank=True)
    """How far the file in hand was read when a verification was stopped; else empty."""

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind} of drive {self.drive_id}"


class HealthReading(models.Model):
    """One piece of evidence on a drive's health."""

    drive = models.ForeignKey(
        Drive, on_delete=models.CASCADE, related_name="health_readings"
    )
    at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=30)
    """`read-back`, `io-error`, `speed`, `smart`."""
    verdict = models.CharField(max_length=10, choices=Drive.Health)
    message = models.TextField(blank=True)
    value = models.FloatField(null=True, blank=True)

    def __str__(self) -> str:
        return f"#{self.pk} {self.source} {self.verdict}"


class SyncRecord(models.Model):
    """One line of a drive's history; kept when titles and jobs are gone."""

    class Action(models.TextChoices):
        ADDED = "ADDED", gettext_lazy("Drive added")
        ATTACHED = "ATTACHED", gettext_lazy("Attached")
        DETACHED = "DETACHED", gettext_lazy("Detached")
        COPIED = "COPIED", gettext_lazy("Copied")
        REPLACED = "REPLACED", gettext_lazy("Replaced")
        RENAMED = "RENAMED", gettext_lazy("Renamed")
        DELETED = "DELETED", gettext_lazy("Deleted")
        VERIFIED = "VERIFIED", gettext_lazy("Verified")
        MENDED = "MENDED", gettext_lazy("Manifest mended")
        FAILED = "FAILED", gettext_lazy("Failed")

    drive = models.ForeignKey(Drive, on_delete=models.CASCADE, related_name="history")
    job = models.ForeignKey(
        Job, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=10, choices=Action)
    title = models.ForeignKey(
        Title, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    title_name = models.CharField(max_length=500, blank=True)
    relpath = models.CharField(max_length=1000, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    seconds = models.FloatField(null=True, blank=True)
    verified_by = models.CharField(
        max_length=10, choices=DriveFile.VerifiedBy, blank=True
    )
    code = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["drive", "-at"], name="sync_record_newest")
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.action} {self.relpath}"
