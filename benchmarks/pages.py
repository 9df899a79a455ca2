"""How long the server works on each page, with all middleware.

python -m benchmarks pages [--titles 20000] [--drives 20] [--runs 15]

"first": with nothing remembered. Promised: 50 ms in the median with 20,000 titles, 100,000 files and 20 drives.
"""

import argparse
import gc
import os
import shutil
import statistics
import tempfile
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import machine, seconds_of, table
from drivearr.lib.remembering import forget_all
from drivearr.processes.nursery import GC_THRESHOLDS

if TYPE_CHECKING:
    from django.test import Client

    from drives.models import Drive

SHARE_ON_DRIVE = 3
"""Every third file lies on the drive."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--titles", type=int, default=20_000)
    parser.add_argument("--drives", type=int, default=20)
    parser.add_argument("--runs", type=int, default=15)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="drivearr-bench-"))
    os.environ["DRIVEARR_DATA_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "drivearr.settings"
    try:
        _measure(asked.titles, asked.drives, asked.runs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(titles: int, drives: int, runs: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks.households import fill_library

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    fill_library(movies=titles * 4 // 5, shows=titles // 5, episodes=21)
    for number in range(1, drives):
        _fill_drive(f"Shelf {number}", share=drives, first=number)
    drive = _fill_drive("Bench", share=SHARE_ON_DRIVE)
    _wish(drive)
    client = _signed_in()
    # As the nursery does with what every part shares.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    rows: list[tuple[str, ...]] = [("", "first ms", "median ms", "slowest ms", "KiB")]
    for name, url in _pages(drive).items():
        rows.append((name, *_time(client, url, runs)))
    table(
        f"Pages at {titles} titles, {drives} drives, SQLite, {runs} runs ({machine()})",
        rows,
    )


def _time(client: "Client", url: str, runs: int) -> tuple[str, ...]:
    forget_all()
    begun = time.perf_counter()
    answer = client.get(url)
    first = (time.perf_counter() - begun) * 1000
    assert answer.status_code == HTTPStatus.OK, (url, answer.status_code)
    taken = [seconds_of(lambda: client.get(url)) * 1000 for _ in range(runs)]
    size = len(answer.content) / 1024
    figures = (first, statistics.median(taken), max(taken), size)
    return tuple(f"{figure:.0f}" for figure in figures)


def _pages(drive: "Drive") -> dict[str, str]:
    from django.urls import reverse

    from library.models import Title

    show = Title.objects.filter(kind=Title.Kind.SHOW).latest("pk")
    titles = reverse("title_list")
    return {
        "dashboard": reverse("dashboard"),
        "titles, first page": titles,
        "titles, a middle page": f"{titles}?page=40",
        "titles, movies only": f"{titles}?kind=MOVIE",
        "titles, searched": f"{titles}?q=lantern+77",
        "title, a show": reverse("title_detail", args=[show.pk]),
        "unmatched": reverse("unmatched_list"),
        "drives": reverse("drive_list"),
        "drive": reverse("drive_detail", args=[drive.pk]),
        "drive's files": reverse("drive_files", args=[drive.pk]),
        "queue, 500 wishes": reverse("queue"),
        "plan": reverse("plan_detail", args=[drive.pk]),
        "folders": reverse("root_list"),
        "jobs": reverse("job_list"),
    }


def _fill_drive(name: str, *, share: int, first: int = 0) -> "Drive":
    """Make a drive that holds every `share`-th file."""
    from drives.models import Attachment, Drive, DriveFile, DriveFileItem
    from library.models import MediaFileItem

    drive = Drive.objects.create(name=name, is_folder=True)
    Attachment.objects.create(
        drive=drive, host="bench", path="/bench", total_bytes=10**15, free_bytes=10**15
    )
    links = MediaFileItem.objects.select_related("media_file")
    chosen = [link for n, link in enumerate(links) if n % share == first]
    files = [
        DriveFile(
            drive=drive,
            relpath=link.media_file.relpath,
            origin=DriveFile.Origin.OURS,
            size_bytes=link.media_file.size_bytes,
            media_file=link.media_file,
            title_id=link.media_file.title_id,
            source_fingerprint=link.media_file.fingerprint,
        )
        for link in chosen
    ]
    DriveFile.objects.bulk_create(files, batch_size=500)
    DriveFileItem.objects.bulk_create(
        (
            DriveFileItem(drive_file=file, item_id=link.item_id)
            for file, link in zip(files, chosen, strict=True)
        ),
        batch_size=500,
    )
    return drive


def _wish(drive: "Drive") -> None:
    """Make 500 wishes for a drive."""
    from library.models import Title
    from syncqueue.models import QueueItem

    QueueItem.objects.bulk_create(
        QueueItem(drive=drive, title=title)
        for title in Title.objects.order_by("-pk")[:500]
    )


def _signed_in() -> "Client":
    from django.contrib.auth import get_user_model
    from django.test import Client

    owner = get_user_model().objects.create_superuser("owner", password="bench")  # noqa: S106
    client = Client(SERVER_NAME="localhost", headers={"accept-encoding": "gzip"})
    client.force_login(owner)
    return client


if __name__ == "__main__":
    main()
