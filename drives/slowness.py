"""What makes an attached drive slower than it could be, seen from the mount and sysfs."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

FUSE_DRIVERS = frozenset({"fuseblk", "fuse.exfat", "fuse.ntfs", "fuse.ntfs-3g"})
"""Drivers in user space: each write is copied twice more than in the kernel."""
USB2_MBPS = 480
"""High speed. Source: USB 2.0 specification, section 7."""
USB3_IN_USB2 = "2.10"
"""What a USB 3 device says of itself on a USB 2 port. Source: USB 3.2, section 9.6.1."""


class Brake(Enum):
    """One cause."""

    SYNC = "sync"
    """Mounted so that each write waits for the drive."""
    FUSE = "fuse"
    PORT = "port"
    """A USB 3 drive on a USB 2 port."""


@dataclass(frozen=True, slots=True)
class Link:
    """How a disk hangs on the USB bus."""

    mbps: int
    version: str
    """`bcdUSB` as sysfs shows it: " 2.10" without the blank."""


def find_brakes(*, filesystem: str, options: str, link: Link | None) -> Iterator[Brake]:
    """Yield what slows a drive down; `options` as in the mount table."""
    if "sync" in options.split(","):
        yield Brake.SYNC
    if filesystem in FUSE_DRIVERS:
        yield Brake.FUSE
    if link and link.mbps <= USB2_MBPS and link.version == USB3_IN_USB2:
        yield Brake.PORT


def read_link(block: str, *, sys_block: Path) -> Link | None:
    """Return the USB link of a block device `major:minor`; None when there is none.

    The USB device is the nearest folder above the disk that has `speed` and `version`.
    """
    try:
        place = (sys_block / block).resolve(strict=True)
    except OSError:
        return None
    for folder in place.parents:
        link = _link_at(folder)
        if link:
            return link
    return None


def _link_at(folder: Path) -> Link | None:
    try:
        speed = (folder / "speed").read_text().strip()
        version = (folder / "version").read_text().strip()
        return Link(mbps=int(float(speed)), version=version)
    except (OSError, ValueError):
        return None
