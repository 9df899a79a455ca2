"""A share whose server can be lost: calls wait for ever, as on a hard NFS mount.

`python -m tests.stale BACKING MOUNTPOINT FLAG MATCH`; needs /dev/fuse. While the file FLAG
exists, no call on a path that holds MATCH is answered.
"""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mfusepy as fuse
import pytest

from tests.mounts import run

_FACTS = ("st_mode", "st_size", "st_nlink", "st_uid", "st_gid", "st_ino")


class Share(fuse.Operations):  # type: ignore[misc]  # mfusepy has no types
    """Passes on what reads, while the server is there."""

    use_ns = True

    def __init__(self, backing: str, flag: str, match: str) -> None:
        self.backing, self.flag, self.match = backing, flag, match

    def _real(self, path: str) -> str:
        while self.match in path and os.path.lexists(self.flag):
            time.sleep(0.02)
        return self.backing + path

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        try:
            about = os.lstat(self._real(path))
        except OSError as error:
            raise fuse.FuseOSError(error.errno or errno.EIO) from error
        facts = {name: getattr(about, name) for name in _FACTS}
        return facts | {"st_mtime": about.st_mtime_ns, "st_ctime": about.st_ctime_ns}

    def readdir(self, path: str, fh: int) -> list[str]:
        return [".", "..", *os.listdir(self._real(path))]

    def open(self, path: str, flags: int) -> int:
        return os.open(self._real(path), flags)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        self._real(path)
        return os.pread(fh, size, offset)

    def release(self, path: str, fh: int) -> int:
        os.close(fh)
        return 0


@dataclass
class StaleShare:
    """A mounted share."""

    backing: Path
    path: Path
    flag: Path

    def lose(self) -> None:
        """Take the server away."""
        self.flag.touch()

    def find(self) -> None:
        """Bring the server back."""
        self.flag.unlink(missing_ok=True)


@pytest.fixture
def stale_share(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StaleShare]:
    """Return a share that is there; `lose` it. Its parameter says which paths hang."""
    if os.geteuid() != 0 or not Path("/dev/fuse").exists():
        pytest.skip("stale share: needs root and /dev/fuse")
    share = StaleShare(tmp_path / "server", tmp_path / "share", tmp_path / "lost")
    share.backing.mkdir()
    share.path.mkdir()
    match = getattr(request, "param", "/")
    places = (share.backing, share.path, share.flag)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.stale", *map(os.fspath, places), match]
    )
    try:
        until = time.monotonic() + 20
        while not os.path.ismount(share.path):
            if server.poll() is not None or time.monotonic() > until:
                pytest.skip("stale share: this machine cannot mount it")
            time.sleep(0.05)
        yield share
    finally:
        share.find()
        run("umount", "-l", os.fspath(share.path))
        server.terminate()
        server.wait(timeout=20)


def main(backing: str, mountpoint: str, flag: str, match: str) -> Any:
    """Serve until unmounted; nothing is remembered by the kernel."""
    fuse.FUSE(
        Share(backing, flag, match),
        mountpoint,
        foreground=True,
        allow_other=True,
        fsname="stale",
        attr_timeout=0,
        entry_timeout=0,
        negative_timeout=0,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
