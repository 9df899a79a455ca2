"""Many rows at once."""

import json

import pytest
from django.db import IntegrityError, transaction

from drivearr.web.inserting import insert_rows
from library.models import FolderLook, MediaFile, Root

pytestmark = pytest.mark.django_db
NAMES = ("relpath", "size_bytes", "mtime_ns")


@pytest.fixture
def root() -> Root:
    return Root.objects.create(path="/films", kind="MOVIES")


class TestInsertRows:
    def test_writes_what_bulk_create_writes(self, root: Root) -> None:
        MediaFile.objects.bulk_create(
            [MediaFile(root=root, relpath="a.mkv", size_bytes=1, mtime_ns=2)]
        )
        insert_rows(MediaFile, NAMES, [("b.mkv", 1, 2)], root=root.pk)

        own = {"id", "relpath", "seen_at", "first_seen_at"}
        fields = MediaFile._meta.concrete_fields
        names = [field.name for field in fields if field.name not in own]
        made, ours = MediaFile.objects.order_by("relpath").values_list(*names)
        assert ours == made

    def test_takes_json_as_text(self, root: Root) -> None:
        rows = [("é.mkv", 1, 2, json.dumps({"title": "\u6771"}))]
        insert_rows(MediaFile, (*NAMES, "parsed"), rows, root=root.pk)

        assert MediaFile.objects.get().parsed == {"title": "\u6771"}

    def test_of_nothing_writes_nothing(self, root: Root) -> None:
        insert_rows(MediaFile, NAMES, [], root=root.pk)

        assert not MediaFile.objects.exists()

    def test_refuses_a_row_that_is_there(self, root: Root) -> None:
        insert_rows(MediaFile, NAMES, [("a.mkv", 1, 2)], root=root.pk)

        with pytest.raises(IntegrityError), transaction.atomic():
            insert_rows(MediaFile, NAMES, [("a.mkv", 1, 2)], root=root.pk)

    def test_overwrites_a_row_that_is_there_when_asked(self, root: Root) -> None:
        names = ("relpath", "mtime_ns", "device", "inode")
        for mtime in (1, 2):
            insert_rows(
                FolderLook,
                names,
                [("", mtime, 3, 4), (f"new {mtime}", 5, 6, 7)],
                instead_of=("root", "relpath"),
                root=root.pk,
            )

        rows = FolderLook.objects.order_by("relpath").values_list("relpath", "mtime_ns")
        assert list(rows) == [("", 2), ("new 1", 5), ("new 2", 5)]
