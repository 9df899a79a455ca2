"""From a folder on disk to what is said of its files, on the page and the command."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from drivearr.demo.catalogue import MOVIES
from drivearr.demo.filming import film
from drivearr.jobs.models import Job
from drivearr.lib.progress import SilentProgress
from library.models import Item, MediaFacts, MediaFile, MediaFileItem, Title
from library.services import probing, scanning
from library.services.rooting import add_root
from library.tasks import scan_library
from tests.library.trees import make_tree

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def title(tmp_path: Path) -> Title:
    """A film with all that may lie beside it, scanned and read."""
    folder = make_tree(
        tmp_path / "films",
        "Film (2001)/Film (2001).de.forced.srt",
        "Film (2001)/Film (2001).en.sdh.srt",
        "Film (2001)/Film (2001)-trailer.mkv",
        "Film (2001)/Deleted Scenes/Kitchen.mkv",
        "Film (2001)/poster.jpg",
        "Film (2001)/fanart.jpg",
        "Other (2002)/Other (2002).mkv",
        "Other (2002)/banner.jpg",
    )
    video = folder / "Film (2001)" / "Film (2001).mkv"
    film(video, MOVIES[0].look, seconds=2, tone_hertz=440, subtitles=("eng", "ger"))
    root = add_root(path=folder, kind="MOVIES")
    scanning.scan_root(root_id=root.pk, progress=SilentProgress())
    probing.probe_files(progress=SilentProgress())
    row = Title.objects.create(
        kind="MOVIE", name="Film", identity_key="f", sort_name="film"
    )
    file = MediaFile.objects.get(relpath="Film (2001)/Film (2001).mkv")
    MediaFile.objects.filter(pk=file.pk).update(title=row, match_state="MATCHED")
    MediaFileItem.objects.create(media_file=file, item=Item.objects.create(title=row))
    return row


class TestTitlePage:
    def test_tells_what_is_in_a_file_and_beside_it(
        self, title: Title, owner_client: Client
    ) -> None:
        page = owner_client.get(f"/titles/{title.pk}/")
        text = " ".join(page.content.decode().split())

        for words in (
            "Matroska",
            "Subtitles: English, German",
            "German forced",
            "English for the hard of hearing",
            "trailer: Film (2001)-trailer.mkv",
            "deleted scene: Kitchen.mkv",
            "In its folders",
            "poster",
            "backdrop",
        ):
            assert words in text, words
        assert "banner" not in text

    def test_says_nothing_of_a_folder_shared_with_another_title(
        self, title: Title, owner_client: Client
    ) -> None:
        file = MediaFile.objects.get(relpath__startswith="Other")
        MediaFile.objects.filter(pk=file.pk).update(relpath="Film (2001)/Other.mkv")

        page = owner_client.get(f"/titles/{title.pk}/")

        assert "In its folders" not in page.content.decode()


class TestFilesCommand:
    def test_tells_what_is_in_a_file(
        self, title: Title, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("files", "--json")
        rows = {row["relpath"]: row for row in json.loads(capsys.readouterr().out)}

        media = rows["Film (2001)/Film (2001).mkv"]["media"]
        assert media["container"] == "Matroska"
        assert [track["language"] for track in media["subtitles"]] == ["en", "de"]
        assert media["height"] > 0
        assert media["duration_seconds"] > 1
        assert rows["Other (2002)/Other (2002).mkv"]["media"] is None

        call_command("files")
        assert f"{media['height']}p" in capsys.readouterr().out


class TestAScan:
    def test_has_new_files_read_in_the_background(self, title: Title) -> None:
        root = MediaFile.objects.get(relpath__startswith="Film").root
        begun = scanning.start_scan(root_id=root.pk)
        scan_library(begun.pk)
        assert not Job.objects.filter(kind="library.probe").exists()
        make_tree(root.folder, "New (2003)/New (2003).mkv")

        scan_library(scanning.start_scan(root_id=root.pk).pk)

        job = Job.objects.get(kind="library.probe")
        assert job.state == Job.State.QUEUED
        assert not MediaFacts.objects.filter(media_file__relpath__contains="New")
