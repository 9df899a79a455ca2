"""The manifest that our rows make: the third copy, and the source of the other two."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from drives import manifest
from drives.manifest import Entry, Event, Manifest, Place, Profile, TitleFacts
from drives.models import Drive, DriveFile, DriveFileItem, SyncRecord
from library.models import ExternalId

_TOLD_ACTIONS = (
    SyncRecord.Action.ADDED,
    SyncRecord.Action.COPIED,
    SyncRecord.Action.REPLACED,
    SyncRecord.Action.RENAMED,
    SyncRecord.Action.DELETED,
    SyncRecord.Action.VERIFIED,
    SyncRecord.Action.MENDED,
    SyncRecord.Action.FAILED,
)
"""What is worth keeping on the drive; comings and goings are not."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What of the manifest on a drive our rows do not know, and what must survive."""

    generation: int = 0
    place: Place = field(default_factory=Place)
    """Where a line goes in the journal there."""
    files: int = 0
    """How many files it lists."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    profile_extra: Mapping[str, Any] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    """Claims, and entries with keys that this version does not know."""


def keep(*, drive: Drive, found: Manifest, place: Place) -> Kept:
    """Return what must survive of a manifest; small, unless others wrote much."""
    claims = set(
        DriveFile.objects.filter(drive=drive, origin=DriveFile.Origin.FOREIGN)
        .filter(_listed())
        .values_list("relpath", flat=True)
    )
    entries = {
        entry.relpath: replace(entry, block_digests=())
        for entry in found.files
        if entry.extra or entry.relpath in claims
    }
    return Kept(
        generation=found.generation,
        place=place,
        files=len(found.files),
        extra=found.extra,
        profile_extra=found.profile.extra,
        entries=entries,
    )


def build_manifest(
    *, drive: Drive, now: datetime, kept: Kept | None = None
) -> Manifest:
    """Return the manifest that our rows make; a handful of queries.

    `kept`: of the one on the drive; the new generation is above it.
    """
    kept = kept or Kept()
    rows = list(
        DriveFile.objects.filter(_listed(), drive=drive)
        .exclude(state=DriveFile.State.VANISHED)
        .select_related("title")
        .order_by("relpath", "pk")
    )
    teller = _Teller(drive, rows)
    return Manifest(
        drive_uuid=drive.uuid,
        generation=max(drive.manifest_generation, kept.generation) + 1,
        name=drive.name,
        filesystem_uuid=drive.filesystem_uuid,
        written_at=now.isoformat(),
        profile=_profile(drive, kept),
        files=tuple(teller.entry(row, kept.entries.get(row.relpath)) for row in rows),
        history=tuple(_history(drive)),
        extra=kept.extra,
    )


def build_entries(
    *, drive: Drive, file_ids: Collection[int], kept: Kept
) -> tuple[Entry, ...]:
    """Return the entries of a few files; costs as much as they are, not as the drive."""
    rows = DriveFile.objects.filter(_listed(), drive=drive, pk__in=file_ids)
    files = list(rows.select_related("title").order_by("relpath", "pk"))
    teller = _Teller(drive, files, is_few=True)
    return tuple(teller.entry(row, kept.entries.get(row.relpath)) for row in files)


def _listed() -> Q:
    origins, ways = DriveFile.Origin, DriveFile.RecognisedBy
    return Q(origin=origins.OURS) | Q(
        origin=origins.FOREIGN, recognised_by=ways.MANIFEST
    )


def _profile(drive: Drive, kept: Kept) -> Profile:
    return Profile(
        owner=drive.owner,
        label=drive.label,
        side_files=drive.side_files,
        verification=drive.verification,
        outdated=drive.outdated,
        makes_room=drive.makes_room,
        reserve_bytes=drive.reserve_bytes,
        extra=kept.profile_extra,
    )


class _Teller:
    """Makes entries from rows, with everything they need read beforehand."""

    def __init__(
        self, drive: Drive, rows: list[DriveFile], *, is_few: bool = False
    ) -> None:
        # Of many, asking for all is faster, and no query takes so many values.
        few = rows if is_few else None
        self._ids = _ids_of({row.title_id for row in rows if row.title_id}, is_few)
        self._episodes = _episodes_of(drive, few)
        self._jobs = _jobs_of(drive, few)

    def entry(self, row: DriveFile, before: Entry | None) -> Entry:
        """Return a row's entry; what an older one knew and we do not is kept."""
        old = before or Entry(relpath=row.relpath, size_bytes=0)
        is_ours = row.origin == DriveFile.Origin.OURS
        title = self._title(row)
        return Entry(
            relpath=row.relpath,
            size_bytes=row.size_bytes,
            mtime_ns=row.mtime_ns,
            kind=row.kind,
            sha256=row.sha256,
            block_digests=tuple(row.block_digests),
            verified_by=row.verified_by,
            verified_at=row.verified_at.isoformat() if row.verified_at else "",
            copied_at=row.copied_at.isoformat() if row.copied_at else "",
            source_fingerprint=row.source_fingerprint,
            job=self._jobs.get(row.relpath) if is_ours else old.job,
            title=title if title.name else old.title,
            extra=old.extra,
        )

    def _title(self, row: DriveFile) -> TitleFacts:
        if row.title is None:
            return TitleFacts()
        return TitleFacts(
            kind=row.title.kind,
            name=row.title.name,
            year=row.title.year,
            ids=self._ids.get(row.title.pk, {}),
            episodes=tuple(self._episodes.get(row.pk, ())),
        )


def _ids_of(title_ids: set[int], is_few: bool) -> dict[int, dict[str, str]]:  # noqa: FBT001
    found: dict[int, dict[str, str]] = {}
    known = ExternalId.objects.filter(title__isnull=False)
    if is_few:
        known = known.filter(title__in=title_ids)
    rows = known.values_list("title_id", "source", "value")
    for title_id, source, value in rows.order_by("source", "pk"):
        if title_id in title_ids:
            found.setdefault(title_id, {})[source] = value
    return found


def _episodes_of(
    drive: Drive, few: list[DriveFile] | None
) -> dict[int, list[tuple[int, int]]]:
    held = DriveFileItem.objects.filter(
        drive_file__drive=drive, item__season__isnull=False
    )
    if few is not None:
        held = held.filter(drive_file__in=[row.pk for row in few])
    rows = held.order_by(
        "drive_file", "item__season__number", "item__number", "pk"
    ).values_list("drive_file_id", "item__season__number", "item__number")
    found: dict[int, list[tuple[int, int]]] = {}
    for file_id, season, number in rows:
        found.setdefault(file_id, []).append((season or 0, number or 0))
    return found


def _jobs_of(drive: Drive, few: list[DriveFile] | None) -> dict[str, int]:
    kinds = SyncRecord.Action
    actions = [kinds.COPIED, kinds.REPLACED, kinds.RENAMED]
    rows = drive.history.filter(action__in=actions, job__isnull=False)
    if few is not None:
        rows = rows.filter(relpath__in=[row.relpath for row in few])
    pairs: list[Any] = list(rows.order_by("at", "pk").values_list("relpath", "job_id"))
    return dict(pairs)


def _history(drive: Drive) -> list[Event]:
    rows = drive.history.filter(action__in=_TOLD_ACTIONS)
    newest = rows.order_by("-at", "-pk")[: manifest.MOST_HISTORY]
    return [
        Event(
            at=line.at.isoformat(),
            action=line.action,
            title=line.title_name,
            relpath=line.relpath,
            size_bytes=line.size_bytes,
            verified_by=line.verified_by,
            code=line.code,
            message=line.message,
        )
        for line in reversed(newest)
    ]
