"""What all benchmarks share: medians, ratios, and a line about the machine."""

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path


def machine() -> str:
    """Return one line about the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def seconds_of(deed: Callable[[], object]) -> float:
    """Return how long a deed takes."""
    begun = time.perf_counter()
    deed()
    return time.perf_counter() - begun


def medians(
    deeds: dict[str, Callable[[], object]],
    *,
    runs: int,
    before: Callable[[], object] = lambda: None,
) -> dict[str, float]:
    """Return each deed's median seconds; run in turn, so that drift hits all alike."""
    taken: dict[str, list[float]] = {name: [] for name in deeds}
    for _ in range(runs):
        for name, deed in deeds.items():
            before()
            taken[name].append(seconds_of(deed))
    return {name: statistics.median(values) for name, values in taken.items()}


def drop_caches() -> None:
    """Empty the page cache, where we may; warm figures otherwise."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3", encoding="ascii")
    except OSError:
        return


def run(*command: str | Path) -> None:
    """Run a program quietly; its failure is ours."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def table(title: str, rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns under a title."""
    print(f"\n{title}")
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  " + "  ".join(cells).rstrip())
