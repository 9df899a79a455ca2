"""What cannot be wrong in the rows of drives, from both sides."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from drives.models import Drive, DriveFile, DriveFileItem
from tests.drives.rows import make_movie
from tests.factories.drives import AttachmentFactory, DriveFactory, DriveFileFactory

pytestmark = pytest.mark.django_db


def refuses(make: Any, **facts: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make(**facts)


class TestDrive:
    def test_has_a_name_of_its_own_and_no_negative_reserve(self) -> None:
        DriveFactory.create(name="A", reserve_bytes=0)

        refuses(DriveFactory.create, name="A")
        refuses(DriveFactory.create, name="")
        refuses(DriveFactory.create, reserve_bytes=-1)

    def test_is_attached_while_an_attachment_holds(self) -> None:
        drive = AttachmentFactory.create().drive
        AttachmentFactory.create(detached_at=timezone.now())

        assert list(Drive.objects.attached().by_name()) == [drive]

    def test_gives_each_writer_a_higher_fence(self) -> None:
        drive = DriveFactory.create()
        other = Drive.objects.get(pk=drive.pk)

        assert (drive.take_fence(), other.take_fence(), drive.take_fence()) == (1, 2, 3)


class TestAttachment:
    def test_holds_once_per_drive(self) -> None:
        first = AttachmentFactory.create()
        refuses(AttachmentFactory.create, drive=first.drive)
        now = timezone.now()

        assert first.detach(now=now, reason="x" * 500)
        assert not first.detach(now=now, reason="again")
        AttachmentFactory.create(drive=first.drive)


class TestDriveFile:
    def test_is_there_once_and_below_the_drive(self) -> None:
        row = DriveFileFactory.create(relpath="Movies/A.mkv")
        DriveFileFactory.create(relpath="Movies/A.mkv")

        refuses(DriveFileFactory.create, relpath=row.relpath, drive=row.drive)
        refuses(DriveFileFactory.create, relpath="")
        refuses(DriveFileFactory.create, relpath="/etc/passwd")

    @pytest.mark.parametrize("by", ["DEVICE", "CACHE"])
    def test_is_verified_at_some_time(self, by: str) -> None:
        DriveFileFactory.create(verified_by=by, verified_at=timezone.now())

        refuses(DriveFileFactory.create, verified_by=by)

    def test_holds_an_item_once(self) -> None:
        _, item, _ = make_movie()
        row = DriveFileFactory.create(items=[item])

        refuses(DriveFileItem.objects.create, drive_file=row, item=item)

    def test_is_found_by_adjectives(self) -> None:
        ours = DriveFileFactory.create()
        foreign = DriveFileFactory.create(origin="FOREIGN", state="VANISHED")

        assert list(DriveFile.objects.ours().in_order()) == [ours]
        assert list(DriveFile.objects.foreign().in_order()) == [foreign]
        assert list(DriveFile.objects.present().in_order()) == [ours]
