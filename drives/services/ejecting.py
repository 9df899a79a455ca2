"""Letting a drive go: flushed, closed, unmounted, and honest about what is not."""

import contextlib
import ctypes
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.jobs.services import request_cancel
from drivearr.lib.errors import DrivearrError, StopRun
from drivearr.lib.progress import SilentProgress
from drives import detection, udisks
from drives.holders import find_holders
from drives.models import Attachment, Drive, SyncRecord
from drives.services.locking import write_lock
from drives.services.manifesting import flush_manifest
from drives.services.opening import OpenDrive, open_drive
from drives.services.recording import record_event

logger = logging.getLogger(__name__)

UNMOUNT_SECONDS = 120
EJECTED = "Ejected"
STOP_SECONDS = 15.0
"""Work on a slow drive ends its block within this."""
_PAUSE_SECONDS = 0.1
_PLACES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class DriveInUse(StopRun):
    """Work on the drive is under way."""

    code = "DRIVE_IN_USE"
    advice = gettext_noop("Pause it or wait until it is done, then eject again.")


@dataclass(frozen=True, slots=True)
class EjectReport:
    """How an ejecting ended."""

    is_safe: bool
    """Whether the drive may be unplugged now."""
    message: str
    holders: tuple[str, ...] = ()
    """Who keeps it busy, as far as the system shows."""
    is_powered_off: bool = False
    """Whether its power is off too, so that even its own memory is written."""


def eject_drive(*, drive: Drive, stop_work: bool = False) -> EjectReport:
    """Flush a drive and unmount it where we may; say whether it is safe to unplug.

    `stop_work`: let copying and other work on it stop at a safe point first; it goes on
    when the drive is plugged in again.

    Never forced, never lazily: a busy drive stays, and who holds it is named.

    Raises: DriveInUse, DriveBusy, NotAttached, DriveGone, WrongDrive.
    """
    with _stopped(drive) if stop_work else contextlib.nullcontext():
        return _eject(drive)


def _eject(drive: Drive) -> EjectReport:
    _check_idle(drive)
    with open_drive(drive=drive, for_writing=False) as opened:
        path = Path(opened.attachment.path)
        attachment = opened.attachment
        _flush(drive, opened)
    if drive.is_folder:
        return EjectReport(
            is_safe=True,
            message=gettext(
                "Everything is written. “{drive}” is a plain folder: there is "
                "nothing to unmount."
            ).format(drive=drive.name),
        )
    trouble = _unmount(path, attachment.device_node)
    if detection.find_mount(path) is not None:
        return _refused(drive, path, trouble)
    now = timezone.now()
    if attachment.detach(now=now, reason=EJECTED):
        action = SyncRecord.Action.DETACHED
        record_event(drive=drive, action=action, message=EJECTED)
    return _let_go(drive, attachment)


def _let_go(drive: Drive, attachment: Attachment) -> EjectReport:
    """Power an unmounted drive off where that can be asked for, and say how it is."""
    others = _other_mounts(attachment.device_node)
    if others:
        where = ", ".join(str(mount.path) for mount in others)
        return EjectReport(
            is_safe=False,
            message=gettext(
                "“{drive}” is unmounted, but the same disk is in use at {where}. "
                "Unmount that too before you unplug it."
            ).format(drive=drive.name, where=where),
        )
    if _power_off(attachment.device_node):
        return EjectReport(
            is_safe=True,
            message=gettext(
                "“{drive}” is unmounted and powered off: safe to unplug."
            ).format(drive=drive.name),
            is_powered_off=True,
        )
    return EjectReport(
        is_safe=True,
        message=gettext("“{drive}” is unmounted and safe to unplug.").format(
            drive=drive.name
        ),
    )


def _other_mounts(node: str) -> list[detection.Mount]:
    """Return what else is mounted from the disk that a partition is on."""
    disk = detection.disk_of(node)
    return [
        mount
        for mount in detection.list_mounts()
        if disk and mount.has_block_device and detection.disk_of(mount.node) == disk
    ]


def _power_off(node: str) -> bool:
    """Ask udisks to cut the power; False where nobody can, or it cannot be cut."""
    try:
        with udisks.connect() as bus:
            disk = bus.find(node)
            if not disk.drive or not (disk.can_power_off or disk.is_ejectable):
                return False
            bus.power_off(disk, timeout_seconds=UNMOUNT_SECONDS)
    except (udisks.UdisksAway, udisks.UdisksRefused) as error:
        logger.info("%s keeps its power: %s", node, error)
        return False
    return True


@contextlib.contextmanager
def _stopped(drive: Drive) -> Iterator[None]:
    """Keep work away from a drive; what runs ends at its next safe point."""
    rows = Drive.objects.filter(pk=drive.pk)
    is_ours = bool(rows.filter(is_paused=False).update(is_paused=True))
    try:
        for job in Job.objects.active().filter(subject=drive.subject):
            request_cancel(job=job)
        until = time.monotonic() + STOP_SECONDS
        while _running(drive).exists() and time.monotonic() < until:
            time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        if is_ours:
            # The pause was ours: plugged in again, the drive is filled as before.
            rows.update(is_paused=False)


def _running(drive: Drive) -> QuerySet[Job]:
    return Job.objects.running().filter(subject=drive.subject)


def _check_idle(drive: Drive) -> None:
    if _running(drive).exists():
        raise DriveInUse(
            gettext("Work on “{drive}” is under way.").format(drive=drive.name)
        )


def _flush(drive: Drive, opened: OpenDrive) -> None:
    """Write what is due, then everything the system still holds for the drive."""
    drive.refresh_from_db()
    if drive.manifest_is_due and not opened.attachment.is_read_only:
        with write_lock(opened, progress=SilentProgress()):
            _flush_manifest(drive, opened)
    _sync(opened.root.fd)


def _flush_manifest(drive: Drive, opened: OpenDrive) -> None:
    try:
        flush_manifest(drive=drive, open_drive=opened)
    except (DrivearrError, OSError):
        # Full or write-protected: our rows keep what it would say.
        return


def _sync(fd: int) -> None:
    syncfs = getattr(ctypes.CDLL(None), "syncfs", None)
    if syncfs is None or syncfs(fd) != 0:
        os.sync()


def _unmount(path: Path, node: str) -> str:
    """Ask the system to unmount; return what it said when it did not."""
    trouble = _unmount_by_program(path)
    if detection.find_mount(path) is None or "busy" in trouble:
        return trouble
    # We may not; udisks may, for the person who sits there.
    return _unmount_by_udisks(node) or trouble


def _unmount_by_udisks(node: str) -> str:
    try:
        with udisks.connect() as bus:
            bus.unmount(bus.find(node), timeout_seconds=UNMOUNT_SECONDS)
    except udisks.UdisksAway:
        return ""
    except udisks.UdisksRefused as error:
        return str(error)
    return ""


def _unmount_by_program(path: Path) -> str:
    program = shutil.which("umount", path=_PLACES)
    if program is None:
        return gettext("there is no umount program")
    try:
        done = subprocess.run(
            [program, "--", os.fspath(path)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=UNMOUNT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = done.stderr.strip().splitlines()
    return lines[-1] if done.returncode and lines else ""


def _refused(drive: Drive, path: Path, trouble: str) -> EjectReport:
    holders = tuple(str(holder) for holder in find_holders(path))
    if holders:
        names = ", ".join(holders)
        reason = gettext("it is in use by {names}").format(names=names)
    elif "busy" in trouble:
        reason = gettext("a process that Drivearr cannot see uses it")
    else:
        reason = trouble.rstrip(".") or gettext("the system does not say why")
    return EjectReport(
        is_safe=False,
        message=gettext(
            "Everything is written, but “{drive}” is still mounted: {reason}. "
            "Unmount it yourself before you unplug it: umount {path}"
        ).format(drive=drive.name, reason=reason, path=path),
        holders=holders,
    )
