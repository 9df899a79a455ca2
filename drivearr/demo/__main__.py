"""`make demo`: make a small library and two drives, fill one, and start everything."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from drivearr.demo.household import Household, StepFailed

HOUSE = Path(__file__).resolve().parents[2]


def main() -> int:
    """Prepare the demo if it is not there, then become `drivearr up`."""
    parser = argparse.ArgumentParser(prog="drivearr.demo", description=__doc__)
    parser.add_argument("--at", type=Path, default=HOUSE / ".demo", help="its folder")
    parser.add_argument("--only-prepare", action="store_true", help="start nothing")
    parser.add_argument("--anew", action="store_true", help="throw the old demo away")
    wished = parser.parse_args()
    household = Household(wished.at.absolute())
    if wished.anew:
        shutil.rmtree(household.folder, ignore_errors=True)
    try:
        household.settle(say=_say)
    except (StepFailed, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _say(f"Demo in {household.folder}. Sign in as {household.owner_line()}")
    if not wished.only_prepare:
        command = [sys.executable, "-m", "drivearr", "up"]
        os.execve(command[0], command, household.environment())  # noqa: S606 - no shell
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
