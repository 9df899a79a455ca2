"""A stick of 20 MB/s, throttled by the kernel: whoever says stop is heard within two seconds."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.lab import Lab
from tests.houses import wait_for
from tests.mounts import LoopDriveMaker

THROTTLE = Path("/sys/fs/cgroup/blkio")
RATE = 20_000_000
LARGE, SMALL = [60_000], [250] * 240

Throttle = Callable[[Path], None]


@pytest.fixture
def throttle() -> Iterator[Throttle]:
    """Make a mounted drive as slow as a stick."""
    slowed: list[str] = []

    def tell(number: str, rate: int) -> None:
        for way in ("read", "write"):
            (THROTTLE / f"blkio.throttle.{way}_bps_device").write_text(
                f"{number} {rate}"
            )

    def slow_down(path: Path) -> None:
        device = path.stat().st_dev
        number = f"{os.major(device)}:{os.minor(device)}"
        try:
            tell(number, RATE)
        except OSError as error:
            pytest.skip(f"slow drive: the kernel throttles nothing here: {error}")
        slowed.append(number)

    yield slow_down
    for number in slowed:
        tell(number, 0)


class TestStopping:
    @pytest.mark.parametrize(
        ("how", "what"),
        [
            ("pause wish", "a large file"),
            ("cancel wish", "a large file"),
            ("pause drive", "a large file"),
            ("cancel run", "a large file"),
            ("pause drive", "many small ones"),
            ("cancel run", "many small ones"),
        ],
    )
    def test_is_heard_within_two_seconds(
        self,
        lab: Lab,
        loop_drive: LoopDriveMaker,
        throttle: Throttle,
        what: str,
        how: str,
    ) -> None:
        drive = loop_drive(size_mb=160)
        lab.make_library(LARGE if what == "a large file" else SMALL)
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        throttle(drive.path)
        running = lab.start("run", drives=[pk])
        wait_for(lambda: written(drive.path) > 12_000_000, seconds=60)

        asked_at = lab.do("stop", how=how, drive=pk)
        running.answer()
        seconds = time.time() - asked_at

        lab.check()
        assert written(drive.path) < 60_000_000
        # The process that asks begins and ends in that time, too.
        assert seconds < 2, f"{seconds:.1f} s"
        lab.do("go_on", drive=pk)
        assert lab.run(pk)[0][0] == "SUCCEEDED"
        assert lab.check()["complete"][str(pk)] == sorted(lab.titles)


def written(drive: Path) -> int:
    # Not blocks: those of a large file are reserved at its beginning.
    total = 0
    for path in drive.rglob("*.mkv*"):
        # Its name may have changed since it was listed.
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total
