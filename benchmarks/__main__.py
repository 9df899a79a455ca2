"""`make bench`: run all benchmarks, or those named, each in a process of its own."""

import argparse
import subprocess
import sys

ALL = ("scan", "plan", "pages", "copy", "slow_drives", "idle_memory")


def main() -> int:
    """Run them; return 1 if one failed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ALL)}")
    names = parser.parse_args().names or ALL
    unknown = set(names) - set(ALL)
    if unknown:
        parser.error(f"There is no benchmark {', '.join(sorted(unknown))}.")
    status = 0
    for name in names:
        ended = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"], check=False
        )
        status = status or ended.returncode
    return int(status != 0)


if __name__ == "__main__":
    raise SystemExit(main())
