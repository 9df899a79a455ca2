"""The manifest on a drive: written from our rows, and what it claims beyond them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from drivearr.lib.rootfolder import RootFolder
from drives import manifest, manifest_journal
from drives.manifest import Manifest, ManifestFromTheFuture, ManifestUnreadable
from drives.models import Drive, DriveFile, DriveFileItem, DriveFolder
from drives.services.opening import OpenDrive
from drives.services.recognising import Recogniser
from drives.services.telling import Kept, build_entries, build_manifest, keep
from drives.walking import RELPATH_MOST_CHARACTERS

JOURNAL_FROM = 500
"""A manifest of fewer files is written whole each time: that takes a moment only."""
UNTOLD_MOST = 2000
"""More files than this at once are told by writing the manifest whole."""
NEVER_SEEN = datetime(1970, 1, 1, tzinfo=UTC)
"""`seen_at` of a file that a manifest claims and no scan has met yet."""


def note_folders(*, drive: Drive, root: RootFolder) -> None:
    """Remember the folders that were made on a drive: only those are ever removed."""
    found: list[str] = []
    # One by one: another thread may make some meanwhile.
    while root.made:
        found.append(root.made.pop())
    made = [path for path in found if path.partition("/")[0] != manifest.FOLDER]
    DriveFolder.objects.bulk_create(
        (
            DriveFolder(drive=drive, relpath=path)
            for path in made
            if len(path) <= RELPATH_MOST_CHARACTERS
        ),
        ignore_conflicts=True,
    )


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
