"""`drivearr queue`: its JSON is a contract, its refusals are sentences."""

import io
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from drivearr.jobs.models import Job
from drives.models import Attachment, Drive, DriveFile
from library.models import MediaFile, Root
from syncqueue.jobs import COPY
from syncqueue.models import QueueItem
from syncqueue.services import starting
from tests.factories.library import make_movie, make_show

pytestmark = pytest.mark.django_db(transaction=True)

ROW = {
    *("id", "drive", "title", "season", "episode", "state"),
    *("files_done", "files_total", "bytes_done", "bytes_total"),
    *("bytes_per_second", "eta_seconds", "error"),
}


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "broker_answers", lambda: False)


def run(*args: object, status: int = 0) -> Any:
    """Run `queue … --json` and return its one document."""
    out = io.StringIO()
    words = [str(arg) for arg in args]
    if status:
        with pytest.raises(SystemExit) as ended:
            call_command("queue", *words, "--json", stdout=out)
        assert ended.value.code == status
    else:
        call_command("queue", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def say(*args: object) -> str:
    """Run `queue …` and return what a person reads."""
    out = io.StringIO()
    call_command("queue", *[str(arg) for arg in args], stdout=out)
    return out.getvalue()


class TestAdd:
    def test_gives_the_rows_that_were_promised(self, root: Root, drive: Drive) -> None:
        movie = make_movie(root)

        [row] = run("add", "--drive", drive.pk, "--title", movie.pk)

        assert set(row) == ROW
        assert row["drive"] == {"id": drive.pk, "name": "Stick"}
        assert row["title"] == {"id": movie.pk, "name": "Quiet Harbour", "year": 1999}
        assert (row["state"], row["error"]) == ("WAITING", None)
        assert (row["season"], row["episode"]) == (None, None)

    def test_takes_seasons_and_episodes_by_number(
        self, root: Root, drive: Drive
    ) -> None:
        show = make_show(root, seasons={1: 2, 2: 3})

        [row] = run(
            *("add", "--drive", drive.pk, "--title", show.pk),
            *("--season", 2, "--episode", 3),
        )

        assert (row["season"], row["episode"]) == (2, 3)

    def test_wishes_for_all_that_is_missing(self, root: Root, drive: Drive) -> None:
        make_movie(root, "One")
        make_movie(root, "Two")

        rows = run("add", "--drive", drive.pk, "--missing")

        assert [row["title"]["name"] for row in rows] == ["One", "Two"]

    @pytest.mark.parametrize(
        "words",
        [
            ("add", "--drive", 999, "--missing"),
            ("add", "--drive", "D", "--title", 999),
            ("add", "--drive", "D", "--title", "T", "--season", 7),
            ("add", "--drive", "D", "--title", "T", "--episode", 1),
            ("add", "--drive", "D", "--missing", "--season", 1),
            ("pause", 999),
            ("plan", "--drive", 999),
        ],
    )
    def test_refuses_in_a_sentence(
        self, root: Root, drive: Drive, words: tuple[object, ...]
    ) -> None:
        ids: dict[object, object] = {"D": drive.pk, "T": make_movie(root).pk}

        answer = run(*(ids.get(word, word) for word in words), status=2)

        assert set(answer["error"]) == {"code", "message", "advice"}
        assert answer["error"]["code"] == "NOT_FOUND"


class TestPlan:
    def test_is_one_document(self, root: Root, drive: Drive) -> None:
        wish_id = run("add", "--drive", drive.pk, "--title", make_movie(root).pk)[0][
            "id"
        ]

        plan = run("plan", "--drive", drive.pk)

        [copy] = plan["copies"]
        assert copy["wish"] == wish_id
        assert copy["size_bytes"] == plan["bytes_to_copy"] == 100_000
        assert copy["relpath"].endswith("Quiet Harbour (1999).mkv")
        assert not copy["replaces"]

    def test_says_why_something_does_not_fit(self, root: Root, drive: Drive) -> None:
        run("add", "--drive", drive.pk, "--title", make_movie(root).pk)
        Drive.objects.update(reserve_bytes=2**62)

        [left] = run("plan", "--drive", drive.pk)["left_out"]

        assert left["reason"]["code"] == "RESERVED"
        assert "profile" in left["reason"]["advice"]


class TestRun:
    def test_copies_and_says_done(self, root: Root, drive: Drive) -> None:
        run("add", "--drive", drive.pk, "--title", make_movie(root).pk)

        [row] = run("run", "--drive", drive.pk)

        assert (row["state"], row["files_done"], row["files_total"]) == ("DONE", 1, 1)
        assert row["bytes_done"] == row["bytes_total"] == 100_000
        assert DriveFile.objects.get().verified_by in {"DEVICE", "CACHE"}

    def test_is_one_document_also_when_the_drive_is_away(
        self, root: Root, drive: Drive, tmp_path: Path
    ) -> None:
        run("add", "--drive", drive.pk, "--title", make_movie(root).pk)
        (tmp_path / "stick").rename(tmp_path / "elsewhere")

        [row] = run("run", "--drive", drive.pk, status=1)

        assert row["state"] == "WAITING"

    def test_shows_why_a_wish_that_does_not_fit_waits(
        self, root: Root, drive: Drive
    ) -> None:
        run("add", "--drive", drive.pk, "--title", make_movie(root).pk)
        Drive.objects.update(reserve_bytes=2**62)

        run("run", "--drive", drive.pk, status=1)

        [row] = run("list")
        assert (row["state"], row["error"]["code"]) == ("WAITING", "RESERVED")
        assert "room" in say("list")

    def test_takes_over_what_a_killed_run_left(self, root: Root, drive: Drive) -> None:
        run("add", "--drive", drive.pk, "--title", make_movie(root).pk)
        now = timezone.now()
        dead = Job.objects.create(
            kind=COPY.name,
            subject=drive.subject,
            arguments={"drive_id": drive.pk},
            state="RUNNING",
            worker=f"{socket.gethostname()}:999999999:x",
            started_at=now,
            heartbeat_at=now,
        )
        QueueItem.objects.update(state="COPYING")

        [row] = run("run", "--drive", drive.pk)

        dead.refresh_from_db()
        assert (row["state"], dead.state) == ("DONE", "LOST")

    def test_does_the_job_that_waits_for_a_worker(
        self, root: Root, drive: Drive
    ) -> None:
        run("add", "--drive", drive.pk, "--title", make_movie(root).pk)
        waiting = starting.start_copying(drive=drive)

        [row] = run("run", "--drive", drive.pk)

        waiting.refresh_from_db()
        assert (row["state"], waiting.state) == ("DONE", "SUCCEEDED")

    def test_finds_a_drive_that_is_somewhere_else_now(
        self, root: Root, drive: Drive
    ) -> None:
        run("add", "--drive", drive.pk, "--title", make_movie(root).pk)
        Attachment.objects.update(detached_at=timezone.now())

        [row] = run("run", "--drive", drive.pk)

        assert row["state"] == "DONE"

    def test_tries_again_by_itself_and_then_gives_up(
        self, root: Root, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("syncqueue.services.sending.wait_seconds", lambda _n: 0.05)
        movie = make_movie(root)
        (root.folder / MediaFile.objects.get(title=movie).relpath).unlink()
        run("add", "--drive", drive.pk, "--title", movie.pk)

        [row] = run("run", "--drive", drive.pk, status=1)

        assert (row["state"], row["error"]["code"]) == ("FAILED", "SOURCE_VANISHED")


class TestChanging:
    @pytest.fixture
    def wish_id(self, root: Root, drive: Drive) -> int:
        [row] = run("add", "--drive", drive.pk, "--title", make_movie(root).pk)
        return int(row["id"])

    def test_pauses_resumes_and_cancels(self, wish_id: int) -> None:
        assert run("pause", wish_id)[0]["state"] == "PAUSED"
        assert run("resume", wish_id)[0]["state"] == "WAITING"
        assert run("cancel", wish_id)[0]["state"] == "CANCELLED"
        assert run("clear") == {"cleared": 1}
        assert run("list") == []

    def test_tries_a_failed_one_again(self, wish_id: int) -> None:
        QueueItem.objects.get().fail(
            code="X", message="It broke.", advice="Mend it.", now=timezone.now()
        )
        [row] = run("list")
        assert row["error"] == {
            "code": "X",
            "message": "It broke.",
            "advice": "Mend it.",
        }

        assert run("retry", wish_id)[0]["state"] == "WAITING"

    @pytest.mark.parametrize("whole", [False, True])
    def test_what_goes_on_begins_at_once(
        self,
        drive: Drive,
        wish_id: int,
        monkeypatch: pytest.MonkeyPatch,
        *,
        whole: bool,
    ) -> None:
        monkeypatch.setattr(starting, "broker_answers", lambda: True)
        which = ("--drive", drive.pk) if whole else (wish_id,)
        run("pause", *which)
        assert not Job.objects.filter(kind=COPY.name).exists()

        run("resume", *which)

        assert Job.objects.filter(kind=COPY.name, subject=drive.subject).exists()

    def test_pauses_a_whole_drive(self, drive: Drive, wish_id: int) -> None:
        run("pause", "--drive", drive.pk)
        drive.refresh_from_db()
        assert drive.is_paused

        run("run", "--drive", drive.pk, status=1)
        assert not DriveFile.objects.exists()

        run("resume", "--drive", drive.pk)
        assert run("run", "--drive", drive.pk)[0]["state"] == "DONE"


class TestMove:
    @pytest.fixture
    def wish_ids(self, root: Root, drive: Drive) -> list[int]:
        for name in ("One", "Two", "Three"):
            run("add", "--drive", drive.pk, "--title", make_movie(root, name).pk)
        return [row["id"] for row in run("list")]

    @pytest.mark.parametrize(
        ("which", "where", "expected"),
        [
            (2, "first", [2, 0, 1]),
            (2, "earlier", [0, 2, 1]),
            (0, "later", [1, 0, 2]),
            (0, "last", [1, 2, 0]),
        ],
    )
    def test_changes_the_order(
        self, wish_ids: list[int], which: int, where: str, expected: list[int]
    ) -> None:
        rows = run("move", wish_ids[which], where)

        assert [row["id"] for row in rows] == [wish_ids[n] for n in expected]

    def test_that_goes_nowhere_is_refused(self, wish_ids: list[int]) -> None:
        answer = run("move", wish_ids[0], "earlier", status=2)

        assert answer["error"]["code"] == "NOT_MOVED"


class TestLimit:
    def test_is_set_shown_and_lifted(self, drive: Drive) -> None:
        words = ("limit", "--drive", drive.pk)

        found = run(*words, "--mbps", 2.5, "--from", "22:00", "--until", "06:30")

        assert found == {
            "drive": {"id": drive.pk, "name": "Stick"},
            "bytes_per_second": 2_500_000,
            "from": "22:00",
            "until": "06:30",
        }
        assert run(*words, "--off")["bytes_per_second"] is None

    @pytest.mark.parametrize("mbps", ["0", "-3", "nan", "inf", "1e300", "0.00001"])
    def test_that_makes_no_sense_is_refused(self, drive: Drive, mbps: str) -> None:
        answer = run("limit", "--drive", drive.pk, "--mbps", mbps, status=2)

        assert answer["error"]["code"] in {"LIMIT_REFUSED", "BAD_VALUE"}

    def test_slows_copying_down(self, root: Root, drive: Drive) -> None:
        make_movie(root, data=os.urandom(1_000_000))
        run("add", "--drive", drive.pk, "--missing")
        run("limit", "--drive", drive.pk, "--mbps", 1)

        begun = time.monotonic()
        run("run", "--drive", drive.pk)

        # Written and read back: two megabytes, less the first half second's.
        assert time.monotonic() - begun > 1.0
        assert run("list")[0]["state"] == "DONE"


class TestRename:
    def test_shows_first_and_renames_then(self, root: Root, drive: Drive) -> None:
        movie = make_movie(root, "Old Harbour", data=b"x" * 50_000)
        run("add", "--drive", drive.pk, "--missing")
        run("run", "--drive", drive.pk)
        type(movie).objects.filter(pk=movie.pk).update(name="New Harbour")

        shown = run("rename", "--drive", drive.pk, "--dry-run")
        done = run("rename", "--drive", drive.pk)

        assert set(shown) == {"drive", "renames", "renamed", "skipped"}
        [each] = shown["renames"]
        assert set(each) == {"from", "to"}
        assert "Old Harbour" in each["from"]
        assert "New Harbour" in each["to"]
        assert (shown["renamed"], done["renamed"], done["skipped"]) == (0, 1, 0)
        assert run("rename", "--drive", drive.pk)["renames"] == []
