"""Many files recorded at once: as if it were one by one, or none."""

from dataclasses import replace
from typing import Any

import pytest

from drives.models import Drive, DriveFile, SyncRecord
from drives.services.recording import NotTheWriter, record_copied
from drives.services.recording_together import Told, record_together
from tests.drives.rows import make_movie
from tests.drives.test_recording import copied

pytestmark = pytest.mark.django_db

_APART = {"id", "verified_at", "copied_at", "seen_at", "relpath", "at"}


def columns(row: DriveFile | SyncRecord) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.local_concrete_fields
        if field.name not in _APART
    }


class TestRecordTogether:
    def test_writes_the_same_as_one_by_one(self, drive: Drive) -> None:
        title, item, media = make_movie()
        one = replace(copied(title, "Movies/One.mkv"), media_file=media)
        two = replace(one, relpath="Movies/Two.mkv")
        fence = drive.take_fence()

        alone = record_copied(drive=drive, copied=one, fence=fence)
        record_together(drive=drive, copied=[Told.of(two)], fence=fence)

        alone.refresh_from_db()
        together = DriveFile.objects.get(relpath="Movies/Two.mkv")
        assert columns(together) == columns(alone)
        assert list(together.items.all()) == [item]
        assert together.verified_at is not None
        first, second = drive.history.filter(action="COPIED").order_by("pk")
        assert columns(second) == columns(first)
        drive.refresh_from_db()
        assert drive.manifest_is_due

    def test_what_nobody_read_back_is_not_called_verified(self, drive: Drive) -> None:
        title, _, _ = make_movie()
        unread = replace(copied(title, "Movies/B.mkv"), verified_by="NONE")

        record_together(
            drive=drive,
            copied=[Told.of(copied(title)), Told.of(unread)],
            fence=drive.take_fence(),
        )

        known = dict(drive.files.values_list("relpath", "verified_by"))
        assert known == {"Movies/A.mkv": "DEVICE", "Movies/B.mkv": "NONE"}
        assert drive.files.get(relpath="Movies/B.mkv").verified_at is None

    def test_calls_the_second_time_a_replacing(self, drive: Drive) -> None:
        (title, _, _), (other, item, _) = make_movie(), make_movie("Other", 2001)
        fence = drive.take_fence()
        record_together(drive=drive, copied=[Told.of(copied(title))], fence=fence)
        before = drive.files.get()

        record_together(
            drive=drive,
            copied=[Told.of(replace(copied(other), size_bytes=7))],
            fence=fence,
        )

        now = drive.files.get()
        assert (now.pk, now.size_bytes, now.title) == (before.pk, 7, other)
        assert list(now.items.all()) == [item]
        assert drive.history.filter(action="REPLACED").count() == 1

    def test_records_nothing_for_a_writer_that_was_replaced(self, drive: Drive) -> None:
        title, _, _ = make_movie()
        fence = drive.take_fence()
        Drive.objects.get(pk=drive.pk).take_fence()

        with pytest.raises(NotTheWriter):
            record_together(drive=drive, copied=[Told.of(copied(title))], fence=fence)

        assert not drive.files.exists()
        assert not drive.history.filter(action="COPIED").exists()
