"""What the doctor says of drives: in trouble, failing, not visible, not verified."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from drivearr.web.checking import Finding
from drives import detection
from drives.models import Attachment, Drive, DriveScan
from drives.services.opening import host_name
from drives.services.repairing import list_damaged

NAME = "drives"
PARENTS = frozenset([Path("/mnt/drives"), Path("/media"), Path("/mnt")])
"""Where a container finds drives that are mounted on its host."""
_FORGOTTEN_AFTER = 2
"""A verification counts as forgotten after so many times its days."""


def check_drives() -> Iterator[Finding]:
    """Say what is wrong with each drive that is known; one finding when all is well."""
    drives = list(Drive.objects.by_name())
    places = {
        place.drive_id: place
        for place in Attachment.objects.current().filter(host=host_name())
    }
    found = [
        finding for drive in drives for finding in _examine(drive, places.get(drive.pk))
    ]
    yield from found
    if not found:
        said = f"{len(drives)} known, {len(places)} plugged in here, none in trouble."
        yield Finding(NAME, ok=True, message=said)


def _examine(drive: Drive, place: Attachment | None) -> Iterator[Finding]:
    who = f"“{drive.name}”"
    if drive.trouble:
        yield _bad(
            f"{who}: {drive.trouble}", "Open the drive's page; it says what to do."
        )
    if drive.health == Drive.Health.FAILING:
        yield _bad(
            f"{who} is failing: {drive.health_reason}",
            "Replace it soon; its files are still in the library.",
        )
    damaged = list_damaged(drive).count()
    if damaged:
        yield _bad(
            f"{who} has damaged files: {damaged}.",
            f"Have them replaced: `drivearr drives repair {drive.pk}`.",
        )
    if place is not None:
        yield from _examine_place(drive, place)


def _examine_place(drive: Drive, place: Attachment) -> Iterator[Finding]:
    who = f"“{drive.name}”"
    if not detection.device_is_there(place.device):
        yield _bad(
            f"{who} was unplugged without being ejected.",
            f"Plug it in again; unmount {place.path} if it is still shown there.",
        )
    elif place.is_read_only:
        yield _bad(
            f"{who} at {place.path} is mounted read-only.",
            "Open its write-protect switch, or unmount it and have its file system "
            "checked (fsck, chkdsk).",
        )
    elif not os.access(place.path, os.W_OK | os.X_OK):
        yield _bad(
            f"{who} at {place.path} does not let Drivearr write.",
            "Mount it with uid= and gid= of the user Drivearr runs as, or change its "
            "owner.",
        )
    if drive.is_low_on_space:
        yield _bad(f"{who} is low on space.", "Delete titles from it, on its page.")
    if _is_forgotten(drive):
        yield _bad(
            f"{who} was not verified for long.",
            f"Leave it plugged in, or begin: `drivearr drives verify {drive.pk}`.",
        )


def _is_forgotten(drive: Drive) -> bool:
    """Whether its verification by schedule fails to happen: silence hides losses."""
    if not drive.verify_days:
        return False
    since = timezone.now() - timedelta(days=_FORGOTTEN_AFTER * drive.verify_days)
    done = drive.scans.filter(
        kind=DriveScan.Kind.VERIFY, is_complete=True, finished_at__gt=since
    )
    return drive.added_at < since and drive.files.exists() and not done.exists()


def check_visibility() -> Iterator[Finding]:
    """In a container: say whether drives plugged in later will be seen."""
    if not _is_container():
        return
    for mount in detection.list_mounts():
        if mount.path in PARENTS and mount.is_private:
            yield _bad(
                f"Drives plugged in below {mount.path} after the start stay invisible.",
                f"In compose.yaml, bind {mount.path} with `bind: {{propagation: "
                "rslave}`; on the host, once: mount --make-rshared on its source.",
            )


def _is_container() -> bool:
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()


def _bad(message: str, advice: str) -> Finding:
    return Finding(NAME, ok=False, message=message, advice=advice, page="drive_list")
