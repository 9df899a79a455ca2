"""What the doctor says of drives: in trouble, failing, not visible, not verified."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.web.checking import Finding
from drives import detection
from drives.models import Attachment, Drive, DriveScan
from drives.services.opening import host_name
from drives.services.repairing import list_damaged

NAME = gettext_noop("drives")
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
        said = gettext(
            "{known} known, {here} plugged in here, none in trouble."
        ).format(known=len(drives), here=len(places))
        yield Finding(gettext(NAME), ok=True, message=said)


def _examine(drive: Drive, place: Attachment | None) -> Iterator[Finding]:
    who = f"“{drive.name}”"
    if drive.trouble:
        yield _bad(
            f"{who}: {drive.trouble}",
            gettext("Open the drive's page; it says what to do."),
        )
    if drive.health == Drive.Health.FAILING:
        yield _bad(
            gettext("{who} is failing: {health_reason}").format(
                who=who, health_reason=drive.health_reason
            ),
            gettext("Replace it soon; its files are still in the library."),
            is_told=True,
        )
    damaged = list_damaged(drive).count()
    if damaged:
        yield _bad(
            gettext("{who} has damaged files: {damaged}.").format(
                who=who, damaged=damaged
            ),
            gettext("Have them replaced: `drivearr drives repair {pk}`.").format(
                pk=drive.pk
            ),
        )
    if place is not None:
        yield from _examine_place(drive, place)


def _examine_place(drive: Drive, place: Attachment) -> Iterator[Finding]:
    who = f"“{drive.name}”"
    if not detection.device_is_there(place.device):
        yield _bad(
            gettext("{who} was unplugged without being ejected.").format(who=who),
            gettext(
                "Plug it in again; unmount {path} if it is still shown there."
            ).format(path=place.path),
        )
    elif place.is_read_only:
        yield _bad(
            gettext("{who} at {path} is mounted read-only.").format(
                who=who, path=place.path
            ),
            gettext(
                "Open its write-protect switch, or unmount it and have its file "
                "system checked (fsck, chkdsk)."
            ),
        )
    elif not os.access(place.path, os.W_OK | os.X_OK):
        yield _bad(
            gettext("{who} at {path} does not let Drivearr write.").format(
                who=who, path=place.path
            ),
            gettext(
                "Mount it with uid= and gid= of the user Drivearr runs as, or "
                "change its owner."
            ),
        )
    if drive.is_low_on_space:
        yield _bad(
            gettext("{who} is low on space.").format(who=who),
            gettext("Delete titles from it, on its page."),
            is_told=True,
        )
    if _is_forgotten(drive):
        yield _bad(
            gettext("{who} was not verified for long.").format(who=who),
            gettext(
                "Leave it plugged in, or begin: `drivearr drives verify {pk}`."
            ).format(pk=drive.pk),
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
                gettext(
                    "Drives plugged in below {path} after the start stay invisible."
                ).format(path=mount.path),
                gettext(
                    "In compose.yaml, bind {path} with `bind: {{propagation: "
                    "rslave}}`; on the host, once: mount --make-rshared on its source."
                ).format(path=mount.path),
            )


def _is_container() -> bool:
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()


def _bad(message: str, advice: str, *, is_told: bool = False) -> Finding:
    return Finding(
        gettext(NAME),
        ok=False,
        message=message,
        advice=advice,
        page="drive_list",
        is_told=is_told,
    )
