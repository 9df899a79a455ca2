"""Backups of our own data: made, kept, read, put back."""

import io
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.lib.errors import Refused
from drivearr.lib.progress import Progress

FORMAT = 1
MANIFEST, DATABASE, ROWS = "manifest.json", "database.sqlite3", "rows.json"
KEY, PAGE_SETTINGS = "secret.key", "settings.json"
NAMES = frozenset({MANIFEST, DATABASE, ROWS, KEY, PAGE_SETTINGS})
MOST_BYTES = 20 * 1024**3
SMALL_BYTES = 1024**2
PAGES_AT_ONCE = 2000
NOT_OURS = (
    *("contenttypes", "auth.permission", "sessions", "admin.logentry"),
    "django_celery_beat.periodictasks",
)
AUTOMATIC, BY_HAND, BEFORE = "daily", "manual", "before-restore"


class BackupUnfit(Refused):
    """A file is no backup of ours, or none that this Drivearr can take."""

    code = "BACKUP_UNFIT"
    advice = gettext_noop("Choose another backup.")


class WorkGoesOn(Refused):
    """Something is being done that a restore would pull the ground from under."""

    code = "WORK_GOES_ON"
    advice = gettext_noop("Wait until it is over, or cancel it on the Jobs page.")


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made."""

    name: str
    size_bytes: int
    pruned: int = 0


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup in the backup folder."""

    path: Path
    at: datetime
    reason: str
    size_bytes: int

    @property
    def name(self) -> str:
        """Its file's name."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    before: str
    """Name of the backup of what was there before."""
    needs_restart: bool
    """Whether the key or the settings are others now."""


def list_backups() -> tuple[Backup, ...]:
    """Return what the backup folder holds, the newest first."""
    folder = Path(settings.BACKUP_DIR)
    files = folder.glob("drivearr-*.zip") if folder.is_dir() else ()
    found = [_describe(file) for file in files]
    return tuple(sorted(found, key=lambda each: each.name, reverse=True))


def _describe(path: Path) -> Backup:
    facts = path.stat()
    reason = path.stem.split("-", 3)[-1]
    at = datetime.fromtimestamp(facts.st_mtime, tz=timezone.get_current_timezone())
    return Backup(path, at, reason, facts.st_size)


def find_backup(name: str) -> Backup:
    """Return the backup of that name in the backup folder.

    Raises:
        BackupUnfit: there is none.

    """
    found = next((each for each in list_backups() if each.name == name), None)
    if found is None:
        raise BackupUnfit(gettext("There is no backup of that name."))
    return found


def make(*, reason: str = BY_HAND, progress: Progress | None = None) -> Made:
    """Write one backup: whole under its name, or not at all.

    Raises:
        OSError: the backup folder cannot be written.

    """
    folder = Path(settings.BACKUP_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = timezone.localtime()
    target = folder / f"drivearr-{now:%Y%m%d-%H%M%S}-{reason}.zip"
    with _temporary(folder) as work:
        data = _dump(work, progress)
        packed = work / "packed.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as box:
            box.writestr(MANIFEST, json.dumps(_manifest(data.name), indent=2))
            box.write(data, data.name)
            for file in (settings.DATA_DIR / KEY, settings.PAGE_SETTINGS_FILE):
                if file.is_file():
                    box.write(file, file.name)
        packed.chmod(0o600)
        _flush(packed)
        packed.replace(target)
        _flush(folder)
    return Made(target.name, target.stat().st_size)


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    work = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _manifest(data: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_at": timezone.now().isoformat(),
        "drivearr": version("drivearr"),
        "data": data,
        "migrations": sorted(".".join(each) for each in _applied()),
    }


def _applied() -> set[tuple[str, str]]:
    return set(MigrationLoader(connection).applied_migrations)


def _dump(work: Path, progress: Progress | None) -> Path:
    if connection.vendor != "sqlite":
        return dump_rows(work / ROWS)
    target = work / DATABASE

    def tell(_status: int, remaining: int, total: int) -> None:
        if progress:
            progress.note(f"{total - remaining:,} of {total:,} pages")
            progress.check()

    connection.ensure_connection()
    with closing(sqlite3.connect(target)) as copy:
        connection.connection.backup(copy, pages=PAGES_AT_ONCE, progress=tell)
        # One file, without a journal beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
    return target


def dump_rows(target: Path) -> Path:
    """Write all rows of ours as JSON, for databases that are no file."""
    with target.open("w", encoding="utf-8") as stream:
        call_command("dumpdata", exclude=list(NOT_OURS), stdout=stream)
    return target


def make_and_prune(*, progress: Progress | None = None) -> Made:
    """Make the schedule's backup and drop its oldest ones beyond what is kept."""
    made = make(reason=AUTOMATIC, progress=progress)
    own = [each for each in list_backups() if each.reason == AUTOMATIC]
    surplus = own[settings.BACKUPS_KEPT :]
    for backup in surplus:
        backup.path.unlink(missing_ok=True)
    return Made(made.name, made.size_bytes, len(surplus))


def drop(name: str) -> None:
    """Delete one backup.

    Raises: BackupUnfit.
    """
    find_backup(name).path.unlink(missing_ok=True)


def restore(path: Path) -> Restored:
    """Put back what a backup holds; what was there before is backed up first.

    Raises:
        BackupUnfit: no backup of ours, damaged, of a newer Drivearr, or of another
            sort of database.
        WorkGoesOn: jobs are under way.

    """
    with _temporary_beside_data() as work:
        files = _unpack(path, work)
        _check(work, files)
        if Job.objects.active().exists():
            raise WorkGoesOn(gettext("Work is under way."))
        before = make(reason=BEFORE)
        if DATABASE in files:
            _put_back_file(work / DATABASE)
        else:
            _put_back_rows(work / ROWS)
        call_command("migrate", verbosity=0, interactive=False)
        # A job that ran when the backup was made runs no more.
        Job.objects.active().update(
            state=Job.State.CANCELLED, finished_at=timezone.now()
        )
        changed = [_put_back(work, files, name) for name in (KEY, PAGE_SETTINGS)]
    return Restored(before.name, any(changed))


@contextmanager
def _temporary_beside_data() -> Iterator[Path]:
    with _temporary(Path(settings.DATA_DIR)) as work:
        yield work


def _unpack(path: Path, work: Path) -> frozenset[str]:
    """Take the known files out of a backup; foreign input, so bounded in all ways."""
    try:
        with zipfile.ZipFile(path) as box:
            entries = box.infolist()
            names = [entry.filename for entry in entries]
            if not set(names) <= NAMES or len(set(names)) != len(names):
                raise BackupUnfit(gettext("The file is no backup of Drivearr."))
            if sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise BackupUnfit(
                    gettext("The file would unpack to more than is sensible.")
                )
            for entry in entries:
                _unpack_one(box, entry, work / entry.filename)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError) as error:
        raise BackupUnfit(gettext("The file is no backup, or is damaged.")) from error
    return frozenset(names)


def _unpack_one(box: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    is_small = entry.filename not in {DATABASE, ROWS}
    if is_small and entry.file_size > SMALL_BYTES:
        raise BackupUnfit(gettext("The file is no backup of Drivearr."))
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out, box.open(entry) as packed:
        shutil.copyfileobj(packed, out, 1024**2)


def _check(work: Path, files: frozenset[str]) -> None:
    """Refuse what cannot be put back, before anything is touched."""
    try:
        manifest = json.loads((work / MANIFEST).read_text("utf-8"))
        made_format = int(manifest["format"])
        applied = {str(each) for each in manifest["migrations"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupUnfit(gettext("The backup does not say what it is.")) from error
    known = {".".join(each) for each in MigrationLoader(connection).disk_migrations}
    if made_format > FORMAT or applied - known:
        raise BackupUnfit(
            gettext("The backup was made by a newer Drivearr."),
            advice=gettext("Update Drivearr first, then restore."),
        )
    if (DATABASE in files) != (connection.vendor == "sqlite"):
        raise BackupUnfit(
            gettext("The backup is of another sort of database than the one in use."),
            advice=gettext(
                "Start Drivearr with the kind of database it was made with."
            ),
        )
    if DATABASE in files:
        _check_database(work / DATABASE)


def _check_database(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            verdict = copy.execute("PRAGMA quick_check").fetchone()[0]
            copy.execute("SELECT count(*) FROM django_migrations").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupUnfit(gettext("The database in the backup is damaged.")) from error
    if verdict != "ok":
        raise BackupUnfit(gettext("The database in the backup is damaged."))


def _put_back_file(file: Path) -> None:
    """Copy a database over ours, in one transaction of SQLite's own."""
    connection.ensure_connection()
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
        copy.backup(connection.connection)
    connection.connection.execute("PRAGMA journal_mode=WAL")


def _put_back_rows(file: Path) -> None:
    with transaction.atomic():
        call_command("flush", verbosity=0, interactive=False)
        call_command("loaddata", str(file), format="json", verbosity=0)


def _put_back(work: Path, files: frozenset[str], name: str) -> bool:
    """Put a small file back; return whether it differs from what was there."""
    target = Path(settings.DATA_DIR) / name
    wanted = (work / name).read_bytes() if name in files else b""
    there = target.read_bytes() if target.is_file() else b""
    if not wanted or wanted == there:
        return False
    (work / name).chmod(0o600)
    (work / name).replace(target)
    return True


def save_upload(content: io.BufferedIOBase, target: Path) -> None:
    """Write what a browser sent, block by block."""
    with target.open("wb") as out:
        shutil.copyfileobj(content, out, 1024**2)
