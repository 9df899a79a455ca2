"""Udisks is asked over a real bus; who answers there is a stand-in of its interface."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drives.udisks import UdisksAway, UdisksRefused, connect

STAND_IN = Path(__file__).parent / "udisks_stand_in.py"
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={socket}</listen>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/>
<allow receive_type="method_return"/><allow receive_type="signal"/><allow receive_type="error"/><allow receive_type="method_call"/>
<allow send_type="method_call"/><allow send_type="signal"/>
<allow own="*"/></policy></busconfig>
"""


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Run a bus of our own with the stand-in; give the file that lists what was asked."""
    daemon = shutil.which("dbus-daemon")
    if daemon is None:
        pytest.skip("there is no dbus-daemon")
    socket, asked = tmp_path / "bus", tmp_path / "asked"
    config = tmp_path / "bus.conf"
    config.write_text(CONFIG.format(socket=socket))
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={socket}")
    with contextlib.ExitStack() as stack:
        for command in (
            [daemon, f"--config-file={config}", "--nofork", "--nopidfile"],
            [sys.executable, os.fspath(STAND_IN), os.fspath(asked)],
        ):
            process = stack.enter_context(subprocess.Popen(command))
            stack.callback(process.terminate)
            waited = socket if command[0] == daemon else asked
            _wait_for(waited)
        yield asked


def _wait_for(path: Path) -> None:
    until = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not appear"
        time.sleep(0.02)


class TestUdisks:
    def test_finds_a_disk_and_powers_it_off(self, bus: Path) -> None:
        with connect() as udisks:
            disk = udisks.find("/dev/sdb1")
            udisks.power_off(disk, timeout_seconds=5)

        assert (disk.model, disk.serial, disk.can_power_off) == ("Stick", "S1", True)
        assert bus.read_text().split() == [
            "GetManagedObjects",
            "/org/freedesktop/UDisks2/drives/stick:PowerOff",
        ]

    def test_unmounts(self, bus: Path) -> None:
        with connect() as udisks:
            udisks.unmount(udisks.find("/dev/sdb1"), timeout_seconds=5)

        assert "block_devices/sdb1:Unmount" in bus.read_text()

    def test_gives_the_reason_of_a_refusal(self, bus: Path) -> None:
        with connect() as udisks, pytest.raises(UdisksRefused, match="target is busy"):
            udisks.unmount(udisks.find("/dev/sdc1"), timeout_seconds=5)

    def test_says_that_it_does_not_know_a_device(self, bus: Path) -> None:
        with connect() as udisks, pytest.raises(UdisksAway):
            udisks.find("/dev/sdz9")

    def test_says_that_there_is_no_bus(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address = f"unix:path={tmp_path}/none"
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)

        with pytest.raises(UdisksAway), connect():
            pass
