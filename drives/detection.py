"""Which file systems are mounted now; the only reader of the system's tables."""

import json
import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

MOUNTINFO = Path("/proc/self/mountinfo")
SYS_BLOCK = Path("/sys/dev/block")
BY_UUID = Path("/dev/disk/by-uuid")

_VIRTUAL = frozenset(
    [
        "autofs",
        "binfmt_misc",
        "bpf",
        "cgroup",
        "cgroup2",
        "configfs",
        "debugfs",
        "devpts",
        "devtmpfs",
        "efivarfs",
        "fuse.gvfsd-fuse",
        "fuse.portal",
        "fusectl",
        "hugetlbfs",
        "mqueue",
        "nsfs",
        "overlay",
        "proc",
        "pstore",
        "ramfs",
        "rpc_pipefs",
        "securityfs",
        "squashfs",
        "sysfs",
        "tracefs",
    ]
)
_SYSTEM_PLACES = tuple(
    Path("/", name)
    for name in "boot dev etc home nix opt proc root run/user snap sys tmp usr var".split()  # noqa: SIM905
)
_PROPAGATES = frozenset(["shared:", "master:"])
"""Tags of the mount table. Source: mount_namespaces(7)."""
FAT_MOST_BYTES = 4 * 1024**3 - 1
"""The largest file FAT32 holds. Source: Microsoft FAT specification 1.03, section 6.7."""


@dataclass(frozen=True, slots=True)
class Mount:
    """One mounted file system."""

    path: Path
    device: str
    """`major:minor` as the mount table says; `0:…` for what has no device of its own."""
    node: str
    """What is mounted: `/dev/sdb1`, `server:/share`."""
    filesystem: str
    options: str
    is_read_only: bool
    root: str = "/"
    """Which folder of the file system is mounted; `/` unless it is a bind mount."""
    block: str = ""
    """`major:minor` of the block device below it; empty when there is none to ask."""
    uuid: str = ""
    label: str = ""
    is_private: bool = False
    """Whether what is mounted below it elsewhere stays invisible here."""

    @property
    def has_block_device(self) -> bool:
        """Whether it lies on a block device whose presence can be asked."""
        return bool(self.block)

    @property
    def is_fat(self) -> bool:
        """Whether no file on it may reach 4 GiB; exFAT is no FAT."""
        return self.filesystem in {"vfat", "msdos", "fat"}


def _unescape(text: str) -> str:
    """Undo the octal escapes of the table. Source: proc_pid_mountinfo(5)."""
    raw = re.sub(
        rb"\\([0-7]{3})", lambda m: bytes([int(m.group(1), 8)]), os.fsencode(text)
    )
    return os.fsdecode(raw)


def parse_mountinfo(table: str) -> tuple[Mount, ...]:
    """Read the mount table; lines that do not fit are left out. Last mount on top."""
    mounts: dict[Path, Mount] = {}
    for line in table.splitlines():
        before, found, after = line.partition(" - ")
        head, tail = before.split(" "), after.split(" ")
        if not found or len(head) < 6 or len(tail) < 3:  # noqa: PLR2004 - columns
            continue
        path = Path(_unescape(head[4]))
        options = f"{head[5]},{tail[2]}"
        node = _unescape(tail[1])
        mounts.pop(path, None)
        mounts[path] = Mount(
            path=path,
            device=head[2],
            node=node,
            filesystem=tail[0],
            options=options,
            is_read_only="ro" in options.split(","),
            root=_unescape(head[3]),
            block=_block_of(head[2], node),
            is_private=not _PROPAGATES.intersection(tag[:7] for tag in head[6:]),
        )
    return tuple(mounts.values())


def _block_of(device: str, node: str) -> str:
    """Return the block device of a mount; btrfs and plain FUSE name it only by node."""
    if not device.startswith("0:"):
        return device
    if not node.startswith("/dev/"):
        return ""
    try:
        about = Path(node).stat()
    except OSError:
        return ""
    number = about.st_rdev
    is_block = stat.S_ISBLK(about.st_mode)
    return f"{os.major(number)}:{os.minor(number)}" if is_block else ""


def list_mounts() -> tuple[Mount, ...]:
    """Return what is mounted now; elsewhere than on Linux without device numbers."""
    try:
        return parse_mountinfo(MOUNTINFO.read_text(errors="surrogateescape"))
    except OSError:
        return _portable_mounts()


def _portable_mounts() -> tuple[Mount, ...]:
    return tuple(
        Mount(
            path=Path(part.mountpoint),
            device="",
            node=part.device,
            filesystem=part.fstype,
            options=part.opts,
            is_read_only="ro" in part.opts.split(","),
        )
        for part in psutil.disk_partitions(all=False)
    )


def find_mount(path: Path) -> Mount | None:
    """Return the mount whose mount point is `path` itself; None when it is none."""
    wanted = path.resolve()
    for mount in list_mounts():
        if mount.path == wanted:
            return mount
    return None


def find_mount_of(path: Path) -> Mount | None:
    """Return the mount that holds `path`."""
    wanted = path.resolve()
    holding = [m for m in list_mounts() if wanted.is_relative_to(m.path)]
    return max(holding, key=lambda m: len(m.path.parts), default=None)


def list_candidates() -> tuple[Mount, ...]:
    """Return the mounts that could be drives to offer; the system's own are left out."""
    mounts = list_mounts()
    return tuple(
        mount
        for mount in mounts
        if could_hold_drive(mount)
        and mount.filesystem != "tmpfs"
        and not is_system(mount, mounts)
        and not any(mount.path.is_relative_to(place) for place in _SYSTEM_PLACES)
    )


def is_system(mount: Mount, mounts: tuple[Mount, ...]) -> bool:
    """Whether a mount is the root file system, or a part of its disk bound elsewhere."""
    top = next((m for m in mounts if str(m.path) == "/"), None)
    return str(mount.path) == "/" or (
        top is not None and bool(top.device) and mount.device == top.device
    )


def could_hold_drive(mount: Mount) -> bool:
    """Whether a known drive may be found there: nothing virtual, not the system's own."""
    if str(mount.path) == "/" or mount.filesystem in _VIRTUAL:
        return False
    return (
        mount.has_block_device
        or ":" in mount.node
        or mount.node.startswith(("/dev/", "//"))
        or mount.filesystem.startswith(("fuse", "tmpfs"))
    )


def describe(mount: Mount) -> Mount:
    """Add UUID, label and the true kind of a FUSE file system, where they can be read.

    Starts a program that reads the device: not for every look at an attached drive.
    """
    if not mount.has_block_device:
        return mount
    facts = _blkid(mount.node) or _lsblk(mount.node)
    uuid = facts.get("UUID") or _uuid_by_link(mount.node)
    is_fuse = mount.filesystem.startswith("fuse")
    return replace(
        mount,
        filesystem=(is_fuse and facts.get("TYPE")) or mount.filesystem,
        uuid=uuid[:100],
        label=facts.get("LABEL", "")[:100],
    )


def _run(*command: str) -> str:
    program = shutil.which(command[0]) or shutil.which(
        command[0], path="/usr/sbin:/sbin"
    )
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _blkid(node: str) -> dict[str, str]:
    lines = _run("blkid", "-p", "-o", "export", node).splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _lsblk(node: str) -> dict[str, str]:
    try:
        reply = json.loads(_run("lsblk", "--json", "-o", "UUID,LABEL,FSTYPE", node))
        row = reply["blockdevices"][0]
        named = {"UUID": row["uuid"], "LABEL": row["label"], "TYPE": row["fstype"]}
    except (ValueError, LookupError, TypeError):
        return {}
    # Without a udev database every answer is null.
    return {key: str(value) for key, value in named.items() if value}


def _uuid_by_link(node: str) -> str:
    try:
        links = list(BY_UUID.iterdir())
    except OSError:
        return ""
    target = os.path.realpath(node)
    return next((x.name for x in links if os.path.realpath(x) == target), "")


def device_is_there(device: str) -> bool:
    """Whether the block device `major:minor` exists; True when it has none to ask.

    The path of an unplugged drive still looks mounted: only this tells. A card reader
    without its card stays, with size 0.
    """
    if not device or not SYS_BLOCK.is_dir():
        return True
    try:
        return (SYS_BLOCK / device / "size").read_text().strip() != "0"
    except OSError:
        return (SYS_BLOCK / device).exists()


def disk_of(node: str) -> str:
    """Return the whole disk a device node is on, as `sdb`; empty when it is none."""
    try:
        about = Path(node).stat()
    except OSError:
        return ""
    if not stat.S_ISBLK(about.st_mode):
        return ""
    number = f"{os.major(about.st_rdev)}:{os.minor(about.st_rdev)}"
    place = Path(os.path.realpath(SYS_BLOCK / number))
    is_partition = (place / "partition").exists()
    return place.parent.name if is_partition else place.name
