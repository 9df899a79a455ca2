"""PostgreSQL and Redis of Debian's packages, started for a test and ended with it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.houses import free_port, wait_for

Process = subprocess.Popen[bytes]
PASSWORD = "of-the-test"


@dataclass(frozen=True)
class Servers:
    """Where both answer."""

    database_url: str
    redis_url: str


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs, or skip."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("this machine lacks PostgreSQL")
    if not shutil.which("redis-server"):
        pytest.skip("this machine lacks redis-server")
    return found[-1].parent


def _somebody() -> tuple[int, int]:
    """Return user and group to run as: PostgreSQL refuses to be root."""
    if os.geteuid():
        return os.geteuid(), os.getegid()
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return account.pw_uid, account.pw_gid
    pytest.skip("this machine has nobody to run PostgreSQL as")


def _start(user: int, group: int, folder: Path, *command: str | Path) -> Process:
    as_root = os.geteuid() == 0
    with (folder / "log").open("a") as log:
        return subprocess.Popen(
            [str(part) for part in command],
            stdout=log,
            stderr=log,
            cwd=folder,
            user=user if as_root else None,
            group=group if as_root else None,
            extra_groups=[] if as_root else None,
        )


def _ready(programs: Path, folder: Path, port: int) -> bool:
    asked = [str(programs / "pg_isready"), "-q", "-h", str(folder), "-p", str(port)]
    return subprocess.run(asked, check=False).returncode == 0


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Both servers, on loopback with a password."""
    programs, (user, group) = _programs(), _somebody()
    # Not tmp_path: its parents are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="drivearr-servers-"))
    os.chown(folder, user, group)
    running: list[Process] = []
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        data = folder / "data"
        making = _start(
            *(user, group, folder, programs / "initdb", "-D", data),
            *("-U", "drivearr", "-A", "scram-sha-256", f"--pwfile={secret}"),
            *("-E", "UTF8", "--no-sync", "--locale=C.UTF-8"),
        )
        assert making.wait(timeout=120) == 0, (folder / "log").read_text()
        database, redis = free_port(), free_port()
        running.append(
            _start(
                *(user, group, folder, programs / "postgres", "-D", data),
                *("-h", "127.0.0.1", "-p", str(database), "-k", folder),
                *("-c", "fsync=off"),
            )
        )
        running.append(
            _start(
                *(user, group, folder, "redis-server", "--bind", "127.0.0.1"),
                *("--port", str(redis), "--requirepass", PASSWORD, "--save", ""),
            )
        )
        wait_for(lambda: _ready(programs, folder, database))
        yield Servers(
            f"postgres://drivearr:{PASSWORD}@127.0.0.1:{database}/postgres",
            f"redis://:{PASSWORD}@127.0.0.1:{redis}/0",
        )
    finally:
        for process in running:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)
