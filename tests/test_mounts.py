"""The loop drives themselves: they come, hold what is written, and go."""

from pathlib import Path

import pytest

from tests.mounts import LoopDriveMaker


@pytest.mark.root
class TestLoopDrive:
    @pytest.mark.parametrize("fs", ["ext4", "exfat", "ntfs"])
    def test_keeps_its_files_when_it_is_plugged_in_elsewhere(
        self, loop_drive: LoopDriveMaker, tmp_path: Path, fs: str
    ) -> None:
        drive = loop_drive(fs=fs)
        (drive.path / "file").write_text("kept")
        first = drive.path
        drive.unmount()
        assert list(first.iterdir()) == []

        elsewhere = drive.mount(tmp_path / "elsewhere", read_only=True)

        assert (elsewhere / "file").read_text() == "kept"
        with pytest.raises(OSError):
            (elsewhere / "more").write_text("no")
