"""`make soak`: random faults for an hour (`SOAK_SECONDS`), and what was lost: nothing."""

import contextlib
import itertools
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.conftest import make_database
from tests.faults.lab import FaultyDrive, Lab, Running, digests
from tests.mounts import LoopDrive, why_not

SECONDS = float(os.environ.get("SOAK_SECONDS", "3600"))
VIDEO = ".mkv.drivearr-partial"
ERRORS = ("EIO", "ENOSPC", "EROFS", "ENODEV", "ETIMEDOUT")
CALLS = ("write", "read", "fsync", "rename", "change")


@dataclass
class Tally:
    """What the soak run counts."""

    files: int = 0
    bytes_copied: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    rounds: int = 0


class Soak:
    """Rounds: a new library and drive, faults while it is copied, then the truth."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.folder, self.dice, self.tally = folder, dice, Tally()
        self.template = folder / "empty.sqlite3"
        make_database(self.template)
        self.kinds = [kind for kind in ("ext4", "exfat", "ntfs") if not why_not(kind)]

    def round(self) -> None:
        """One library onto one drive, through some faults, to the end."""
        place = self.folder / f"round-{self.tally.rounds}"
        place.mkdir()
        lab = Lab(place, self.template)
        drive = self._drive(place)
        try:
            self._live(lab, drive)
        finally:
            lab.end()
            drive.unmount() if isinstance(drive, FaultyDrive) else drive.clear()
        self.tally.rounds += 1
        shutil.rmtree(place, ignore_errors=True)

    def _drive(self, place: Path) -> FaultyDrive | LoopDrive:
        if not self.kinds or self.dice.random() < 0.5:
            faulty = FaultyDrive(place / "faulty", place / "mount")
            faulty.mount()
            return faulty
        return LoopDrive.make(
            self.dice.choice(self.kinds), place / "drive.img", place / "mount", 96
        )

    def _live(self, lab: Lab, drive: FaultyDrive | LoopDrive) -> None:
        lab.make_library([self.dice.choice([10, 300, 2000, 5000]) for _ in range(6)])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        for _ in range(self.dice.randint(2, 6)):
            running = lab.start("run", drives=[pk], pace=0.02)
            time.sleep(self.dice.uniform(0.0, 0.8))
            self._break(lab, drive, running)
            lab.check()
        self._complete(lab, pk)

    def _complete(self, lab: Lab, pk: int) -> None:
        """The faults are lifted: all must be there, also what was given up on."""
        failed = [w["pk"] for w in lab.facts()["wishes"] if w["state"] == "FAILED"]
        lab.do("change", state="retry", wishes=failed)
        found = lab.run(pk)
        assert found[0][0] == "SUCCEEDED", found
        lab.check_done()
        self.tally.files += len(lab.now)
        self.tally.bytes_copied += sum(
            path.stat().st_size for path in lab.library.rglob("*") if path.is_file()
        )

    # --- Faults -------------------------------------------------------------------

    def _break(
        self, lab: Lab, drive: FaultyDrive | LoopDrive, running: Running
    ) -> None:
        faults: list[Callable[[], str]] = [lambda: self._kill(running)]
        if isinstance(drive, FaultyDrive):
            faults += [
                lambda: self._power_cut(drive, running),
                lambda: self._error(drive, running),
                lambda: self._flip(drive, running),
            ]
        else:
            faults.append(lambda: self._pull(lab, drive, running))
        self.tally.faults[self.dice.choice(faults)()] += 1

    def _kill(self, running: Running) -> str:
        running.kill()
        return "killed"

    def _power_cut(self, drive: FaultyDrive, running: Running) -> str:
        drive.cut_power(self.dice.randrange(1 << 30))
        if self.dice.random() < 0.5:
            running.kill()
        else:
            running.answer()
        drive.mount()
        return "power cut"

    def _error(self, drive: FaultyDrive, running: Running) -> str:
        call, error = self.dice.choice(CALLS), self.dice.choice(ERRORS)
        drive.break_(
            {
                "op": call,
                "errno": error,
                "after": self.dice.randint(0, 10),
                "times": self.dice.choice([1, 3, -1]),
                "match": self.dice.choice([VIDEO, ""]),
            }
        )
        time.sleep(self.dice.uniform(0.1, 0.5))
        drive.mend()
        running.answer()
        return f"{error} on {call}"

    def _flip(self, drive: FaultyDrive, running: Running) -> str:
        drive.break_({"op": "write", "errno": "FLIP", "times": 2, "match": VIDEO})
        running.answer()
        drive.mend()
        return "bit flipped"

    def _pull(self, lab: Lab, drive: LoopDrive, running: Running) -> str:
        drive.unmount(lazy=True)
        running.answer()
        left = list(digests(drive.path)) if drive.path.exists() else []
        assert not left, f"written below the mount point: {left}"
        lab.drives = dict.fromkeys(lab.drives, drive.mount())
        return f"pulled ({drive.filesystem})"


def main() -> int:
    """Run until the time is over; print what was copied, survived and lost."""
    seed = int(os.environ.get("SOAK_SEED", str(time.time_ns() % 1_000_000)))
    print(f"Soaking for {SECONDS:.0f} s (SOAK_SEED={seed})", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="drivearr-soak-"))
    # Nothing of this home's is touched.
    os.environ["DJANGO_SETTINGS_MODULE"] = "drivearr.settings"
    os.environ["DRIVEARR_DATA_DIR"] = str(folder / "data")
    soak = Soak(folder, random.Random(seed))
    until, told = time.monotonic() + SECONDS, time.monotonic()
    try:
        for _ in itertools.count():
            if time.monotonic() > until:
                break
            soak.round()
            if time.monotonic() - told > 60:
                told = time.monotonic()
                print(f"  {sum(soak.tally.faults.values())} faults so far", flush=True)
    except BaseException:
        print(f"Round {soak.tally.rounds} failed; look at {folder}", file=sys.stderr)
        raise
    with contextlib.suppress(OSError):
        shutil.rmtree(folder)
    _report(soak.tally)
    return 0


def _report(tally: Tally) -> None:
    print(f"files copied:    {tally.files}")
    print(f"bytes copied:    {tally.bytes_copied:,}")
    print(f"faults survived: {sum(tally.faults.values())}")
    for name, count in sorted(tally.faults.items()):
        print(f"  {count:5} {name}")
    # Any loss would have ended the run: every byte was compared after each fault.
    print("bytes lost:      0")


if __name__ == "__main__":
    raise SystemExit(main())
