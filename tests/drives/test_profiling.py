"""A profile is checked, kept, and told to the drive."""

from pathlib import Path
from typing import Any

import pytest

from drivearr.lib.rootfolder import RootFolder
from drives import manifest
from drives.manifest import Profile
from drives.models import Drive
from drives.services import profiling
from drives.services.profiling import ProfileRefused, edit_profile, profile_of
from tests.drives.conftest import MakeDrive

pytestmark = pytest.mark.django_db


class TestEditProfile:
    def test_keeps_it_here_and_on_the_drive(self, drive: Drive, place: Path) -> None:
        edit_profile(
            drive=drive,
            name="Cabin",
            owner=" Ada ",
            side_files="ALL",
            verification="NONE",
            outdated="KEEP",
            makes_room="NOTHING",
            reserve_bytes=0,
        )

        drive.refresh_from_db()
        assert (drive.name, drive.owner) == ("Cabin", "Ada")
        with RootFolder.open_at(place) as root:
            found = manifest.read(root)
        assert found is not None
        assert found.name == "Cabin"
        assert found.profile == Profile(
            "Ada", "", "ALL", "NONE", 0, outdated="KEEP", makes_room="NOTHING"
        )

    def test_waits_for_a_drive_that_is_away(self, drive: Drive, place: Path) -> None:
        place.rename(place.with_name("away"))

        edit_profile(drive=drive, owner="Ada")

        drive.refresh_from_db()
        assert drive.manifest_is_due

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "  "),
            ("name", "x" * 101),
            ("name", "a\nb"),
            ("name", 5),
            ("owner", "\x1b[2J"),
            ("side_files", "SOME"),
            ("outdated", "ALWAYS"),
            ("makes_room", "ALL"),
            ("verification", None),
            ("reserve_bytes", -1),
            ("reserve_bytes", 2**70),
            ("reserve_bytes", "5"),
            ("reserve_bytes", True),
            ("uuid", "x"),
        ],
    )
    def test_refuses(self, drive: Drive, field: str, value: Any) -> None:
        with pytest.raises(ProfileRefused):
            edit_profile(drive=drive, **{field: value})

    def test_refuses_a_name_that_is_taken(
        self, drive: Drive, make_drive: MakeDrive
    ) -> None:
        make_drive("other")

        with pytest.raises(ProfileRefused, match="called “other”"):
            edit_profile(drive=drive, name="other")

    def test_takes_rsync_where_it_is_installed(
        self, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(profiling, "find_rsync", lambda: "/usr/bin/rsync")

        edit_profile(drive=drive, engine="RSYNC")

        drive.refresh_from_db()
        assert drive.engine == "RSYNC"

    def test_takes_options_that_change_its_pace(self, drive: Drive) -> None:
        edit_profile(drive=drive, rsync_flags=" --bwlimit=20M   --timeout=300 ")

        drive.refresh_from_db()
        assert drive.rsync_flags == "--bwlimit=20M --timeout=300"

    @pytest.mark.parametrize(
        "flags",
        [
            *("--delete", "--remove-source-files", "--inplace", "-e sh", "-a", "."),
            *("--bwlimit", "--bwlimit=", "--bwlimit=1;rm", "--timeout=4", "--fsync=1"),
            *("--timeout=601", "--rsh=sh", "--bwlimit=1\n--delete", "--", "x" * 300),
        ],
    )
    def test_refuses_options_that_change_its_promise(
        self, drive: Drive, flags: str
    ) -> None:
        with pytest.raises(ProfileRefused):
            edit_profile(drive=drive, rsync_flags=flags)

        drive.refresh_from_db()
        assert drive.rsync_flags == ""

    def test_refuses_rsync_where_it_is_not(
        self, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(profiling, "find_rsync", lambda: "")

        with pytest.raises(ProfileRefused, match="rsync is not installed"):
            edit_profile(drive=drive, engine="RSYNC")

        drive.refresh_from_db()
        assert drive.engine == "OWN"

    def test_takes_emoji(self, drive: Drive) -> None:
        edit_profile(drive=drive, name="👩‍👧 Oma’s Stick")

        assert Drive.objects.get().name == "👩‍👧 Oma’s Stick"


class TestProfileOf:
    def test_takes_what_is_usable(self) -> None:
        told = Profile(owner="Ada", side_files="EVERYTHING", reserve_bytes=5)

        assert profile_of(told) == {"owner": "Ada", "reserve_bytes": 5}
