"""What an OSError means, on either side."""

import errno
import os

import pytest

from drivearr.lib.errors import DrivearrError, SkipFile, StopRun
from syncqueue.copying import faults


def oserror(code: int) -> OSError:
    return OSError(code, os.strerror(code))


class TestOnDrive:
    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            (errno.ENOSPC, faults.DriveFull),
            (errno.EDQUOT, faults.DriveFull),
            (errno.EROFS, faults.DriveWriteProtected),
            (errno.EFBIG, faults.FileTooLarge),
            (errno.EIO, faults.DriveFailing),
            (errno.ENODEV, faults.DriveLost),
            (errno.ENOTCONN, faults.DriveLost),
            (errno.EHOSTDOWN, faults.DriveLost),
            (errno.EINVAL, faults.NameRefused),
            (errno.EILSEQ, faults.NameRefused),
            (errno.EEXIST, faults.NameRefused),
            (errno.EBUSY, faults.FileBusy),
            (errno.EMFILE, faults.MachineOverburdened),
            (errno.ENOMEM, faults.MachineOverburdened),
        ],
        ids=lambda value: errno.errorcode.get(value, "") if value in range(200) else "",
    )
    def test_names_what_is_the_case(self, code: int, kind: type[DrivearrError]) -> None:
        found = faults.on_drive(oserror(code), is_there=True)

        assert type(found) is kind
        assert found.advice
        assert isinstance(found, SkipFile | StopRun)

    @pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.ENOENT])
    def test_blames_no_drive_that_was_pulled(self, code: int) -> None:
        found = faults.on_drive(oserror(code), is_there=False)

        assert type(found) is faults.DriveLost
        assert found.retryable


class TestOnSource:
    @pytest.mark.parametrize(
        ("code", "kind", "retryable"),
        [
            (errno.ENOENT, faults.SourceVanished, True),
            (errno.ESTALE, faults.SourceVanished, True),
            (errno.EIO, faults.SourceUnreadable, True),
            (errno.EACCES, faults.SourceForbidden, False),
        ],
    )
    def test_says_whether_waiting_may_help(
        self, code: int, kind: type[DrivearrError], retryable: bool
    ) -> None:
        found = faults.on_source(oserror(code))

        assert type(found) is kind
        assert found.retryable is retryable
