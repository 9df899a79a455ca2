"""Backups of our own data."""

import json
import zipfile
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client

from drivearr.jobs.models import Job
from drivearr.system.services import backing_up
from drivearr.system.services.backing_up import BackupUnfit, WorkGoesOn
from library.models import Title

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def data(settings: LazySettings, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    settings.DATA_DIR = folder
    settings.BACKUP_DIR = folder / "backups"
    settings.PAGE_SETTINGS_FILE = folder / "settings.json"
    (folder / "secret.key").write_text("the key of then\n")
    return folder


def add_title(name: str) -> Title:
    return Title.objects.create(
        kind="MOVIE", identity_key=f"movie:{name}", name=name, sort_name=name
    )


def path_of(made: backing_up.Made) -> Path:
    return backing_up.find_backup(made.name).path


class TestMake:
    def test_keeps_what_is_ours_for_the_owner_alone(self, data: Path) -> None:
        made = backing_up.make()

        path = path_of(made)
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        with zipfile.ZipFile(path) as box:
            assert set(box.namelist()) == {
                "manifest.json",
                "database.sqlite3",
                "secret.key",
            }
            assert json.loads(box.read("manifest.json"))["format"] == 1

    def test_leaves_nothing_half_made(self, data: Path) -> None:
        backing_up.make()

        assert [file.suffix for file in (data / "backups").iterdir()] == [".zip"]

    def test_drops_the_oldest_of_the_schedule_alone(
        self, data: Path, settings: LazySettings
    ) -> None:
        settings.BACKUPS_KEPT = 2
        backups = data / "backups"
        backups.mkdir()
        for day in (1, 2, 3):
            (backups / f"drivearr-2026010{day}-000000-daily.zip").touch()
        (backups / "drivearr-20250101-000000-manual.zip").touch()

        made = backing_up.make_and_prune()

        assert made.pruned == 2
        names = [each.name for each in backing_up.list_backups()]
        assert names[1:] == [
            "drivearr-20260103-000000-daily.zip",
            "drivearr-20250101-000000-manual.zip",
        ]


class TestRestore:
    def test_brings_back_what_was_there(self, data: Path) -> None:
        add_title("Kept")
        made = backing_up.make()
        Title.objects.all().delete()
        add_title("Later")

        done = backing_up.restore(path_of(made))

        assert [title.name for title in Title.objects.all()] == ["Kept"]
        assert not done.needs_restart

    def test_can_be_taken_back(self, data: Path) -> None:
        made = backing_up.make()
        add_title("Later")

        done = backing_up.restore(path_of(made))
        backing_up.restore(backing_up.find_backup(done.before).path)

        assert [title.name for title in Title.objects.all()] == ["Later"]

    def test_brings_the_key_back_and_says_so(self, data: Path) -> None:
        made = backing_up.make()
        (data / "secret.key").write_text("another\n")

        done = backing_up.restore(path_of(made))

        assert done.needs_restart
        assert (data / "secret.key").read_text() == "the key of then\n"
        assert (data / "secret.key").stat().st_mode & 0o777 == 0o600

    def test_ends_jobs_that_ran_when_it_was_made(self, data: Path) -> None:
        Job.objects.create(kind="library.scan", subject="root:1")
        made = backing_up.make()
        Job.objects.all().delete()

        backing_up.restore(path_of(made))

        assert Job.objects.get().state == Job.State.CANCELLED

    def test_waits_for_work_to_end(self, data: Path) -> None:
        made = backing_up.make()
        Job.objects.create(kind="library.scan", subject="root:1")
        add_title("Later")

        with pytest.raises(WorkGoesOn):
            backing_up.restore(path_of(made))

        assert Title.objects.exists()

    def test_brings_rows_back_too(self, data: Path, tmp_path: Path) -> None:
        add_title("Kept")
        User.objects.create_superuser("olga", password="x")
        rows = backing_up.dump_rows(tmp_path / "rows.json")
        Title.objects.all().delete()

        backing_up._put_back_rows(rows)

        assert Title.objects.get().name == "Kept"
        assert User.objects.get().username == "olga"


class TestUnfit:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("../../evil.txt", b"x"),
            ("manifest.json", b"[]"),
            ("manifest.json", b'{"format": 99, "migrations": []}'),
            ("manifest.json", b'{"format": 1, "migrations": ["library.9999_later"]}'),
            ("manifest.json", b'{"format": 1, "migrations": []}'),
            ("manifest.json", b"x" * 2_000_000),
        ],
    )
    def test_is_what_is_no_backup_of_ours(
        self, data: Path, tmp_path: Path, name: str, content: bytes
    ) -> None:
        add_title("Stays")
        file = tmp_path / "foreign.zip"
        with zipfile.ZipFile(file, "w") as box:
            box.writestr(name, content)

        with pytest.raises(BackupUnfit):
            backing_up.restore(file)

        assert Title.objects.get().name == "Stays"
        assert not (tmp_path / "evil.txt").exists()

    def test_is_a_damaged_one(self, data: Path) -> None:
        path = path_of(backing_up.make())
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])

        with pytest.raises(BackupUnfit):
            backing_up.restore(path)

    def test_is_one_whose_database_is_none(self, data: Path, tmp_path: Path) -> None:
        file = tmp_path / "odd.zip"
        with zipfile.ZipFile(file, "w") as box:
            box.writestr("manifest.json", b'{"format": 1, "migrations": []}')
            box.writestr("database.sqlite3", b"no database" * 500)

        with pytest.raises(BackupUnfit, match="damaged"):
            backing_up.restore(file)


class TestPage:
    def test_restores_what_a_browser_sends(
        self, data: Path, owner_client: Client
    ) -> None:
        add_title("Kept")
        path = path_of(backing_up.make())
        Title.objects.all().delete()

        with path.open("rb") as file:
            answer = owner_client.post("/system/backups/upload/", {"file": file})

        assert answer.status_code == 200
        assert "Restored" in answer.content.decode()
        assert Title.objects.get().name == "Kept"

    def test_tells_before_it_restores(self, data: Path, owner_client: Client) -> None:
        made = backing_up.make()

        page = owner_client.get(
            f"/system/backups/{made.name}/restore/"
        ).content.decode()

        assert "is forgotten" in page

    @pytest.mark.parametrize(
        "name", ["..", "secret.key", "%2e%2e%2fsecret.key", "x.zip"]
    )
    def test_gives_no_other_file(
        self, data: Path, owner_client: Client, name: str
    ) -> None:
        backing_up.make()

        assert owner_client.get(f"/system/backups/{name}/download/").status_code == 404

    def test_gives_the_backup_as_a_file(self, data: Path, owner_client: Client) -> None:
        made = backing_up.make()

        answer = owner_client.get(f"/system/backups/{made.name}/download/")

        body = b"".join(answer.streaming_content)  # type: ignore[attr-defined] # a file
        assert len(body) == made.size_bytes
        answer.close()
