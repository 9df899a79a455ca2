"""Recording what is on a drive: rows, the manifest on the drive, and the history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.lib.errors import DrivearrError, StopRun
from drivearr.lib.rootfolder import RootFolder
from drives import health, manifest, manifest_journal
from drives.manifest import Manifest, ManifestFromTheFuture, ManifestUnreadable
from drives.models import (
    Drive,
    DriveFile,
    DriveFileItem,
    DriveFolder,
    HealthReading,
    SyncRecord,
)
from drives.services.opening import OpenDrive
from drives.services.recognising import Recogniser
from drives.services.telling import Kept, build_entries, build_manifest, keep
from drives.walking import RELPATH_MOST_CHARACTERS
from library.models import Item, MediaFile, SideFile, Title

READINGS_LOOKED_AT = 500
JOURNAL_FROM = 500
"""A manifest of fewer files is written whole each time: that takes a moment only."""
UNTOLD_MOST = 2000
"""More files than this at once are told by writing the manifest whole."""
NEVER_SEEN = datetime(1970, 1, 1, tzinfo=UTC)
"""`seen_at` of a file that a manifest claims and no scan has met yet."""


class NotTheWriter(StopRun):
    """Another worker took over the drive; this one may record nothing more."""

    code = "NOT_THE_WRITER"
    advice = gettext_noop("Nothing to do: the other worker goes on.")


@dataclass(frozen=True, slots=True)
class Copied:
    """A verified file on a drive, as the copy engine hands it over."""

    relpath: str
    size_bytes: int
    mtime_ns: int
    """As the drive shows it: read it back, FAT keeps every other second."""
    sha256: str
    block_digests: Sequence[str]
    verified_by: str
    title: Title
    items: Sequence[Item]
    media_file: MediaFile | None = None
    side_file: SideFile | None = None
    source_fingerprint: str = ""
    seconds: float | None = None


def check_fence(*, drive: Drive, fence: int) -> None:
    """Make sure that we still are the drive's one writer.

    Raises: NotTheWriter.
    """
    if not Drive.objects.filter(pk=drive.pk, fence=fence).exists():
        raise NotTheWriter(
            gettext("Another worker writes to “{drive}” now.").format(drive=drive.name)
        )


def record_copied(
    *, drive: Drive, copied: Copied, fence: int, job: Job | None = None
) -> DriveFile:
    """Record one verified file; the manifest follows with `flush_manifest`.

    Raises: NotTheWriter.
    """
    now = timezone.now()
    with transaction.atomic():
        # Held until the rows are there: nobody takes the fence in between.
        Drive.objects.select_for_update().filter(pk=drive.pk).first()
        check_fence(drive=drive, fence=fence)
        before = DriveFile.objects.filter(drive=drive, relpath=copied.relpath)
        existed = before.exclude(state=DriveFile.State.VANISHED).exists()
        row, is_new = DriveFile.objects.update_or_create(
            drive=drive, relpath=copied.relpath, defaults=facts_of(copied, now)
        )
        set_items(file=row, item_ids=[item.pk for item in copied.items], is_new=is_new)
        ask_for_a_line(drive)
        actions = SyncRecord.Action
        record_event(
            drive=drive,
            action=actions.REPLACED if existed else actions.COPIED,
            job=job,
            at=now,
            title=copied.title,
            relpath=copied.relpath,
            size_bytes=copied.size_bytes,
            seconds=copied.seconds,
            verified_by=copied.verified_by,
        )
    return row


def ask_for_a_line(drive: Drive) -> None:
    """Say that the manifest is due; where nothing else was, its journal will do."""
    rows = Drive.objects.filter(pk=drive.pk)
    rows.filter(manifest_is_due=False).update(
        manifest_is_due=True, manifest_whole_is_due=False
    )


def facts_of(copied: Copied, now: datetime) -> dict[str, Any]:
    """Return the columns of a file's row that copying it settles."""
    is_verified = copied.verified_by != DriveFile.VerifiedBy.NONE
    kinds = DriveFile.Kind
    return {
        "kind": kinds.SIDE if copied.side_file else kinds.VIDEO,
        "origin": DriveFile.Origin.OURS,
        "state": DriveFile.State.PRESENT,
        "size_bytes": copied.size_bytes,
        "mtime_ns": copied.mtime_ns,
        "sha256": copied.sha256,
        "block_digests": list(copied.block_digests),
        "verified_by": copied.verified_by,
        "verified_at": now if is_verified else None,
        "damaged_at": None,
        "copied_at": now,
        "is_untold": True,
        "seen_at": now,
        "media_file": copied.media_file,
        "side_file": copied.side_file,
        "title": copied.title,
        "source_fingerprint": copied.source_fingerprint,
        "recognised_by": DriveFile.RecognisedBy.MANIFEST,
    }


def record_failed(
    *,
    drive: Drive,
    error: DrivearrError,
    relpath: str = "",
    title: Title | None = None,
    job: Job | None = None,
) -> SyncRecord:
    """Add a failure to the drive's history, with its code and sentence."""
    return record_event(
        drive=drive,
        action=SyncRecord.Action.FAILED,
        job=job,
        relpath=relpath,
        title=title,
        code=error.code,
        message=error.message,
    )


def set_items(
    *, file: DriveFile, item_ids: Iterable[int], is_new: bool = False
) -> None:
    """Say which items a file on a drive holds; of a new row none is known yet."""
    wanted, known = set(item_ids), set[int]()
    if not is_new:
        rows = DriveFileItem.objects.filter(drive_file=file)
        rows.exclude(item_id__in=wanted).delete()
        known = set(rows.values_list("item_id", flat=True))
    DriveFileItem.objects.bulk_create(
        DriveFileItem(drive_file=file, item_id=pk) for pk in sorted(wanted - known)
    )


def record_event(
    *,
    drive: Drive,
    action: str,
    job: Job | None = None,
    by: AbstractBaseUser | None = None,
    **facts: Any,
) -> SyncRecord:
    """Add a line to a drive's history; `facts` are SyncRecord's fields."""
    title: Title | None = facts.get("title")
    if title is not None:
        facts.setdefault("title_name", title.label)
    if by is not None:
        facts["by"] = by
    return SyncRecord.objects.create(drive=drive, action=action, job=job, **facts)


def record_health(*, drive: Drive, source: str, verdict: str, message: str) -> None:
    """Keep a piece of evidence, and bring the verdict on the drive in line."""
    record_evidence(drive=drive, evidence=health.Evidence(source, verdict, message))


def record_evidence(*, drive: Drive, evidence: health.Evidence) -> None:
    """Do `record_health` for evidence; the same words again only get a new date."""
    now = timezone.now()
    newest = (
        drive.health_readings.filter(source=evidence.source)
        .order_by("-at", "-pk")
        .first()
    )
    facts = (evidence.verdict, evidence.message)
    if newest is not None and (newest.verdict, newest.message) == facts:
        HealthReading.objects.filter(pk=newest.pk).update(at=now, value=evidence.value)
    else:
        HealthReading.objects.create(
            drive=drive,
            at=now,
            source=evidence.source,
            verdict=evidence.verdict,
            message=evidence.message,
            value=evidence.value,
        )
    settle_health(drive=drive)


def settle_health(*, drive: Drive) -> None:
    """Conclude a drive's health from the evidence there is."""
    rows = drive.health_readings.order_by("-at", "-pk")[:READINGS_LOOKED_AT]
    verdict, reason = health.conclude(
        health.Evidence(row.source, row.verdict, row.message, row.value) for row in rows
    )
    Drive.objects.filter(pk=drive.pk).update(health=verdict, health_reason=reason)
    drive.health, drive.health_reason = verdict, reason


def note_folders(*, drive: Drive, root: RootFolder) -> None:
    """Remember the folders that were made on a drive: only those are ever removed."""
    made = [path for path in root.made if path.partition("/")[0] != manifest.FOLDER]
    root.made.clear()
    DriveFolder.objects.bulk_create(
        (
            DriveFolder(drive=drive, relpath=path)
            for path in made
            if len(path) <= RELPATH_MOST_CHARACTERS
        ),
        ignore_conflicts=True,
    )


# --- The manifest on the drive ----------------------------------------------------


def flush_manifest(*, drive: Drive, open_drive: OpenDrive) -> bool:
    """Write the manifest if it is due; say whether it was.

    Writes the whole of it: at most once per finished item or ten seconds.

    Raises:
        DriveGone, WrongDrive, DriveReadOnly: it is not the drive it was.
        ManifestFromTheFuture: a newer Drivearr uses the drive too.
        OSError: as the drive gives it; the manifest there stays the old one, whole.

    """
    open_drive.check()
    note_folders(drive=drive, root=open_drive.root)
    drive.refresh_from_db(fields=["manifest_is_due"])
    if not drive.manifest_is_due:
        return False
    with manifest.held(open_drive.root):
        # Somebody may have written it between the check and the lock.
        open_drive.check()
        found = open_drive.take_placed()
        kept = _receive(drive, found, open_drive.root) if found else open_drive.kept
        open_drive.kept = _tell(drive, open_drive.root, kept)
        open_drive.remember_manifest()
    return True


def _tell(drive: Drive, root: RootFolder, kept: Kept) -> Kept:
    """Add a line to the journal where that will do, or write the manifest whole."""
    drive.refresh_from_db(fields=["manifest_whole_is_due"])
    untold = drive.files.filter(is_untold=True).values_list("pk", flat=True)
    file_ids = list(untold[: UNTOLD_MOST + 1])
    if (
        drive.manifest_whole_is_due
        or kept.files < JOURNAL_FROM
        or not kept.place.has_room
        or not 0 < len(file_ids) <= UNTOLD_MOST
    ):
        return _write(drive, root, kept)
    try:
        return _append(drive, root, kept, file_ids)
    except manifest.JournalChanged:
        return _write(drive, root, kept)


def _append(
    drive: Drive, root: RootFolder, kept: Kept, file_ids: Sequence[int]
) -> Kept:
    # Before the rows are read: what is recorded from now on is due again.
    _set_due(drive, is_due=False)
    DriveFile.objects.filter(pk__in=file_ids).update(is_untold=False)
    try:
        drive.refresh_from_db()
        generation = max(drive.manifest_generation, kept.generation) + 1
        entries = build_entries(drive=drive, file_ids=file_ids, kept=kept)
        # First here, then there: the drive's is never newer by our own doing.
        _remember_generation(drive, generation)
        place = manifest_journal.append(
            root,
            kept.place,
            drive_uuid=drive.uuid,
            generation=generation,
            entries=entries,
        )
    except BaseException:
        _set_due(drive, is_due=True)
        raise
    return replace(kept, generation=generation, place=place)


def write_manifest(*, drive: Drive, root: RootFolder) -> None:
    """Write the manifest to a root whose identity the caller has made sure of.

    Raises: ManifestFromTheFuture; OSError as the drive gives it.
    """
    with manifest.held(root):
        found = _read_own(drive, root)
        kept = _receive(drive, found, root) if found else Kept()
        _write(drive, root, kept)


def _receive(
    drive: Drive, placed: tuple[Manifest, manifest.Place], root: RootFolder
) -> Kept:
    """Take what a manifest on the drive says that we do not know."""
    found, place = placed
    drive.refresh_from_db(fields=["manifest_generation"])
    if found.generation > drive.manifest_generation:
        # Another installation wrote to this drive since; its files are kept listed.
        adopt_claims(drive=drive, found=found, root=root)
        Drive.objects.filter(pk=drive.pk).update(manifest_whole_is_due=True)
    return keep(drive=drive, found=found, place=place)


def _write(drive: Drive, root: RootFolder, kept: Kept) -> Kept:
    # Before the rows are read: what is recorded from now on is due again.
    _set_due(drive, is_due=False)
    drive.files.filter(is_untold=True).update(is_untold=False)
    try:
        drive.refresh_from_db()
        told = build_manifest(drive=drive, now=timezone.now(), kept=kept)
        # First here, then there: the drive's is never newer by our own doing.
        _remember_generation(drive, told.generation)
        manifest.write(root, told)
    except BaseException:
        _set_due(drive, is_due=True)
        raise
    place = manifest.Place(base=told.generation)
    return replace(kept, generation=told.generation, place=place, files=len(told.files))


def _set_due(drive: Drive, *, is_due: bool) -> None:
    drive.manifest_is_due, drive.manifest_whole_is_due = is_due, True
    Drive.objects.filter(pk=drive.pk).update(
        manifest_is_due=is_due, manifest_whole_is_due=True
    )


def _read_own(drive: Drive, root: RootFolder) -> tuple[Manifest, manifest.Place] | None:
    try:
        found = manifest.read_placed(root)
    except ManifestFromTheFuture:
        raise
    except ManifestUnreadable:
        return None
    return found if found and found[0].drive_uuid == drive.uuid else None


def _remember_generation(drive: Drive, generation: int) -> None:
    drive.manifest_generation = generation
    Drive.objects.filter(pk=drive.pk).update(manifest_generation=generation)


def adopt_claims(*, drive: Drive, found: Manifest, root: RootFolder) -> int:
    """Take files that a manifest lists and we do not know as claims; return how many.

    A scan checks them. They are foreign: only what our own rows wrote may be deleted
    (law 6), whatever a manifest says.
    """
    known = set(DriveFile.objects.filter(drive=drive).values_list("relpath", flat=True))
    new = [
        entry
        for entry in found.files
        if entry.relpath not in known and len(entry.relpath) <= RELPATH_MOST_CHARACTERS
    ]
    recogniser = Recogniser(root)
    recogniser.read_entries_ahead(new)
    rows: list[DriveFile] = []
    items: dict[str, tuple[int, ...]] = {}
    for entry in new:
        rows.append(row := _claim(drive, entry))
        what = recogniser.recognise_entry(entry) if row.kind == "VIDEO" else None
        if what is not None:
            row.title_id, row.media_file_id = what.title_id, what.media_file_id
            items[row.relpath] = what.item_ids
    _create_with_items(rows, items)
    return len(rows)


def _claim(drive: Drive, entry: manifest.Entry) -> DriveFile:
    kinds = DriveFile.Kind
    return DriveFile(
        drive=drive,
        relpath=entry.relpath,
        origin=DriveFile.Origin.FOREIGN,
        kind=entry.kind if entry.kind in kinds.values else kinds.OTHER,
        size_bytes=entry.size_bytes,
        mtime_ns=entry.mtime_ns,
        sha256=entry.sha256,
        block_digests=list(entry.block_digests),
        source_fingerprint=entry.source_fingerprint[:80],
        copied_at=_moment(entry.copied_at),
        seen_at=NEVER_SEEN,
        recognised_by=DriveFile.RecognisedBy.MANIFEST,
    )


def _moment(text: str) -> datetime | None:
    """Read a claimed time; None when it is none, or absurd."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment if moment <= timezone.now() + timedelta(days=1) else None


def _create_with_items(
    rows: list[DriveFile], items: dict[str, tuple[int, ...]]
) -> None:
    with transaction.atomic():
        DriveFile.objects.bulk_create(rows, batch_size=500)
        DriveFileItem.objects.bulk_create(
            (
                DriveFileItem(drive_file_id=row.pk, item_id=item_id)
                for row in rows
                for item_id in items.get(row.relpath, ())
            ),
            batch_size=500,
        )


def claims() -> Q:
    """Return the filter of files that a manifest claims and we did not write."""
    return Q(
        origin=DriveFile.Origin.FOREIGN,
        recognised_by=DriveFile.RecognisedBy.MANIFEST,
    )
