"""Checking drives' health: what the disk says, and what it did with our bytes."""

from datetime import timedelta

from django.utils import timezone

from drives import detection, health
from drives.models import Attachment, Drive, HealthReading, SyncRecord
from drives.services.opening import host_name
from drives.services.recording import record_evidence
from drives.smart import Smart, read_smart

ASK_AFTER = timedelta(hours=1)
"""A disk is not asked more often by itself."""
_MEASURED_BYTES = 64 * 1024**2
"""Smaller files say more about the file system than about the drive."""
_COPIES_LOOKED_AT = 200


def check_health(*, drive: Drive, force: bool = False) -> Drive:
    """Bring the verdict on a drive in line with all evidence; ask its disk if it is here.

    `force`: also when the disk was asked within the hour. A sleeping disk is never
    woken. A drive in the drawer is judged by what is known.
    """
    place = drive.attachments.current().filter(host=host_name()).first()
    if place is not None and place.device_node and not drive.is_folder:
        _ask_disk(drive, place, force=force)
    speed = health.judge_speed(_rates(drive))
    if speed is not None:
        record_evidence(drive=drive, evidence=speed)
    drive.refresh_from_db()
    return drive


def check_all() -> int:
    """Check every drive that is plugged in here; return how many there were."""
    drives = list(Drive.objects.attached().by_name())
    for drive in drives:
        check_health(drive=drive)
    return len(drives)


def _ask_disk(drive: Drive, place: Attachment, *, force: bool) -> None:
    since = timezone.now() - ASK_AFTER
    asked = HealthReading.objects.filter(drive=drive, source="smart", at__gt=since)
    if asked.exists() and not force:
        return
    smart = _smart_of(place.device_node)
    if smart.is_asleep:
        # What it said when it was awake still holds.
        return
    record_evidence(drive=drive, evidence=health.judge_smart(smart))


def _smart_of(node: str) -> Smart:
    disk = detection.disk_of(node)
    if not disk:
        return Smart(is_available=False, reason="there is no disk to ask")
    if disk.startswith(("loop", "ram", "zram")):
        return Smart(is_available=False, reason="an image file has no disk of its own")
    return read_smart(f"/dev/{disk}")


def _rates(drive: Drive) -> list[float]:
    rows = SyncRecord.objects.filter(
        drive=drive,
        action__in=[SyncRecord.Action.COPIED, SyncRecord.Action.REPLACED],
        size_bytes__gte=_MEASURED_BYTES,
        seconds__gt=0,
    ).order_by("-at", "-pk")
    pairs = list(rows.values_list("size_bytes", "seconds")[:_COPIES_LOOKED_AT])
    return [size / seconds for size, seconds in reversed(pairs) if seconds]
