"""A household's rows, made for pages to show: titles, drives, jobs, wishes, trouble."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from drivearr.jobs.models import Job, JobIssue
from drives.models import (
    Attachment,
    Drive,
    DriveFile,
    DriveFileItem,
    HealthReading,
    SyncRecord,
)
from library.models import (
    Artwork,
    Credit,
    ExternalId,
    Genre,
    Item,
    LibraryScan,
    MediaFile,
    MediaFileItem,
    Person,
    Root,
    Season,
    SideFile,
    Studio,
    Title,
)
from library.models.title import fold
from syncqueue.models import Copy, QueueItem

GB = 10**9

MOVIES = [
    ("Nosferatu", 1922, "Horror", 94),
    ("The General", 1926, "Comedy", 79),
    ("Metropolis", 1927, "Science Fiction", 148),
    ("Sunrise", 1927, "Drama", 94),
    ("The Passion of Joan of Arc", 1928, "Drama", 82),
    ("Man with a Movie Camera", 1929, "Documentary", 68),
    ("M", 1931, "Thriller", 109),
    ("City Lights", 1931, "Comedy", 87),
    ("Vampyr", 1932, "Horror", 73),
    ("It Happened One Night", 1934, "Comedy", 105),
    ("The 39 Steps", 1935, "Thriller", 86),
    ("Modern Times", 1936, "Comedy", 87),
    ("The Lady Vanishes", 1938, "Mystery", 96),
    ("His Girl Friday", 1940, "Comedy", 92),
    ("Meshes of the Afternoon", 1943, "Drama", 14),
    ("Detour", 1945, "Crime", 68),
    ("The Stranger", 1946, "Crime", 95),
    ("It’s a Wonderful Life", 1946, "Drama", 130),
    ("D.O.A.", 1950, "Crime", 83),
    ("The Hitch-Hiker", 1953, "Crime", 71),
    ("Beat the Devil", 1953, "Adventure", 89),
    ("Plan 9 from Outer Space", 1957, "Science Fiction", 79),
    ("House on Haunted Hill", 1959, "Horror", 75),
    ("Carnival of Souls", 1962, "Horror", 78),
    ("Charade", 1963, "Mystery", 113),
    ("Night of the Living Dead", 1968, "Horror", 96),
    ("Elephants Dream", 2006, "Animation", 11),
    ("Big Buck Bunny", 2008, "Animation", 10),
    ("Sintel", 2010, "Animation", 15),
    ("Tears of Steel", 2012, "Science Fiction", 12),
    ("Cosmos Laundromat", 2015, "Animation", 12),
    ("Spring", 2019, "Animation", 8),
    ("Sprite Fright", 2021, "Animation", 10),
    ("Die Abenteuer des Prinzen Achmed", 1926, "Animation", 66),
    ("Ōkami no kodomo, ame to yuki to sorekara no nagai nagai namae", 2012, "", 117),
    ("Älskling", 1994, "", 88),
]
SHOWS = [
    ("Harbour Lights", 2017, [6, 8, 8], 2),
    ("The Long Winter", 2020, [10, 10], 0),
    ("Kitchen Nights", 2014, [12, 12, 12, 12], 5),
    ("Signal Box", 2022, [8], 1),
    ("Small Gods of the Valley", 2019, [6, 6], 0),
    ("Midnight Ferry", 2024, [10], 4),
]
OTHERS = [
    ("Summer at the Lake", 2018),
    ("Anna’s Christening", 2021),
    ("Roof Works", None),
]
OVERVIEW = (
    "In a city of towers and tunnels, the son of its master follows a stranger into the "
    "depths and sees what keeps the lights on. What he finds there sets the people below "
    "against the people above, and a machine with a human face between them."
)


@dataclass
class Household:
    """The rows that pages and tests begin from."""

    owner: User
    member: User
    roots: list[Root] = field(default_factory=list)
    titles: list[Title] = field(default_factory=list)
    drives: list[Drive] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)


def furnish(*, posters: bool = False, folder: Path | None = None) -> Household:
    """Make the whole household; `posters` draws pictures into the artwork folder."""
    home = Household(
        owner=User.objects.create_superuser("anna", password="correct horse"),
        member=User.objects.create_user("ben", password="battery staple"),
    )
    chance = random.Random(7)  # the same household each time
    _roots(home, folder or Path("/media"))
    for number, movie in enumerate(MOVIES):
        home.titles.append(_movie(home.roots[0], *movie, chance=chance))
        if posters and number % 6 != 5:
            draw_poster(home.titles[-1])
    for show in SHOWS:
        home.titles.append(_show(home.roots[1], *show, chance=chance))
        if posters:
            draw_poster(home.titles[-1])
    home.titles += [_other(home.roots[2], name, year) for name, year in OTHERS]
    _unmatched(home.roots[0])
    _drives(home, chance)
    _jobs(home)
    _wishes(home)
    return home


def _roots(home: Household, folder: Path) -> None:
    now = timezone.now()
    states = [Root.State.AVAILABLE, Root.State.AVAILABLE, Root.State.HELD]
    names = ["films", "series", "home-videos"]
    for name, kind, state in zip(names, Root.Kind.values, states, strict=True):
        root = Root.objects.create(
            path=str(folder / name),
            kind=kind,
            state=state,
            last_scan_at=now - timedelta(hours=3),
        )
        LibraryScan.objects.create(
            root=root,
            started_at=now - timedelta(hours=3),
            finished_at=now - timedelta(hours=3),
            seen=1200,
            added=4,
            moved=2,
            missing=1,
            unchanged=1190,
        )
        home.roots.append(root)
    home.roots[2].hold(reason="212 of 260 files of this folder are gone.")


def _title(kind: str, name: str, year: int | None, **facts: object) -> Title:
    sort = fold(name.removeprefix("The ").removeprefix("A "))
    return Title.objects.create(
        kind=kind,
        name=name,
        year=year,
        identity_key=f"{kind}:{name}:{year}",
        sort_name=sort,
        search_text=fold(f"{name} {year or ''}"),
        **facts,
    )


def _file(
    root: Root, title: Title, items: list[Item], relpath: str, size: int
) -> MediaFile:
    row = MediaFile.objects.create(
        root=root,
        relpath=relpath,
        size_bytes=size,
        mtime_ns=1,
        title=title,
        fingerprint=f"{size}-{title.pk}-{items[0].pk}",
        resolution="1080p",
        match_state=MediaFile.Match.MATCHED,
        matched_by=MediaFile.MatchedBy.AUTO,
        match_score=0.97,
        match_reason="Name and year fit; one candidate by far the best",
        matched_at=timezone.now(),
    )
    for position, item in enumerate(items):
        MediaFileItem.objects.create(media_file=row, item=item, position=position)
    return row


def _movie(
    root: Root, name: str, year: int, genre: str, minutes: int, *, chance: random.Random
) -> Title:
    title = _title(
        "MOVIE",
        name,
        year,
        runtime_minutes=minutes,
        overview=OVERVIEW if name == "Metropolis" else "",
        tagline="There can be no understanding between the hand and the brain."
        if name == "Metropolis"
        else "",
        rating=7.9,
        content_rating="PG",
        added_at=timezone.now() - timedelta(days=chance.randint(0, 400)),
    )
    if genre:
        title.genres.add(Genre.objects.get_or_create(name=genre)[0])
    item = Item.objects.create(title=title, name=name, runtime_minutes=minutes)
    size = chance.randint(7, 120) * GB // 10
    folder = f"{name} ({year})"
    file = _file(
        root, title, [item], f"{folder}/{name}.{year}.1080p.BluRay.x264.mkv", size
    )
    SideFile.objects.create(
        root=root,
        relpath=f"{folder}/{name}.en.srt",
        kind="SUBTITLE",
        media_file=file,
        size_bytes=80_000,
        mtime_ns=1,
    )
    if name == "Metropolis":
        _credits(title)
    return title


def _credits(title: Title) -> None:
    for place, (name, part) in enumerate(
        [("Brigitte Helm", "Maria"), ("Gustav Fröhlich", "Freder"), ("Alfred Abel", "")]
    ):
        person = Person.objects.create(name=name)
        Credit.objects.create(
            title=title, person=person, role="ACTOR", character=part, position=place
        )
    lang = Person.objects.create(name="Fritz Lang")
    Credit.objects.create(title=title, person=lang, role="DIRECTOR")
    title.studios.add(Studio.objects.create(name="UFA"))
    ExternalId.objects.create(title=title, source="tmdb", value="19")
    ExternalId.objects.create(title=title, source="imdb", value="tt0017136")


def _show(
    root: Root,
    name: str,
    year: int,
    seasons: list[int],
    gaps: int,
    *,
    chance: random.Random,
) -> Title:
    title = _title("SHOW", name, year, overview=OVERVIEW, status="Ended", rating=8.2)
    title.genres.add(Genre.objects.get_or_create(name="Drama")[0])
    words = ["Arrival", "Ebb", "The Letter", "Fog", "Night Shift", "Low Water", "Home"]
    for number, count in enumerate(seasons, start=1):
        season = Season.objects.create(title=title, number=number)
        for episode in range(1, count + 1):
            item = Item.objects.create(
                title=title,
                season=season,
                number=episode,
                name=words[(episode + number) % len(words)],
                air_date=date(year + number - 1, 3, 1) + timedelta(weeks=episode),
                runtime_minutes=48,
            )
            if number == len(seasons) and episode > count - gaps:
                continue
            stem = f"{name}/Season {number:02}/{name} - S{number:02}E{episode:02}.mkv"
            _file(root, title, [item], stem, chance.randint(8, 21) * GB // 10)
    return title


def _other(root: Root, name: str, year: int | None) -> Title:
    title = _title("OTHER", name, year)
    item = Item.objects.create(title=title, name=name)
    _file(root, title, [item], f"{name}.mp4", GB)
    return title


def _unmatched(root: Root) -> None:
    candidates = [
        {
            "source": "tmdb",
            "id": "1091",
            "kind": "MOVIE",
            "name": "The Thing",
            "year": 1982,
            "score": 0.71,
            "overview": "In remote Antarctica, a group of researchers meets a shape-shifter.",
            "poster": "",
        },
        {
            "source": "tmdb",
            "id": "60935",
            "kind": "MOVIE",
            "name": "The Thing",
            "year": 2011,
            "score": 0.69,
            "overview": "A prequel, and the same cold.",
            "poster": "",
        },
    ]
    names = [
        (
            "The Thing/the.thing.dvdrip.avi",
            candidates,
            "SUGGESTED",
            "Two titles fit alike",
        ),
        ("misc/VID_20190714_1530.mp4", [], "UNMATCHED", "The name says nothing"),
        ("misc/MOV0042.mov", [], "UNMATCHED", "The name says nothing"),
        ("misc/untitled (3).mkv", [], "UNMATCHED", "No title of that name"),
    ]
    for relpath, found, state, reason in names:
        MediaFile.objects.create(
            root=root,
            relpath=relpath,
            size_bytes=GB,
            mtime_ns=1,
            match_state=state,
            match_reason=reason,
            match_candidates=found,
            parsed={"title": Path(relpath).stem},
        )


def put(
    drive: Drive, title: Title, *, share: float = 1.0, outdated: bool = False
) -> None:
    """Put a share of a title's files on a drive, as rows only."""
    now = timezone.now()
    files = list(title.media_files.order_by("relpath"))
    for row in files[: max(1, int(len(files) * share))]:
        file = DriveFile.objects.create(
            drive=drive,
            relpath=f"{title.kind.title()}/{row.relpath}",
            origin="OURS",
            size_bytes=row.size_bytes,
            verified_by="DEVICE",
            verified_at=now,
            copied_at=now,
            media_file=row,
            title=title,
            source_fingerprint="older" if outdated else row.fingerprint,
        )
        for item in row.items.all():
            DriveFileItem.objects.create(drive_file=file, item=item)


def _drives(home: Household, chance: random.Random) -> None:
    now = timezone.now()
    shapes = [
        ("Car stick", 128 * GB, 0.55, "exfat", True, False),
        ("Cabin", 2000 * GB, 0.41, "ext4", True, False),
        ("Grandmother", 500 * GB, 0.72, "ntfs3", False, False),
        ("NAS share", 8000 * GB, 0.3, "nfs4", True, True),
    ]
    for name, total, used, filesystem, is_attached, is_folder in shapes:
        drive = Drive.objects.create(
            name=name,
            is_folder=is_folder,
            owner="Ben" if name == "Car stick" else "",
            last_seen_at=now if is_attached else now - timedelta(days=23),
            health="GOOD" if is_attached else "UNKNOWN",
            write_bytes_per_second=41_000_000,
        )
        Attachment.objects.create(
            drive=drive,
            host="attic",
            path=f"/media/{fold(name).replace(' ', '-')}",
            device="8:17",
            filesystem=filesystem,
            total_bytes=total,
            free_bytes=int(total * (1 - used)),
            attached_at=now - timedelta(days=23),
            detached_at=None if is_attached else now - timedelta(days=22),
        )
        home.drives.append(drive)
    home.drives[2].health = "LIMITED"
    home.drives[2].health_reason = "Twelve blocks had to be read twice."
    home.drives[2].save()
    HealthReading.objects.create(
        drive=home.drives[2],
        source="read-back",
        verdict="LIMITED",
        message="Slow blocks",
    )
    for number, title in enumerate(home.titles):
        if title.kind == "SHOW":
            put(home.drives[1], title, share=1 if number % 2 else 0.6)
        elif number % 4 == 0 and number < 24:
            put(home.drives[0], title, outdated=number == 8)
        if number % 3 == 0:
            put(home.drives[2], title)
    for number, relpath in enumerate(
        ["Music/one.mp3", "photos.zip", "backup/letter.odt"]
    ):
        DriveFile.objects.create(
            drive=home.drives[0],
            relpath=relpath,
            origin="FOREIGN",
            kind="OTHER",
            size_bytes=(number + 1) * GB,
        )
    _history(home, chance)


def _history(home: Household, chance: random.Random) -> None:
    now = timezone.now()
    SyncRecord.objects.create(
        drive=home.drives[0], action="ADDED", by=home.owner, at=now - timedelta(days=60)
    )
    for hours, title in enumerate(home.titles[:9]):
        SyncRecord.objects.create(
            drive=home.drives[0],
            action="COPIED",
            at=now - timedelta(hours=hours * 7 + 2),
            title=title,
            title_name=title.label,
            relpath=f"Movies/{title.label}/{title.label}.mkv",
            size_bytes=4 * GB,
            seconds=chance.randint(70, 160),
            verified_by="DEVICE",
        )
    SyncRecord.objects.create(
        drive=home.drives[0],
        action="FAILED",
        at=now - timedelta(hours=1),
        title=home.titles[4],
        title_name=home.titles[4].label,
        code="SOURCE_CHANGED",
        message="The file changed while it was being copied.",
    )


def _jobs(home: Household) -> None:
    now = timezone.now()
    scan = Job.objects.create(
        kind="library.scan",
        subject=home.roots[1].subject,
        state="RUNNING",
        trigger="PERSON",
        started_at=now - timedelta(seconds=40),
        heartbeat_at=now,
        progressed_at=now,
        done=1_204,
        total=4_120,
        unit="FILES",
        note="series/Kitchen Nights/Season 03",
        worker="attic:311:ab12cd34",
    )
    done = Job.objects.create(
        kind="library.identify",
        state="SUCCEEDED",
        started_at=now - timedelta(hours=2, minutes=4),
        finished_at=now - timedelta(hours=2),
        done=88,
        total=88,
        metrics={"considered": 88, "matched": 84, "ambiguous": 1, "unmatched": 3},
    )
    for number in range(3):
        JobIssue.objects.create(
            job=done,
            code="SOURCE_UNREADABLE",
            path=f"films/broken {number}.mkv",
            message="The file cannot be read.",
            advice="Look at its permissions.",
        )
    failed = Job.objects.create(
        kind="drives.scan",
        subject=home.drives[2].subject,
        state="FAILED",
        started_at=now - timedelta(days=22),
        finished_at=now - timedelta(days=22),
        error_code="DRIVE_GONE",
        error_message="“Grandmother” was pulled out while it was being looked at.",
        error_advice="Plug it in again; the rest follows by itself.",
    )
    bug = Job.objects.create(
        kind="library.scan",
        subject=home.roots[0].subject,
        state="FAILED",
        started_at=now - timedelta(days=30),
        finished_at=now - timedelta(days=30),
        error_code="ODD",
        error_message="KeyError: 'size'",
        traceback="Traceback (most recent call last):\n  File …\nKeyError: 'size'",
    )
    queued = Job.objects.create(kind="drives.scan", subject=home.drives[1].subject)
    home.jobs += [scan, done, failed, bug, queued]


def _wishes(home: Household) -> None:
    car, cabin = home.drives[0], home.drives[1]
    now = timezone.now()
    by_name = {title.name: title for title in home.titles}
    copying = QueueItem.objects.create(
        drive=car, title=by_name["Charade"], state="COPYING", created_by=home.member
    )
    _copy(copying, state="COPYING", done=0.42)
    QueueItem.objects.create(drive=car, title=by_name["City Lights"])
    QueueItem.objects.create(drive=car, title=by_name["Sintel"], state="PAUSED")
    QueueItem.objects.create(
        drive=car,
        title=by_name["M"],
        state="FAILED",
        error_code="TOO_LARGE",
        error_message="Its file is larger than FAT32 takes.",
        error_advice="Format the drive as exFAT, or choose another one.",
    )
    show = by_name["Harbour Lights"]
    season = show.seasons.get(number=2)
    QueueItem.objects.create(drive=cabin, title=show, season=season)
    QueueItem.objects.create(
        drive=cabin,
        title=by_name["Spring"],
        state="DONE",
        finished_at=now - timedelta(minutes=9),
        changed_at=now - timedelta(minutes=9),
    )
    QueueItem.objects.create(drive=home.drives[2], title=by_name["Vampyr"])


def _copy(wish: QueueItem, *, state: str, done: float) -> None:
    for position, file in enumerate(wish.title.media_files.all()):
        Copy.objects.create(
            queue_item=wish,
            drive=wish.drive,
            media_file=file,
            source_path=f"{file.root.path}/{file.relpath}",
            relpath=f"Movies/{wish.title.label}/{wish.title.label}.mkv",
            position=position,
            size_bytes=file.size_bytes,
            state=state,
            attempts=1,
            started_at=timezone.now(),
            durable_bytes=int(file.size_bytes * done),
            bytes_per_second=38_200_000,
        )


def draw_poster(title: Title) -> Artwork:
    """Draw a picture and keep it as the title's poster."""
    chance = random.Random(title.pk)  # the same picture
    size = (600, 900)
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    first, second = (tuple(chance.randint(20, 200) for _ in range(3)) for _ in range(2))
    for y in range(size[1]):
        mix = y / size[1]
        colour = tuple(
            int(a + (b - a) * mix) for a, b in zip(first, second, strict=True)
        )
        draw.line([(0, y), (size[0], y)], fill=colour)
    for _ in range(4):
        x, y, r = (
            chance.randint(0, 600),
            chance.randint(0, 700),
            chance.randint(60, 260),
        )
        tone = tuple(min(255, c + chance.randint(-30, 60)) for c in first)
        draw.ellipse([x - r, y - r, x + r, y + r], fill=tone)
    font = ImageFont.load_default(size=72)
    for line, words in enumerate(title.name.upper().split()[:4]):
        draw.text((44, 560 + line * 76), words[:12], font=font, fill="white")
    name = f"scene-{title.pk}"
    folder = Path(settings.ARTWORK_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    for width in (342, 780):
        small = picture.resize((width, width * 3 // 2))
        small.save(folder / f"{name}-{width}.webp", quality=80)
    return Artwork.objects.create(
        title=title,
        role="POSTER",
        origin="LOCAL",
        source="poster.jpg",
        file=name,
        width=size[0],
        height=size[1],
        fetched_at=timezone.now(),
    )
