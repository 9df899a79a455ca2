"""The mount table is watched: by the kernel's word, or by looking."""

import time
from pathlib import Path

import pytest

from drives import detection
from drives.mountwatch import MountWatch
from tests.mounts import LoopDriveMaker


class TestMountWatch:
    @pytest.mark.root
    @pytest.mark.parametrize("by_poll", [True, False])
    def test_wakes_for_a_mount_and_an_unmount(
        self, loop_drive: LoopDriveMaker, *, by_poll: bool
    ) -> None:
        real = loop_drive()
        real.unmount()
        with MountWatch(by_poll=by_poll) as watch:
            while watch.wait(0.05):
                pass
            real.mount()
            assert _wakes(watch)
            real.unmount()
            assert _wakes(watch)

    def test_sleeps_when_nothing_changes(self) -> None:
        with MountWatch(by_poll=False) as watch:
            began = time.monotonic()
            watch.wait(0.1)
            assert time.monotonic() - began >= 0.1

    def test_notices_a_device_that_was_pulled(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "8:1").mkdir()
        (tmp_path / "8:1/size").write_text("100\n")
        monkeypatch.setattr(detection, "SYS_BLOCK", tmp_path)
        with MountWatch() as watch:
            watch.follow(["8:1", "8:99"])
            while watch.wait(0.01):
                pass
            (tmp_path / "8:1/size").write_text("0\n")
            assert watch.wait(0.01)


def _wakes(watch: MountWatch) -> bool:
    """Whether it wakes within two seconds; other tests' mounts may wake it too."""
    until = time.monotonic() + 2
    while time.monotonic() < until:
        if watch.wait(0.2):
            return True
    return False
