"""Many small files through the whole queue, and a second run that finds nothing to do.

    python -m benchmarks.small_files [--files 5000] [--known 20000] [--runs 5]

Each file of 100 kB is planned, copied, read back, journaled, recorded, told to the manifest.
Three yardsticks, taken in turns with it: `rsync -a` and one flush at the end, which verifies
and records nothing; `rsync -a --fsync` and `rsync -c` out of memory, which promises about the
same; and the least that any program must do that reads back: read, write, one flush, read
again, with nothing hashed, renamed or recorded. A drive that is not verified is measured too:
it promises what `rsync -a` does. Seconds of the processor are told beside the others: those do
not depend on who else works on the machine.
"""

import argparse
import os
import resource
import shutil
import statistics
import tempfile
from collections.abc import Callable
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
    parser.add_argument("--runs", type=int, default=5)
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
    library, there = folder / "library", folder / "theirs"
    _make_library(library, files)
    ways: dict[str, Callable[[], float]] = {
        "Drivearr, verified and recorded": lambda: _copy_all(there, files),
        "Drivearr, recorded only": lambda: _copy_all(there, files, verifies=False),
        "rsync -a, one flush": lambda: seconds_of(lambda: _rsync(library, there)),
        "rsync -a --fsync, rsync -c": lambda: seconds_of(
            lambda: _rsync_and_check(library, there)
        ),
        "write, one flush, read back": lambda: seconds_of(
            lambda: _write_and_read(library, there)
        ),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    before = _memory_mb()
    for _ in range(runs):
        for name, deed in ways.items():
            drop_caches()
            begun = _processor_seconds()
            seconds = deed()
            taken[name].append((seconds, _processor_seconds() - begun))
            shutil.rmtree(there)
    wall, work = (
        {name: _medians(took)[at] for name, took in taken.items()} for at in (0, 1)
    )
    mine, plain = list(ways)[:2]
    table(
        f"{files} files of {FILE_BYTES // 1000} kB, cold, medians of {runs} ({machine()})",
        [
            ("", "seconds", "processor", "files/s", "verified is", "recorded is"),
            *(
                (
                    name,
                    f"{wall[name]:.1f}",
                    f"{work[name]:.1f}",
                    f"{files / wall[name]:.0f}",
                    f"{wall[mine] / wall[name]:.2f} x",
                    f"{wall[plain] / wall[name]:.2f} x",
                )
                for name in ways
            ),
        ],
    )
    print(
        f"  memory of the worker: {before:.0f} MB before, {_memory_mb():.0f} MB at most"
    )


def _medians(took: list[tuple[float, float]]) -> tuple[float, float]:
    seconds, work = zip(*took, strict=True)
    return statistics.median(seconds), statistics.median(work)


def _processor_seconds() -> float:
    own, others = (
        resource.getrusage(who)
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def _write_and_read(library: Path, target: Path) -> None:
    """Do the least that anybody must who reads back: no hash, no name, no record."""
    made: list[Path] = []
    for path in sorted(library.glob("*/*")):
        folder = target / path.parent.name
        folder.mkdir(parents=True)
        (folder / path.name).write_bytes(path.read_bytes())
        made.append(folder / path.name)
    run("sync", "-f", target)
    for path in made:
        fd = os.open(path, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.read(fd, FILE_BYTES)
        os.close(fd)


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


def _copy_all(place: Path, files: int, *, verifies: bool = True) -> float:
    from drivearr.lib.progress import SilentProgress
    from syncqueue.services.draining import copy_to_drive
    from syncqueue.services.wishing import add_missing

    drive = _make_drive(place)
    if not verifies:
        drive.verification = drive.Verification.NONE
        drive.save(update_fields=["verification"])
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
    from drives.services.manifesting import write_manifest
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
