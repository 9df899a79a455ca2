"""Files on a drive get the names of today; nothing is copied again."""

import os
from pathlib import Path

import pytest
from django.test import Client

from drivearr.jobs.models import Job
from drivearr.lib.progress import SilentProgress
from drives.models import Drive, DriveFile, SyncRecord
from drives.services.comparing import count_titles
from library.models import MediaFile, Root, Title
from syncqueue.services import draining, renaming, wishing
from syncqueue.services.planning import plan_drive
from tests.factories.library import make_movie, make_side

pytestmark = pytest.mark.django_db


@pytest.fixture
def movie(root: Root, drive: Drive) -> Title:
    movie = make_movie(root, data=os.urandom(300_000))
    make_side(MediaFile.objects.get(title=movie), ".en.srt", kind="SUBTITLE")
    wishing.add_wish(drive=drive, title=movie)
    draining.copy_to_drive(drive_id=drive.pk, progress=SilentProgress())
    return movie


@pytest.fixture
def stick(drive: Drive) -> Path:
    return Path(drive.attachments.get().path)


def below(stick: Path) -> list[str]:
    return sorted(
        str(path.relative_to(stick))
        for path in (stick / "Movies").rglob("*")
        if path.is_file()
    )


def rename(drive: Drive) -> renaming.Renamed:
    return renaming.rename_on_drive(drive_id=drive.pk, progress=SilentProgress())


class TestRenameOnDrive:
    def test_renames_and_copies_nothing(
        self, drive: Drive, movie: Title, stick: Path
    ) -> None:
        before = {path.stat().st_ino for path in (stick / "Movies").rglob("*.*")}
        Title.objects.filter(pk=movie.pk).update(name="Loud Harbour")

        assert rename(drive) == renaming.Renamed(files=2, skipped=0)

        folder = f"Movies/Loud Harbour ({movie.year})"
        assert below(stick) == [
            f"{folder}/Loud Harbour ({movie.year}).en.srt",
            f"{folder}/Loud Harbour ({movie.year}).mkv",
        ]
        after = {path.stat().st_ino for path in (stick / "Movies").rglob("*.*")}
        assert after == before
        assert not list(stick.glob("Movies/Quiet*")), "the empty folder is left behind"
        assert sorted(DriveFile.objects.values_list("relpath", flat=True)) == below(
            stick
        )
        assert "Loud Harbour" in (stick / ".drivearr-manifest.json").read_text()
        assert "Quiet Harbour" not in "".join(below(stick))
        assert SyncRecord.objects.filter(action="RENAMED").count() == 2

    def test_leaves_the_title_complete_and_the_plan_empty(
        self, drive: Drive, movie: Title
    ) -> None:
        Title.objects.filter(pk=movie.pk).update(name="Loud Harbour")
        rename(drive)

        wishing.add_wish(drive=drive, title=movie)

        assert count_titles(drive=drive)[movie.pk].state == "COMPLETE"
        assert plan_drive(drive=drive).copies == ()
        assert renaming.list_renames(drive=drive) == ()

    def test_goes_on_where_a_killed_one_was(
        self, drive: Drive, movie: Title, stick: Path
    ) -> None:
        Title.objects.filter(pk=movie.pk).update(name="Loud Harbour")
        first = renaming.list_renames(drive=drive)[0]
        (stick / first.new).parent.mkdir(parents=True)
        (stick / first.old).rename(stick / first.new)

        assert rename(drive).files == 2

        assert sorted(DriveFile.objects.values_list("relpath", flat=True)) == below(
            stick
        )

    def test_leaves_a_file_that_somebody_changed(
        self, drive: Drive, movie: Title, stick: Path
    ) -> None:
        Title.objects.filter(pk=movie.pk).update(name="Loud Harbour")
        video = next(stick.rglob("*.mkv"))
        video.write_bytes(b"mine now")

        done = rename(drive)

        assert done == renaming.Renamed(files=0, skipped=1)
        assert len(below(stick)) == 2, "what belongs to it stays with it"
        assert video.read_bytes() == b"mine now"

    def test_never_writes_over_a_foreign_file(
        self, drive: Drive, movie: Title, stick: Path
    ) -> None:
        Title.objects.filter(pk=movie.pk).update(name="Loud Harbour")
        goal = stick / renaming.list_renames(drive=drive)[-1].new
        goal.parent.mkdir(parents=True)
        goal.write_bytes(b"foreign")

        assert rename(drive).skipped == 1

        assert goal.read_bytes() == b"foreign"
        assert next(stick.rglob("Quiet*.mkv")).stat().st_size == 300_000


class TestPage:
    def test_lists_old_names_and_starts_the_renaming(
        self, drive: Drive, movie: Title, owner_client: Client
    ) -> None:
        url = f"/drives/{drive.pk}/names/"
        assert b"Every name is right" in owner_client.get(url).content
        Title.objects.filter(pk=movie.pk).update(name="Loud Harbour")
        assert b"Rename 2 files" in owner_client.get(url).content

        answer = owner_client.post(f"/drives/{drive.pk}/rename/")

        assert answer.headers["Location"] == url
        assert Job.objects.get(kind="syncqueue.rename").subject == drive.subject

    def test_says_so_when_all_names_are_right(
        self, drive: Drive, movie: Title, owner_client: Client
    ) -> None:
        answer = owner_client.post(f"/drives/{drive.pk}/rename/", follow=True)

        assert b"has its name already" in answer.content
        assert not Job.objects.filter(kind="syncqueue.rename").exists()
