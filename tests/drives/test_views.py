"""The pages of drives."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from drivearr.jobs.models import Job
from drives.contexts.cards import build_space
from drives.forms import ProfileForm
from drives.models import Attachment, Drive, DriveFile
from library.models import Root
from tests.scenes.fixtures import HTMX
from tests.scenes.household import Household


@pytest.fixture
def place(settings: LazySettings, tmp_path: Path, owner: object) -> Path:
    """Make a folder that pages may look into."""
    folder = tmp_path / "media" / "stick"
    folder.mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "media" / "way out").symlink_to(tmp_path / "secret")
    settings.BROWSE_ROOTS = [tmp_path / "media"]
    settings.DATA_DIR = tmp_path / "data"
    return folder


@pytest.fixture
def drive(place: Path, owner_client: Client) -> Drive:
    """Add the folder as a drive, as a person would."""
    sent = {"path": str(place), "is_folder": "1", "name": "Stick"}
    assert owner_client.post("/drives/add/", sent).status_code == 302
    Job.objects.all().delete()
    return Drive.objects.get()


@pytest.mark.django_db
class TestAddDrive:
    def test_takes_a_folder_and_looks_into_it(
        self, place: Path, owner_client: Client
    ) -> None:
        sent = {"path": str(place), "is_folder": "1", "name": "Stick"}
        answer = owner_client.post("/drives/add/", sent)

        drive = Drive.objects.get()
        assert answer.headers["Location"] == f"/drives/{drive.pk}/"
        assert (drive.name, drive.is_folder) == ("Stick", True)
        assert (place / ".drivearr-manifest.json").is_file()
        assert Job.objects.get().kind == "drives.scan"

    @pytest.mark.parametrize(
        "asked", ["{tmp}/secret", "{tmp}/media/way out", "/", "/etc", "stick", "\0"]
    )
    def test_takes_no_folder_outside_the_allowed_places(
        self, place: Path, owner_client: Client, tmp_path: Path, asked: str
    ) -> None:
        sent = {"path": asked.format(tmp=tmp_path), "is_folder": "1"}

        assert owner_client.post("/drives/add/", sent).status_code == 422
        assert not Drive.objects.exists()
        assert not list((tmp_path / "secret").iterdir())

    def test_takes_as_a_mount_only_what_was_offered(
        self, place: Path, owner_client: Client
    ) -> None:
        answer = owner_client.post("/drives/add/", {"path": str(place)})

        assert answer.status_code == 422
        assert b"not plugged in any more" in answer.content

    def test_says_why_a_library_folder_is_refused(
        self, place: Path, owner_client: Client
    ) -> None:
        Root.objects.create(path=str(place), kind="MOVIES")

        answer = owner_client.post(
            "/drives/add/", {"path": str(place), "is_folder": "1"}
        )

        assert answer.status_code == 422
        assert not Drive.objects.exists()


@pytest.mark.django_db
class TestDriveList:
    def test_parts_what_is_here_from_what_is_in_the_drawer(
        self, household: Household, home_client: Client
    ) -> None:
        page = home_client.get("/drives/").content.decode()
        here, drawer = page.split("In the drawer")

        assert "Car stick" in here
        assert "Grandmother" in drawer
        assert "Twelve blocks" not in page
        assert "Limited" in drawer

    def test_offers_nothing_to_a_member(
        self, household: Household, client: Client
    ) -> None:
        client.force_login(household.member)

        assert b"/drives/add/" not in client.get("/drives/").content


@pytest.mark.django_db
class TestDriveDetail:
    def test_counts_titles_by_state(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[1]
        url = f"/drives/{drive.pk}/contents/"

        partial = home_client.get(f"{url}?state=PARTIAL", headers=HTMX).content.decode()
        missing = home_client.get(f"{url}?state=MISSING&q=m", headers=HTMX)

        assert "12 of 20 episodes" in partial
        assert "Nosferatu" not in partial
        assert "Metropolis" in missing.content.decode()

    def test_marks_what_was_replaced_since(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[0]

        page = home_client.get(f"/drives/{drive.pk}/contents/?state=OUTDATED")

        assert b"Vampyr" in page.content

    def test_shows_foreign_files_apart(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[0]

        page = home_client.get(f"/drives/{drive.pk}/files/?show=foreign").content

        assert b"photos.zip" in page
        assert b"Nosferatu" not in page

    def test_scans_and_verifies_when_asked(
        self, drive: Drive, member_client: Client
    ) -> None:
        member_client.post(f"/drives/{drive.pk}/scan/")
        member_client.post(f"/drives/{drive.pk}/verify/")

        kinds = set(Job.objects.values_list("kind", flat=True))
        assert kinds == {"drives.scan", "drives.verify"}

    def test_says_whether_it_may_be_unplugged(
        self, drive: Drive, member_client: Client
    ) -> None:
        answer = member_client.post(f"/drives/{drive.pk}/eject/", follow=True)

        assert b"Everything is written" in answer.content

    def test_keeps_it_while_work_is_under_way(
        self, drive: Drive, member_client: Client
    ) -> None:
        now = timezone.now()
        Job.objects.create(
            kind="drives.scan",
            subject=drive.subject,
            state="RUNNING",
            started_at=now,
            heartbeat_at=now,
        )

        answer = member_client.post(f"/drives/{drive.pk}/eject/", follow=True)

        assert b"under way" in answer.content


@pytest.mark.django_db
class TestProfile:
    def test_is_kept_here_and_on_the_drive(
        self, drive: Drive, place: Path, owner_client: Client
    ) -> None:
        sent = {
            "name": "Car",
            "owner": "Ben",
            "side_files": "NONE",
            "verification": "ALL",
            "reserve_bytes": "1.5 GB",
        }
        answer = owner_client.post(f"/drives/{drive.pk}/edit/", sent)

        drive.refresh_from_db()
        assert answer.status_code == 302
        assert (drive.name, drive.reserve_bytes) == ("Car", 1_500_000_000)
        assert '"Car"' in (place / ".drivearr-manifest.json").read_text()

    @pytest.mark.parametrize(
        "reserve", ["", "x", "-1 GB", "1", "1e9 GB", "9" * 40 + " TB"]
    )
    def test_stays_when_a_value_makes_no_sense(
        self, drive: Drive, owner_client: Client, reserve: str
    ) -> None:
        sent = {
            "name": "Car",
            "side_files": "NONE",
            "verification": "ALL",
            "reserve_bytes": reserve,
        }

        assert owner_client.post(f"/drives/{drive.pk}/edit/", sent).status_code == 422
        assert Drive.objects.get().name == "Stick"

    def test_takes_no_name_twice(self, drive: Drive, owner_client: Client) -> None:
        Drive.objects.create(name="Car")
        sent = {
            "name": "Car",
            "side_files": "NONE",
            "verification": "ALL",
            "reserve_bytes": "0 B",
        }

        assert owner_client.post(f"/drives/{drive.pk}/edit/", sent).status_code == 422

    @pytest.mark.parametrize(
        ("size_bytes", "shown"),
        [(268435456, "268.435 MB"), (10**9, "1 GB"), (0, "0 B"), (1500, "1500 B")],
    )
    def test_shows_the_reserve_as_people_write_it(
        self, size_bytes: int, shown: str
    ) -> None:
        form = ProfileForm(instance=Drive(name="x", reserve_bytes=size_bytes))

        assert form["reserve_bytes"].value() == shown


@pytest.mark.django_db
class TestAssign:
    def test_gives_a_drive_its_old_name_back(
        self, drive: Drive, owner_client: Client
    ) -> None:
        old = Drive.objects.create(name="Old", is_folder=True)

        answer = owner_client.post(f"/drives/{drive.pk}/assign/", {"to": old.pk})

        assert answer.headers["Location"] == f"/drives/{old.pk}/"
        assert Drive.objects.get() == old

    def test_says_why_not(self, drive: Drive, owner_client: Client) -> None:
        answer = owner_client.post(
            f"/drives/{drive.pk}/assign/", {"to": drive.pk}, follow=True
        )

        assert b"that drive already" in answer.content


@pytest.mark.django_db
class TestForget:
    def test_asks_first_and_touches_nothing(
        self, drive: Drive, place: Path, owner_client: Client
    ) -> None:
        asked = owner_client.get(f"/drives/{drive.pk}/forget/")
        assert b"Nothing on the drive is touched" in asked.content

        owner_client.post(f"/drives/{drive.pk}/forget/")
        assert not Drive.objects.exists()
        assert (place / ".drivearr-manifest.json").is_file()


@pytest.mark.django_db
class TestDelete:
    def test_lists_each_file_before_one_goes(
        self, household: Household, home_client: Client
    ) -> None:
        drive, title = household.drives[0], household.titles[0]

        page = home_client.get(f"/drives/{drive.pk}/delete/?title={title.pk}")

        file = DriveFile.objects.get(drive=drive, title=title)
        assert file.relpath.encode() in page.content
        assert f'name="files" value="{file.pk}"'.encode() in page.content
        assert not Job.objects.filter(kind="drives.delete").exists()

    def test_deletes_exactly_what_was_listed(
        self, household: Household, home_client: Client
    ) -> None:
        drive, title = household.drives[0], household.titles[0]
        file = DriveFile.objects.get(drive=drive, title=title)

        home_client.post(f"/drives/{drive.pk}/delete/", {"files": str(file.pk)})

        job = Job.objects.get(kind="drives.delete")
        assert job.arguments["file_ids"] == [file.pk]
        assert job.arguments["by_id"] == household.owner.pk

    def test_never_takes_what_others_wrote(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[0]
        foreign = DriveFile.objects.foreign().filter(drive=drive)[0]
        elsewhere = DriveFile.objects.filter(drive=household.drives[1])[0]

        for file in (foreign, elsewhere):
            answer = home_client.post(
                f"/drives/{drive.pk}/delete/", {"files": str(file.pk)}
            )
            assert answer.status_code == 422
        assert not Job.objects.filter(kind="drives.delete").exists()

    def test_waits_until_another_deleting_is_done(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[0]
        first, second = DriveFile.objects.ours().filter(drive=drive)[:2]
        home_client.post(f"/drives/{drive.pk}/delete/", {"files": str(first.pk)})

        answer = home_client.post(
            f"/drives/{drive.pk}/delete/", {"files": str(second.pk)}
        )

        assert answer.status_code == 422
        assert b"being deleted" in answer.content


class TestBuildSpace:
    def test_fills_the_bar_and_never_more(self) -> None:
        place = Attachment(total_bytes=100, free_bytes=40)

        space = build_space(place, {"MOVIES": 30, "SHOWS": 10}, None)

        assert space is not None
        widths = {part.part: part.width_percent for part in space.parts}
        assert widths == {"MOVIES": 30.0, "SHOWS": 10.0, "FOREIGN": 20.0}
        assert space.used_percent == 60

    def test_stays_within_the_bar_when_figures_quarrel(self) -> None:
        place = Attachment(total_bytes=100, free_bytes=100)

        space = build_space(place, {"MOVIES": 90, "SHOWS": 90}, None)

        assert space is not None
        assert sum(part.width_percent for part in space.parts) <= 100

    def test_is_nothing_for_a_drive_of_unknown_size(self) -> None:
        assert build_space(Attachment(), {}, None) is None
