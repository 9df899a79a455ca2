"""Many small files through the whole queue, and a second run that finds nothing to do.

    python -m benchmarks.small_files [--files 5000] [--known 20000] [--runs 3]

Each file of 100 kB is planned, copied, read back, journaled, recorded, told to the manifest.
One yardstick is `rsync -a` and one flush at the end, which verifies and records nothing; the
other is `rsync -a --fsync` and `rsync -c` out of memory, which promises about the same.
"""

import argparse
import os
import resource
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import drop_caches, machine, run, seconds_of, table

if TYPE_CHECKING:
    from drives.models import Drive

FILE_BYTES = 100_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--known", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="drivearr-bench-", dir=asked.dir))
    os.environ["DRIVEARR_DATA_DIR"] = str(folder / "data")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drivearr.settings")
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        if asked.files:
            _small_files(folder, asked.files, asked.runs)
        _second_run(folder, asked.known)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _small_files(folder: Path, files: int, runs: int) -> None:
    library = folder / "library"
    _make_library(library, files)
    ours: list[float] = []
    theirs: list[float] = []
    checked: list[float] = []
    before = _memory_mb()
    for number in range(runs):
        drop_caches()
        ours.append(_copy_all(folder / f"ours-{number}", files))
        drop_caches()
        theirs.append(seconds_of(lambda: _rsync(library, folder / "theirs")))
        shutil.rmtree(folder / "theirs")
        drop_caches()
        checked.append(seconds_of(lambda: _rsync_and_check(library, folder / "theirs")))
        shutil.rmtree(folder / "theirs")
        shutil.rmtree(folder / f"ours-{number}")
    mine, other = statistics.median(ours), statistics.median(theirs)
    same = statistics.median(checked)
    table(
        f"{files} files of {FILE_BYTES // 1000} kB, cold, {runs} runs ({machine()})",
        [
            ("", "seconds", "files/s", "Drivearr is"),
            (
                "Drivearr, verified and recorded",
                f"{mine:.1f}",
                f"{files / mine:.0f}",
                "",
            ),
            (
                "rsync -a, one flush",
                f"{other:.1f}",
                f"{files / other:.0f}",
                f"{mine / other:.2f} x",
            ),
            (
                "rsync -a --fsync, rsync -c",
                f"{same:.1f}",
                f"{files / same:.0f}",
                f"{mine / same:.2f} x",
            ),
        ],
    )
    print(
        f"  memory of the worker: {before:.0f} MB before, {_memory_mb():.0f} MB at most"
    )


def _make_library(library: Path, files: int) -> None:
    from library.models import Item, MediaFile, MediaFileItem, Root, Title

    root = Root.objects.create(
        path=str(library), kind=Root.Kind.MOVIES, state="AVAILABLE"
    )
    for number in range(files):
        place = library / f"Film {number}"
        place.mkdir(parents=True)
        (place / f"Film {number}.mkv").write_bytes(os.urandom(FILE_BYTES))
    titles = Title.objects.bulk_create(
        Title(
            kind=Title.Kind.MOVIE,
            name=f"Film {number}",
            sort_name=f"film {number}",
            identity_key=f"bench:{number}",
            year=1950 + number % 70,
        )
        for number in range(files)
    )
    items = Item.objects.bulk_create(Item(title=t, name=t.name) for t in titles)
    rows = MediaFile.objects.bulk_create(
        MediaFile(
            root=root,
            relpath=f"{title.name}/{title.name}.mkv",
            size_bytes=FILE_BYTES,
            mtime_ns=1,
            fingerprint=f"{FILE_BYTES}-{title.name}",
            title=title,
            match_state=MediaFile.Match.MATCHED,
            matched_by=MediaFile.MatchedBy.AUTO,
        )
        for title in titles
    )
    MediaFileItem.objects.bulk_create(
        MediaFileItem(media_file=row, item=item)
        for row, item in zip(rows, items, strict=True)
    )


def _make_drive(place: Path) -> "Drive":
    from drives.models import Drive
    from drives.services.registering import add_drive

    place.mkdir()
    drive = add_drive(path=place, name=place.name, folder=True)
    Drive.objects.filter(pk=drive.pk).update(reserve_bytes=0)
    return Drive.objects.get(pk=drive.pk)


def _copy_all(place: Path, files: int) -> float:
    from drivearr.lib.progress import SilentProgress
    from syncqueue.services.draining import copy_to_drive
    from syncqueue.services.wishing import add_missing

    drive = _make_drive(place)
    add_missing(drive=drive)
    done: list[int] = []

    def deed() -> None:
        summary = copy_to_drive(drive_id=drive.pk, progress=SilentProgress())
        done.append(summary.files_done)

    seconds = seconds_of(deed)
    if done != [files]:
        raise SystemExit(f"Only {done[0]} of {files} files were copied.")
    drive.delete()
    return seconds


def _rsync(library: Path, target: Path) -> None:
    run("rsync", "-a", f"{library}/", target)
    run("sync", "-f", target)


def _rsync_and_check(library: Path, target: Path) -> None:
    run("rsync", "-a", "--fsync", f"{library}/", target)
    drop_caches()
    run("rsync", "-ac", f"{library}/", target)


def _second_run(folder: Path, files: int) -> None:
    """Wish again for all that is on a drive: everything is found there by its rows."""
    from benchmarks.households import fill_library
    from drivearr.lib.progress import SilentProgress
    from drivearr.lib.rootfolder import RootFolder
    from drives.models import DriveFile, DriveFileItem
    from drives.services.recording import write_manifest
    from library.models import MediaFile, MediaFileItem, Title
    from syncqueue.models import QueueItem
    from syncqueue.services.draining import copy_to_drive

    Title.objects.all().delete()
    MediaFile.objects.all().delete()
    fill_library(movies=files, shows=0, episodes=0)
    place = folder / "known"
    drive = _make_drive(place)
    rows = DriveFile.objects.bulk_create(
        (
            DriveFile(
                drive=drive,
                relpath=f"Movies/{file.pk}.mkv",
                origin="OURS",
                size_bytes=file.size_bytes,
                source_fingerprint=file.fingerprint,
                media_file=file,
                title=file.title,
                sha256="ab" * 32,
            )
            for file in MediaFile.objects.select_related("title")
        ),
        batch_size=500,
    )
    held = dict(MediaFileItem.objects.values_list("media_file_id", "item_id"))
    DriveFileItem.objects.bulk_create(
        (
            DriveFileItem(drive_file=row, item_id=held[row.media_file_id or 0])
            for row in rows
        ),
        batch_size=500,
    )
    with RootFolder.open_at(place) as root:
        write_manifest(drive=drive, root=root)
    QueueItem.objects.bulk_create(
        (QueueItem(drive=drive, title=title) for title in Title.objects.all()),
        batch_size=500,
    )
    before = _looks(place)
    seconds = seconds_of(
        lambda: copy_to_drive(drive_id=drive.pk, progress=SilentProgress())
    )
    open_wishes = QueueItem.objects.open().count()
    table(
        f"A second run with {files} files on the drive",
        [
            ("", "seconds", "of the promised 5 s", "wishes left", "written"),
            (
                "all wished for again",
                f"{seconds:.2f}",
                f"{seconds / 5:.2f} x",
                str(open_wishes),
                "nothing" if _looks(place) == before else "something",
            ),
        ],
    )


def _looks(place: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in place.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
