"""`drivearr drives`: its JSON is a contract, its refusals are sentences."""

import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from drivearr.jobs.models import Job
from drives.manifest import NAME, decode
from drives.models import Drive, DriveFile
from library.services.listing import list_titles
from syncqueue.models import QueueItem
from tests.drives.conftest import MakeDrive
from tests.drives.rows import make_movie
from tests.factories.library import make_root
from tests.mounts import LoopDriveMaker

pytestmark = pytest.mark.django_db


def run(*args: str, status: int = 0) -> Any:
    """Run `drives … --json` and return its document."""
    out = io.StringIO()
    if status:
        with pytest.raises(SystemExit) as ended:
            call_command("drives", *args, "--json", stdout=out)
        assert ended.value.code == status
    else:
        call_command("drives", *args, "--json", stdout=out)
    return json.loads(out.getvalue())


def say(*args: str) -> str:
    """Run `drives …` and return what a person reads."""
    out = io.StringIO()
    call_command("drives", *args, stdout=out)
    return out.getvalue()


def put(drive: Drive, place: Path, relpath: str = "Movies/A/A.mkv") -> DriveFile:
    title, item, file = make_movie()
    path = place / relpath
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"film")
    row = DriveFile.objects.create(
        drive=drive,
        relpath=relpath,
        origin="OURS",
        size_bytes=4,
        mtime_ns=path.stat().st_mtime_ns,
        sha256="ab" * 32,
        title=title,
        media_file=file,
        source_fingerprint=file.fingerprint,
    )
    row.items.add(item)
    return row


DRIVE_KEYS = {
    *("id", "uuid", "name", "state", "mount", "filesystem", "total_bytes"),
    *("free_bytes", "health", "files", "last_seen_at", "trouble"),
}


class TestAddAndList:
    def test_give_drive_rows(self, tmp_path: Path) -> None:
        (tmp_path / "stick").mkdir()

        added = run("add", str(tmp_path / "stick"), "--folder", "--name", "Car")
        [row] = run("list")

        assert set(added) == set(row) == DRIVE_KEYS
        assert row["name"] == "Car"
        assert row["state"] == "ATTACHED"
        assert row["mount"] == str(tmp_path / "stick")
        assert (row["health"], row["files"]) == ("UNKNOWN", 0)
        assert row["total_bytes"] >= row["free_bytes"] > 0
        assert row["uuid"] == str(Drive.objects.get().uuid)

    def test_tell_that_a_drive_went_away(self, drive: Drive, place: Path) -> None:
        place.rename(place.with_name("away"))

        [row] = run("list")

        assert (row["state"], row["mount"], row["free_bytes"]) == ("ABSENT", None, None)

    def test_leave_no_job_that_would_block_a_scan(
        self, drive: Drive, place: Path
    ) -> None:
        place.rename(place.with_name("away"))
        run("list")
        place.with_name("away").rename(place)
        run("list")

        assert not Job.objects.exists()
        run("scan", str(drive.pk))

    @pytest.mark.parametrize(
        ("args", "code"),
        [
            (["add", "/nowhere"], "DRIVE_REFUSED"),
            (["add", "/tmp"], "DRIVE_REFUSED"),
            (["add", "/", "--folder"], "DRIVE_REFUSED"),
            (["add", "/proc"], "DRIVE_REFUSED"),
            (["add", ""], "DRIVE_REFUSED"),
            (["add", "~nobody-of-that-name/x"], "DRIVE_REFUSED"),
            (["scan", "99"], "NOT_FOUND"),
            (["contents", "99"], "NOT_FOUND"),
            (["verify", "99"], "NOT_FOUND"),
            (["manifest", "99"], "NOT_FOUND"),
            (["eject", "99"], "NOT_FOUND"),
            (["forget", "99"], "NOT_FOUND"),
            (["assign", "99", "--to", "98"], "NOT_FOUND"),
            (["profile", "99"], "NOT_FOUND"),
            (["remove", "99", "--title", "1"], "NOT_FOUND"),
        ],
        ids=" ".join,
    )
    def test_refuse_in_a_sentence(self, args: list[str], code: str) -> None:
        refused = run(*args, status=2)

        assert refused["error"]["code"] == code
        assert refused["error"]["message"].endswith((".", "…"))

    def test_read_well(self, drive: Drive) -> None:
        assert "stick" in say("list")
        assert "attached" in say("list")


class TestScan:
    def test_gives_its_counts(self, drive: Drive, place: Path) -> None:
        put(drive, place)
        (place / "foreign.mkv").write_bytes(b"x")

        found = run("scan", str(drive.pk))

        assert found.pop("seconds") >= 0
        assert found == {
            "drive": drive.pk,
            "kind": "SCAN",
            "seen": 2,
            "ours": 1,
            "foreign": 1,
            "recognised": 0,
            "altered": 0,
            "vanished": 0,
            "errors": 0,
        }
        assert Job.objects.get().state == "SUCCEEDED"

    def test_fails_with_the_drives_own_words(self, drive: Drive, place: Path) -> None:
        place.rename(place.with_name("away"))

        failed = run("scan", str(drive.pk), status=1)

        assert failed["error"]["code"] == "DRIVE_GONE"
        assert "Plug it in" in failed["error"]["advice"]


class TestContents:
    def test_gives_title_rows(self, drive: Drive, place: Path) -> None:
        row = put(drive, place)

        [found] = run("contents", str(drive.pk))

        assert found["title"] == "The Matrix"
        assert found["ids"] == {"tmdb": "600", "tvdb": None, "imdb": None}
        assert (found["state"], found["have"], found["want"]) == ("COMPLETE", 1, 1)
        assert (found["files"], found["size_bytes"]) == (1, 4)
        assert found["id"] == row.title_id

    def test_gives_files_one_by_one(self, drive: Drive, place: Path) -> None:
        put(drive, place)
        (place / "foreign.mkv").write_bytes(b"x")
        run("scan", str(drive.pk))

        rows = run("contents", str(drive.pk), "--files")

        assert [(row["relpath"], row["origin"]) for row in rows] == [
            ("Movies/A/A.mkv", "OURS"),
            ("foreign.mkv", "FOREIGN"),
        ]
        assert "The Matrix" in say("contents", str(drive.pk), "--files")

    def test_shows_in_the_librarys_titles(self, drive: Drive, place: Path) -> None:
        put(drive, place)

        [row] = list_titles()

        wanted = {"id": drive.pk, "state": "COMPLETE", "have": 1, "want": 1}
        assert row["drives"] == [wanted]


class TestVerify:
    def test_fails_when_a_file_differs(self, drive: Drive, place: Path) -> None:
        put(drive, place)

        found = run("verify", str(drive.pk), status=1)

        assert (found["kind"], found["seen"], found["altered"]) == ("VERIFY", 1, 1)


class TestManifest:
    def test_gives_what_is_written_to_the_drive(
        self, drive: Drive, place: Path
    ) -> None:
        document = run("manifest", str(drive.pk))

        told = decode(json.dumps(document).encode())
        written = decode((place / NAME).read_bytes())
        assert told.drive_uuid == written.drive_uuid
        assert told.files == written.files
        assert str(drive.uuid) in say("manifest", str(drive.pk))


class TestRemove:
    def test_lists_and_deletes_only_when_told_so(
        self, drive: Drive, place: Path
    ) -> None:
        row = put(drive, place)
        args = ["remove", str(drive.pk), "--title", str(row.title_id)]

        shown = run(*args)

        assert [file["relpath"] for file in shown["files"]] == [row.relpath]
        assert shown["deleted"] is None
        assert (place / row.relpath).exists()
        assert "--yes" in say(*args)

        done = run(*args, "--yes")

        assert done["deleted"] == {"files": 1, "size_bytes": 4, "skipped": 0}
        assert not (place / row.relpath).exists()
        assert run(*args, status=2)["error"]["code"] == "NOTHING_TO_DELETE"


class TestAssign:
    def test_takes_an_id_or_a_path(
        self, drive: Drive, place: Path, make_drive: MakeDrive, tmp_path: Path
    ) -> None:
        place.rename(tmp_path / "lost")
        run("list")
        new = make_drive("new")

        row = run("assign", str(new.pk), "--to", str(drive.pk))
        assert (row["id"], row["mount"]) == (drive.pk, str(tmp_path / "new"))

        for name in (NAME, ".drivearr/manifest.json"):
            (tmp_path / "new" / name).write_bytes(b"{")
        row = run("assign", str(tmp_path / "new"), "--to", str(drive.pk))
        assert row["state"] == "ATTACHED"


class TestProfile:
    def test_changes_what_is_named(self, drive: Drive) -> None:
        run("profile", str(drive.pk), "--owner", "Ada", "--side-files", "all")

        drive.refresh_from_db()
        assert (drive.owner, drive.side_files, drive.name) == ("Ada", "ALL", "stick")
        assert run("profile", str(drive.pk), "--side-files", "x", status=2)["error"]

    def test_chooses_the_engine(
        self, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        error = run("profile", str(drive.pk), "--engine", "rsync", status=2)["error"]
        assert "rsync is not installed" in error["message"]

        run("profile", str(drive.pk), "--engine", "own")

        assert run("show", str(drive.pk))["engine"] == "OWN"

    def test_names_the_folders_that_fill_it(self, drive: Drive, tmp_path: Path) -> None:
        root = make_root(tmp_path / "office")

        run("profile", str(drive.pk), "--fill-from", str(root.pk))
        assert run("show", str(drive.pk))["sources"] == [root.pk]

        run("profile", str(drive.pk), "--fill-from")
        assert run("show", str(drive.pk))["sources"] == []

    def test_sets_options_for_rsync(self, drive: Drive) -> None:
        words = ("profile", str(drive.pk))
        error = run(*words, "--rsync-flags=--delete", status=2)["error"]
        assert "“--delete” is not for a profile to set" in error["message"]

        run(*words, "--rsync-flags=--bwlimit=20M")

        assert run("show", str(drive.pk))["rsync_flags"] == "--bwlimit=20M"


class TestEject:
    def test_says_how_it_ended(self, drive: Drive) -> None:
        report = run("eject", str(drive.pk))

        assert set(report) == {"id", "is_safe", "message", "holders"}
        assert report["is_safe"]

    @pytest.mark.root
    def test_unmounts(self, loop_drive: LoopDriveMaker) -> None:
        real = loop_drive()
        row = run("add", str(real.path))

        assert run("eject", str(row["id"]))["is_safe"]
        assert os.listdir(real.path) == []


class TestForget:
    def test_touches_nothing(self, drive: Drive, place: Path) -> None:
        assert run("forget", str(drive.pk)) == {"forgotten": drive.pk, "name": "stick"}
        assert (place / NAME).exists()
        assert run("list") == []


class TestCandidates:
    def test_are_offered_as_rows(self) -> None:
        for row in run("candidates"):
            assert set(row) == {
                "path",
                "filesystem",
                "label",
                "filesystem_uuid",
                "is_read_only",
            }


class TestShowAndHealth:
    def test_tell_all_that_is_known(self, drive: Drive, place: Path) -> None:
        put(drive, place)
        drive.health_readings.create(source="smart", verdict="LIMITED", message="worn")

        row = run("show", str(drive.pk))

        assert set(row) > DRIVE_KEYS
        assert (row["verify_days"], row["damaged_files"]) == (90, 0)
        assert row["readings"][0]["message"] == "worn"
        assert "Verified:    never all of it" in say("show", str(drive.pk))

    def test_ask_the_disk(self, drive: Drive) -> None:
        assert run("health", str(drive.pk))["health"] == "UNKNOWN"
        assert "unknown" in say("health", str(drive.pk))


class TestRepair:
    def test_wishes_for_what_is_damaged(self, drive: Drive, place: Path) -> None:
        row = put(drive, place)
        DriveFile.objects.update(state="ALTERED", damaged_at=timezone.now())

        told = run("repair", str(drive.pk))

        assert [each["id"] for each in told["asked"]] == [row.pk]
        assert told["refused"] == []
        assert QueueItem.objects.get().title == row.title

    def test_fails_when_a_file_cannot_be_replaced(
        self, drive: Drive, place: Path
    ) -> None:
        put(drive, place)
        DriveFile.objects.update(damaged_at=timezone.now(), title=None)

        told = run("repair", str(drive.pk), status=1)

        assert told["refused"][0]["message"]

    def test_refuses_a_whole_drive(self, drive: Drive) -> None:
        told = run("repair", str(drive.pk), status=2)

        assert told["error"]["code"] == "NOTHING_TO_REPAIR"


class TestRemoveForeign:
    def test_shows_first_and_deletes_when_told(self, drive: Drive, place: Path) -> None:
        (place / "theirs.mkv").write_text("theirs")
        run("scan", str(drive.pk))
        asked = ("remove-foreign", str(drive.pk), "theirs.mkv")

        assert run(*asked)["deleted"] is False
        assert (place / "theirs.mkv").exists()

        assert run(*asked, "--yes")["deleted"] is True
        assert not (place / "theirs.mkv").exists()

    @pytest.mark.parametrize("name", ["Movies/A/A.mkv", "Movies", "", "../x", "/etc"])
    def test_refuses_all_else(self, drive: Drive, place: Path, name: str) -> None:
        put(drive, place)

        told = run("remove-foreign", str(drive.pk), name, "--yes", status=2)

        assert told["error"]["code"] == "NOT_THAT_FILE"
        assert (place / "Movies/A/A.mkv").exists()


class TestForgetPart:
    def test_forgets_only_that(self, drive: Drive) -> None:
        run("profile", str(drive.pk), "--owner", "Ada", "--verify-days", "7")

        run("forget", str(drive.pk), "--history")
        drive.refresh_from_db()
        assert (drive.owner, drive.history.count()) == ("Ada", 0)

        run("forget", str(drive.pk), "--profile")
        drive.refresh_from_db()
        assert (drive.owner, drive.verify_days) == ("", 90)


class TestAddAsNew:
    def test_gives_a_copy_an_identity_of_its_own(
        self, drive: Drive, place: Path
    ) -> None:
        twin = place.with_name("twin")
        shutil.copytree(place, twin)
        asked = ("add", str(twin), "--folder")
        assert run(*asked, status=1)["error"]["code"] == "DRIVE_IS_CLONE"

        added = run(*asked, "--as-new")

        assert added["uuid"] != str(drive.uuid)
        assert decode((twin / NAME).read_bytes()).drive_uuid != drive.uuid
