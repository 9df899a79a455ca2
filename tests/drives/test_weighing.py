"""Deleting what is nowhere else, or most of a drive, takes a second word (law 6)."""

from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from drivearr.lib.progress import SilentProgress
from drives.models import Drive, DriveFile, DriveFileItem
from drives.services import weighing
from drives.services.deleting import start_delete
from drives.services.removing import delete_files
from drives.services.weighing import NeedsYes, weigh
from library.models import Item, MediaFile, MediaFileItem, Root, Title
from tests.factories.library import make_movie, make_root

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(tmp_path: Path) -> Root:
    root = make_root(tmp_path / "library")
    Root.objects.filter(pk=root.pk).update(state=Root.State.AVAILABLE)
    return root


def put(drive: Drive, place: Path, title: Title) -> DriveFile:
    """Have a title's file on a drive."""
    media = MediaFile.objects.get(title=title)
    path = place / f"{title.name}.mkv"
    path.write_bytes(b"bytes")
    about = path.stat()
    row = DriveFile.objects.create(
        drive=drive,
        relpath=path.name,
        origin="OURS",
        size_bytes=about.st_size,
        mtime_ns=about.st_mtime_ns,
        title=title,
        media_file=media,
    )
    row.items.set(media.items.all())
    return row


@pytest.fixture
def film(drive: Drive, place: Path, root: Root) -> DriveFile:
    return put(drive, place, make_movie(root, "Film"))


class TestWeigh:
    def test_takes_lightly_what_the_library_has(
        self, drive: Drive, film: DriveFile
    ) -> None:
        assert not weigh(drive=drive, files=[film]).needs_yes
        assert (
            start_delete(drive=drive, file_ids=[film.pk]).arguments["is_sure"] is False
        )

    @pytest.mark.parametrize("why", ["missing", "root away", "root held", "forgotten"])
    def test_needs_a_second_word_for_what_is_nowhere_else(
        self, drive: Drive, film: DriveFile, why: str
    ) -> None:
        lose(why)
        film.refresh_from_db()

        assert weigh(drive=drive, files=[film]).only_here == {film.pk}
        with pytest.raises(NeedsYes):
            start_delete(drive=drive, file_ids=[film.pk])
        job = start_delete(drive=drive, file_ids=[film.pk], is_sure=True)
        assert job.arguments["is_sure"] is True

    def test_another_version_in_the_library_will_do(
        self, drive: Drive, film: DriveFile, root: Root
    ) -> None:
        other = make_movie(root, "Film in better light")
        lose("missing", only=film.media_file_id)
        better = MediaFile.objects.get(title=other)
        MediaFileItem.objects.create(media_file=better, item=film.items.get())

        assert not weigh(drive=drive, files=[film]).only_here

    def test_side_files_alone_are_no_loss(self, drive: Drive, film: DriveFile) -> None:
        film.kind = "SIDE"
        film.media_file = None
        assert not weigh(drive=drive, files=[film]).only_here

    def test_needs_a_second_word_for_most_of_a_drive(
        self,
        drive: Drive,
        place: Path,
        root: Root,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(weighing, "FEW_FILES", 2)
        films = [put(drive, place, make_movie(root, f"Film {n}")) for n in range(6)]
        assert not weigh(drive=drive, files=films[:3]).is_much
        assert weigh(drive=drive, files=films[:4]).is_much
        monkeypatch.setattr(weighing, "MANY_FILES", 1)
        assert weigh(drive=drive, files=films[:2]).is_much


class TestFindOnlyHere:
    def test_takes_four_times_as_long_for_four_times_the_files(
        self, drive: Drive, root: Root
    ) -> None:
        """Once it took the square: a plan for a full drive took minutes."""
        if connection.vendor != "sqlite":
            pytest.skip("counts the steps of SQLite's machine")
        few = steps_of_weighing(fill(drive, root, 400, begin=0))
        many = steps_of_weighing(fill(drive, root, 1200, begin=400))
        assert many < 6 * few


def fill(drive: Drive, root: Root, count: int, *, begin: int) -> list[DriveFile]:
    """Have that many more films on a drive; return all that it holds."""
    titles = Title.objects.bulk_create(
        Title(
            kind="MOVIE",
            name=f"Film {n}",
            sort_name=f"film {n}",
            identity_key=f"film {n}",
        )
        for n in range(begin, begin + count)
    )
    items = Item.objects.bulk_create(Item(title=title) for title in titles)
    videos = MediaFile.objects.bulk_create(
        MediaFile(
            root=root,
            relpath=f"{title.name}.mkv",
            size_bytes=5,
            mtime_ns=1,
            title=title,
        )
        for title in titles
    )
    MediaFileItem.objects.bulk_create(
        MediaFileItem(media_file=video, item=item)
        for video, item in zip(videos, items, strict=True)
    )
    files = DriveFile.objects.bulk_create(
        DriveFile(
            drive=drive,
            relpath=video.relpath,
            origin="OURS",
            size_bytes=5,
            title_id=video.title_id,
            media_file=video,
        )
        for video in videos
    )
    DriveFileItem.objects.bulk_create(
        DriveFileItem(drive_file=file, item=item)
        for file, item in zip(files, items, strict=True)
    )
    return list(DriveFile.objects.filter(drive=drive))


def steps_of_weighing(files: list[DriveFile]) -> int:
    """Return how many hundreds of steps the database takes."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.connection.set_progress_handler(count, 100)
    try:
        assert weighing.find_only_here(files) == frozenset()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return steps


class TestDeleteFiles:
    def test_keeps_what_the_library_lost_after_it_was_asked(
        self, drive: Drive, film: DriveFile, place: Path
    ) -> None:
        lose("root away")
        progress = SilentProgress()

        done = delete_files(
            drive_id=drive.pk, file_ids=[film.pk], progress=progress, is_sure=False
        )

        assert (done.files, done.skipped) == (0, 1)
        assert (place / film.relpath).exists()
        assert progress.issues[0][0].code == "ONLY_COPY"


def lose(why: str, only: int | None = None) -> None:
    files = MediaFile.objects.filter(pk=only) if only else MediaFile.objects.all()
    if why == "missing":
        files.update(state=MediaFile.State.MISSING, missing_since=timezone.now())
    elif why == "forgotten":
        files.delete()
    else:
        state = Root.State.UNAVAILABLE if why == "root away" else Root.State.HELD
        Root.objects.update(state=state)
