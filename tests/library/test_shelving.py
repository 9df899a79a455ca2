"""What the shelf shows is what there are files of, whoever writes them.

That no deed of any app breaks this, tests/shelf.py asks after every test.
"""

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from drivearr.web.checking import run_checks
from library.models import MediaFile, Title
from library.services import merging, rooting, shelving
from tests.factories.library import MediaFileFactory, make_title

pytestmark = pytest.mark.django_db


def here(title: Title) -> bool:
    return Title.objects.with_files().filter(pk=title.pk).exists()


def lose(file: MediaFile) -> None:
    MediaFile.objects.filter(pk=file.pk).update(
        state=MediaFile.State.MISSING, missing_since=timezone.now()
    )


class TestATitle:
    def test_is_here_while_a_file_of_it_is(self) -> None:
        title = make_title()
        assert not here(title)

        one, two = (
            MediaFileFactory.create(title=title),
            MediaFileFactory.create(title=title),
        )
        assert here(title)

        lose(one)
        assert here(title)
        two.delete()
        assert not here(title)

        MediaFile.objects.update(state="PRESENT", missing_since=None)
        assert here(title)

    def test_comes_and_goes_in_bulk(self) -> None:
        titles = [make_title(f"Ferry {n}") for n in range(5)]
        MediaFile.objects.bulk_create(
            MediaFileFactory.build(root=MediaFileFactory.create().root, title=each)
            for each in titles
        )
        assert all(here(each) for each in titles)

        files = list(MediaFile.objects.exclude(title=None))
        for file in files:
            file.title = titles[0]
        MediaFile.objects.bulk_update(files, ["title"])
        assert [here(each) for each in titles] == [True, False, False, False, False]

    def test_goes_with_its_folder(self) -> None:
        title = make_title()
        file = MediaFileFactory.create(title=title)

        rooting.remove_root(root=file.root)

        assert not here(title)

    def test_takes_over_what_another_had(self) -> None:
        keep, drop = make_title("Ferry"), make_title("The Ferry")
        MediaFileFactory.create(title=drop)

        with transaction.atomic():
            merging.merge_titles(keep=keep, drop=drop)

        assert here(keep)

    def test_is_not_lost_by_writing_what_was_read_before(self) -> None:
        title = make_title()
        read_early = Title.objects.get(pk=title.pk)
        file = MediaFileFactory.create(title=title)

        read_early.save()
        assert here(title)

        read_late = Title.objects.get(pk=title.pk)
        file.delete()
        read_late.save()
        assert not here(title)

    def test_that_a_forgotten_transaction_gave_files_is_not_here(self) -> None:
        title = make_title()

        with transaction.atomic():
            MediaFileFactory.create(title=title)
            transaction.set_rollback(True)

        assert not here(title)


class TestCheckShelf:
    def test_is_content_with_marks_that_are_right(self) -> None:
        MediaFileFactory.create(title=make_title())

        assert [each.ok for each in shelving.check_shelf()] == [True]

    def test_tells_of_wrong_marks_until_they_are_set_right(self) -> None:
        shelving.remove()
        MediaFileFactory.create(title=make_title())
        Title.objects.filter(pk=make_title("Ferry").pk).update(is_here=True)

        (found,) = shelving.check_shelf()
        assert not found.ok
        assert "2 titles" in found.message
        assert found.advice

        shelving.install()
        assert [each.ok for each in shelving.check_shelf()] == [True]

    def test_tells_when_nothing_keeps_the_marks(self) -> None:
        shelving.remove()

        (found,) = shelving.check_shelf()
        shelving.install()

        assert not found.ok

    def test_is_asked_by_the_doctor(self) -> None:
        assert "library lists" in {each.name for each in run_checks()}


class TestMigrating:
    def test_ends_with_the_triggers_in_place(self) -> None:
        shelving.remove()
        assert not shelving.is_installed()

        call_command("migrate", verbosity=0)

        assert shelving.is_installed()


class TestTheShelf:
    @pytest.mark.parametrize(
        ("order", "index"),
        [
            (("sort_name", "year", "pk"), "title_here_by_name"),
            (("-year", "sort_name", "pk"), "title_here_by_year"),
            (("-added_at", "-pk"), "title_here_newest"),
        ],
    )
    def test_is_read_in_order_from_an_index(
        self, order: tuple[str, ...], index: str
    ) -> None:
        if connection.vendor != "sqlite":
            pytest.skip("the plan of SQLite")
        plan = Title.objects.with_files().order_by(*order)[:60].explain()

        assert index in plan
        assert "TEMP B-TREE" not in plan
