"""A drive with faults: a FUSE file system that fails as it is told, and can lose power.

`python -m tests.faults.faultdrive BACKING MOUNTPOINT SOCKET`; needs /dev/fuse. Each line
of JSON on the socket is a command, answered by a line: `{"faults": [...]}` replaces what
goes wrong, `{"cut": SEED}` takes the power away and leaves in BACKING what a drive with
FAT's manners would still hold.

A fault: `{"op": "write|read|open|getattr|fsync|rename|change", "errno": "EIO", "after": 3, "times": 1,
"match": ".mkv"}` fails calls number 4 to 4; `"errno": "FLIP"` stores one bit wrong, `"HANG"`
keeps the caller waiting until the faults are replaced, `"SLOW"` with `"rate"` is a drive of
so many bytes a second. `times` -1: for ever.
"""

import errno
import json
import os
import random
import shutil
import socketserver
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mfusepy as fuse

PAGE = 4096
_CHANGES = frozenset({"write", "fsync", "rename", "create", "mkdir", "unlink"})


@dataclass
class Fault:
    """One thing that goes wrong."""

    op: str
    errno: str
    after: int = 0
    times: int = 1
    match: str = ""
    rate: int = 0
    seen: int = 0

    def hits(self, op: str, path: str) -> bool:
        if self.op != op and not (self.op == "change" and op in _CHANGES):
            return False
        if self.match not in path:
            return False
        self.seen += 1
        late = self.seen - self.after
        return late > 0 and (self.times < 0 or late <= self.times)


@dataclass
class Durable:
    """What has reached the plates: FAT's manners, as measured.

    A name is there once its folder was flushed. A file's bytes are there once it was
    flushed, and under a new name only once it was flushed under that one.
    """

    folder: Path
    names: dict[str, dict[str, int]] = field(default_factory=lambda: {"/": {}})
    """By folder: name → file, 0 for a folder."""
    pending: dict[str, list[tuple[str, str, int]]] = field(default_factory=dict)
    flushed_as: dict[int, str] = field(default_factory=dict)

    def log(self, folder: str, deed: str, name: str, number: int) -> None:
        self.pending.setdefault(folder, []).append((deed, name, number))

    def flush_folder(self, folder: str) -> None:
        listing = self.names.setdefault(folder, {})
        for deed in self.pending.pop(folder, []):
            _replay(listing, deed)

    def flush_file(self, number: int, path: str, source: str) -> None:
        shutil.copyfile(source, self.folder / str(number))
        self.flushed_as[number] = path

    def after_cut(self, dice: random.Random) -> dict[str, dict[str, int]]:
        """Return the folders: of what was not flushed, a part from its beginning."""
        found = {folder: dict(listing) for folder, listing in self.names.items()}
        for folder, deeds in self.pending.items():
            listing = found.setdefault(folder, {})
            for deed in deeds[: dice.randint(0, len(deeds))]:
                _replay(listing, deed)
        return found


def _replay(listing: dict[str, int], deed: tuple[str, str, int]) -> None:
    what, name, number = deed
    if what == "add":
        listing[name] = number
    elif what == "move":
        old, _, new = name.partition("/")
        listing.pop(old, None)
        listing[new] = number
    else:
        listing.pop(name, None)


class FaultDrive(fuse.Operations):  # type: ignore[misc]  # mfusepy has no types
    """Passes everything on to a folder, except for its faults."""

    use_ns = True

    def __init__(self, backing: Path) -> None:
        self.root = backing / "now"
        self.root.mkdir(parents=True, exist_ok=True)
        kept = backing / "durable"
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        self.durable = Durable(kept)
        self.numbers: dict[str, int] = {}
        self.last = 0
        self.faults: list[Fault] = []
        self.lock = threading.RLock()
        self.is_cut = False
        self.released = threading.Event()
        self._adopt()

    def _adopt(self) -> None:
        """Take what lies there already as flushed."""
        for folder, folders, files in os.walk(self.root):
            at = "/" + os.path.relpath(folder, self.root)
            at = "/" if at == "/." else at
            listing = self.durable.names.setdefault(at, {})
            listing |= dict.fromkeys(folders, 0)
            for name in files:
                path = f"{at.rstrip('/')}/{name}"
                listing[name] = number = self._number(path)
                self.durable.flush_file(number, path, self._real(path))

    def _number(self, path: str) -> int:
        if path not in self.numbers:
            self.last += 1
            self.numbers[path] = self.last
        return self.numbers[path]

    def _real(self, path: str) -> str:
        return str(self.root / path.lstrip("/"))

    # --- Faults -------------------------------------------------------------------

    def _meet(self, op: str, path: str, size: int = 0) -> str:
        """Raise, wait, or say that a bit is to flip."""
        with self.lock:
            if self.is_cut:
                raise fuse.FuseOSError(errno.EIO)
            hit = [fault for fault in self.faults if fault.hits(op, path)]
            released = self.released
        for fault in hit:
            if fault.errno == "HANG":
                released.wait()
            elif fault.errno == "SLOW":
                time.sleep(size / fault.rate)
            elif fault.errno != "FLIP":
                raise fuse.FuseOSError(getattr(errno, fault.errno))
        return "FLIP" if any(fault.errno == "FLIP" for fault in hit) else ""

    def command(self, asked: dict[str, Any]) -> dict[str, Any]:
        if "cut" in asked:
            self._cut(random.Random(asked["cut"]))
            return {"ok": True}
        with self.lock:
            seen = {fault.op: fault.seen for fault in self.faults}
            self.faults = [Fault(**each) for each in asked.get("faults", [])]
            self.released.set()
            self.released = threading.Event()
        return {"seen": seen}

    def _cut(self, dice: random.Random) -> None:
        with self.lock:
            self.is_cut = True
            self.released.set()
            after = self.root.parent / "after"
            shutil.rmtree(after, ignore_errors=True)
            listings = self.durable.after_cut(dice)
            self._lay_out("/", after, listings, dice)
            shutil.rmtree(self.root)
            after.rename(self.root)

    def _lay_out(
        self,
        folder: str,
        target: Path,
        listings: dict[str, dict[str, int]],
        dice: random.Random,
    ) -> None:
        target.mkdir()
        for name, number in listings.get(folder, {}).items():
            path = f"{folder.rstrip('/')}/{name}"
            if number == 0:
                self._lay_out(path, target / name, listings, dice)
            else:
                (target / name).write_bytes(self._bytes_left(number, path, dice))

    def _bytes_left(self, number: int, path: str, dice: random.Random) -> bytes:
        """Return a file's bytes: flushed ones, and any pages of those that were not."""
        kept = self.durable.folder / str(number)
        flushed = kept.read_bytes() if kept.exists() else b""
        if self.durable.flushed_as.get(number, path) != path:
            # Renamed since: its entry has no first cluster yet.
            flushed = b""
        current = next((p for p, n in self.numbers.items() if n == number), None)
        if current is None or not Path(self._real(current)).exists():
            return flushed
        now = Path(self._real(current)).read_bytes()
        if not flushed or now == flushed:
            return flushed
        torn = bytearray(now[: dice.randint(len(flushed), max(len(flushed), len(now)))])
        for at in range(0, len(torn), PAGE):
            if dice.random() < 0.5:
                old = flushed[at : at + PAGE]
                torn[at : at + PAGE] = old.ljust(len(torn[at : at + PAGE]), b"\0")
        return bytes(torn)

    # --- Looking ------------------------------------------------------------------

    def _do(self, call: Callable[..., Any], *arguments: Any) -> Any:
        if self.is_cut:
            raise fuse.FuseOSError(errno.EIO)
        try:
            return call(*arguments)
        except OSError as error:
            raise fuse.FuseOSError(error.errno) from error

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        self._meet("getattr", path)
        about = self._do(os.lstat, self._real(path))
        names = ("st_mode", "st_size", "st_nlink", "st_uid", "st_gid", "st_ino")
        facts = {name: getattr(about, name) for name in (*names, "st_blocks")}
        # As FAT keeps it.
        whole = about.st_mtime_ns - about.st_mtime_ns % 2_000_000_000
        facts |= {"st_mtime": whole, "st_atime": whole, "st_ctime": about.st_ctime_ns}
        return facts

    def readdir(self, path: str, fh: int) -> list[str]:
        return [".", "..", *self._do(os.listdir, self._real(path))]

    def statfs(self, path: str) -> dict[str, int]:
        about = self._do(os.statvfs, self.root)
        names = ("f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files")
        return {name: getattr(about, name) for name in (*names, "f_ffree", "f_namemax")}

    def open(self, path: str, flags: int) -> int:
        self._meet("open", path)
        number: int = self._do(os.open, self._real(path), flags & ~os.O_DIRECT)
        return number

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        self._meet("read", path, size)
        data: bytes = self._do(os.pread, fh, size, offset)
        return data

    # --- Changing -----------------------------------------------------------------

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        self._meet("create", path)
        with self.lock:
            flags = os.O_RDWR | os.O_CREAT
            number: int = self._do(os.open, self._real(path), flags, mode)
            folder, _, name = path.rpartition("/")
            self.durable.log(folder or "/", "add", name, self._number(path))
            return number

    def mkdir(self, path: str, mode: int) -> None:
        self._meet("mkdir", path)
        with self.lock:
            self._do(os.mkdir, self._real(path), mode)
            folder, _, name = path.rpartition("/")
            self.durable.log(folder or "/", "add", name, 0)

    def unlink(self, path: str) -> None:
        self._meet("unlink", path)
        with self.lock:
            self._do(os.unlink, self._real(path))
            folder, _, name = path.rpartition("/")
            self.durable.log(folder or "/", "del", name, 0)
            self.numbers.pop(path, None)

    def rmdir(self, path: str) -> None:
        self._meet("unlink", path)
        with self.lock:
            self._do(os.rmdir, self._real(path))
            folder, _, name = path.rpartition("/")
            self.durable.log(folder or "/", "del", name, 0)

    def rename(self, old: str, new: str, flags: int = 0) -> None:
        self._meet("rename", old)
        if flags:
            raise fuse.FuseOSError(errno.EINVAL)
        with self.lock:
            self._do(os.rename, self._real(old), self._real(new))
            number = self._number(old)
            self.numbers.pop(old)
            self.numbers[new] = number
            (before, _, was), (after, _, name) = (
                old.rpartition("/"),
                new.rpartition("/"),
            )
            if before == after:
                self.durable.log(before or "/", "move", f"{was}/{name}", number)
            else:
                self.durable.log(before or "/", "del", was, 0)
                self.durable.log(after or "/", "add", name, number)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        if self._meet("write", path, len(data)) == "FLIP":
            data = bytes([data[0] ^ 1]) + data[1:]
        number: int = self._do(os.pwrite, fh, data, offset)
        return number

    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        self._meet("write", path)
        self._do(os.truncate, self._real(path), length)

    def fsync(self, path: str, datasync: bool, fh: int) -> None:
        self._meet("fsync", path)
        with self.lock:
            if not self.is_cut and Path(self._real(path)).exists():
                self.durable.flush_file(self._number(path), path, self._real(path))

    def fsyncdir(self, path: str, datasync: bool, fh: int) -> None:
        self._meet("fsync", path)
        with self.lock:
            self.durable.flush_folder(path)

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> None:
        real = self._real(path)
        self._do(lambda: os.utime(real, ns=times) if times else os.utime(real))

    def chmod(self, path: str, mode: int) -> None:
        raise fuse.FuseOSError(errno.EPERM)

    def chown(self, path: str, uid: int, gid: int) -> None:
        raise fuse.FuseOSError(errno.EPERM)

    def flush(self, path: str, fh: int) -> None:
        """Closing flushes nothing on FAT."""

    def release(self, path: str, fh: int) -> None:
        os.close(fh)


def _listen(drive: FaultDrive, path: str) -> None:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                answer = drive.command(json.loads(line))
                self.wfile.write(json.dumps(answer).encode() + b"\n")

    server = socketserver.ThreadingUnixStreamServer(path, Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main() -> None:
    """Mount and serve until unmounted or killed."""
    backing, mountpoint, path = sys.argv[1:]
    drive = FaultDrive(Path(backing))
    _listen(drive, path)
    fuse.FUSE(
        drive,
        mountpoint,
        foreground=True,
        nothreads=False,
        max_write=1 << 20,
        fsname="faultdrive",
    )


if __name__ == "__main__":
    main()
