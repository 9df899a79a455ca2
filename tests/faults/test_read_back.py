"""What is read back comes from the device, not from memory, also below FUSE drivers."""

import os
from pathlib import Path

import pytest

from tests.faults.lab import Lab
from tests.mounts import LoopDriveMaker


def read_bytes(device: str) -> int:
    columns = Path(f"/sys/dev/block/{device}/stat").read_text().split()
    return int(columns[2]) * 512


def device_of(path: Path) -> str:
    """Return the loop device that is mounted there: a FUSE mount has none by itself."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        columns = line.split()
        if columns[4] == str(path):
            node = Path(line.split(" - ")[1].split()[1]).stat()
            return f"{os.major(node.st_rdev)}:{os.minor(node.st_rdev)}"
    raise AssertionError(path)


class TestReadBack:
    @pytest.mark.parametrize("filesystem", ["ext4", "exfat", "ntfs"])
    def test_reads_the_device(
        self, lab: Lab, loop_drive: LoopDriveMaker, filesystem: str
    ) -> None:
        drive = loop_drive(fs=filesystem, size_mb=64)
        size_kb = 16_000
        lab.make_library([size_kb])
        pk = lab.add_drive(drive.path)
        lab.do("wish", drive=pk)
        device = device_of(drive.path)
        before = read_bytes(device)

        lab.run(pk)

        facts = lab.check_done()
        video = next(f for f in facts["files"] if f["relpath"].endswith(".mkv"))
        assert video["verified_by"] == "DEVICE"
        assert read_bytes(device) - before >= 0.95 * size_kb * 1024
