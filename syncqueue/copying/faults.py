"""What can go wrong in a copy, by name; what an OSError means."""

import errno

from drivearr.lib.errors import DrivearrError, SkipFile, StopRun
from drivearr.lib.wording import gettext, gettext_noop


class SourceVanished(SkipFile):
    """The library file is gone."""

    code = "SOURCE_VANISHED"
    advice = gettext_noop(
        "Scan the library; if its disk is away, copying goes on once it is back."
    )
    retryable = True


class SourceChanged(SkipFile):
    """The library file changes while it is read."""

    code = "SOURCE_CHANGED"
    advice = gettext_noop(
        "It is tried again once the file rests; perhaps it is still being written."
    )
    retryable = True


class SourceUnreadable(SkipFile):
    """The library file cannot be read."""

    code = "SOURCE_UNREADABLE"
    advice = gettext_noop(
        "Check the disk or share it is on; it is tried again a few times."
    )
    retryable = True


class SourceForbidden(SourceUnreadable):
    """The library file may not be read; waiting does not help."""

    code = "SOURCE_FORBIDDEN"
    advice = gettext_noop("Give Drivearr's user the right to read it, then retry.")
    retryable = False


class SourceHangs(SkipFile):
    """The library's disk or server gives no answer, not even an error."""

    code = "SOURCE_HANGS"
    advice = gettext_noop(
        "See whether the library's disk or server is well; the file is tried again every "
        "minute, and what lies in other folders is copied meanwhile."
    )
    retryable = True


class NameRefused(SkipFile):
    """The drive does not take this name, or another file has it."""

    code = "NAME_REFUSED"
    advice = gettext_noop("Move the file that is in the way, or rename the title.")


class FileBusy(SkipFile):
    """Another program holds the file on the drive."""

    code = "FILE_BUSY"
    advice = gettext_noop(
        "Close the program that uses it; it is tried again a few times."
    )
    retryable = True


class FileTooLarge(SkipFile):
    """The drive's file system cannot hold a file of this size."""

    code = "FILE_TOO_LARGE"
    advice = gettext_noop(
        "FAT32 holds files up to 4 GiB. Format the drive as exFAT, or skip it."
    )


class DriveFull(StopRun):
    """The drive has no room left."""

    code = "DRIVE_FULL"
    advice = gettext_noop(
        "Delete titles from the drive or withdraw wishes, then retry."
    )


class DriveLost(StopRun):
    """The drive stopped answering in the middle of a copy."""

    code = "DRIVE_GONE"
    advice = gettext_noop(
        "Plug it in again, at any port; the copy goes on where it stopped."
    )
    retryable = True


class DriveWriteProtected(StopRun):
    """The drive became read-only."""

    code = "DRIVE_READ_ONLY"
    advice = gettext_noop(
        "Open its write-protect switch, or have its file system checked."
    )


class DriveFailing(StopRun):
    """The drive does not keep what is written to it."""

    code = "DRIVE_FAILING"
    advice = gettext_noop(
        "Save what is on the drive and replace it; its health page says more."
    )


class BlocksStayBad(DriveFailing):
    """What was written comes back different, also after writing it again."""


class MachineOverburdened(StopRun):
    """This machine, not the drive, has no room for the work now."""

    code = "MACHINE_OVERBURDENED"
    advice = gettext_noop("Memory or open files ran out; the copy goes on by itself.")
    retryable = True


_GONE = {
    *(errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.ESHUTDOWN, errno.ESTALE),
    # A share on the network.
    *(errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETUNREACH),
    *(errno.ECONNRESET, errno.ECONNABORTED),
}
_NOT_TAKEN = (NameRefused, gettext_noop("The drive does not take this name"))
_FULL = (DriveFull, gettext_noop("The drive is full"))
_NOT_ALLOWED = (NameRefused, gettext_noop("The drive does not allow this"))
_BUSY = (FileBusy, gettext_noop("Another program uses this file"))
_SHORT = (
    MachineOverburdened,
    gettext_noop("This machine is short of memory or open files"),
)
_MEANINGS: dict[int, tuple[type[DrivearrError], str]] = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: (DriveWriteProtected, gettext_noop("The drive became read-only")),
    errno.EFBIG: (
        FileTooLarge,
        gettext_noop("The file is too large for the drive's file system"),
    ),
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EINVAL: _NOT_TAKEN,
    errno.ENAMETOOLONG: _NOT_TAKEN,
    errno.EILSEQ: _NOT_TAKEN,
    errno.ELOOP: _NOT_TAKEN,
    errno.EXDEV: _NOT_TAKEN,
    errno.ENOTDIR: _NOT_TAKEN,
    errno.EISDIR: _NOT_TAKEN,
    errno.EEXIST: (
        NameRefused,
        gettext_noop("Another file on the drive has this name already"),
    ),
    errno.EBUSY: _BUSY,
    errno.ETXTBSY: _BUSY,
    errno.ENOMEM: _SHORT,
    errno.EMFILE: _SHORT,
    errno.ENFILE: _SHORT,
}


def on_source(error: OSError) -> DrivearrError:
    """Return what a failed call on the library's side means."""
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ESTALE}:
        return SourceVanished(gettext("The library file is gone."))
    if error.errno in {errno.EACCES, errno.EPERM}:
        return SourceForbidden(gettext("The library file may not be read."))
    return SourceUnreadable(
        gettext("The library file cannot be read: {strerror}.").format(
            strerror=error.strerror
        )
    )


def on_drive(error: OSError, *, is_there: bool) -> DrivearrError:
    """Return what a failed call on the drive's side means.

    `is_there`: whether its block device still exists (a pulled drive gives EIO, like a
    failing one).
    """
    if not is_there or error.errno in _GONE:
        return DriveLost(
            gettext("The drive stopped answering: {strerror}.").format(
                strerror=error.strerror
            )
        )
    kind, words = _MEANINGS.get(
        error.errno or 0, (DriveFailing, gettext_noop("The drive reports an error"))
    )
    return kind(f"{gettext(words)}: {error.strerror}.")
