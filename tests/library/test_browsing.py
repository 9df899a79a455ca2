"""Folders for the folder picker."""

from pathlib import Path

import pytest

from library.browsing import FolderRefused, list_folders
from tests.library.trees import make_tree


class TestListFolders:
    def test_begins_with_the_allowed_places_that_are_there(
        self, tmp_path: Path
    ) -> None:
        listing = list_folders(path=None, allowed=(tmp_path, tmp_path / "gone"))

        assert (listing.path, listing.folders) == (None, (tmp_path,))

    def test_shows_folders_only_by_name(self, tmp_path: Path) -> None:
        make_tree(tmp_path, "b/x.mkv", "A/x.mkv", ".hidden/x.mkv", "file.mkv")
        (tmp_path / "link").symlink_to("/")

        listing = list_folders(path=tmp_path, allowed=(tmp_path,))

        assert [folder.name for folder in listing.folders] == ["A", "b"]
        assert listing.parent is None

    def test_leads_up_but_not_out(self, tmp_path: Path) -> None:
        make_tree(tmp_path, "a/b/x.mkv")

        listing = list_folders(path=tmp_path / "a" / "b", allowed=(tmp_path,))

        assert listing.parent == tmp_path / "a"

    @pytest.mark.parametrize(
        "path", ["/", "/etc", "{top}/..", "{top}/a/../..", "relative", "{top}/out"]
    )
    def test_refuses_what_is_not_allowed(self, path: str, tmp_path: Path) -> None:
        top = make_tree(tmp_path / "top", "a/x.mkv")
        (top / "out").symlink_to(tmp_path)

        with pytest.raises(FolderRefused):
            list_folders(path=Path(path.format(top=top)), allowed=(top,))

    def test_refuses_what_is_no_folder(self, tmp_path: Path) -> None:
        make_tree(tmp_path, "file.mkv")

        for name in ("file.mkv", "gone", "nul\0", "x" * 300):
            with pytest.raises(FolderRefused):
                list_folders(path=tmp_path / name, allowed=(tmp_path,))
