"""The mount table is read as the kernel writes it."""

from pathlib import Path

import pytest

from drives import detection
from drives.detection import (
    Mount,
    could_hold_drive,
    describe,
    device_is_there,
    find_mount,
    find_mount_of,
    is_system,
    list_candidates,
    list_mounts,
    parse_mountinfo,
)
from tests.mounts import LoopDriveMaker

TABLE = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 8:17 / /media/My\040Stick\134\011x rw,nosuid shared:4 master:2 - vfat /dev/sdb1 rw
41 27 8:33 / /media/card ro,relatime - exfat /dev/sdc1 rw
42 27 0:50 / /mnt/nas rw,relatime - nfs4 server:/share rw
43 27 254:0 /srv/films /mnt/bound rw,relatime - ext4 /dev/vda rw
44 27 0:60 / /mnt/memory rw - tmpfs tmpfs rw
45 27 8:49 / /media/card rw,relatime - ext4 /dev/sdd1 rw
a broken line
46 27 8:1 / /short - ext4
47 27 8:65 / /boot/efi rw - vfat /dev/sde1 rw
"""


def mount(path: str) -> Mount:
    return next(m for m in parse_mountinfo(TABLE) if m.path == Path(path))


class TestParseMountinfo:
    def test_undoes_the_escapes(self) -> None:
        found = mount("/media/My Stick\\\tx")

        assert (found.device, found.node) == ("8:17", "/dev/sdb1")
        assert found.filesystem == "vfat"
        assert found.is_fat
        assert not found.is_read_only

    def test_takes_the_mount_on_top(self) -> None:
        assert mount("/media/card").filesystem == "ext4"
        assert not mount("/media/card").is_fat

    def test_sees_read_only_on_either_side(self) -> None:
        for options in ("ro,relatime - vfat /dev/sdb1 rw", "rw - vfat /dev/sdb1 ro"):
            (found,) = parse_mountinfo(f"1 2 8:1 / /x {options}")

            assert found.is_read_only

    def test_leaves_out_what_does_not_fit(self) -> None:
        assert len(parse_mountinfo(TABLE)) == 8

    def test_keeps_the_folder_of_a_bind_mount(self) -> None:
        assert mount("/mnt/bound").root == "/srv/films"

    def test_has_no_block_device_for_a_share(self) -> None:
        assert not mount("/mnt/nas").has_block_device
        assert mount("/media/card").block == "8:49"


class TestListCandidates:
    def test_offers_drives_and_shares_only(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(detection, "list_mounts", lambda: parse_mountinfo(TABLE))

        assert [str(m.path) for m in list_candidates()] == [
            "/media/My Stick\\\tx",
            "/mnt/nas",
            "/media/card",
        ]


class TestIsSystem:
    def test_knows_the_root_and_what_is_bound_from_it(self) -> None:
        mounts = parse_mountinfo(TABLE)

        assert is_system(mount("/"), mounts)
        assert is_system(mount("/mnt/bound"), mounts)
        assert not is_system(mount("/media/card"), mounts)

    def test_never_lets_the_root_hold_a_drive(self) -> None:
        assert not could_hold_drive(mount("/"))
        assert could_hold_drive(mount("/mnt/memory"))
        assert not could_hold_drive(mount("/proc"))


class TestListMounts:
    def test_sees_this_machine(self) -> None:
        assert Path("/") in [m.path for m in list_mounts()]

    def test_asks_the_portable_way_without_the_table(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(detection, "MOUNTINFO", tmp_path / "none")

        assert Path("/") in [m.path for m in list_mounts()]

    def test_finds_what_holds_a_path(self, tmp_path: Path) -> None:
        holding = find_mount_of(tmp_path)

        assert holding is not None
        assert tmp_path.is_relative_to(holding.path)
        assert find_mount(tmp_path) is None


class TestDeviceIsThere:
    @pytest.fixture(autouse=True)
    def fake_sys(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for device, size in (("8:17", "1000"), ("8:33", "0")):
            (tmp_path / device).mkdir()
            (tmp_path / device / "size").write_text(f"{size}\n")
        monkeypatch.setattr(detection, "SYS_BLOCK", tmp_path)

    @pytest.mark.parametrize(
        ("device", "is_there"),
        [("8:17", True), ("8:18", False), ("8:33", False), ("", True)],
    )
    def test_asks_the_system(self, device: str, is_there: bool) -> None:
        assert device_is_there(device) is is_there

    def test_believes_where_nothing_can_be_asked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(detection, "SYS_BLOCK", tmp_path / "none")

        assert device_is_there("8:18")


class TestDescribe:
    def test_survives_a_machine_that_knows_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(detection, "_run", lambda *_: '{"blockdevices": [{}]}')

        found = describe(mount("/media/card"))

        assert (found.uuid, found.label, found.filesystem) == ("", "", "ext4")

    @pytest.mark.parametrize("reply", ["null", "[]", "{", '{"blockdevices": [null]}'])
    def test_survives_odd_replies(
        self, monkeypatch: pytest.MonkeyPatch, reply: str
    ) -> None:
        monkeypatch.setattr(detection, "_run", lambda *_: reply)

        assert describe(mount("/media/card")).uuid == ""

    @pytest.mark.root
    @pytest.mark.parametrize("fs", ["ext4", "exfat", "ntfs"])
    def test_tells_the_true_kind(self, loop_drive: LoopDriveMaker, fs: str) -> None:
        drive = loop_drive(fs=fs)
        found = find_mount(drive.path)
        assert found is not None

        described = describe(found)

        assert described.filesystem == fs
        assert described.uuid
        assert described.has_block_device
        assert device_is_there(described.block)
