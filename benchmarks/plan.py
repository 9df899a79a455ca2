"""Planning 20,000 items, the database's reading included; promised: under a second.

python -m benchmarks.plan [--items 20000] [--runs 5]
"""

import argparse
import os
import shutil
import statistics
import tempfile

from benchmarks.measuring import machine, seconds_of, table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="drivearr-bench-")
    os.environ["DRIVEARR_DATA_DIR"] = folder
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drivearr.settings")
    try:
        _measure(asked.items, asked.runs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(items: int, runs: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks.households import fill_library
    from drives.models import Attachment, Drive
    from syncqueue.services.planning import plan_drive
    from syncqueue.services.wishing import add_missing

    call_command("migrate", verbosity=0)
    fill_library(movies=items // 4, shows=items // 4 * 3 // 50, episodes=50)
    drive = Drive.objects.create(name="Bench", is_folder=True)
    Attachment.objects.create(
        drive=drive,
        host="bench",
        path="/bench",
        total_bytes=10**15,
        free_bytes=10**15,
    )
    add_missing(drive=drive)
    taken = [seconds_of(lambda: plan_drive(drive=drive)) for _ in range(runs)]
    plan = plan_drive(drive=drive)
    median = statistics.median(taken)
    table(
        f"Planning, SQLite, {runs} runs ({machine()})",
        [
            ("", "seconds", "of the promised 1 s"),
            (f"{len(plan.copies)} files", f"{median:.2f}", f"{median:.2f} x"),
        ],
    )


if __name__ == "__main__":
    main()
