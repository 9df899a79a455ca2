"""Verified copies to drives of known speed, against what the hardware allows at best.

A loop device with ext4, throttled by the kernel (blkio of cgroup v1): exact to a few per
cent. Needs root. The floor is bytes ÷ write rate + bytes ÷ read rate.
"""

import argparse
import contextlib
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.copy import make_source, ours
from benchmarks.measuring import drop_caches, machine, run, seconds_of, table

THROTTLE = Path("/sys/fs/cgroup/blkio")
DRIVES = {"stick": (20, 30, 96), "disk": (120, 130, 480), "SSD": (400, 450, 1536)}
"""Write and read rate in MB/s, and MiB to copy."""


def output(*command: str) -> str:
    """Return what a program says."""
    return subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.strip()


@contextlib.contextmanager
def drive(folder: Path, *, size_mib: int, write: int, read: int) -> Iterator[Path]:
    """Give a mounted drive of that speed, in bytes a second."""
    image, mount = folder / "drive.img", folder / "drive"
    with image.open("wb") as stream:
        stream.truncate(size_mib * 1024**2)
    options = "lazy_itable_init=0,lazy_journal_init=0"
    run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", options, image)
    device = output("losetup", "-f", "--show", "--direct-io=on", str(image))
    number = Path(f"/sys/block/{Path(device).name}/dev").read_text().strip()
    limits = {"read_bps_device": read, "write_bps_device": write}
    mount.mkdir(exist_ok=True)
    try:
        run("mount", device, mount)
        for name, rate in limits.items():
            (THROTTLE / f"blkio.throttle.{name}").write_text(f"{number} {rate}")
        yield mount
    finally:
        for name in limits:
            (THROTTLE / f"blkio.throttle.{name}").write_text(f"{number} 0")
        subprocess.run(["umount", mount], check=False)
        run("losetup", "-d", device)
        image.unlink()


def measure(folder: Path, name: str, runs: int) -> tuple[str, ...]:
    """Return the row of one kind of drive."""
    write, read, mib = DRIVES[name]
    source = folder / f"{name}.bin"
    make_source(source, mib)
    taken: list[float] = []
    how: set[str] = set()
    rates = {"write": write * 1_000_000, "read": read * 1_000_000}
    with drive(folder, size_mib=mib * 2, **rates) as mount:
        for _ in range(runs):
            (mount / "copy.bin").unlink(missing_ok=True)
            drop_caches()
            taken.append(seconds_of(lambda: how.add(ours(source, mount))))
    source.unlink()
    size = mib * 1024**2
    floor = size / rates["write"] + size / rates["read"]
    found = statistics.median(taken)
    return (
        f"{name} ({write}/{read} MB/s, {mib} MiB)",
        f"{found:.2f}",
        f"{floor:.2f}",
        f"{found / floor:.3f} x",
        ", ".join(sorted(how)),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=DRIVES, nargs="*", default=list(DRIVES))
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    if os.geteuid() != 0 or not THROTTLE.is_dir():
        sys.exit("Needs root and cgroup v1's blkio controller.")
    folder = Path(tempfile.mkdtemp(prefix="drivearr-bench-", dir=asked.dir))
    try:
        rows = [measure(folder, name, asked.runs) for name in asked.only]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    head = ("", "seconds", "floor", "Drivearr is", "verified by")
    table(f"Verified copies, {asked.runs} runs ({machine()})", [head, *rows])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  memory at most: {most:.0f} MB")


if __name__ == "__main__":
    main()
