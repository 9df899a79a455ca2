"""What the health page says of slow drives, on a real one."""

import os

import pytest

from drives.services.hinting import hint_at_speed
from drives.services.registering import add_drive
from tests.mounts import LoopDriveMaker, run

pytestmark = pytest.mark.django_db


class TestHintAtSpeed:
    def test_tells_of_a_drive_that_waits_with_each_write(
        self, loop_drive: LoopDriveMaker
    ) -> None:
        drive = loop_drive()
        add_drive(path=drive.path, name="Car")
        assert list(hint_at_speed()) == []

        run("mount", "-o", "remount,sync", os.fspath(drive.path))

        (hint,) = hint_at_speed()
        assert (hint.ok, hint.is_hint) == (True, True)
        assert "“Car”" in hint.message
        assert "sync" in hint.advice

    def test_tells_of_a_driver_in_user_space(self, loop_drive: LoopDriveMaker) -> None:
        drive = loop_drive(fs="exfat")
        add_drive(path=drive.path, name="Stick")

        (hint,) = hint_at_speed()

        assert "by a program" in hint.message
