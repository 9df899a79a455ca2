"""What telling a drive costs: each copied file with a journal, and written whole.

And how long a drive's contents take to be there when it is plugged in, known or new.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measuring import machine, table

DIGESTS = 16
"""Of blocks of 64 MiB: files of 1 GB."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--attach-files", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _prepare(Path(folder))
        rows = [
            *_telling(Path(folder) / "telling", asked.files, asked.runs),
            *_attaching(Path(folder) / "attaching", asked.attach_files, asked.runs),
        ]
    print(machine())
    table("Telling and attaching: median s, written kB", rows)


def _prepare(folder: Path) -> None:
    os.environ["DRIVEARR_DATA_DIR"] = str(folder / "data")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drivearr.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _make_drive(place: Path, files: int) -> Any:
    """Return a folder drive that holds so many films, as rows and in its manifest."""
    from drivearr.lib.rootfolder import RootFolder
    from drives.models import Drive, DriveFile
    from drives.services.manifesting import write_manifest
    from drives.services.registering import add_drive
    from library.models import Title

    place.mkdir()
    drive = add_drive(path=place, name=place.name, folder=True)
    titles = Title.objects.bulk_create(
        Title(
            kind="MOVIE",
            identity_key=f"{place.name}-{number}",
            name=f"Film {number}",
            sort_name=f"film {number}",
            year=2000,
        )
        for number in range(files)
    )
    DriveFile.objects.bulk_create(
        DriveFile(
            drive=drive,
            relpath=f"Movies/{title.name} (2000)/{title.name} (2000).mkv",
            origin="OURS",
            size_bytes=4_000_000_000,
            sha256="ab" * 32,
            block_digests=["cd" * 32] * DIGESTS,
            title=title,
        )
        for title in titles
    )
    with RootFolder.open_at(place) as root:
        write_manifest(drive=drive, root=root)
    return Drive.objects.get(pk=drive.pk)


def _telling(place: Path, files: int, runs: int) -> list[tuple[str, ...]]:
    from drives.models import Drive
    from drives.services.manifesting import flush_manifest
    from drives.services.opening import open_drive
    from drives.services.recording import Copied, record_copied
    from library.models import Title

    drive = _make_drive(place, files)
    title = Title.objects.order_by("pk").first()
    assert title is not None
    fence = drive.take_fence()
    with open_drive(drive=drive) as opened:

        def tell(number: int, *, is_whole: bool) -> None:
            copied = Copied(
                relpath=f"Movies/New/{number}.mkv",
                size_bytes=1,
                mtime_ns=10**18,
                sha256="ab" * 32,
                block_digests=["cd" * 32] * DIGESTS,
                verified_by="DEVICE",
                title=title.pk,
                title_name=title.label,
                item_ids=[],
            )
            record_copied(drive=drive, copied=[copied], fence=fence)
            Drive.objects.filter(pk=drive.pk).update(manifest_whole_is_due=is_whole)
            flush_manifest(drive=drive, open_drive=opened)

        tell(0, is_whole=True)
        return [
            _row(
                f"{files} files, one more: {'whole' if is_whole else 'journal'}",
                [
                    _timed(partial(tell, n, is_whole=is_whole))
                    for n in range(1 + runs * is_whole, 1 + runs * (1 + is_whole))
                ],
                _whole_bytes(place) if is_whole else _journal_bytes(place, runs),
            )
            for is_whole in (True, False)
        ]


def _attaching(place: Path, files: int, runs: int) -> list[tuple[str, ...]]:
    from drives.models import Drive
    from drives.services.attaching import look_for_drives
    from drives.services.listing import list_contents
    from drives.services.registering import add_drive

    drive = _make_drive(place, files)
    away = place.with_name("drawer")

    def leave() -> None:
        place.rename(away)
        look_for_drives()
        away.rename(place)

    def come_back() -> None:
        look_for_drives()
        assert drive.attachments.current().exists()
        list_contents(drive=drive)

    known, new = [], []
    for _ in range(runs):
        leave()
        known.append(_timed(come_back))
    for _ in range(runs):
        Drive.objects.filter(pk=drive.pk).delete()

        def meet() -> None:
            nonlocal drive
            drive = add_drive(path=place, folder=True)
            list_contents(drive=drive)

        new.append(_timed(meet))
    assert drive.files.count() == files
    return [
        _row(f"attach, {files} files, known drive", known, 0),
        _row(f"attach, {files} files, from its manifest alone", new, 0),
    ]


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _whole_bytes(place: Path) -> int:
    return 2 * (place / ".drivearr-manifest.json").stat().st_size


def _journal_bytes(place: Path, runs: int) -> int:
    return (place / ".drivearr/journal").stat().st_size // runs


def _row(what: str, seconds: list[float], size_bytes: int) -> tuple[str, ...]:
    return (what, f"{statistics.median(seconds):.3f}", f"{size_bytes / 1000:.1f}")


if __name__ == "__main__":
    main()
