"""Opening a drive for reading or writing: it is there, it is the one, it is whole."""

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import DrivearrError, StopRun
from drivearr.lib.rootfolder import RootFolder
from drives import detection, manifest
from drives.models import Attachment, Drive
from drives.services.telling import Kept


class NotAttached(StopRun):
    """The drive is not plugged in here."""

    code = "DRIVE_NOT_ATTACHED"
    advice = gettext_noop("Plug it in; the work goes on by itself.")
    retryable = True


class DriveGone(StopRun):
    """The drive was pulled or unmounted."""

    code = "DRIVE_GONE"
    advice = gettext_noop(
        "Plug it in again, at any port; the work goes on where it stopped."
    )
    retryable = True


class WrongDrive(StopRun):
    """Another drive is where this one was, or this one lost its identity."""

    code = "WRONG_DRIVE"
    advice = gettext_noop("Nothing was written to it. Plug in the right drive.")


class DriveReadOnly(StopRun):
    """The drive cannot be written to."""

    code = "DRIVE_READ_ONLY"
    advice = gettext_noop(
        "Open its write-protect switch, or have its file system checked."
    )


def host_name() -> str:
    """Return this machine's name, as attachments record it."""
    return socket.gethostname()


@dataclass(slots=True)
class OpenDrive:
    """A drive held open at its root."""

    drive: Drive
    attachment: Attachment
    root: RootFolder
    device: str = ""
    """`major:minor` of the block device below it; empty when there is none to ask."""
    kept: Kept = field(default_factory=Kept)
    """What of the manifest there our rows do not know."""
    _known: manifest.Look = field(default=())
    _found: tuple[manifest.Manifest, manifest.Place] | None = None

    def check(self, *, for_writing: bool = True) -> None:
        """Make sure that it is still this drive, here and alive. Call before each file.

        Costs a handful of system calls; the manifest is read again only after it was
        written.

        Raises: DriveGone, WrongDrive, DriveReadOnly.
        """
        self._check_presence()
        self._check_identity()
        if for_writing and self.is_read_only():
            raise DriveReadOnly(
                gettext("“{drive}” is mounted read-only.").format(drive=self.drive.name)
            )

    def remember_manifest(self) -> None:
        """Say that the manifest there now is known to be this drive's: we wrote it."""
        self._known = manifest.look(self.root)
        self._found = None

    def take_manifest(self) -> manifest.Manifest | None:
        """Return the manifest if it was read since it was last taken or written.

        It may be tens of megabytes, so it is given away and not kept.
        """
        found = self.take_placed()
        return found[0] if found else None

    def take_placed(self) -> tuple[manifest.Manifest, manifest.Place] | None:
        """Do `take_manifest`, and return where a line goes in its journal."""
        found, self._found = self._found, None
        return found

    def _check_presence(self) -> None:
        if not detection.device_is_there(self.device):
            raise DriveGone(
                gettext("“{drive}” was unplugged.").format(drive=self.drive.name)
            )
        try:
            there = Path(self.attachment.path).stat()
            held = os.fstat(self.root.fd)
        except OSError as error:
            raise DriveGone(
                gettext("“{drive}” is gone: {strerror}.").format(
                    drive=self.drive.name, strerror=error.strerror
                )
            ) from error
        if not os.path.samestat(there, held) or held.st_nlink == 0:
            raise DriveGone(
                gettext("“{drive}” was unmounted.").format(drive=self.drive.name)
            )

    def _check_identity(self) -> None:
        try:
            seen = manifest.look(self.root)
            if any(seen) and seen == self._known:
                return
            found = manifest.read_placed(self.root)
        except OSError as error:
            raise DriveGone(
                gettext("“{drive}” does not answer: {strerror}.").format(
                    drive=self.drive.name, strerror=error.strerror
                )
            ) from error
        except DrivearrError as error:
            raise WrongDrive(
                gettext("The manifest on “{drive}” cannot be used. {message}").format(
                    drive=self.drive.name, message=error.message
                ),
                advice=error.advice,
            ) from error
        if found is None:
            raise DriveGone(
                gettext("{path} does not hold “{drive}” any more.").format(
                    path=self.attachment.path, drive=self.drive.name
                )
            )
        if found[0].drive_uuid != self.drive.uuid:
            raise WrongDrive(
                gettext("{path} holds another drive than “{drive}”.").format(
                    path=self.attachment.path, drive=self.drive.name
                )
            )
        self._known, self._found = seen, found

    def is_there(self) -> bool:
        """Whether its block device still exists."""
        return detection.device_is_there(self.device)

    def is_read_only(self) -> bool:
        """Whether nothing can be written now.

        Raises: DriveGone.
        """
        try:
            return bool(self.root.statvfs().f_flag & os.ST_RDONLY)
        except OSError as error:
            raise DriveGone(
                gettext("“{drive}” does not answer: {strerror}.").format(
                    drive=self.drive.name, strerror=error.strerror
                )
            ) from error


@contextlib.contextmanager
def open_drive(*, drive: Drive, for_writing: bool = True) -> Iterator[OpenDrive]:
    """Hold an attached drive open, checked.

    Raises: NotAttached, DriveGone, WrongDrive, DriveReadOnly.
    """
    attachment = drive.attachments.current().first()
    if attachment is None:
        raise NotAttached(
            gettext("“{drive}” is not plugged in.").format(drive=drive.name)
        )
    if attachment.host != host_name():
        raise NotAttached(
            gettext("“{drive}” is plugged in at {host}.").format(
                drive=drive.name, host=attachment.host
            )
        )
    path = Path(attachment.path)
    device = _device_at(drive, path)
    try:
        root = RootFolder.open_at(path)
    except OSError as error:
        raise DriveGone(
            gettext("“{drive}” cannot be opened: {strerror}.").format(
                drive=drive.name, strerror=error.strerror
            )
        ) from error
    with root:
        opened = OpenDrive(drive=drive, attachment=attachment, root=root, device=device)
        opened.check(for_writing=for_writing)
        yield opened


def _device_at(drive: Drive, path: Path) -> str:
    """Return the block device mounted at `path` now: a replugged drive has a new one."""
    if drive.is_folder:
        holding = detection.find_mount_of(path)
        return holding.block if holding else ""
    mount = detection.find_mount(path)
    if mount is None:
        # An empty mount point: a write would land on this machine's own disk.
        raise DriveGone(
            gettext("Nothing is mounted at {path} any more.").format(path=path)
        )
    return mount.block
