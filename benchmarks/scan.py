"""How fast a library folder is scanned, beside bare walks over the same tree.

What reading the names alone takes stands beside the first scan, which has processes of its
own do that meanwhile; what it takes beyond is the difference. A first scan reads a fingerprint of each file and writes its row; the next ones find that
nothing changed. Memory is the most that each scan's own process took, with a library of
that size and with one a tenth as large.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import drop_caches, machine, run, seconds_of, table
from library.naming.readers import NameReaders, count_readers

EPISODES = 10
SETTLED_SECONDS = 3600
KINDS = ("first", "listing", "again", "deep")


def make_tree(folder: Path, files: int, size: int) -> None:
    """Make shows of ten episodes, each file with bytes of its own, an hour old."""
    at = time.time() - SETTLED_SECONDS
    for number in range(files):
        path = folder / _relpath(number)
        if number % EPISODES == 0:
            path.parent.mkdir(parents=True)
        path.write_bytes(number.to_bytes(8, "big") * (size // 8))
        os.utime(path, (at, at))
    for place, _, _ in os.walk(folder, topdown=False):
        os.utime(place, (at, at))


def _relpath(number: int) -> str:
    show, episode = divmod(number, EPISODES)
    season = f"Show {show} (2001)/Season 01"
    return f"{season}/Show {show} - S01E{episode + 1:02}.mkv"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--bytes", type=int, default=4096, help="size of each file")
    parser.add_argument("--runs", type=int, default=5, help="of the second scan")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        _scan_here(Path(asked.child[0]), asked.child[1])
        return
    if asked.files >= 10 * EPISODES:
        _measure(asked.files // 10, asked.bytes, runs=1)
    _measure(asked.files, asked.bytes, runs=asked.runs)


# --- The process that scans -----------------------------------------------------------


def _scan_here(shows: Path, kind: str) -> None:
    """Scan once and print what it took."""
    import django

    django.setup()
    from django.core.management import call_command

    from drivearr.lib.progress import SilentProgress
    from library.models import FolderLook, Root
    from library.services.rooting import add_root
    from library.services.scanning import scan_root

    if kind == "first":
        call_command("migrate", verbosity=0)
        add_root(path=shows, kind="SHOWS")
    if kind == "listing":
        FolderLook.objects.all().delete()
    root = Root.objects.get()
    before = _most_bytes()
    begun = time.perf_counter()
    summary = scan_root(root_id=root.pk, deep=kind == "deep", progress=SilentProgress())
    taken = time.perf_counter() - begun
    print(json.dumps([taken, summary.seen, before, _most_bytes()]))


def _most_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _in_a_process(shows: Path, kind: str, files: int) -> tuple[float, tuple[int, int]]:
    command = [sys.executable, "-m", "benchmarks.scan", "--child", str(shows), kind]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds, seen, before, most = json.loads(done.stdout.splitlines()[-1])
    assert seen == files, f"{kind}: {seen} of {files} files were seen"
    return seconds, (before, most)


# --- Beside it ------------------------------------------------------------------------


def _measure(files: int, size: int, *, runs: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="drivearr-bench-"))
    os.environ["DRIVEARR_DATA_DIR"] = str(folder / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "drivearr.settings"
    try:
        make_tree(folder / "shows", files, size)
        _compare(folder / "shows", files, runs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _compare(shows: Path, files: int, runs: int) -> None:
    def find() -> None:
        run("find", shows, "-type", "f", "-printf", "%p %s %T@ %i\n")

    def walk() -> None:
        _walk_bare(os.fspath(shows))

    drop_caches()
    cold = seconds_of(find)
    drop_caches()
    first, memory = _in_a_process(shows, "first", files)
    names = _names(files)
    alone = seconds_of(lambda: _read_names(names, most=1))
    together = seconds_of(lambda: _read_names(names, most=count_readers()))
    rows = [
        _row("find, cold", cold, files, cold),
        _row("names, 1 process", alone, files, cold),
        _row(f"names, {count_readers()} processes", together, files, cold),
        _row("first scan, cold", first, files, cold, memory),
        _row("- beyond names", first - together, files, cold),
    ]
    seconds: dict[str, list[float]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    deeds: dict[str, Callable[[], None]] = {"find, warm": find, "os.scandir": walk}
    for _ in range(runs):
        for name, deed in deeds.items():
            seconds.setdefault(name, []).append(seconds_of(deed))
        for kind in KINDS[1:]:
            # "again" comes after "listing", which remembers every folder anew.
            taken, sizes[kind] = _in_a_process(shows, kind, files)
            seconds.setdefault(kind, []).append(taken)
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    warm = middle["find, warm"]
    kinds = {"listing": "every listing", "again": "nothing new", "deep": "deep"}
    rows += [_row(name, middle[name], files, warm) for name in deeds]
    rows += [
        _row(f"scan, {kinds[kind]}", middle[kind], files, warm, sizes[kind])
        for kind in KINDS[1:]
    ]
    heads = ("", "seconds", "files/s", "beside find", "MiB", "of which scan")
    table(f"Scanning {files} files ({machine()})", [heads, *rows])


def _names(files: int) -> list[tuple[str, str | None]]:
    return [(_relpath(number), "SHOWS") for number in range(files)]


def _read_names(names: list[tuple[str, str | None]], *, most: int) -> None:
    with NameReaders(most=most, many=0) as readers:
        for start in range(0, len(names), 500):
            readers.ask(names[start : start + 500]).take()


def _walk_bare(path: str) -> None:
    """Look at everything, as little as Python can."""
    with os.scandir(path) as entries:
        for entry in entries:
            entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                _walk_bare(entry.path)


def _row(
    name: str,
    seconds: float,
    files: int,
    yardstick: float,
    memory: tuple[int, int] = (0, 0),
) -> tuple[str, ...]:
    before, most = memory
    return (
        name,
        f"{seconds:.2f}",
        f"{files / seconds:,.0f}",
        f"{seconds / yardstick:.1f} x",
        f"{most / 2**20:.0f}" if most else "",
        f"{(most - before) / 2**20:.0f}" if most else "",
    )


if __name__ == "__main__":
    main()
