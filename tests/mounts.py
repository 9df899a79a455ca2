"""Real file systems on loop devices, for tests that must see a drive come and go.

Use the fixture `loop_drive` and mark the test `root`; it skips with the reason where
the machine does not let us mount.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

MAKERS = {
    "ext4": ("mkfs.ext4", "-q", "-F", "-m", "0"),
    "exfat": ("mkfs.exfat",),
    "ntfs": ("mkntfs", "-Q", "-F"),
}
MOUNTERS = {"exfat": "mount.exfat-fuse", "ntfs": "ntfs-3g"}
"""What mounts a file system that the kernel does not know itself."""
_PLACES = "/usr/local/sbin:/usr/sbin:/sbin:" + os.environ.get("PATH", "")


def run(*command: str) -> str:
    """Run a program and return its output; CalledProcessError tells its words."""
    program = shutil.which(command[0], path=_PLACES) or command[0]
    try:
        done = subprocess.run(
            [program, *command[1:]], check=True, capture_output=True, text=True
        )
    except subprocess.CalledProcessError as error:
        error.add_note(error.stderr)
        raise
    return done.stdout.strip()


@dataclass
class LoopDrive:
    """A file system in an image file, mounted at `path` while plugged in."""

    image: Path
    filesystem: str
    path: Path
    _mounts: list[Path] = field(default_factory=list)

    @classmethod
    def make(
        cls, filesystem: str, image: Path, path: Path, size_mb: int
    ) -> "LoopDrive":
        """Format an image and mount it."""
        with image.open("wb") as stream:
            stream.truncate(size_mb * 1024**2)
        run(*MAKERS[filesystem], os.fspath(image))
        drive = cls(image, filesystem, path)
        drive.mount()
        return drive

    @property
    def is_mounted(self) -> bool:
        """Whether it is plugged in by us."""
        return bool(self._mounts)

    def mount(self, path: Path | None = None, *, read_only: bool = False) -> Path:
        """Plug it in, at another path if one is given; return the mount point."""
        self.path = path or self.path
        self.path.mkdir(parents=True, exist_ok=True)
        device = _attach(self.image)
        try:
            program = MOUNTERS.get(self.filesystem)
            options = ["-o", "ro" if read_only else "rw"]
            if program:
                run(program, *options, device, os.fspath(self.path))
            else:
                run("mount", *options, device, os.fspath(self.path))
        finally:
            # The device lives on while it is mounted, and goes by itself afterwards.
            with contextlib.suppress(subprocess.CalledProcessError):
                run("losetup", "-d", device)
        self._mounts.append(self.path)
        return self.path

    def unmount(self, *, lazy: bool = False) -> None:
        """Unplug it; `lazy` also while somebody holds it open."""
        path = self._mounts.pop()
        try:
            run("umount", *(["-l"] if lazy else []), os.fspath(path))
        except subprocess.CalledProcessError:
            self._mounts.append(path)
            raise

    def clear(self) -> None:
        """Unmount whatever is still mounted."""
        while self._mounts:
            with contextlib.suppress(subprocess.CalledProcessError):
                run("umount", "-l", os.fspath(self._mounts[-1]))
            self._mounts.pop()


class LoopDriveMaker(Protocol):
    """Makes, formats and mounts one more drive."""

    def __call__(
        self, fs: str = "ext4", size_mb: int = 64, path: Path | None = None
    ) -> LoopDrive:
        """Return it mounted, at `path` or at a new place."""


def _attach(image: Path) -> str:
    # Others take loop devices at the same time: between the look and the claim.
    for attempt in range(5):
        try:
            return run("losetup", "--find", "--show", os.fspath(image))
        except subprocess.CalledProcessError:
            if attempt == 4:
                raise
    raise AssertionError


def why_not(fs: str) -> str:
    """Return why this machine cannot mount such a drive; empty when it can."""
    if os.geteuid() != 0:
        return "needs root to mount"
    if not Path("/dev/loop-control").exists():
        return "has no loop devices"
    programs = ["losetup", "mount", "umount", MAKERS[fs][0]]
    if fs in MOUNTERS:
        programs.append(MOUNTERS[fs])
        if not Path("/dev/fuse").exists():
            return "has no /dev/fuse"
    missing = [name for name in programs if not shutil.which(name, path=_PLACES)]
    return f"lacks {', '.join(missing)}" if missing else ""


@pytest.fixture
def loop_drive(tmp_path: Path) -> Iterator[LoopDriveMaker]:
    """Return a maker of real drives: `loop_drive(fs="ext4", size_mb=64)`."""
    made: list[LoopDrive] = []

    def make(
        fs: str = "ext4", size_mb: int = 64, path: Path | None = None
    ) -> LoopDrive:
        reason = why_not(fs)
        if reason:
            pytest.skip(f"loop drive: this machine {reason}")
        image = tmp_path / f"drive-{len(made)}.{fs}.img"
        with image.open("wb") as stream:
            stream.truncate(size_mb * 1024**2)
        run(*MAKERS[fs], os.fspath(image))
        drive = LoopDrive(image, fs, path or tmp_path / f"mount-{len(made)}")
        made.append(drive)
        try:
            drive.mount()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"loop drive: this machine cannot mount {fs}: {error.stderr}")
        return drive

    yield make
    for drive in made:
        drive.clear()
