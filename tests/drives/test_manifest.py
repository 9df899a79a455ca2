"""The manifest on a drive: the newest good one is found, and written whole, twice."""

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivearr.lib.rootfolder import RootFolder
from drives import manifest
from drives.manifest import (
    COPY_NAME,
    FOLDER,
    NAME,
    PREVIOUS_NAME,
    Manifest,
    ManifestFromTheFuture,
    ManifestUnreadable,
    encode,
)

DRIVE = uuid.UUID(int=7)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[RootFolder]:
    """An empty drive."""
    (tmp_path / "drive").mkdir()
    with RootFolder.open_at(tmp_path / "drive") as opened:
        yield opened


def generation(number: int) -> Manifest:
    return Manifest(DRIVE, generation=number)


class TestRead:
    def test_finds_none_on_an_empty_drive(self, root: RootFolder) -> None:
        assert manifest.read(root) is None

    def test_finds_what_was_written(self, root: RootFolder) -> None:
        manifest.write(root, generation(1))

        assert manifest.read(root) == generation(1)
        assert (root.path / COPY_NAME).read_bytes() == (root.path / NAME).read_bytes()

    @pytest.mark.parametrize("newer", [NAME, COPY_NAME])
    def test_takes_the_newer_of_the_two(self, root: RootFolder, newer: str) -> None:
        manifest.write(root, generation(1))
        (root.path / newer).write_bytes(encode(generation(2)))

        assert manifest.read(root) == generation(2)

    @pytest.mark.parametrize("bad", [NAME, COPY_NAME])
    def test_takes_the_good_one_of_the_two(self, root: RootFolder, bad: str) -> None:
        manifest.write(root, generation(1))
        for length in range(len(encode(generation(1))) - 2):
            (root.path / bad).write_bytes(encode(generation(9))[:length])

            assert manifest.read(root) == generation(1)

    @pytest.mark.parametrize(
        "torn",
        [
            (NAME, COPY_NAME),
            (NAME, PREVIOUS_NAME),
            (COPY_NAME, PREVIOUS_NAME),
            (NAME,),
            (COPY_NAME,),
            (PREVIOUS_NAME,),
        ],
    )
    def test_finds_the_newest_good_one_whichever_are_torn_at_any_byte(
        self, root: RootFolder, torn: tuple[str, ...]
    ) -> None:
        manifest.write(root, generation(1))
        manifest.write(root, generation(2))
        left = 1 if {NAME, COPY_NAME} <= set(torn) else 2
        data = {name: (root.path / name).read_bytes() for name in torn}
        for length in range(len(data[torn[0]]) - 2):
            for name in torn:
                (root.path / name).write_bytes(data[name][:length])

            assert manifest.read(root) == generation(left)

    def test_is_unreadable_when_all_three_are_torn_at_any_byte(
        self, root: RootFolder
    ) -> None:
        manifest.write(root, generation(1))
        manifest.write(root, generation(2))
        data = encode(generation(2))
        for length in range(len(data) - 2):
            for name in (NAME, COPY_NAME, PREVIOUS_NAME):
                (root.path / name).write_bytes(data[:length])

            with pytest.raises(ManifestUnreadable):
                manifest.read(root)

    def test_says_which_are_torn_and_which_counts(self, root: RootFolder) -> None:
        manifest.write(root, generation(1))
        manifest.write(root, generation(2))
        (root.path / NAME).write_bytes(b"{")
        first = manifest.examine(root)
        (root.path / COPY_NAME).write_bytes(b"")
        second = manifest.examine(root)

        assert first is not None
        assert second is not None
        assert (first.source, first.torn) == (COPY_NAME, (NAME,))
        assert not first.is_previous
        assert (second.source, second.torn) == (PREVIOUS_NAME, (NAME, COPY_NAME))
        assert second.is_previous
        assert second.manifest == generation(1)

    def test_takes_the_copy_when_a_cleaner_removed_the_other(
        self, root: RootFolder
    ) -> None:
        manifest.write(root, generation(1))
        (root.path / NAME).unlink()

        assert manifest.read(root) == generation(1)

    def test_is_unreadable_when_both_are_bad(self, root: RootFolder) -> None:
        manifest.write(root, generation(1))
        (root.path / NAME).write_bytes(b"")
        (root.path / COPY_NAME).write_bytes(b"\0" * 100)

        with pytest.raises(ManifestUnreadable):
            manifest.read(root)

    def test_yields_to_the_future_even_beside_a_good_one(
        self, root: RootFolder
    ) -> None:
        manifest.write(root, generation(1))
        body = b'{"drivearr": {"version": 2}, "sha256": ""}'
        (root.path / NAME).write_bytes(body)

        with pytest.raises(ManifestFromTheFuture):
            manifest.read(root)

    def test_follows_no_link(self, root: RootFolder, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").write_bytes(encode(generation(1)))
        (root.path / NAME).symlink_to(tmp_path / "elsewhere")

        with pytest.raises(ManifestUnreadable):
            manifest.read(root)

    def test_follows_no_link_to_the_copys_folder(
        self, root: RootFolder, tmp_path: Path
    ) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere/manifest.json").write_bytes(encode(generation(1)))
        (root.path / FOLDER).symlink_to(tmp_path / "elsewhere")

        with pytest.raises(ManifestUnreadable):
            manifest.read(root)

    def test_refuses_a_folder_in_its_place(self, root: RootFolder) -> None:
        (root.path / NAME).mkdir()

        with pytest.raises(ManifestUnreadable):
            manifest.read(root)

    @pytest.mark.timeout(10)
    def test_refuses_a_fifo_without_waiting(self, root: RootFolder) -> None:
        os.mkfifo(root.path / NAME)

        with pytest.raises(ManifestUnreadable):
            manifest.read(root)

    def test_refuses_a_bomb_without_reading_it(self, root: RootFolder) -> None:
        with (root.path / NAME).open("wb") as stream:
            stream.truncate(1024**4)

        with pytest.raises(ManifestUnreadable):
            manifest.read(root)

    def test_says_that_it_cannot_be_read(
        self, root: RootFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(RootFolder, "read_whole", fail)

        with pytest.raises(ManifestUnreadable, match="Input/output error"):
            manifest.read(root)


class TestWrite:
    @pytest.mark.parametrize("step", range(16))
    def test_leaves_two_good_ones_wherever_it_fails(
        self, root: RootFolder, monkeypatch: pytest.MonkeyPatch, step: int
    ) -> None:
        manifest.write(root, generation(0))
        manifest.write(root, generation(1))
        calls = iter(range(1000))

        def failing(name: str):  # type: ignore[no-untyped-def]
            real = getattr(os, name)

            def call(*args: object, **kwargs: object) -> object:
                if next(calls) == step:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return real(*args, **kwargs)

            return call

        with monkeypatch.context() as patch:
            for name in ("fsync", "rename"):
                patch.setattr(os, name, failing(name))
            with contextlib.suppress(OSError):
                manifest.write(root, generation(2))

        found = manifest.read(root)
        assert found is not None
        assert found.generation in {1, 2}
        # Whichever file is lost now, another one is good.
        for name in (NAME, COPY_NAME, PREVIOUS_NAME):
            with contextlib.suppress(FileNotFoundError):
                data = (root.path / name).read_bytes()
                (root.path / name).write_bytes(data[:-9])
                assert manifest.read(root) is not None
                (root.path / name).write_bytes(data)

    def test_keeps_the_one_before(self, root: RootFolder) -> None:
        for number in (1, 2, 3):
            manifest.write(root, generation(number))

        assert (root.path / PREVIOUS_NAME).read_bytes() == encode(generation(2))

    def test_keeps_none_of_another_drive(self, root: RootFolder) -> None:
        for number in (1, 2):
            manifest.write(root, generation(number))

        manifest.write(root, Manifest(uuid.UUID(int=8), generation=3))

        assert not (root.path / PREVIOUS_NAME).exists()

    def test_never_keeps_a_torn_one_as_the_previous(self, root: RootFolder) -> None:
        for number in (1, 2):
            manifest.write(root, generation(number))
        (root.path / COPY_NAME).write_bytes(b"{")

        manifest.write(root, generation(3))

        assert (root.path / PREVIOUS_NAME).read_bytes() == encode(generation(1))

    def test_writes_through_no_link(self, root: RootFolder, tmp_path: Path) -> None:
        (tmp_path / "theirs").write_text("theirs")
        (root.path / NAME).symlink_to(tmp_path / "theirs")

        manifest.write(root, generation(1))

        assert (tmp_path / "theirs").read_text() == "theirs"
        assert manifest.read(root) == generation(1)

    def test_removes_what_a_killed_writer_left(self, root: RootFolder) -> None:
        manifest.write(root, generation(1))
        left = f"{NAME}.0123abcd.drivearr-partial"
        (root.path / left).write_text("half")
        (root.path / FOLDER / "manifest.json.0123abcd.drivearr-partial").touch()
        (root.path / "film.mkv.drivearr-partial").write_text("a copy in progress")

        manifest.write(root, generation(2))

        assert sorted(os.listdir(root.path)) == [
            FOLDER,
            NAME,
            "film.mkv.drivearr-partial",
        ]
        assert sorted(os.listdir(root.path / FOLDER)) == [
            "manifest.json",
            "previous.json",
        ]


class TestLook:
    def test_is_empty_on_an_empty_drive(self, root: RootFolder) -> None:
        assert not any(manifest.look(root))

    def test_changes_when_the_manifest_is_written(self, root: RootFolder) -> None:
        manifest.write(root, generation(1))
        before = manifest.look(root)

        assert manifest.look(root) == before
        manifest.write(root, generation(2))
        assert manifest.look(root) != before
