"""The admin shows drives in few queries and lets no one edit what was found."""

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from drives.models import Drive, DriveFile, SyncRecord
from tests.factories.drives import DriveFactory, DriveFileFactory


class TestDriveAdmin:
    def test_lists_drives_in_the_same_number_of_queries(
        self,
        admin_client: Client,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(10):
            DriveFileFactory.create()
        with django_assert_max_num_queries(12):
            page = admin_client.get(reverse("admin:drives_drive_changelist"))

        assert page.status_code == 200
        assert b"Drive " in page.content

    def test_saves_a_profile_and_marks_the_manifest_due(
        self, admin_client: Client, admin_user: User
    ) -> None:
        drive = DriveFactory.create()
        url = reverse("admin:drives_drive_change", args=[drive.pk])
        assert admin_client.get(url).status_code == 200
        answer = admin_client.post(
            url,
            {
                "name": "Cabin",
                "owner": "Ada",
                "side_files": "ALL",
                "verification": "ALL",
                "outdated": "ASK",
                "makes_room": "NOTHING",
                "reserve_bytes": "5",
                "health": "GOOD",
                "health_reason": "",
                "attachments-TOTAL_FORMS": "0",
                "attachments-INITIAL_FORMS": "0",
                "health_readings-TOTAL_FORMS": "0",
                "health_readings-INITIAL_FORMS": "0",
            },
        )

        assert answer.status_code == 302
        drive.refresh_from_db()
        assert (drive.name, drive.manifest_is_due) == ("Cabin", True)


class TestWhatWasFound:
    def test_can_be_read_and_not_changed(self, admin_client: Client) -> None:
        row = DriveFileFactory.create()
        line = SyncRecord.objects.create(drive=row.drive, action="COPIED")
        for kind, pk in ((DriveFile, row.pk), (SyncRecord, line.pk)):
            name = f"admin:drives_{kind.__name__.lower()}"
            assert admin_client.get(reverse(f"{name}_changelist")).status_code == 200
            change = reverse(f"{name}_change", args=[pk])
            assert admin_client.get(change).status_code == 200
            assert admin_client.post(change, {}).status_code == 403
            assert admin_client.get(reverse(f"{name}_add")).status_code == 403

    def test_adds_no_drive_by_hand(self, admin_client: Client) -> None:
        url = reverse("admin:drives_drive_add")

        assert admin_client.get(url).status_code == 403
        assert not Drive.objects.exists()
