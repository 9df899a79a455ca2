"""The journal beside a manifest: lines that count whole or not at all."""

import os
import uuid
from pathlib import Path

import pytest

from drivearr.lib.rootfolder import RootFolder
from drives import manifest, manifest_journal
from drives.manifest import Entry, Manifest, ManifestFromTheFuture
from drives.manifest_journal import JournalChanged, Place, append

DRIVE = uuid.UUID(int=7)


def entry(name: str, size: int = 1) -> Entry:
    return Entry(relpath=f"Movies/{name}.mkv", size_bytes=size)


@pytest.fixture
def root(tmp_path: Path) -> RootFolder:
    """A drive with a manifest of one file, generation 5."""
    root = RootFolder.open_at(tmp_path)
    manifest.write(root, Manifest(DRIVE, generation=5, files=(entry("A"),)))
    return root


def add(root: RootFolder, *names: str, size: int = 1) -> Place:
    """Add a line for each name, as a writer that has just read the manifest."""
    found = manifest.read_placed(root)
    assert found is not None
    told, place = found
    for number, name in enumerate(names, 1):
        place = append(
            root,
            place,
            drive_uuid=DRIVE,
            generation=told.generation + number,
            entries=[entry(name, size)],
        )
    return place


def held(root: RootFolder) -> dict[str, int]:
    found = manifest.read(root)
    assert found is not None
    return {each.relpath[7:-4]: each.size_bytes for each in found.files}


class TestAppend:
    def test_is_read_with_the_manifest(self, root: RootFolder) -> None:
        add(root, "B", "C")

        found = manifest.read(root)

        assert found is not None
        assert held(root) == {"A": 1, "B": 1, "C": 1}
        assert found.generation == 7

    def test_replaces_what_was_there(self, root: RootFolder) -> None:
        add(root, "A", size=9)

        assert held(root) == {"A": 9}

    def test_goes_on_after_reading(self, root: RootFolder) -> None:
        add(root, "B")

        place = add(root, "C")

        assert place.lines == 2
        assert held(root) == {"A": 1, "B": 1, "C": 1}

    def test_begins_anew_with_the_next_manifest(self, root: RootFolder) -> None:
        add(root, "B")
        manifest.write(root, Manifest(DRIVE, generation=8, files=(entry("A"),)))

        assert held(root) == {"A": 1}
        assert add(root, "D").lines == 1
        assert held(root) == {"A": 1, "D": 1}

    def test_changes_how_the_drive_looks(self, root: RootFolder) -> None:
        before = manifest.look(root)

        add(root, "B")

        assert manifest.look(root) != before

    def test_refuses_a_journal_that_became_shorter(self, root: RootFolder) -> None:
        place = add(root, "B")
        os.truncate(root.path / manifest_journal.NAME, 10)

        with pytest.raises(JournalChanged):
            append(root, place, drive_uuid=DRIVE, generation=9, entries=[entry("C")])

    def test_follows_no_link(self, root: RootFolder, tmp_path: Path) -> None:
        place = add(root, "B")
        path = root.path / manifest_journal.NAME
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
        before = (tmp_path / "elsewhere").read_bytes()

        with pytest.raises(OSError):
            append(root, place, drive_uuid=DRIVE, generation=9, entries=[entry("C")])
        assert (tmp_path / "elsewhere").read_bytes() == before

    def test_takes_no_line_that_nobody_would_read(
        self, root: RootFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = add(root, "B")
        before = (root.path / manifest_journal.NAME).read_bytes()
        monkeypatch.setattr(manifest_journal, "MOST_BYTES", 200)

        with pytest.raises(JournalChanged):
            append(
                root,
                place,
                drive_uuid=DRIVE,
                generation=9,
                entries=[entry(name) for name in "CDEF"],
            )
        assert (root.path / manifest_journal.NAME).read_bytes() == before

    def test_has_room_for_so_much_only(self) -> None:
        assert Place(base=1).has_room
        assert not Place(base=0).has_room
        assert not Place(base=1, lines=manifest_journal.MOST_LINES).has_room
        assert not Place(base=1, size_bytes=manifest_journal.MOST_BYTES).has_room


class TestTornJournal:
    def test_counts_up_to_the_last_whole_line_wherever_it_is_cut(
        self, root: RootFolder
    ) -> None:
        path = root.path / manifest_journal.NAME
        ends = [add(root, name).size_bytes for name in "BCD"]
        data = path.read_bytes()

        for cut in range(len(data) + 1):
            path.write_bytes(data[:cut])
            good = sum(end <= cut for end in ends)
            assert set(held(root)) == set("ABCD"[: 1 + good]), cut

    def test_is_mended_by_the_next_line(self, root: RootFolder) -> None:
        add(root, "B", "C")
        path = root.path / manifest_journal.NAME
        path.write_bytes(path.read_bytes()[:-5])

        add(root, "D")

        assert set(held(root)) == set("ABD")

    def test_never_takes_zeros_or_other_bytes(self, root: RootFolder) -> None:
        add(root, "B", "C")
        path = root.path / manifest_journal.NAME
        data = path.read_bytes()

        for junk in (b"\0" * 4096, b"x\n" * 50, b"\xff" * 99 + b"\n"):
            path.write_bytes(data + junk)
            assert set(held(root)) == set("ABC")


def foreign(root: RootFolder, *documents: dict[str, object]) -> None:
    """Write a journal with right digests and any content."""
    head = {"version": 1, "drive": str(DRIVE), "base": 5}
    lines = [manifest_journal._line(each) for each in (head, *documents)]
    (root.path / manifest_journal.NAME).write_bytes(b"".join(lines))


class TestHostileJournal:
    @pytest.mark.parametrize(
        "line",
        [
            {"generation": 6, "put": [{"relpath": "../x", "size_bytes": 1}]},
            {"generation": 6, "put": [{"relpath": "/x", "size_bytes": 1}]},
            {"generation": 6, "put": [{"relpath": "a\x00b", "size_bytes": 1}]},
            {"generation": 6, "put": [{"relpath": "x", "size_bytes": -1}]},
            {"generation": 6, "put": "x"},
            {"generation": 6, "put": [None]},
            {"generation": 6},
            {"generation": 5, "put": []},
            {"generation": True, "put": []},
            {"generation": 2**70, "put": []},
            {"generation": 6, "put": [], "deep": [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]},
        ],
    )
    def test_counts_for_nothing(
        self, root: RootFolder, line: dict[str, object]
    ) -> None:
        foreign(root, line, {"generation": 9, "put": []})

        assert held(root) == {"A": 1}

    def test_of_another_drive_counts_for_nothing(self, root: RootFolder) -> None:
        add(root, "B")
        path = root.path / manifest_journal.NAME
        manifest.write(root, Manifest(uuid.uuid4(), generation=5, files=()))

        assert path.exists()
        assert held(root) == {}

    def test_of_a_newer_version_is_left_alone(self, root: RootFolder) -> None:
        head = manifest_journal._line({"version": 2})
        (root.path / manifest_journal.NAME).write_bytes(head)

        with pytest.raises(ManifestFromTheFuture):
            manifest.read(root)

    def test_that_is_no_plain_file_counts_for_nothing(self, root: RootFolder) -> None:
        os.mkfifo(root.path / manifest_journal.NAME)

        assert held(root) == {"A": 1}

    def test_that_is_endless_counts_for_nothing(self, root: RootFolder) -> None:
        with (root.path / manifest_journal.NAME).open("wb") as stream:
            stream.truncate(3 * manifest_journal.MOST_BYTES)

        assert held(root) == {"A": 1}
