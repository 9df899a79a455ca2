"""RootFolder: nothing leaves the folder, and small files are written whole."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from drivearr.lib import rootfolder
from drivearr.lib.rootfolder import RootFolder, UnsafePath, check_relpath


@pytest.fixture(params=["kernel", "steps"])
def root(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RootFolder]:
    """A root folder, once with the kernel's own guard and once without it."""
    if request.param == "steps":
        monkeypatch.setattr(rootfolder, "_libc", None)
    folder = tmp_path / "root"
    folder.mkdir()
    with RootFolder.open_at(folder) as opened:
        yield opened


class TestCheckRelpath:
    @pytest.mark.parametrize(
        "bad",
        [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            ".",
            "a\0b",
            "a\nb",
            "x" * 5000,
        ],
        ids=repr,
    )
    def test_refuses_what_is_no_contained_path(self, bad: str) -> None:
        with pytest.raises(UnsafePath):
            check_relpath(bad)

    def test_gives_the_components(self) -> None:
        assert check_relpath("Movies/Ä (2001)/a.mkv") == ("Movies", "Ä (2001)", "a.mkv")


class TestRootFolder:
    def test_writes_and_reads_below_itself(self, root: RootFolder) -> None:
        root.mkdirs("a/b")
        root.write_whole("a/b/c.txt", b"hello")

        assert (root.path / "a/b/c.txt").read_bytes() == b"hello"
        assert root.read_whole("a/b/c.txt", most_bytes=5) == b"hello"
        assert [name for name, _ in root.scandir("a/b")] == ["c.txt"]

    def test_follows_no_link_to_a_file(self, root: RootFolder, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("secret")
        (root.path / "link").symlink_to(tmp_path / "secret")

        with pytest.raises(OSError) as refusal:
            root.open("link", os.O_RDONLY)

        assert refusal.value.errno == errno.ELOOP

    def test_follows_no_link_to_a_folder(
        self, root: RootFolder, tmp_path: Path
    ) -> None:
        (tmp_path / "elsewhere").mkdir()
        (root.path / "link").symlink_to(tmp_path / "elsewhere")

        with pytest.raises(OSError):
            root.write_whole("link/x", b"")
        with pytest.raises(OSError):
            root.mkdirs("link/x")

        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_replaces_a_link_by_a_file_instead_of_writing_through_it(
        self, root: RootFolder, tmp_path: Path
    ) -> None:
        (tmp_path / "theirs").write_text("theirs")
        (root.path / "name").symlink_to(tmp_path / "theirs")

        root.write_whole("name", b"ours")

        assert (tmp_path / "theirs").read_text() == "theirs"
        assert (root.path / "name").read_bytes() == b"ours"

    def test_does_not_rename_over_a_file_unasked(self, root: RootFolder) -> None:
        root.write_whole("old", b"old")
        root.write_whole("new", b"new")

        with pytest.raises(FileExistsError):
            root.rename("new", "old")

        assert root.read_whole("old", most_bytes=9) == b"old"

    def test_reads_no_fifo(self, root: RootFolder) -> None:
        os.mkfifo(root.path / "fifo")

        with pytest.raises(UnsafePath):
            root.read_whole("fifo", most_bytes=10)

    def test_reads_no_more_than_it_may(self, root: RootFolder) -> None:
        root.write_whole("big", b"123456")

        with pytest.raises(UnsafePath):
            root.read_whole("big", most_bytes=5)

    def test_keeps_the_old_file_when_the_flush_fails(
        self, root: RootFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root.write_whole("file", b"old")

        def fail(fd: int) -> None:
            raise OSError(errno.EIO, "no")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError):
            root.write_whole("file", b"new")

        assert root.read_whole("file", most_bytes=9) == b"old"
        assert [name for name, _ in root.scandir()] == ["file"]

    def test_goes_on_seeing_its_own_folder_when_the_path_leads_elsewhere(
        self, root: RootFolder
    ) -> None:
        root.write_whole("mine", b"1")
        root.path.rename(root.path.with_name("moved"))
        root.path.mkdir()

        root.write_whole("more", b"2")

        assert list(root.path.iterdir()) == []
        assert (root.path.with_name("moved") / "more").read_bytes() == b"2"


class TestStayingIn:
    def test_keeps_to_the_folder_it_holds(self, tmp_path: Path) -> None:
        (tmp_path / "films").mkdir()
        (tmp_path / "films" / "a.mkv").write_bytes(b"film")
        (tmp_path / "other").mkdir()
        with RootFolder.open_at(tmp_path) as root:
            with root.staying_in("films"):
                (tmp_path / "films").rename(tmp_path / "away")
                (tmp_path / "films").symlink_to("/etc")
                assert root.stat("films/a.mkv").st_size == 4
                root.rename("films/a.mkv", "films/b.mkv")
                assert not root.exists("other/b.mkv")
            with pytest.raises(OSError, match="films"):
                root.stat("films/passwd")

        assert (tmp_path / "away" / "b.mkv").read_bytes() == b"film"
        assert not list((tmp_path / "other").iterdir())

    def test_stays_there_for_the_thread_that_asked_alone(self, tmp_path: Path) -> None:
        (tmp_path / "films").mkdir()
        (tmp_path / "films" / "a.mkv").write_bytes(b"film")
        found: list[bool] = []

        with RootFolder.open_at(tmp_path) as root, root.staying_in("films"):
            (tmp_path / "films").rename(tmp_path / "away")
            other = Thread(target=lambda: found.append(root.exists("films/a.mkv")))
            other.start()
            other.join()
            assert root.exists("films/a.mkv")

        assert found == [False]
