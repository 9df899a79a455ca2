"""Real processes on a data folder of their own: broker, workers, the whole of it.

Use the fixture `bare_house` and mark the test `processes`.
"""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from drivearr.jobs.running import AlreadyWorkedOn
from drivearr.processes import broker

REPOSITORY = Path(__file__).resolve().parents[1]


def wait_for(what: Callable[[], Any], *, seconds: float = 30) -> Any:
    """Return the first true answer; fail when none comes in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = what()
        if answer:
            return answer
        time.sleep(0.05)
    pytest.fail(f"waited {seconds} s in vain")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class House:
    """A data folder with processes around it."""

    folder: Path
    env: dict[str, str]
    running: list["subprocess.Popen[str]"] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.folder / "run" / "broker.sock"

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        with (self.folder / "log").open("a") as log:
            process = subprocess.Popen(
                arguments,
                env=self.env,
                cwd=REPOSITORY,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *arguments],
            env=self.env,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def python(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def drivearr(self, *arguments: str) -> Any:
        """What a command answers; it waits while the house does the same by itself."""
        until = time.monotonic() + 60
        while True:
            done = self.run("-m", "drivearr", *arguments, "--json")
            busy = done.returncode and AlreadyWorkedOn.code in done.stdout
            if not busy or time.monotonic() > until:
                assert done.returncode == 0, done.stderr[-2000:]
                return json.loads(done.stdout)
            time.sleep(0.5)

    def start_broker(self) -> "subprocess.Popen[str]":
        data = self.folder / "data" / "broker"
        broker.make_folders(self.folder / "run", data)
        process = self.start(*broker.command(self.socket, data))
        wait_for(lambda: broker.answers(self.socket))
        return process

    def start_worker(self, *more: str) -> "subprocess.Popen[str]":
        return self.start(
            *(sys.executable, "-m", "celery", "--app", "drivearr", "--quiet", "worker"),
            *("--pool", "threads", "--concurrency", "2", "--queues", "default,copy"),
            *("--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
            *more,
        )

    def shell(self, code: str) -> str:
        """Run code with Django ready; what it prints."""
        head = "import django; django.setup()\n"
        return self.python("-c", head + code).strip()

    def enqueue(self, path: Path, *, steps: int, pause: float) -> int:
        return int(
            self.shell(
                "from drivearr.jobs.services import enqueue\n"
                "from tests.processes.slowwork.tasks import COUNT\n"
                f"print(enqueue(COUNT, subject='x', path={str(path)!r}, "
                f"steps={steps}, pause={pause}).pk)"
            )
        )

    def sweep(self) -> None:
        self.shell("from drivearr.jobs.services import sweep_lost; sweep_lost()")

    def jobs(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM jobs_job ORDER BY id")

    def rows(self, query: str) -> list[dict[str, Any]]:
        path = self.folder / "data" / "drivearr.sqlite3"
        with sqlite3.connect(
            f"file:{path}?mode=ro", uri=True, timeout=20
        ) as connection:
            connection.row_factory = sqlite3.Row
            rows = [dict(row) for row in connection.execute(query)]
        connection.close()
        return rows

    def states(self) -> list[str]:
        return [job["state"] for job in self.jobs()]

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def end(self) -> None:
        for process in reversed(self.running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=10)


def start(house: House) -> psutil.Process:
    """Start everything and wait until it says so, and each part bears its name."""
    process = house.start(sys.executable, "-m", "drivearr", "up")
    wait_for(lambda: "Ready after" in house.log(), seconds=60)
    parent = psutil.Process(process.pid)
    wait_for(lambda: {"web", "worker", "watcher"} <= set(parts(parent)))
    return parent


def parts(parent: psutil.Process) -> dict[str, psutil.Process]:
    """The parts by their names."""
    marks = {
        "broker": ("valkey-server",),
        "web": ("drivearr: web",),
        # Celery gives itself a name once it runs.
        "worker": ("drivearr: worker", "celeryd: worker@"),
        "copy": ("drivearr: copy", "celeryd: copy@"),
        "beat": ("drivearr: beat", "celery beat"),
        "watcher": ("drivearr: watcher",),
    }
    found: dict[str, psutil.Process] = {}
    for child in parent.children(recursive=True):
        line: list[str] = []
        with contextlib.suppress(psutil.Error):
            line = child.cmdline()
        for name, ours in marks.items():
            if any(mark in " ".join(line) for mark in ours):
                found.setdefault(name, child)
    return found


@pytest.fixture
def bare_house(tmp_path: Path) -> Iterator[House]:
    """A data folder, nothing running, the real settings."""
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("DRIVEARR_")
    }
    env |= {
        "DJANGO_SETTINGS_MODULE": "drivearr.settings",
        "DRIVEARR_DATA_DIR": str(tmp_path / "data"),
        "DRIVEARR_RUNTIME_DIR": str(tmp_path / "run"),
        "DRIVEARR_PORT": str(free_port()),
        "DRIVEARR_JOB_HEARTBEAT_SECONDS": "1",
        "DRIVEARR_JOB_SILENT_SECONDS": "4",
        "DRIVEARR_JOB_SWEEP_SECONDS": "2",
        "DRIVEARR_BROKER_VISIBILITY_SECONDS": "2",
        "PYTHONUNBUFFERED": "1",
    }
    house = House(tmp_path, env)
    yield house
    house.end()
