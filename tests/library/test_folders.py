"""What the page of library folders counts."""

import pytest
from django.utils import timezone

from library.contexts import folders
from library.contexts.folders import RootList
from library.models import LibraryScan, MediaFile, Root

pytestmark = pytest.mark.django_db


def make_file(root: Root, name: str, **fields: object) -> MediaFile:
    """Make the row of a file of 10 bytes."""
    return MediaFile.objects.create(
        root=root, relpath=name, size_bytes=10, mtime_ns=1, **fields
    )


def counts() -> list[tuple[str, int, int, int, int]]:
    """Return path, files, missing, undecided and bytes of each root."""
    return [
        (row.root.path, row.files, row.missing, row.undecided, row.size_bytes)
        for row in RootList.build().rows
    ]


class TestRootList:
    def test_counts_the_files_of_each_root(self) -> None:
        films = Root.objects.create(path="/films", kind="MOVIES")
        shows = Root.objects.create(path="/shows", kind="SHOWS")
        make_file(films, "a.mkv", match_state="MATCHED")
        make_file(films, "b.mkv", match_state="UNMATCHED")
        make_file(
            films,
            "c.mkv",
            state="MISSING",
            missing_since=timezone.now(),
            match_state="SUGGESTED",
        )
        make_file(shows, "d.mkv", match_state="SUGGESTED")
        Root.objects.create(path="/empty", kind="OTHER")

        assert counts() == [
            ("/empty", 0, 0, 0, 0),
            ("/films", 2, 1, 1, 20),
            ("/shows", 1, 0, 1, 10),
        ]

    def test_counts_very_many_files_anew_when_a_scan_ended(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folders, "REMEMBERED_FROM", 1)
        root = Root.objects.create(path="/films", kind="MOVIES")
        make_file(root, "a.mkv", match_state="MATCHED")
        assert counts() == [("/films", 1, 0, 0, 10)]

        make_file(root, "b.mkv", match_state="UNMATCHED")
        assert counts() == [("/films", 1, 0, 1, 10)]

        LibraryScan.objects.create(root=root, finished_at=timezone.now())
        assert counts() == [("/films", 2, 0, 1, 20)]

    def test_always_counts_few_files_as_they_are(self) -> None:
        root = Root.objects.create(path="/films", kind="MOVIES")
        make_file(root, "a.mkv")
        assert counts() == [("/films", 1, 0, 0, 10)]

        make_file(root, "b.mkv")
        assert counts() == [("/films", 2, 0, 0, 20)]
