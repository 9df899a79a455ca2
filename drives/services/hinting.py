"""What would make copies to the drives that are plugged in here faster."""

from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext, gettext_noop

from drivearr.web.checking import Finding
from drives import detection
from drives.models import Attachment
from drives.services.opening import host_name
from drives.slowness import Brake, find_brakes, read_link

NAME = gettext_noop("drive speed")
_SAID = {
    Brake.SYNC: (
        gettext_noop("{who} is mounted so that each write waits for the drive."),
        gettext_noop("Mount it without the option `sync`; Drivearr flushes by itself."),
    ),
    Brake.FUSE: (
        gettext_noop("{who} is driven by a program ({filesystem}), not by the kernel."),
        gettext_noop(
            "Where the kernel knows its file system (exfat, ntfs3), mount it with that."
        ),
    ),
    Brake.PORT: (
        gettext_noop("{who} is a USB 3 drive in a USB 2 port: 40 MB/s at most."),
        gettext_noop("Plug it into a USB 3 port (often blue) and with its own cable."),
    ),
}


def hint_at_speed() -> Iterator[Finding]:
    """Say of each attached drive what slows it down."""
    places = Attachment.objects.current().filter(host=host_name())
    for place in places.select_related("drive"):
        mount = detection.find_mount(Path(place.path))
        if mount is None:
            continue
        link = read_link(mount.block, sys_block=detection.SYS_BLOCK)
        for brake in find_brakes(
            filesystem=mount.filesystem, options=mount.options, link=link
        ):
            message, advice = _SAID[brake]
            yield Finding(
                gettext(NAME),
                ok=True,
                is_hint=True,
                message=gettext(message).format(
                    who=f"“{place.drive.name}”", filesystem=mount.filesystem
                ),
                advice=gettext(advice),
            )
