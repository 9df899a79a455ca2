"""What slows a drive down, from mount options and a sysfs tree."""

from pathlib import Path

import pytest

from drives.slowness import Brake, Link, find_brakes, read_link


class TestFindBrakes:
    @pytest.mark.parametrize(
        ("filesystem", "options", "link", "brakes"),
        [
            ("ext4", "rw,relatime", None, []),
            ("ext4", "rw,sync,relatime", None, [Brake.SYNC]),
            ("vfat", "rw,dirsync", None, []),
            ("fuseblk", "rw", None, [Brake.FUSE]),
            ("exfat", "rw", Link(480, "2.10"), [Brake.PORT]),
            ("exfat", "rw", Link(480, "2.00"), []),
            ("exfat", "rw", Link(5000, "3.20"), []),
        ],
    )
    def test_names_each(
        self, filesystem: str, options: str, link: Link | None, brakes: list[Brake]
    ) -> None:
        found = find_brakes(filesystem=filesystem, options=options, link=link)

        assert list(found) == brakes


class TestReadLink:
    @pytest.fixture
    def usb(self, tmp_path: Path) -> Path:
        """A USB device with a disk of one partition; what sysfs calls 8:17."""
        device = tmp_path / "devices" / "usb1" / "1-2"
        partition = device / "1-2:1.0" / "host4" / "block" / "sdb" / "sdb1"
        partition.mkdir(parents=True)
        (tmp_path / "8:17").symlink_to(partition)
        return device

    def test_finds_the_device_above_the_disk(self, usb: Path, tmp_path: Path) -> None:
        (usb / "speed").write_text("480\n")
        (usb / "version").write_text(" 2.10\n")

        assert read_link("8:17", sys_block=tmp_path) == Link(480, "2.10")

    @pytest.mark.parametrize("speed", ["", "unknown"])
    def test_is_none_for_nonsense(self, usb: Path, tmp_path: Path, speed: str) -> None:
        (usb / "speed").write_text(speed)
        (usb / "version").write_text("2.10")

        assert read_link("8:17", sys_block=tmp_path) is None

    def test_is_none_without_usb(self, usb: Path, tmp_path: Path) -> None:
        assert read_link("8:17", sys_block=tmp_path) is None
        assert read_link("9:9", sys_block=tmp_path) is None
