"""What lies below a folder: only that, told by capitals and whole names."""

import pytest

from library.models import MediaFile
from library.models.below import below
from tests.factories.library import MediaFileFactory, RootFactory

pytestmark = pytest.mark.django_db


class TestBelow:
    def test_finds_what_lies_in_it_however_deep(self) -> None:
        root = RootFactory.create()
        for relpath in (
            "Dark/a.mkv",
            "Dark/Season 1/b.mkv",
            "Dark/ÿ.mkv",
            "Dark.mkv",
            "Dark 2/c.mkv",
            "Dark0.mkv",
            "dark/d.mkv",
            "Da_k/e.mkv",
        ):
            MediaFileFactory.create(root=root, relpath=relpath)

        found = MediaFile.objects.filter(below("Dark")).values_list(
            "relpath", flat=True
        )

        assert set(found) == {"Dark/a.mkv", "Dark/Season 1/b.mkv", "Dark/ÿ.mkv"}

    def test_takes_signs_of_patterns_as_they_are(self) -> None:
        root = RootFactory.create()
        for relpath in ("100%_/a.mkv", "100 x/b.mkv"):
            MediaFileFactory.create(root=root, relpath=relpath)

        found = MediaFile.objects.filter(below("100%_")).values_list(
            "relpath", flat=True
        )

        assert list(found) == ["100%_/a.mkv"]
