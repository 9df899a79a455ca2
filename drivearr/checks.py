"""What this machine must offer: the data folder, the database, programs."""

import os
import shutil
import sqlite3
from collections.abc import Iterator

import psutil
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from drivearr.lib.text import size_words
from drivearr.web.checking import Finding, register_check

NETWORK_FILESYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "glusterfs"}
)
LEAST_FREE_BYTES = 1024**3
_UNWRITABLE = "Make it yours: chown it to the user that runs Drivearr."


def register_checks() -> None:
    """Make the checks of this module known."""
    for check in (data_folder, secret_key, database, programs):
        register_check(check)


def data_folder() -> Iterator[Finding]:
    """The data folder is writable, local, and has room."""
    folder = settings.DATA_DIR
    writable = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    yield Finding(
        "data folder",
        writable,
        f"{folder} {'can be written' if writable else 'cannot be written'}.",
        "" if writable else _UNWRITABLE,
    )
    if not writable:
        return
    kind = filesystem_of(str(folder))
    local = kind not in NETWORK_FILESYSTEMS
    yield Finding(
        "data folder is local",
        local or bool(settings.DATABASE_URL),
        f"It lies on {kind or 'an unknown file system'}.",
        ""
        if local
        else "SQLite breaks on network shares. Set DRIVEARR_DATA_DIR to a local disk.",
    )
    free = shutil.disk_usage(folder).free
    yield Finding(
        "room for data",
        free > LEAST_FREE_BYTES,
        f"{size_words(free)} are free.",
        "" if free > LEAST_FREE_BYTES else "Free some room: copies need their journal.",
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
        "secret key",
        mode & 0o077 == 0,
        f"{file.name} has mode {mode:04o}.",
        "" if mode & 0o077 == 0 else f"Run: chmod 600 {file}",
    )


def database() -> Iterator[Finding]:
    """The database answers and is up to date."""
    connection.ensure_connection()
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    name = connection.display_name
    version = f" {sqlite3.sqlite_version}" if connection.vendor == "sqlite" else ""
    yield Finding(
        "database",
        waiting == 0,
        f"{name}{version} answers; {waiting} migrations wait.",
        "" if waiting == 0 else "Run: drivearr migrate",
    )


def programs() -> Iterator[Finding]:
    """Programs of the system that make more possible."""
    for name, use in (
        ("blkid", "the identity of drives' file systems"),
        ("umount", "ejecting drives"),
    ):
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        yield Finding(
            name,
            bool(found),
            f"{name} {'is there' if found else 'is missing'}: {use}.",
            "" if found else f"Install it: apt-get install {_package(name)}",
        )


def _package(name: str) -> str:
    return {"blkid": "util-linux", "umount": "mount"}[name]
