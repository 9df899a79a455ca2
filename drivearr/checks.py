"""What this machine must offer: the data folder, the database, programs."""

import os
import shutil
import sqlite3
from collections.abc import Iterator

import psutil
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.counting import counted
from drivearr.lib.text import size_words
from drivearr.web.checking import Finding, register_check

NETWORK_FILESYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "glusterfs"}
)
LEAST_FREE_BYTES = 1024**3
_UNWRITABLE = gettext_noop("Make it yours: chown it to the user that runs Drivearr.")


def register_checks() -> None:
    """Make the checks of this module known."""
    for check in (data_folder, secret_key, database, programs):
        register_check(check)


def data_folder() -> Iterator[Finding]:
    """The data folder is writable, local, and has room."""
    folder = settings.DATA_DIR
    writable = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    said = gettext("{folder} can be written.")
    if not writable:
        said = gettext("{folder} cannot be written.")
    yield Finding(
        gettext("data folder"),
        writable,
        said.format(folder=folder),
        "" if writable else gettext(_UNWRITABLE),
    )
    if not writable:
        return
    kind = filesystem_of(str(folder))
    local = kind not in NETWORK_FILESYSTEMS
    yield Finding(
        gettext("data folder is local"),
        local or bool(settings.DATABASE_URL),
        gettext("It lies on {kind}.").format(
            kind=kind or gettext("an unknown file system")
        ),
        ""
        if local
        else gettext(
            "SQLite breaks on network shares. Set DRIVEARR_DATA_DIR to a local disk."
        ),
    )
    free = shutil.disk_usage(folder).free
    yield Finding(
        gettext("room for data"),
        free > LEAST_FREE_BYTES,
        gettext("{free} are free.").format(free=size_words(free)),
        ""
        if free > LEAST_FREE_BYTES
        else gettext("Free some room: copies need their journal."),
    )


def filesystem_of(path: str) -> str:
    """Return the kind of file system that holds `path`; empty when unknown."""
    holding = [
        part
        for part in psutil.disk_partitions(all=True)
        if path == part.mountpoint or path.startswith(part.mountpoint.rstrip("/") + "/")
    ]
    best = max(holding, key=lambda part: len(part.mountpoint), default=None)
    return best.fstype if best else ""


def secret_key() -> Iterator[Finding]:
    """The key file is ours alone."""
    file = settings.DATA_DIR / "secret.key"
    if not file.exists():
        return
    mode = file.stat().st_mode & 0o777
    yield Finding(
        gettext("secret key"),
        mode & 0o077 == 0,
        gettext("{name} has mode {mode:04o}.").format(name=file.name, mode=mode),
        "" if mode & 0o077 == 0 else f"Run: chmod 600 {file}",
    )


def database() -> Iterator[Finding]:
    """The database answers and is up to date."""
    connection.ensure_connection()
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    name = connection.display_name
    version = f" {sqlite3.sqlite_version}" if connection.vendor == "sqlite" else ""
    said = gettext("{name}{version} answers and is up to date.")
    if waiting:
        said = gettext("{name}{version} answers; {migrations} to apply.")
    yield Finding(
        gettext("database"),
        waiting == 0,
        said.format(
            name=name, version=version, migrations=counted(waiting, "migration")
        ),
        "" if waiting == 0 else gettext("Run: drivearr migrate"),
    )


def programs() -> Iterator[Finding]:
    """Programs of the system that make more possible."""
    for name, use in (
        ("blkid", gettext("the identity of drives' file systems")),
        ("umount", gettext("ejecting drives")),
    ):
        said = gettext("{name} is missing: {use}.")
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if found:
            said = gettext("{name} is there: {use}.")
        yield Finding(
            gettext("program {name}").format(name=name),
            bool(found),
            said.format(name=name, use=use),
            ""
            if found
            else gettext("Install it: apt-get install {package}").format(
                package=_package(name)
            ),
        )


def _package(name: str) -> str:
    return {"blkid": "util-linux", "umount": "mount"}[name]
