"""How fast a library folder is scanned, beside `find` on the same tree.

A first scan reads a fingerprint of each file and writes its row; the second finds that
nothing changed.
"""

import argparse
import os
import shutil
import statistics
import tempfile
from pathlib import Path

from benchmarks.measuring import drop_caches, machine, run, seconds_of, table

EPISODES = 10


def make_tree(folder: Path, files: int, size: int) -> None:
    """Make shows of ten episodes, each file with bytes of its own."""
    for number in range(files):
        show, episode = divmod(number, EPISODES)
        season = folder / f"Show {show} (2001)" / "Season 01"
        if episode == 0:
            season.mkdir(parents=True)
        path = season / f"Show {show} - S01E{episode + 1:02}.mkv"
        path.write_bytes(number.to_bytes(8, "big") * (size // 8))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--bytes", type=int, default=4096, help="size of each file")
    parser.add_argument("--runs", type=int, default=5, help="of the second scan")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="drivearr-bench-"))
    os.environ["DRIVEARR_DATA_DIR"] = str(folder / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "drivearr.settings"
    try:
        make_tree(folder / "shows", asked.files, asked.bytes)
        _measure(folder / "shows", asked.files, asked.runs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(shows: Path, files: int, runs: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from drivearr.lib.progress import SilentProgress
    from library.services.rooting import add_root
    from library.services.scanning import scan_root

    call_command("migrate", verbosity=0)
    root = add_root(path=shows, kind="SHOWS")

    def scan() -> None:
        summary = scan_root(root_id=root.pk, progress=SilentProgress())
        assert summary.seen == files, summary

    def find() -> None:
        run("find", shows, "-type", "f", "-printf", "%p %s %T@ %i\n")

    drop_caches()
    cold_find = seconds_of(find)
    drop_caches()
    first = seconds_of(scan)
    again = statistics.median(seconds_of(scan) for _ in range(runs))
    warm_find = statistics.median(seconds_of(find) for _ in range(runs))
    table(
        f"Scanning {files} files ({machine()})",
        [
            ("", "seconds", "files/s", "beside find"),
            _row("find, cold", cold_find, files, cold_find),
            _row("first scan, cold", first, files, cold_find),
            _row("find, warm", warm_find, files, warm_find),
            _row("second scan, nothing new", again, files, warm_find),
        ],
    )


def _row(name: str, seconds: float, files: int, yardstick: float) -> tuple[str, ...]:
    return (
        name,
        f"{seconds:.2f}",
        f"{files / seconds:,.0f}",
        f"{seconds / yardstick:.1f} x",
    )


if __name__ == "__main__":
    main()
