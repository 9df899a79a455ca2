"""Drives and what they hold as rows for programs: the shapes are contracts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, QuerySet, Sum

from drivearr.lib.text import size_words
from drives.models import Attachment, Drive, DriveFile, DriveScan
from drives.services import comparing
from drives.services.filling import source_ids
from drives.services.repairing import list_damaged
from drives.services.verifying import find_unfinished
from library.models import ExternalId, Title
from library.services.listing import DriveState


def list_drives(*, drives: Iterable[Drive] | None = None) -> list[dict[str, Any]]:
    """Return drives, all unless named, with where they are; three queries."""
    rows = list(Drive.objects.by_name() if drives is None else drives)
    places = {a.drive_id: a for a in Attachment.objects.current()}
    counts = dict(
        DriveFile.objects.exclude(state=DriveFile.State.VANISHED)
        .order_by()
        .values_list("drive")
        .annotate(files=Count("pk"))
    )
    return [_drive_row(row, places.get(row.pk), counts.get(row.pk, 0)) for row in rows]


def _drive_row(drive: Drive, place: Attachment | None, files: int) -> dict[str, Any]:
    return {
        "id": drive.pk,
        "uuid": str(drive.uuid),
        "name": drive.name,
        "state": _state_of(place),
        "mount": place.path if place else None,
        "filesystem": place.filesystem if place else None,
        "total_bytes": place.total_bytes if place else None,
        "free_bytes": place.free_bytes if place else None,
        "health": drive.health,
        "files": files,
        "last_seen_at": drive.last_seen_at,
        "trouble": drive.trouble,
    }


def show_drive(drive: Drive) -> dict[str, Any]:
    """Return all that is known of a drive: its row, profile, health and verification."""
    readings = drive.health_readings.order_by("-at", "-pk")[:10]
    verified = drive.scans.filter(kind=DriveScan.Kind.VERIFY, is_complete=True)
    last = verified.order_by("-finished_at").first()
    return list_drives(drives=[drive])[0] | {
        "owner": drive.owner,
        "side_files": drive.side_files,
        "verification": drive.verification,
        "engine": drive.engine,
        "rsync_flags": drive.rsync_flags,
        "sources": source_ids(drive),
        "outdated": drive.outdated,
        "makes_room": drive.makes_room,
        "reserve_bytes": drive.reserve_bytes,
        "verify_days": drive.verify_days,
        "health_reason": drive.health_reason,
        "is_low_on_space": drive.is_low_on_space,
        "last_verified_at": last.finished_at if last else None,
        "verification_stopped_at": find_unfinished(drive),
        "damaged_files": list_damaged(drive).count(),
        "readings": [
            {
                "at": reading.at,
                "source": reading.source,
                "verdict": reading.verdict,
                "message": reading.message,
            }
            for reading in readings
        ],
    }


_OUTDATED_WORDS = {
    Drive.Outdated.ASK: "asks before a copy is replaced by a newer one",
    Drive.Outdated.KEEP: "keeps its copies when the library has newer ones",
    Drive.Outdated.REPLACE: "copies are replaced when the library has newer ones",
}


_ROOM_WORDS = {
    Drive.MakesRoom.WATCHED_FIRST: "plans may suggest watched titles to go, then old ones",
    Drive.MakesRoom.WATCHED_ONLY: "plans may suggest watched titles to go",
    Drive.MakesRoom.NOTHING: "plans suggest nothing to go",
}


def drive_words(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return a drive as `show_drive` tells it, in labelled words."""
    free, total = row["free_bytes"], row["total_bytes"]
    verified = row["last_verified_at"]
    words = {
        "Drive": f"{row['id']} “{row['name']}”, {row['state'].lower()}",
        "Where": row["mount"],
        "Space": f"{size_words(free)} of {size_words(total)} free" if total else None,
        "Health": f"{row['health'].lower()}. {row['health_reason']}".rstrip(),
        "Trouble": row["trouble"],
        "Files": f"{row['files']}, {row['damaged_files']} damaged",
        "Verified": f"{verified:%Y-%m-%d}" if verified else "never all of it",
        "Goes on": "a verification was stopped; `drives verify` goes on with it"
        if row["verification_stopped_at"]
        else None,
        "Every": f"{row['verify_days']} days" if row["verify_days"] else "when asked",
        "Outdated": _OUTDATED_WORDS[row["outdated"]],
        "Room": _ROOM_WORDS[row["makes_room"]],
        "Kept free": size_words(row["reserve_bytes"]),
        "Owner": row["owner"],
    }
    return [(label, str(said)) for label, said in words.items() if said]


def _state_of(place: Attachment | None) -> str:
    if place is None:
        return "ABSENT"
    return "READ_ONLY" if place.is_read_only else "ATTACHED"


def list_contents(*, drive: Drive) -> list[dict[str, Any]]:
    """Return the titles of which something is on a drive; a handful of queries.

    `files` and `size_bytes` count what is there: videos and side files.
    """
    counts = {
        pk: count
        for pk, count in comparing.count_titles(drive=drive).items()
        if count.have or count.begun
    }
    held = {
        row["title"]: row
        for row in _present(drive)
        .filter(title__isnull=False)
        .order_by()
        .values("title")
        .annotate(files=Count("pk"), size=Sum("size_bytes"))
    }
    titles = _some(counts).order_by("sort_name", "year", "pk")
    ids = _ids_of([title.pk for title in titles])
    return [
        {
            "id": title.pk,
            "kind": title.kind,
            "title": title.name,
            "year": title.year,
            "ids": ids[title.pk],
            "state": str(counts[title.pk].state),
            "have": counts[title.pk].have,
            "want": counts[title.pk].want,
            "files": held.get(title.pk, {}).get("files", 0),
            "size_bytes": held.get(title.pk, {}).get("size", 0),
        }
        for title in titles
        if title.pk in counts
    ]


def _some(pks: Collection[int]) -> QuerySet[Title]:
    """Return titles by id; beyond what a query takes, all of them."""
    titles = Title.objects.all()
    return titles if len(pks) > comparing.IDS_MOST else titles.filter(pk__in=pks)


def _ids_of(title_ids: Collection[int]) -> Mapping[int, dict[str, str | None]]:
    wanted = set(title_ids)
    found: dict[int, dict[str, str | None]] = defaultdict(
        lambda: {"tmdb": None, "tvdb": None, "imdb": None}
    )
    rows = ExternalId.objects.filter(title__isnull=False)
    for pk, source, value in rows.values_list("title_id", "source", "value"):
        if pk in wanted:
            found[pk or 0][source] = value
    return found


def list_drive_files(*, drive: Drive) -> list[dict[str, Any]]:
    """Return every file known on a drive, in the order of its folders."""
    return [file_row(row) for row in drive.files.select_related("title").in_order()]


def file_row(row: DriveFile) -> dict[str, Any]:
    """Return a file on a drive; `row.title` should be loaded."""
    return {
        "id": row.pk,
        "relpath": row.relpath,
        "kind": row.kind,
        "origin": row.origin,
        "state": row.state,
        "size_bytes": row.size_bytes,
        "title_id": row.title_id,
        "title": row.title.label if row.title else None,
        "recognised_by": row.recognised_by or None,
        "verified_by": row.verified_by,
        "verified_at": row.verified_at,
        "copied_at": row.copied_at,
    }


def scan_row(scan: DriveScan) -> dict[str, Any]:
    """Return what a scan or a verification of a drive found."""
    ended = scan.finished_at
    return {
        "drive": scan.drive_id,
        "kind": scan.kind,
        "seen": scan.seen,
        "ours": scan.ours,
        "foreign": scan.foreign,
        "recognised": scan.recognised,
        "altered": scan.altered,
        "vanished": scan.vanished,
        "errors": scan.errors,
        "seconds": round((ended - scan.started_at).total_seconds(), 3)
        if ended
        else None,
    }


def _present(drive: Drive) -> QuerySet[DriveFile]:
    return DriveFile.objects.present().filter(drive=drive)


def find_states(title_ids: Collection[int]) -> Mapping[int, Sequence[DriveState]]:
    """Return how complete titles are on every drive, for the library's lists."""
    found = comparing.count_titles_on_all(title_ids=title_ids)
    return {
        pk: [
            DriveState(
                id=held.drive_id,
                state=str(held.state),
                have=held.count.have,
                want=held.count.want,
            )
            for held in rows
        ]
        for pk, rows in found.items()
    }
