"""Verifying reads what the drive really holds, and believes nothing else."""

import errno
import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest
from blake3 import blake3
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.lib.progress import Cancelled, SilentProgress
from drivearr.lib.rootfolder import RootFolder
from drives import reading
from drives.models import Drive, DriveFile, DriveScan
from drives.reading import PIECE_BYTES, Device, FileUnreadable, read_back
from drives.services import partway, verifying
from drives.services.attaching import look_for_drives
from drives.services.opening import DriveGone
from drives.services.registering import add_drive
from drives.services.scanning import scan_drive
from drives.services.verifying import start_verify, verify_drive
from tests.mounts import LoopDriveMaker


def nobody(_amount: int) -> None:
    pass


def back(path: Path, device: Device | None = None) -> reading.ReadBack:
    with RootFolder.open_at(path.parent) as root:
        return read_back(root, path.name, device=device or Device(), tell=nobody)


class TestReadBack:
    @pytest.mark.parametrize(
        "size", [0, 1, 4096, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 4097]
    )
    def test_gives_the_digests_of_what_is_there(
        self, tmp_path: Path, size: int
    ) -> None:
        data = os.urandom(size)
        (tmp_path / "file").write_bytes(data)

        found = back(tmp_path / "file")

        assert found.size_bytes == size
        assert found.sha256 == hashlib.sha256(data).hexdigest()
        whole = (blake3(data).hexdigest(),) if size else ()
        assert found.block_digests == whole
        assert found.verified_by == "CACHE"

    def test_names_each_block(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "BLOCK_BYTES", 8192)
        monkeypatch.setattr(reading, "PIECE_BYTES", 4096)
        data = os.urandom(20_000)
        (tmp_path / "file").write_bytes(data)

        digests = back(tmp_path / "file").block_digests

        wanted = [data[:8192], data[8192:16384], data[16384:]]
        assert digests == tuple(blake3(each).hexdigest() for each in wanted)

    def test_tells_every_byte(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x" * (PIECE_BYTES + 5))
        told: list[int] = []

        with RootFolder.open_at(tmp_path) as root:
            read_back(root, "file", device=Device(), tell=told.append)

        assert told == [PIECE_BYTES, 5]

    def test_stops_when_the_listener_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x" * (3 * PIECE_BYTES))

        def stop(_amount: int) -> None:
            raise Cancelled

        with RootFolder.open_at(tmp_path) as root, pytest.raises(Cancelled):
            read_back(root, "file", device=Device(), tell=stop)

    def test_reads_no_fifo_and_no_link(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        (tmp_path / "link").symlink_to("/etc/passwd")

        with pytest.raises(FileUnreadable):
            back(tmp_path / "fifo")
        with pytest.raises(OSError):
            back(tmp_path / "link")

    def test_notices_a_file_that_becomes_shorter(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"x" * (4 * PIECE_BYTES))

        with RootFolder.open_at(tmp_path) as root, pytest.raises(FileUnreadable):
            read_back(
                root,
                "file",
                device=Device(),
                tell=lambda _: os.truncate(path, 10),
            )

    def test_reads_short_pieces_to_the_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = os.urandom(100_000)
        (tmp_path / "file").write_bytes(data)
        real = os.preadv

        def short(fd: int, views: list[memoryview], offset: int) -> int:
            if offset % 4096:
                raise OSError(errno.EINVAL, "Invalid argument")
            return real(fd, [views[0][:4096]], offset)

        monkeypatch.setattr(os, "preadv", short)

        assert back(tmp_path / "file").sha256 == hashlib.sha256(data).hexdigest()


@pytest.fixture
def film(drive: Drive, place: Path) -> DriveFile:
    """A file that we wrote, with its hashes."""
    return put(drive, place)


def put(
    drive: Drive, place: Path, size: int = 100_000, relpath: str = "Movies/A.mkv"
) -> DriveFile:
    data = os.urandom(size)
    (place / "Movies").mkdir(exist_ok=True)
    path = place / relpath
    path.write_bytes(data)
    about = path.stat()
    return DriveFile.objects.create(
        drive=drive,
        relpath=relpath,
        origin="OURS",
        size_bytes=about.st_size,
        mtime_ns=about.st_mtime_ns,
        sha256=hashlib.sha256(data).hexdigest(),
        block_digests=[blake3(data).hexdigest()],
    )


def verify(drive: Drive, progress: SilentProgress | None = None) -> DriveScan:
    return verify_drive(drive_id=drive.pk, progress=progress or SilentProgress())


def damage(path: Path, at: int = 5000) -> None:
    """Change one bit and nothing that shows."""
    about = path.stat()
    with path.open("r+b") as stream:
        stream.seek(at)
        byte = stream.read(1)[0]
        stream.seek(at)
        stream.write(bytes([byte ^ 1]))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


@pytest.mark.django_db
class TestVerifyDrive:
    def test_says_that_all_is_well(self, drive: Drive, film: DriveFile) -> None:
        progress = SilentProgress()

        scan = verify(drive, progress)

        film.refresh_from_db()
        assert film.verified_at is not None
        assert film.verified_by in {"CACHE", "DEVICE"}
        assert (scan.kind, scan.seen, scan.altered, scan.errors) == ("VERIFY", 1, 0, 0)
        assert progress.done == progress.total == 100_000
        line = drive.history.get(action="VERIFIED")
        assert line.size_bytes == 100_000
        assert drive.health_readings.get().verdict == "GOOD"

    def test_finds_a_bit_that_flipped(
        self, drive: Drive, film: DriveFile, place: Path
    ) -> None:
        damage(place / film.relpath)
        progress = SilentProgress()

        scan = verify(drive, progress)

        film.refresh_from_db()
        drive.refresh_from_db()
        assert (film.state, film.verified_at) == ("ALTERED", None)
        assert film.damaged_at is not None
        assert (scan.altered, scan.errors) == (1, 1)
        assert progress.issues[0][0].code == "CONTENT_DIFFERS"
        assert "block 1 of 1" in progress.issues[0][0].message
        assert drive.health == "FAILING"
        assert drive.health_readings.get().source == "read-back"
        assert drive.history.get(action="FAILED").code == "CONTENT_DIFFERS"

    def test_is_not_forgotten_by_the_next_scan(
        self, drive: Drive, film: DriveFile, place: Path
    ) -> None:
        damage(place / film.relpath)
        verify(drive)

        scan_drive(drive_id=drive.pk, progress=SilentProgress())

        film.refresh_from_db()
        assert film.state == "ALTERED"

    def test_takes_it_back_when_it_reads_right_again(
        self, drive: Drive, film: DriveFile, place: Path
    ) -> None:
        damage(place / film.relpath)
        verify(drive)
        damage(place / film.relpath)

        verify(drive)

        film.refresh_from_db()
        assert (film.state, film.damaged_at) == ("PRESENT", None)

    def test_blames_no_drive_for_a_file_that_a_person_changed(
        self, drive: Drive, film: DriveFile, place: Path
    ) -> None:
        (place / film.relpath).write_bytes(b"my own cut")
        scan_drive(drive_id=drive.pk, progress=SilentProgress())
        progress = SilentProgress()

        verify(drive, progress)

        drive.refresh_from_db()
        assert drive.health == "UNKNOWN"
        assert progress.issues[0][0].code == "CHANGED_SINCE"

    def test_says_that_a_file_is_gone(
        self, drive: Drive, film: DriveFile, place: Path
    ) -> None:
        (place / film.relpath).unlink()

        assert verify(drive).vanished == 1
        film.refresh_from_db()
        assert film.state == "VANISHED"

    def test_goes_on_after_a_file_that_cannot_be_read(
        self, drive: Drive, film: DriveFile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(verifying, "read_back", fail)
        progress = SilentProgress()

        scan = verify(drive, progress)

        drive.refresh_from_db()
        assert scan.errors == 1
        assert drive.health == "FAILING"
        assert progress.issues[0][0].code == "DRIVE_FILE_UNREADABLE"

    def test_stops_when_the_drive_is_gone(
        self, drive: Drive, film: DriveFile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError(errno.ENODEV, "No such device")

        monkeypatch.setattr(verifying, "read_back", fail)

        with pytest.raises(DriveGone):
            verify(drive)
        film.refresh_from_db()
        assert film.state == "PRESENT"

    def test_keeps_what_was_found_before_it_was_stopped(
        self, drive: Drive, film: DriveFile
    ) -> None:
        class Stopping(SilentProgress):
            def check(self) -> None:
                if self.done:
                    raise Cancelled

        with pytest.raises(Cancelled):
            verify(drive, Stopping())

        assert drive.scans.get().finished_at is not None

    def test_is_queued_by_drive(self, drive: Drive) -> None:
        job = start_verify(drive_id=drive.pk)

        assert (job.kind, job.subject) == ("drives.verify", drive.subject)


class StopsAfter(SilentProgress):
    """Stops in the second file."""

    def check(self) -> None:
        if self.done > 100_000:
            raise Cancelled


BLOCK = 64 * 1024


class StopsWithin(SilentProgress):
    """Stops after so many bytes."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    def check(self) -> None:
        if self.done >= self.after:
            raise Cancelled


def watch_reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the list that all offsets will be put in that are read from drives."""
    read: list[int] = []
    real = os.preadv

    def watched(fd: int, views: list[memoryview], offset: int) -> int:
        read.append(offset)
        return real(fd, views, offset)

    monkeypatch.setattr(os, "preadv", watched)
    return read


@pytest.mark.django_db
class TestStoppedVerification:
    @pytest.fixture
    def films(self, drive: Drive, place: Path) -> list[DriveFile]:
        return [put(drive, place, relpath=f"Movies/{name}.mkv") for name in "ABC"]

    def test_goes_on_where_it_stopped(
        self, drive: Drive, films: list[DriveFile]
    ) -> None:
        with pytest.raises(Cancelled):
            verify(drive, StopsAfter())
        first = drive.scans.get()
        progress = SilentProgress()

        second = verify(drive, progress)

        assert (first.is_complete, second.is_complete) == (False, True)
        assert second.pass_began_at == first.started_at
        assert second.seen == 2
        assert progress.total == 200_000

    def test_does_not_read_a_damaged_file_again(
        self, drive: Drive, films: list[DriveFile], place: Path
    ) -> None:
        damage(place / films[0].relpath)
        with pytest.raises(Cancelled):
            verify(drive, StopsAfter())

        assert verify(drive).seen == 2
        drive.refresh_from_db()
        assert drive.health == "FAILING"

    def test_begins_anew_once_all_was_read(
        self, drive: Drive, films: list[DriveFile]
    ) -> None:
        verify(drive)

        assert verifying.find_unfinished(drive) is None
        assert verify(drive).seen == 3

    def test_begins_anew_when_told(self, drive: Drive, films: list[DriveFile]) -> None:
        with pytest.raises(Cancelled):
            verify(drive, StopsAfter())

        scan = verify_drive(
            drive_id=drive.pk, progress=SilentProgress(), since=timezone.now()
        )

        assert scan.seen == 3

    @pytest.fixture
    def long_film(
        self, drive: Drive, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> DriveFile:
        """Ten blocks and a bit, of 64 KiB each."""
        monkeypatch.setattr(reading, "BLOCK_BYTES", BLOCK)
        monkeypatch.setattr(reading, "PIECE_BYTES", BLOCK // 4)
        monkeypatch.setattr(partway, "KEPT_SECONDS", 0.0)
        film = put(drive, place, size=10 * BLOCK + 4097)
        data = (place / film.relpath).read_bytes()
        film.block_digests = [
            blake3(data[at : at + BLOCK]).hexdigest()
            for at in range(0, len(data), BLOCK)
        ]
        film.save()
        return film

    @pytest.mark.parametrize("ends", ["stopped", "killed"])
    def test_goes_on_within_a_file(
        self,
        drive: Drive,
        long_film: DriveFile,
        monkeypatch: pytest.MonkeyPatch,
        ends: str,
    ) -> None:
        with monkeypatch.context() as patched:
            if ends == "killed":
                patched.setattr(verifying, "_conclude", lambda *_: None)
            with pytest.raises(Cancelled):
                verify(drive, StopsWithin(7 * BLOCK))
        read = watch_reads(monkeypatch)

        scan = verify(drive)

        long_film.refresh_from_db()
        assert (scan.altered, scan.errors, scan.partway) == (0, 0, {})
        assert min(read) == 7 * BLOCK
        assert long_film.verified_at is not None
        assert len(long_film.block_digests) == 11

    def test_finds_what_is_bad_behind_the_place(
        self, drive: Drive, long_film: DriveFile, place: Path
    ) -> None:
        with pytest.raises(Cancelled):
            verify(drive, StopsWithin(7 * BLOCK))
        damage(place / long_film.relpath, at=9 * BLOCK + 5)
        progress = SilentProgress()

        assert verify(drive, progress).altered == 1
        assert "block 10 of 11" in progress.issues[0][0].message

    def test_does_not_pass_over_what_was_bad_before_the_place(
        self, drive: Drive, long_film: DriveFile, place: Path
    ) -> None:
        damage(place / long_film.relpath, at=2 * BLOCK + 5)
        with pytest.raises(Cancelled):
            verify(drive, StopsWithin(7 * BLOCK))
        progress = SilentProgress()

        assert verify(drive, progress).altered == 1
        assert "block 3 of 11" in progress.issues[0][0].message

    @pytest.mark.parametrize("what", ["its time", "its record", "asked afresh"])
    def test_begins_a_file_anew_when_it_is_another(
        self,
        drive: Drive,
        long_film: DriveFile,
        place: Path,
        monkeypatch: pytest.MonkeyPatch,
        what: str,
    ) -> None:
        with pytest.raises(Cancelled):
            verify(drive, StopsWithin(7 * BLOCK))
        since = None
        if what == "its time":
            os.utime(place / long_film.relpath, ns=(5, 5))
        elif what == "its record":
            DriveFile.objects.update(sha256="ab" * 32)
        else:
            since = timezone.now()
        read = watch_reads(monkeypatch)

        verify_drive(drive_id=drive.pk, progress=SilentProgress(), since=since)

        assert min(read) == 0

    def test_runs_again_under_the_same_job(
        self, drive: Drive, films: list[DriveFile]
    ) -> None:
        job = start_verify(drive_id=drive.pk)
        with pytest.raises(Cancelled):
            verify_drive(drive_id=drive.pk, progress=StopsAfter(), job=job)

        scan = verify_drive(drive_id=drive.pk, progress=SilentProgress(), job=job)

        assert (scan.seen, scan.job) == (2, job)


@pytest.mark.django_db
class TestIsDue:
    @pytest.fixture
    def old(self, film: DriveFile) -> DriveFile:
        long_ago = timezone.now() - timedelta(days=91)
        DriveFile.objects.update(copied_at=long_ago, verified_at=long_ago)
        return film

    def test_of_files_nobody_read_for_long(self, drive: Drive, old: DriveFile) -> None:
        assert verifying.start_due() == [drive]
        job = Job.objects.get(kind="drives.verify")
        assert (job.subject, job.trigger) == (drive.subject, "SCHEDULE")

    def test_not_when_all_was_read(self, drive: Drive, old: DriveFile) -> None:
        verify(drive)

        assert not verifying.is_due(drive)

    def test_not_of_new_copies(self, drive: Drive, old: DriveFile) -> None:
        DriveFile.objects.update(copied_at=timezone.now())

        assert not verifying.is_due(drive)

    def test_not_when_the_profile_says_never(
        self, drive: Drive, old: DriveFile
    ) -> None:
        drive.verify_days = 0

        assert not verifying.is_due(drive)

    def test_again_when_the_drive_was_pulled_in_the_middle(
        self, drive: Drive, old: DriveFile
    ) -> None:
        with pytest.raises(Cancelled):
            verify(drive, StopsAtOnce())

        assert verifying.is_due(drive)

    def test_not_soon_after_a_person_stopped_it(
        self, drive: Drive, old: DriveFile
    ) -> None:
        job = start_verify(drive_id=drive.pk)
        with pytest.raises(Cancelled):
            verify_drive(drive_id=drive.pk, progress=StopsAtOnce(), job=job)
        assert job.cancel(now=timezone.now())

        assert not verifying.is_due(drive)

    def test_not_of_a_drive_in_the_drawer(self, drive: Drive, old: DriveFile) -> None:
        drive.attachments.update(detached_at=timezone.now())

        assert verifying.start_due() == []


class StopsAtOnce(SilentProgress):
    """Stops before the first file."""

    def check(self) -> None:
        raise Cancelled


@pytest.mark.root
@pytest.mark.django_db
class TestRealDrive:
    @pytest.mark.parametrize("fs", ["ext4", "exfat", "ntfs"])
    def test_reads_from_the_device_itself(
        self, loop_drive: LoopDriveMaker, fs: str
    ) -> None:
        real = loop_drive(fs=fs)
        drive = add_drive(path=real.path)
        film = put(drive, real.path, size=8 * 1024**2 + 123)
        with (real.path / film.relpath).open("rb") as stream:
            os.fsync(stream.fileno())

        verify(drive)

        film.refresh_from_db()
        assert film.verified_by == "DEVICE"

    def test_works_on_a_read_only_drive(self, loop_drive: LoopDriveMaker) -> None:
        real = loop_drive()
        drive = add_drive(path=real.path)
        film = put(drive, real.path)
        real.unmount()
        look_for_drives()
        real.mount(read_only=True)
        look_for_drives()

        verify(drive)

        film.refresh_from_db()
        drive.refresh_from_db()
        assert film.verified_at is not None
        assert drive.manifest_is_due
