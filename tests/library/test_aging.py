"""Missing files: looked for again, or forgotten."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from drivearr.jobs.models import Job
from drivearr.lib.progress import SilentProgress
from library.models import MediaFile, Root
from library.services import aging, scanning
from library.tasks import start_aging
from tests.library.trees import make_films

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def root(tmp_path: Path) -> Root:
    folder = make_films(tmp_path / "films", 4)
    root = Root.objects.create(path=str(folder), kind="MOVIES")
    scanning.scan_root(root_id=root.pk, progress=SilentProgress())
    root.refresh_from_db()
    return root


def lose(root: Root, *, days: int = 1, delete: bool = True) -> MediaFile:
    """Let a file of `root` be missing since `days`."""
    file = MediaFile.objects.present().order_by("relpath")[0]
    since = NOW - timedelta(days=days)
    MediaFile.objects.filter(pk=file.pk).update(state="MISSING", missing_since=since)
    if delete:
        (root.folder / file.relpath).unlink()
    file.refresh_from_db()
    return file


class TestBringBack:
    def test_finds_what_lies_there_again(self, root: Root) -> None:
        file = lose(root, delete=False)

        found = aging.bring_back(file_ids=[file.pk])

        file.refresh_from_db()
        assert (found.back, found.gone, found.away) == (1, 0, 0)
        assert (file.state, file.missing_since) == ("PRESENT", None)

    def test_leaves_what_is_gone(self, root: Root) -> None:
        file = lose(root)

        assert aging.bring_back(file_ids=[file.pk]).gone == 1
        assert MediaFile.objects.missing().count() == 1

    def test_believes_no_folder_that_is_away(self, root: Root) -> None:
        file = lose(root, delete=False)
        root.folder.rename(root.folder.with_name("elsewhere"))

        assert aging.bring_back(file_ids=[file.pk]).away == 1
        assert MediaFile.objects.missing().count() == 1


class TestForgetOld:
    def forget(self, days: int) -> aging.AgeSummary:
        return aging.forget_old(days=days, now=NOW, progress=SilentProgress())

    def test_forgets_only_what_is_long_gone(self, root: Root) -> None:
        old, new = lose(root, days=31), lose(root, days=29)

        assert self.forget(30).forgotten == 1
        assert list(MediaFile.objects.missing()) == [new]
        assert not MediaFile.objects.filter(pk=old.pk).exists()
        assert MediaFile.objects.present().count() == 2

    def test_keeps_all_for_ever_with_none(self, root: Root) -> None:
        lose(root, days=9999)

        assert self.forget(0).forgotten == 0
        assert MediaFile.objects.missing().count() == 1

    def test_keeps_the_files_of_a_folder_that_is_away(self, root: Root) -> None:
        lose(root, days=99)
        root.folder.rename(root.folder.with_name("elsewhere"))

        found = self.forget(30)

        assert (found.forgotten, found.kept_away) == (0, 1)
        assert MediaFile.objects.missing().count() == 1

    def test_keeps_what_a_person_chose(self, root: Root) -> None:
        file = lose(root, days=99)
        MediaFile.objects.filter(pk=file.pk).update(matched_by="PERSON")

        assert self.forget(30).forgotten == 0

    def test_is_not_queued_when_nothing_is_ever_forgotten(
        self, settings: LazySettings
    ) -> None:
        settings.MISSING_KEPT_DAYS = 0
        start_aging()

        assert not Job.objects.exists()


class TestMissingList:
    def test_tells_since_when_and_until_when(
        self, root: Root, owner_client: Client
    ) -> None:
        file = lose(root, days=3)

        page = owner_client.get("/missing/").content.decode()

        assert file.relpath in page
        assert "forgotten on" in page
        assert "Bring back" in page

    def test_says_when_nothing_is_missing(
        self, root: Root, owner_client: Client
    ) -> None:
        assert "Nothing is missing" in owner_client.get("/missing/").content.decode()

    def test_costs_the_same_for_ten_rows_and_twenty(
        self,
        root: Root,
        owner_client: Client,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        lose(root)
        owner_client.get("/missing/")
        with django_assert_max_num_queries(20) as few:
            owner_client.get("/missing/")
        lose(root)
        lose(root)
        with django_assert_max_num_queries(20) as many:
            owner_client.get("/missing/")

        assert len(many.captured_queries) == len(few.captured_queries)

    def test_brings_back_the_chosen_or_all(
        self, root: Root, owner_client: Client
    ) -> None:
        first, second = lose(root, delete=False), lose(root, delete=False)

        owner_client.post("/missing/back/", {"file": [first.pk, "x", "²"]})
        assert list(MediaFile.objects.missing()) == [second]

        owner_client.post("/missing/back/", {"all": "1"})
        assert not MediaFile.objects.missing().exists()

    def test_forgets_the_chosen_but_nothing_present(
        self, root: Root, owner_client: Client
    ) -> None:
        gone = lose(root)
        there = MediaFile.objects.present()[0]

        owner_client.post("/missing/forget/", {"file": [gone.pk, there.pk]})

        assert not MediaFile.objects.missing().exists()
        assert MediaFile.objects.filter(pk=there.pk).exists()

    def test_lets_only_the_owner_change_anything(
        self, root: Root, client: Client
    ) -> None:
        gone = lose(root)

        client.post("/missing/forget/", {"file": [gone.pk]})

        assert MediaFile.objects.missing().count() == 1
