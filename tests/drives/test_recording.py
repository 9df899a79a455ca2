"""What was copied is recorded in rows, on the drive, and in the history, in one voice."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from drivearr.lib.rootfolder import RootFolder
from drives import manifest, manifest_journal
from drives.manifest import (
    NAME,
    Entry,
    Manifest,
    ManifestFromTheFuture,
    Profile,
    TitleFacts,
)
from drives.models import Drive, DriveFile
from drives.services import manifesting
from drives.services.manifesting import flush_manifest, write_manifest
from drives.services.opening import DriveGone, open_drive
from drives.services.profiling import edit_profile
from drives.services.recording import (
    Copied,
    NotTheWriter,
    record_copied,
    record_failed,
)
from drives.services.registering import add_drive
from library.models import Title
from tests.drives.rows import make_episode, make_file, make_movie, make_title
from tests.mounts import LoopDriveMaker

pytestmark = pytest.mark.django_db


def read(place: Path) -> Manifest:
    with RootFolder.open_at(place) as root:
        found = manifest.read(root)
    assert found is not None
    return found


def flush(drive: Drive) -> bool:
    with open_drive(drive=drive) as opened:
        return flush_manifest(drive=drive, open_drive=opened)


def copied(title: Title, relpath: str = "Movies/A.mkv") -> Copied:
    return Copied(
        relpath=relpath,
        size_bytes=5,
        mtime_ns=10**18,
        sha256="ab" * 32,
        block_digests=["cd" * 32],
        verified_by="DEVICE",
        title=title.pk,
        title_name=title.label,
        item_ids=list(title.items.order_by("pk").values_list("pk", flat=True)),
        source_fingerprint="5-abc",
        seconds=1.5,
    )


class TestRecordCopied:
    def test_makes_a_row_and_a_line_of_history(self, drive: Drive) -> None:
        title, item, _ = make_movie()

        record_copied(drive=drive, copied=[copied(title)], fence=drive.take_fence())

        row = drive.files.get()
        assert (row.origin, row.state, row.kind) == ("OURS", "PRESENT", "VIDEO")
        assert row.verified_at is not None
        assert list(row.items.order_by("pk")) == [item]
        line = drive.history.get(action="COPIED")
        assert (line.title_name, line.seconds) == ("The Matrix (1999)", 1.5)
        drive.refresh_from_db()
        assert drive.manifest_is_due

    def test_what_nobody_read_back_is_not_called_verified(self, drive: Drive) -> None:
        title, _, _ = make_movie()
        unread = replace(copied(title, "Movies/B.mkv"), verified_by="NONE")

        record_copied(
            drive=drive, copied=[copied(title), unread], fence=drive.take_fence()
        )

        known = dict(drive.files.values_list("relpath", "verified_by"))
        assert known == {"Movies/A.mkv": "DEVICE", "Movies/B.mkv": "NONE"}
        assert drive.files.get(relpath="Movies/B.mkv").verified_at is None

    def test_calls_the_second_time_a_replacing(self, drive: Drive) -> None:
        (title, _, _), (other, item, _) = make_movie(), make_movie("Other", 2001)
        fence = drive.take_fence()
        record_copied(drive=drive, copied=[copied(title)], fence=fence)
        before = drive.files.get()

        record_copied(
            drive=drive, copied=[replace(copied(other), size_bytes=7)], fence=fence
        )

        now = drive.files.get()
        assert (now.pk, now.size_bytes, now.title) == (before.pk, 7, other)
        assert list(now.items.all()) == [item]
        assert drive.history.filter(action="REPLACED").count() == 1

    def test_a_file_that_a_scan_met_first_was_copied_not_replaced(
        self, drive: Drive
    ) -> None:
        title, item, _ = make_movie()
        DriveFile.objects.create(
            drive=drive, relpath="Movies/A.mkv", origin="FOREIGN", size_bytes=5
        )

        record_copied(drive=drive, copied=[copied(title)], fence=drive.take_fence())

        row = drive.files.get()
        assert (row.origin, list(row.items.all())) == ("OURS", [item])
        assert drive.history.filter(action="COPIED").count() == 1
        assert not drive.history.filter(action="REPLACED").exists()

    def test_records_nothing_for_a_writer_that_was_replaced(self, drive: Drive) -> None:
        title, _, _ = make_movie()
        fence = drive.take_fence()
        Drive.objects.get(pk=drive.pk).take_fence()

        with pytest.raises(NotTheWriter):
            record_copied(drive=drive, copied=[copied(title)], fence=fence)

        assert not drive.files.exists()
        assert not drive.history.filter(action="COPIED").exists()


class TestFlushManifest:
    def test_tells_everything(self, drive: Drive, place: Path) -> None:
        title = make_title("Show", kind="SHOW", year=2001, tmdb="77")
        double = [make_episode(title, 1, 1), make_episode(title, 1, 2)]
        make_file(title, double)
        record_copied(drive=drive, copied=[copied(title)], fence=drive.take_fence())

        assert flush(drive)

        found = read(place)
        (entry,) = found.files
        assert entry.sha256 == "ab" * 32
        assert entry.verified_by == "DEVICE"
        assert entry.source_fingerprint == "5-abc"
        assert (entry.title.kind, entry.title.name) == ("SHOW", "Show")
        assert entry.title.ids == {"tmdb": "77"}
        assert entry.title.episodes == ((1, 1), (1, 2))
        assert [line.action for line in found.history] == ["ADDED", "COPIED"]
        drive.refresh_from_db()
        assert found.generation == drive.manifest_generation == 2
        assert not drive.manifest_is_due

    def test_writes_nothing_when_nothing_changed(
        self, drive: Drive, place: Path
    ) -> None:
        title, _, _ = make_movie()
        record_copied(drive=drive, copied=[copied(title)], fence=drive.take_fence())
        flush(drive)
        before = (place / NAME).stat()

        assert not flush(drive)

        after = (place / NAME).stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_keeps_what_a_newer_writer_added(self, drive: Drive, place: Path) -> None:
        title, _, _ = make_movie()
        record_copied(drive=drive, copied=[copied(title)], fence=drive.take_fence())
        flush(drive)
        more = replace(
            read(place),
            extra={"wanted": [1, 2]},
            profile=Profile(extra={"rules": ["all"]}),
            files=(replace(read(place).files[0], extra={"colour": "red"}),),
        )
        with RootFolder.open_at(place) as root:
            manifest.write(root, more)
        Drive.objects.update(owner="Ada", manifest_is_due=True)

        assert flush(drive)

        found = read(place)
        assert found.extra == {"wanted": [1, 2]}
        assert (found.profile.owner, found.profile.extra) == ("Ada", {"rules": ["all"]})
        assert found.files[0].extra == {"colour": "red"}
        assert found.files[0].block_digests == ("cd" * 32,)

    def test_lists_what_another_installation_wrote_meanwhile(
        self, drive: Drive, place: Path
    ) -> None:
        other = Manifest(
            drive_uuid=drive.uuid,
            generation=40,
            files=(manifest.Entry(relpath="Movies/B.mkv", size_bytes=7),),
        )
        with RootFolder.open_at(place) as root:
            manifest.write(root, other)
        title, _, _ = make_movie()
        record_copied(drive=drive, copied=[copied(title)], fence=drive.take_fence())

        flush(drive)

        found = read(place)
        assert found.generation == 41
        assert [entry.relpath for entry in found.files] == [
            "Movies/A.mkv",
            "Movies/B.mkv",
        ]
        assert drive.files.get(relpath="Movies/B.mkv").origin == "FOREIGN"

    def test_keeps_the_old_one_and_stays_due_when_the_drive_is_full(
        self, drive: Drive, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        title, _, _ = make_movie()
        record_copied(drive=drive, copied=[copied(title)], fence=drive.take_fence())

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(RootFolder, "write_whole", full)
            with pytest.raises(OSError):
                flush(drive)

        assert read(place).generation == 1
        drive.refresh_from_db()
        assert drive.manifest_is_due
        assert flush(drive)

    def test_writes_nothing_where_the_drive_is_not(
        self, drive: Drive, place: Path, tmp_path: Path
    ) -> None:
        with open_drive(drive=drive) as opened:
            place.rename(tmp_path / "away")
            place.mkdir()

            with pytest.raises(DriveGone):
                flush_manifest(drive=drive, open_drive=opened)

        assert list(place.iterdir()) == []

    def test_leaves_a_manifest_of_the_future_alone(
        self, drive: Drive, place: Path
    ) -> None:
        body = b'{"drivearr": {"version": 2}, "sha256": ""}'
        (place / NAME).write_bytes(body)

        with (
            RootFolder.open_at(place) as root,
            pytest.raises(ManifestFromTheFuture),
        ):
            write_manifest(drive=drive, root=root)

        assert (place / NAME).read_bytes() == body

    def test_is_rebuilt_from_our_rows_when_both_copies_are_lost(
        self, drive: Drive, place: Path
    ) -> None:
        title, _, _ = make_movie()
        record_copied(drive=drive, copied=[copied(title)], fence=drive.take_fence())
        flush(drive)
        before = read(place)
        (place / NAME).write_bytes(b"{")
        (place / manifest.COPY_NAME).write_bytes(b"")

        with RootFolder.open_at(place) as root:
            write_manifest(drive=drive, root=root)

        assert read(place).files == before.files
        assert read(place).generation > before.generation


class TestAdoptClaims:
    @pytest.mark.parametrize("count", [2, 40])
    def test_asks_as_often_for_many_files_as_for_few(
        self,
        drive: Drive,
        place: Path,
        count: int,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        entries = []
        for number in range(count):
            movie, _, _ = make_movie(f"Film {number}")
            facts = TitleFacts(kind="MOVIE", name=movie.name, year=movie.year)
            relpath = f"Movies/{number}.mkv"
            entries.append(Entry(relpath=relpath, size_bytes=5, title=facts))
        claimed = Manifest(drive.uuid, generation=9, files=tuple(entries))

        with (
            RootFolder.open_at(place) as root,
            django_assert_max_num_queries(12),
        ):
            adopted = manifesting.adopt_claims(drive=drive, found=claimed, root=root)

        assert adopted == count
        rows = drive.files.all()
        assert {row.title.name for row in rows if row.title} == {
            entry.title.name for entry in entries
        }
        assert all(row.items.count() == 1 for row in rows)


class TestRecordFailed:
    def test_keeps_code_and_sentence(self, drive: Drive) -> None:
        record_failed(drive=drive, error=NotTheWriter("Somebody else."), relpath="a")

        line = drive.history.get(action="FAILED")
        assert (line.code, line.message) == ("NOT_THE_WRITER", "Somebody else.")


class TestJournal:
    """A drive of many files is not told anew for each of them."""

    @pytest.fixture(autouse=True)
    def many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(manifesting, "JOURNAL_FROM", 0)

    def whole(self, place: Path) -> bytes:
        return (place / NAME).read_bytes()

    def copy(self, drive: Drive, title: Title, *names: str) -> None:
        fence = drive.take_fence()
        with open_drive(drive=drive) as opened:
            for name in names:
                made = copied(title, f"Movies/{name}.mkv")
                record_copied(drive=drive, copied=[made], fence=fence)
                assert flush_manifest(drive=drive, open_drive=opened)

    def test_takes_a_line_a_file(self, drive: Drive, place: Path) -> None:
        title, _, _ = make_movie()
        flush(drive)
        before = self.whole(place)

        self.copy(drive, title, "A", "B")
        self.copy(drive, title, "C")

        assert self.whole(place) == before
        found = read(place)
        assert [each.relpath[7] for each in found.files] == ["A", "B", "C"]
        assert found.files[0].title.ids == {"tmdb": "600"}
        drive.refresh_from_db()
        assert found.generation == drive.manifest_generation
        assert not drive.manifest_is_due
        assert not drive.files.filter(is_untold=True).exists()

    def test_is_written_whole_when_more_than_files_changed(
        self, drive: Drive, place: Path
    ) -> None:
        title, _, _ = make_movie()
        self.copy(drive, title, "A")
        before = self.whole(place)

        edit_profile(drive=drive, owner="Ada")

        assert self.whole(place) != before
        assert read(place).profile.owner == "Ada"
        assert len(read(place).files) == 1

    def test_loses_no_file_when_the_profile_changes_meanwhile(
        self, drive: Drive, place: Path
    ) -> None:
        title, _, _ = make_movie()
        self.copy(drive, title, "A")
        fence = drive.take_fence()
        record_copied(drive=drive, copied=[copied(title, "Movies/B.mkv")], fence=fence)
        Drive.objects.update(owner="Ada", manifest_whole_is_due=True)

        flush(drive)

        assert read(place).profile.owner == "Ada"
        assert len(read(place).files) == 2

    def test_gives_way_to_a_whole_manifest_when_it_is_full(
        self, drive: Drive, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        title, _, _ = make_movie()
        monkeypatch.setattr(manifest_journal, "MOST_LINES", 2)
        self.copy(drive, title, "A", "B", "C")

        self.copy(drive, title, "D")

        assert len(read(place).files) == 4

    def test_is_told_whole_after_a_failed_line(
        self, drive: Drive, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        title, _, _ = make_movie()
        self.copy(drive, title, "A")
        with monkeypatch.context() as broken:

            def fail(*_: object, **__: object) -> None:
                raise OSError(errno.EIO, "Input/output error")

            broken.setattr(manifest_journal, "append", fail)
            with pytest.raises(OSError):
                self.copy(drive, title, "B")

        flush(drive)

        assert len(read(place).files) == 2

    def test_of_another_installation_is_kept(self, drive: Drive, place: Path) -> None:
        title, _, _ = make_movie()
        flush(drive)
        self.copy(drive, title, "A")
        theirs = drive.manifest_generation
        # As if another installation had written the line.
        Drive.objects.update(manifest_generation=theirs - 1)
        drive.files.all().delete()

        self.copy(drive, title, "B")

        assert {each.relpath[7] for each in read(place).files} == {"A", "B"}
        assert drive.files.get(relpath="Movies/A.mkv").origin == "FOREIGN"


@pytest.mark.root
class TestJournalOnRealDrives:
    @pytest.mark.parametrize("fs", ["ext4", "exfat", "ntfs"])
    def test_is_there_after_replugging(
        self, loop_drive: LoopDriveMaker, fs: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(manifesting, "JOURNAL_FROM", 0)
        real = loop_drive(fs=fs)
        drive = add_drive(path=real.path)
        title, _, _ = make_movie()
        fence = drive.take_fence()
        for name in "AB":
            made = copied(title, f"Movies/{name}.mkv")
            record_copied(drive=drive, copied=[made], fence=fence)
            flush(drive)
        real.unmount()
        real.mount()

        assert len(read(real.path).files) == 2
