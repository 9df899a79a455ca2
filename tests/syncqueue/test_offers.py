"""What a plan offers, on its page and on the command line, and accepting it."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from drivearr.lib.progress import SilentProgress
from drives.models import Attachment, Drive, DriveFile
from library.models import MediaFile, Root, Title
from syncqueue.models import QueueItem
from syncqueue.services import draining, wishing
from tests.factories.library import make_movie

pytestmark = pytest.mark.django_db(transaction=True)
_MB = 1_000_000


def run(*args: object, status: int = 0) -> Any:
    out = io.StringIO()
    words = [str(arg) for arg in args]
    if status:
        with pytest.raises(SystemExit) as ended:
            call_command("queue", *words, "--json", stdout=out)
        assert ended.value.code == status
    else:
        call_command("queue", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def put(root: Root, drive: Drive, name: str) -> Title:
    title = make_movie(root, name, data=b"x" * _MB)
    wishing.add_wish(drive=drive, title=title)
    draining.copy_to_drive(drive_id=drive.pk, progress=SilentProgress())
    QueueItem.objects.filter(title=title).delete()
    return title


def files_of(drive: Drive) -> list[str]:
    rows = DriveFile.objects.filter(drive=drive).in_order()
    return [row.relpath.rpartition("/")[2] for row in rows]


@pytest.fixture
def newer(root: Root, drive: Drive) -> list[Title]:
    """Two on the drive that were replaced in the library since."""
    titles = [put(root, drive, name) for name in ("Deep Field", "Quiet Harbour")]
    MediaFile.objects.update(fingerprint="another")
    return titles


@pytest.fixture
def full(root: Root, drive: Drive) -> dict[str, Title]:
    """Two on the drive, a third waits, and there is no room for it."""
    found = {name: put(root, drive, name) for name in ("Newer", "Older")}
    long_ago = timezone.now() - timedelta(days=100)
    DriveFile.objects.filter(title=found["Older"]).update(copied_at=long_ago)
    found["Waits"] = make_movie(root, "Waits", data=b"y" * _MB)
    wishing.add_wish(drive=drive, title=found["Waits"])
    Attachment.objects.filter(drive=drive).update(free_bytes=0)
    return found


class TestRenewPages:
    def test_plan_and_drive_page_show_what_is_newer(
        self, owner_client: Client, drive: Drive, newer: list[Title]
    ) -> None:
        for address in (f"/drives/{drive.pk}/", f"/drives/{drive.pk}/plan/"):
            page = owner_client.get(address).content.decode()

            assert "Newer in the library" in page
            assert "Renew all" in page
            assert page.count("Deep Field (1999)") >= 2

    def test_keeps_silent_where_the_profile_keeps(
        self, owner_client: Client, drive: Drive, newer: list[Title]
    ) -> None:
        Drive.objects.update(outdated="KEEP")

        page = owner_client.get(f"/drives/{drive.pk}/plan/").content

        assert b"Newer in the library" not in page

    def test_accepts_one_title(
        self, owner_client: Client, drive: Drive, newer: list[Title]
    ) -> None:
        answer = owner_client.post(
            f"/drives/{drive.pk}/renew/",
            {"title": newer[0].pk, "next": f"/drives/{drive.pk}/"},
        )

        assert answer.headers["Location"] == f"/drives/{drive.pk}/"
        wish = QueueItem.objects.get()
        assert (wish.title, wish.renews) == (newer[0], True)

    def test_accepts_all(
        self, owner_client: Client, drive: Drive, newer: list[Title]
    ) -> None:
        page = owner_client.post(
            f"/drives/{drive.pk}/renew/", {"all": "1"}, follow=True
        ).content.decode()

        assert QueueItem.objects.filter(renews=True).count() == 2
        assert "2 titles are renewed on “Stick”." in page
        assert "Newer in the library" not in page

    def test_keeps_one(
        self, owner_client: Client, drive: Drive, newer: list[Title]
    ) -> None:
        page = owner_client.post(
            f"/drives/{drive.pk}/keep/", {"title": newer[0].pk}, follow=True
        ).content.decode()

        assert "kept as it is" in page
        assert not QueueItem.objects.exists()

    def test_says_when_there_is_nothing_to_renew(
        self, owner_client: Client, drive: Drive
    ) -> None:
        page = owner_client.post(
            f"/drives/{drive.pk}/renew/", {"all": "1"}, follow=True
        ).content.decode()

        assert "It is up to date" in page

    def test_viewers_change_nothing(
        self, viewer_client: Client, drive: Drive, newer: list[Title]
    ) -> None:
        for deed in ("renew", "keep"):
            answer = viewer_client.post(f"/drives/{drive.pk}/{deed}/", {"all": "1"})
            assert answer.status_code == 403
        assert not QueueItem.objects.exists()


class TestRenewCommand:
    def test_lists_renews_and_keeps(self, drive: Drive, newer: list[Title]) -> None:
        rows = run("renew", "--drive", drive.pk)
        assert [row["title"]["name"] for row in rows] == [
            "Deep Field (1999)",
            "Quiet Harbour (1999)",
        ]

        run("renew", "--drive", drive.pk, "--title", newer[0].pk, "--keep")
        made = run("renew", "--drive", drive.pk, "--all")

        assert [row["title"]["id"] for row in made] == [newer[1].pk]

    def test_plan_tells_it(self, drive: Drive, newer: list[Title]) -> None:
        plan = run("plan", "--drive", drive.pk)

        assert plan["outdated"]["policy"] == "ASK"
        assert len(plan["outdated"]["titles"]) == 2

    def test_keeping_needs_a_title(self, drive: Drive) -> None:
        assert (
            "--title"
            in run("renew", "--drive", drive.pk, "--keep", status=2)["error"]["message"]
        )

    def test_the_profile_is_set_from_the_command_line(self, drive: Drive) -> None:
        call_command(
            "drives", "profile", drive.pk, "--outdated", "replace",
            "--makes-room", "watched-only", stdout=io.StringIO(),
        )  # fmt: skip

        drive.refresh_from_db()
        assert (drive.outdated, drive.makes_room) == ("REPLACE", "WATCHED_ONLY")


class TestMakeRoomPages:
    def test_plan_shows_what_could_go_ticked_and_asks_for_the_files(
        self, owner_client: Client, drive: Drive, full: dict[str, Title]
    ) -> None:
        page = owner_client.get(f"/drives/{drive.pk}/plan/").content.decode()

        assert "What could go" in page
        assert f'name="title" value="{full["Older"].pk}" checked' in page
        assert f'value="{full["Newer"].pk}" checked' not in page
        listed = owner_client.get(
            f"/drives/{drive.pk}/delete/", {"title": full["Older"].pk}
        ).content.decode()
        assert "Older (1999).mkv" in listed
        assert len(files_of(drive)) == 2

    def test_members_see_it_and_cannot_delete(
        self, member_client: Client, drive: Drive, full: dict[str, Title]
    ) -> None:
        page = member_client.get(f"/drives/{drive.pk}/plan/").content.decode()

        assert "What could go" in page
        assert "See which files would go" not in page


class TestMakeRoomCommand:
    def test_plan_tells_what_could_go(
        self, drive: Drive, full: dict[str, Title]
    ) -> None:
        room = run("plan", "--drive", drive.pk)["make_room"]

        [part] = room["titles"]
        assert part["title"] == full["Older"].pk
        assert part["reason"]["code"] == "NOT_WANTED"
        assert room["is_enough"]
        assert room["freed_bytes"] >= room["lacking_bytes"]

    def test_lists_first_and_deletes_when_told(
        self, drive: Drive, full: dict[str, Title]
    ) -> None:
        listed = run("make-room", "--drive", drive.pk)
        assert [row["relpath"][-16:] for row in listed["file_rows"]] == [
            "Older (1999).mkv"
        ]
        assert len(files_of(drive)) == 2

        done = run("make-room", "--drive", drive.pk, "--yes")

        assert done["deleted"]["files"] == 1
        assert files_of(drive) == ["Newer (1999).mkv"]

    def test_then_the_wish_fits(self, drive: Drive, full: dict[str, Title]) -> None:
        run("make-room", "--drive", drive.pk, "--yes")

        draining.copy_to_drive(drive_id=drive.pk, progress=SilentProgress())

        assert files_of(drive) == ["Newer (1999).mkv", "Waits (1999).mkv"]

    def test_refuses_while_a_needed_folder_is_away(
        self, tmp_path: Path, drive: Drive, full: dict[str, Title]
    ) -> None:
        Root.objects.update(state="UNAVAILABLE")

        # What waits cannot be read either; what is on the drive stays.
        answer = run("make-room", "--drive", drive.pk, "--yes", status=2)

        assert answer["error"]["code"] == "NOTHING_SUGGESTED"
        assert len(files_of(drive)) == 2
