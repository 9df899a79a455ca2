"""A household on its busiest evening: everything is under way, and some of it went wrong."""

from datetime import timedelta

from django.utils import timezone

from drivearr.jobs.models import Job
from drives.models import Attachment, Drive
from library.models import MediaFile
from plexlink.models import PlexLibrary, PlexServer
from syncqueue.models import Copy, QueueItem
from tests.scenes.household import GB, Household, put

FOLDERS, FILES_EACH = 8, 3
TROUBLES = (
    ("SOURCE_CHANGED", "The file changed while it was being copied.", "Try again."),
    (
        "VERIFY_FAILED",
        "What was read back is not what was written.",
        "Look at the health of the drive before anything else is put there.",
    ),
    (
        "NAME_TOO_LONG",
        "Its name is longer than the drive takes.",
        "Give the title a shorter name, or choose another drive.",
    ),
)


def crowd(home: Household) -> None:
    """Fill a furnished household up: many files nobody knows, copies that failed, drives
    in the drawer, work of every kind under way.
    """
    _unmatched(home)
    _drawer(home)
    _wishes(home)
    _jobs(home)


def _unmatched(home: Household) -> None:
    for folder in range(FOLDERS):
        for number in range(FILES_EACH):
            MediaFile.objects.create(
                root=home.roots[number % 2],
                relpath=f"Old disks/Tape {folder:02}/reel-{number}.S01E0{number}.avi",
                size_bytes=GB,
                mtime_ns=1,
                match_state="UNMATCHED",
                match_reason="No title of that name",
                parsed={"title": f"Tape {folder:02}"},
            )


def _drawer(home: Household) -> None:
    now = timezone.now()
    for number, name in enumerate(
        ("Boat", "Aunt Clara’s blue one", "Old 500", "Spare")
    ):
        drive = Drive.objects.create(
            name=name,
            last_seen_at=now - timedelta(days=90 * (number + 1)),
            health="FAILING" if name == "Old 500" else "GOOD",
            health_reason="Reading back gave other bytes." if name == "Old 500" else "",
            trouble="It could not be mounted." if name == "Old 500" else "",
        )
        Attachment.objects.create(
            drive=drive,
            host="attic",
            path=f"/media/{number}",
            total_bytes=500 * GB,
            free_bytes=12 * GB,
            attached_at=now - timedelta(days=90 * (number + 1)),
            detached_at=now - timedelta(days=90 * (number + 1)),
        )
        for title in home.titles[number : number + 8]:
            put(drive, title)
        home.drives.append(drive)


def _wishes(home: Household) -> None:
    car, cabin = home.drives[0], home.drives[1]
    wished = set(QueueItem.objects.values_list("drive", "title"))
    free = [title for title in home.titles if (cabin.pk, title.pk) not in wished]
    for number, title in enumerate(free[:30]):
        state = "FAILED" if number < len(TROUBLES) else "WAITING"
        code, message, advice = TROUBLES[number % len(TROUBLES)]
        is_failed = state == "FAILED"
        QueueItem.objects.create(
            drive=cabin,
            title=title,
            state=state,
            created_by=home.member if number % 2 else home.owner,
            error_code=code if is_failed else "",
            error_message=message if is_failed else "",
            error_advice=advice if is_failed else "",
        )
    for drive in (cabin, home.drives[3]):
        title = next(each for each in free[31:] if each.media_files.exists())
        wish = QueueItem.objects.create(drive=drive, title=title, state="COPYING")
        for position, file in enumerate(title.media_files.all()):
            Copy.objects.create(
                queue_item=wish,
                drive=drive,
                media_file=file,
                source_path=f"{file.root.path}/{file.relpath}",
                relpath=f"Videos/{file.relpath}",
                position=position,
                size_bytes=file.size_bytes,
                state="COPYING" if position == 0 else "QUEUED",
                attempts=1,
                durable_bytes=file.size_bytes // 3 if position == 0 else 0,
                bytes_per_second=21_400_000,
            )
    for title in free[:12]:
        if (car.pk, title.pk) not in wished:
            QueueItem.objects.create(drive=car, title=title)
    # Since the afternoon.
    QueueItem.objects.update(changed_at=timezone.now() - timedelta(hours=5))


def _jobs(home: Household) -> None:
    works = [
        ("syncqueue.copy", home.drives[0].subject, "Charade (1963)", 4_100_000_000),
        (
            "syncqueue.copy",
            home.drives[1].subject,
            "Harbour Lights S02E04",
            900_000_000,
        ),
        ("drives.verify", home.drives[3].subject, "Movies/Metropolis (1927)", 80 * GB),
        ("library.identify", "", "Tape 03", 24),
        ("library.probe", "", "films/Detour (1945)", 51),
    ]
    for kind, subject, note, total in works:
        home.jobs.append(_running(kind, subject, note, total))
    server = PlexServer.objects.create(
        machine_id="busy", name="Living room", state=PlexServer.State.ONLINE
    )
    for key, name in enumerate(("Movies", "Shows", "Home videos"), start=1):
        library = PlexLibrary.objects.create(
            server=server, key=str(key), name=name, kind="MOVIES", is_enabled=True
        )
        home.jobs.append(_running("plexlink.sync", library.subject, name, 4_100))


def _running(kind: str, subject: str, note: str, total: int) -> Job:
    now = timezone.now()
    return Job.objects.create(
        kind=kind,
        subject=subject,
        state="RUNNING",
        started_at=now - timedelta(minutes=4),
        heartbeat_at=now,
        progressed_at=now,
        done=total // 3,
        total=total,
        unit="BYTES" if total > 10**6 else "FILES",
        note=note,
        worker="attic:311:ab12cd34",
    )
