"""The pages of drives."""

import shutil
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from drivearr.jobs.models import Job
from drives.contexts.cards import build_space
from drives.forms import ProfileForm
from drives.models import Attachment, Drive, DriveFile, DriveScan
from library.models import Root
from syncqueue.models import QueueItem
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
            "verify_days": "30",
            "rsync_flags": "--fsync",
        }
        answer = owner_client.post(f"/drives/{drive.pk}/edit/", sent)

        drive.refresh_from_db()
        assert answer.status_code == 302
        assert (drive.name, drive.reserve_bytes) == ("Car", 1_500_000_000)
        assert drive.rsync_flags == "--fsync"
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


@pytest.mark.django_db
class TestVerify:
    def test_goes_on_or_begins_anew(self, drive: Drive, owner_client: Client) -> None:
        owner_client.post(f"/drives/{drive.pk}/verify/")
        assert Job.objects.get().arguments["since"] is None
        Job.objects.all().delete()

        owner_client.post(f"/drives/{drive.pk}/verify/", {"afresh": "1"})

        assert Job.objects.get().arguments["since"]

    def test_offers_to_go_on(self, drive: Drive, owner_client: Client) -> None:
        DriveScan.objects.create(
            drive=drive, kind="VERIFY", pass_began_at=timezone.now()
        )

        page = owner_client.get(f"/drives/{drive.pk}/").content.decode()

        assert "Go on verifying" in page
        assert "Verify from the beginning" in page


@pytest.mark.django_db
class TestRepair:
    def test_is_offered_and_wished(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[0]
        file = DriveFile.objects.ours().filter(drive=drive, kind="VIDEO").first()
        assert file is not None
        DriveFile.objects.filter(pk=file.pk).update(
            state="ALTERED", damaged_at=timezone.now()
        )
        page = home_client.get(f"/drives/{drive.pk}/").content.decode()
        assert "1 file came back damaged" in page
        QueueItem.objects.all().delete()

        home_client.post(f"/drives/{drive.pk}/repair/")

        assert QueueItem.objects.get().title == file.title

    def test_says_that_nothing_is_damaged(
        self, drive: Drive, owner_client: Client
    ) -> None:
        answer = owner_client.post(f"/drives/{drive.pk}/repair/", follow=True)

        assert b"is known to be damaged" in answer.content


@pytest.mark.django_db
class TestHealth:
    def test_is_checked_and_said(self, drive: Drive, owner_client: Client) -> None:
        answer = owner_client.post(f"/drives/{drive.pk}/health/", follow=True)

        assert b"Health: unknown" in answer.content

    def test_stands_on_the_list(self, drive: Drive, owner_client: Client) -> None:
        Drive.objects.update(health="LIMITED")

        assert b"Limited" in owner_client.get("/drives/").content


@pytest.mark.django_db
class TestDeleteForeign:
    @pytest.fixture
    def foreign(self, drive: Drive, place: Path) -> DriveFile:
        path = place / "theirs.mkv"
        path.write_text("theirs")
        about = path.stat()
        return DriveFile.objects.create(
            drive=drive,
            relpath="theirs.mkv",
            origin="FOREIGN",
            size_bytes=about.st_size,
            mtime_ns=about.st_mtime_ns,
        )

    def test_asks_first(
        self, drive: Drive, foreign: DriveFile, place: Path, owner_client: Client
    ) -> None:
        address = f"/drives/{drive.pk}/files/{foreign.pk}/delete/"
        listed = owner_client.get(f"/drives/{drive.pk}/files/").content.decode()
        assert address in listed

        answer = owner_client.get(address)

        assert b"theirs.mkv" in answer.content
        assert (place / "theirs.mkv").exists()

    def test_deletes_that_file(
        self, drive: Drive, foreign: DriveFile, place: Path, owner_client: Client
    ) -> None:
        owner_client.post(f"/drives/{drive.pk}/files/{foreign.pk}/delete/")

        assert not (place / "theirs.mkv").exists()
        assert not DriveFile.objects.filter(pk=foreign.pk).exists()

    def test_says_why_not(
        self, drive: Drive, foreign: DriveFile, place: Path, owner_client: Client
    ) -> None:
        (place / "theirs.mkv").write_text("changed since")

        answer = owner_client.post(f"/drives/{drive.pk}/files/{foreign.pk}/delete/")

        assert answer.status_code == 422
        assert (place / "theirs.mkv").exists()

    def test_leaves_our_own_to_the_usual_way(
        self, drive: Drive, foreign: DriveFile, owner_client: Client
    ) -> None:
        DriveFile.objects.update(origin="OURS")
        address = f"/drives/{drive.pk}/files/{foreign.pk}/delete/"

        assert owner_client.post(address).status_code == 404

    def test_is_for_owners(
        self, drive: Drive, foreign: DriveFile, member_client: Client, place: Path
    ) -> None:
        member_client.post(f"/drives/{drive.pk}/files/{foreign.pk}/delete/")

        assert (place / "theirs.mkv").exists()


@pytest.mark.django_db
class TestWhichDrive:
    """A drive whose manifest is lost, broken, or carried by another one too."""

    def test_is_asked_when_the_manifest_is_broken(
        self, drive: Drive, place: Path, owner_client: Client
    ) -> None:
        drive.attachments.update(detached_at=timezone.now())
        for name in (".drivearr-manifest.json", ".drivearr/manifest.json"):
            (place / name).write_text("{")
        sent = {"path": str(place), "is_folder": "1"}

        answer = owner_client.post("/drives/add/", sent)

        assert answer.status_code == 422
        assert b"Which drive is it?" in answer.content
        assert drive.name.encode() in answer.content

        owner_client.post("/drives/add/", sent | {"to": drive.pk})

        assert drive.attachments.current().exists()
        assert Drive.objects.count() == 1

    def test_makes_a_copy_a_drive_of_its_own(
        self, drive: Drive, place: Path, owner_client: Client
    ) -> None:
        twin = place.parent / "twin"
        shutil.copytree(place, twin)
        sent = {"path": str(twin), "is_folder": "1"}
        answer = owner_client.post("/drives/add/", sent)
        assert b"It is a drive of its own" in answer.content

        owner_client.post("/drives/add/", sent | {"as_new": "1"})

        assert Drive.objects.count() == 2
        assert drive.attachments.current().get().path == str(place)

    def test_is_offered_on_the_profile_of_one_added_anew(
        self, drive: Drive, owner_client: Client
    ) -> None:
        Drive.objects.create(name="Lost one", is_folder=True)

        page = owner_client.get(f"/drives/{drive.pk}/edit/").content.decode()

        assert "Lost one" in page
        assert f"/drives/{drive.pk}/assign/" in page


@pytest.mark.django_db
class TestForgetPart:
    def test_forgets_only_the_profile(self, drive: Drive, owner_client: Client) -> None:
        Drive.objects.update(owner="Ada")

        owner_client.post(f"/drives/{drive.pk}/forget/", {"what": "profile"})

        drive.refresh_from_db()
        assert drive.owner == ""
        assert drive.history.exists()

    def test_forgets_only_the_history(self, drive: Drive, owner_client: Client) -> None:
        Drive.objects.update(owner="Ada")

        owner_client.post(f"/drives/{drive.pk}/forget/", {"what": "history"})

        drive.refresh_from_db()
        assert drive.owner == "Ada"
        assert not drive.history.exists()
