"""Memory of the worker that copies, while it copies: by file size and by count of files.

    python -m benchmarks.copy_memory [--gib 4] [--files 5000] [--dir FOLDER]

Promised: 100 MB at most, flat in both. The worker is the real one, under `drivearr up`. Of a
forked process much is shared with its siblings: PSS counts its share of that, USS none.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.measuring import machine, table

PROMISED_BYTES = 100e6
_LOOK_SECONDS = 0.1


@dataclass
class Peak:
    """The most that was seen, in bytes."""

    pss: int = 0
    uss: int = 0
    rss: int = 0

    def look(self, pid: int) -> None:
        """Measure a process now. Source: proc_pid_smaps_rollup(5)."""
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        found = {
            name: int(kb) * 1024
            for name, kb in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)
        }
        self.pss = max(self.pss, found["Pss"])
        self.rss = max(self.rss, found["Rss"])
        own = found["Private_Clean"] + found["Private_Dirty"]
        self.uss = max(self.uss, own)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=int, default=4)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="drivearr-bench-", dir=asked.dir))
    home = os.environ | {
        "DRIVEARR_DATA_DIR": str(folder / "data"),
        "DRIVEARR_RUNTIME_DIR": str(folder / "run"),
        "DRIVEARR_PORT": "8497",
        "DJANGO_SETTINGS_MODULE": "drivearr.settings",
    }
    mib = 1024**2
    cases = {
        "one file of 64 MiB": [64 * mib],
        f"one file of {asked.gib} GiB": [asked.gib * 1024 * mib],
        "50 files of 100 kB": [100_000] * 50,
        f"{asked.files} files of 100 kB": [100_000] * asked.files,
    }
    try:
        _measure_all(folder, home, cases)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure_all(
    folder: Path, home: dict[str, str], cases: dict[str, list[int]]
) -> None:
    up = subprocess.Popen(
        [sys.executable, "-m", "drivearr", "up"],
        env=home,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in up.stdout or ():
            if "Ready after" in line:
                break
        worker = _find_worker(up.pid)
        time.sleep(5)
        idle = Peak()
        idle.look(worker)
        rows = [("", "PSS", "USS", "RSS", "PSS of the promised"), _row("idle", idle)]
        for number, (name, sizes) in enumerate(cases.items()):
            rows.append(_row(name, _measure(folder, home, worker, number, sizes)))
        table(f"Memory of the copy worker ({machine()})", rows)
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(timeout=30)


def _find_worker(pid: int) -> int:
    for child in psutil.Process(pid).children(recursive=True):
        if "copy" in " ".join(child.cmdline()):
            return child.pid
    raise SystemExit("There is no copy worker.")


def _row(name: str, peak: Peak) -> tuple[str, ...]:
    return (
        name,
        *(f"{size / 1e6:.0f} MB" for size in (peak.pss, peak.uss, peak.rss)),
        f"{peak.pss / PROMISED_BYTES:.2f} x",
    )


def _measure(
    folder: Path, home: dict[str, str], worker: int, number: int, sizes: list[int]
) -> Peak:
    """Let the worker copy files of these sizes; return the most it took."""
    place = folder / f"drive-{number}"
    place.mkdir()
    _ask(home, number, str(folder / f"library-{number}"), str(place), *map(str, sizes))
    peak = Peak()
    wanted, until = len(sizes), time.monotonic() + 900
    while time.monotonic() < until:
        peak.look(worker)
        time.sleep(_LOOK_SECONDS)
        if sum(1 for _ in place.glob("Movies/*/*.mkv")) == wanted:
            break
    for _ in range(30):
        # Recording and the manifest come after the last name.
        peak.look(worker)
        time.sleep(_LOOK_SECONDS)
    shutil.rmtree(place)
    return peak


def _ask(home: dict[str, str], number: int, *arguments: str) -> None:
    """Make a library and a drive, and wish for all of it: in a process of its own."""
    code = "from benchmarks.copy_memory import prepare; prepare()"
    subprocess.run(
        [sys.executable, "-c", code, str(number), *arguments], env=home, check=True
    )


def prepare() -> None:
    """Do `_ask`, in its process."""
    import django

    django.setup()
    from drives.models import Drive
    from drives.services.registering import add_drive
    from library.models import Item, MediaFile, MediaFileItem, Root, Title
    from syncqueue.services import starting, wishing

    number, library, place = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    Title.objects.all().delete()
    MediaFile.objects.all().delete()
    library.mkdir()
    root = Root.objects.create(
        path=str(library), kind=Root.Kind.MOVIES, state=Root.State.AVAILABLE
    )
    for index, size in enumerate(map(int, sys.argv[4:])):
        name = f"Film {number} {index}"
        with (library / f"{name}.mkv").open("wb") as stream:
            stream.truncate(size)
        title = Title.objects.create(
            kind=Title.Kind.MOVIE, name=name, sort_name=name, identity_key=name
        )
        row = MediaFile.objects.create(
            root=root,
            relpath=f"{name}.mkv",
            size_bytes=size,
            mtime_ns=1,
            fingerprint=name,
            title=title,
            match_state=MediaFile.Match.MATCHED,
            matched_by=MediaFile.MatchedBy.AUTO,
        )
        item = Item.objects.create(title=title, name=name)
        MediaFileItem.objects.create(media_file=row, item=item)
    drive = add_drive(path=place, name=place.name, folder=True)
    Drive.objects.filter(pk=drive.pk).update(reserve_bytes=0)
    wishing.add_missing(drive=drive)
    starting.start_copying(drive=drive)


if __name__ == "__main__":
    main()
