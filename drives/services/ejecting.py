"""Letting a drive go: flushed, closed, unmounted, and honest about what is not."""

import ctypes
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Q
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.lib.errors import DrivearrError, Refused
from drivearr.lib.progress import SilentProgress
from drives import detection
from drives.holders import find_holders
from drives.models import Drive, SyncRecord
from drives.services.locking import write_lock
from drives.services.opening import OpenDrive, open_drive
from drives.services.recording import flush_manifest, record_event

UNMOUNT_SECONDS = 120
_PLACES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class DriveInUse(Refused):
    """Work on the drive is under way."""

    code = "DRIVE_IN_USE"
    advice = "Pause it or wait until it is done, then eject again."


@dataclass(frozen=True, slots=True)
class EjectReport:
    """How an ejecting ended."""

    is_safe: bool
    """Whether the drive may be unplugged now."""
    message: str
    holders: tuple[str, ...] = ()
    """Who keeps it busy, as far as the system shows."""


def eject_drive(*, drive: Drive) -> EjectReport:
    """Flush a drive and unmount it where we may; say whether it is safe to unplug.

    Never forced, never lazily: a busy drive stays, and who holds it is named.

    Raises: DriveInUse, DriveBusy, NotAttached, DriveGone, WrongDrive.
    """
    _check_idle(drive)
    with open_drive(drive=drive, for_writing=False) as opened:
        path = Path(opened.attachment.path)
        attachment = opened.attachment
        _flush(drive, opened)
    if drive.is_folder:
        return EjectReport(
            is_safe=True,
            message=f"Everything is written. “{drive.name}” is a plain folder: there is "
            "nothing to unmount.",
        )
    trouble = _unmount(path)
    if detection.find_mount(path) is not None:
        return _refused(drive, path, trouble)
    now = timezone.now()
    if attachment.detach(now=now, reason="Ejected"):
        action = SyncRecord.Action.DETACHED
        record_event(drive=drive, action=action, message="Ejected")
    return EjectReport(
        is_safe=True, message=f"“{drive.name}” is unmounted and safe to unplug."
    )


def _check_idle(drive: Drive) -> None:
    running = Job.objects.running().filter(Q(subject=drive.subject))
    if running.exists():
        raise DriveInUse(f"Work on “{drive.name}” is under way.")


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


def _unmount(path: Path) -> str:
    """Ask the system to unmount; return what it said when it did not."""
    program = shutil.which("umount", path=_PLACES)
    if program is None:
        return "there is no umount program"
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
        reason = f"it is in use by {', '.join(holders)}"
    elif "busy" in trouble:
        reason = "a process that Drivearr cannot see uses it"
    else:
        reason = trouble.rstrip(".") or "the system does not say why"
    return EjectReport(
        is_safe=False,
        message=f"Everything is written, but “{drive.name}” is still mounted: {reason}. "
        f"Unmount it yourself before you unplug it: umount {path}",
        holders=holders,
    )
