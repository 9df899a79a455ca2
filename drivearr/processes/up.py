"""`drivearr up`: prepare the data folder, start all parts, keep them alive."""

import argparse
import fcntl
import json
import logging
import logging.handlers
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from drivearr.processes import broker
from drivearr.processes.plan import Plan, parts_of
from drivearr.processes.supervisor import Supervisor

_LOG_BYTES, _LOG_FILES = 10_000_000, 5
_COLOURS = {
    "broker": 35,
    "web": 36,
    "worker": 32,
    "copy": 33,
    "beat": 34,
    "watcher": 96,
}


class CannotStart(Exception):
    """Why Drivearr does not start, in a sentence."""


def up(arguments: list[str]) -> int:
    """Run all parts in the foreground; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="drivearr up", description="Start all parts; Ctrl-C ends them."
    )
    parser.add_argument("--host", help="address to listen on (DRIVEARR_HOST)")
    parser.add_argument("--port", type=int, help="port to listen on (DRIVEARR_PORT)")
    wished = parser.parse_args(arguments)
    if wished.host:
        os.environ["DRIVEARR_HOST"] = wished.host
    if wished.port is not None:
        os.environ["DRIVEARR_PORT"] = str(wished.port)
    try:
        return _run()
    except (CannotStart, broker.BrokerUnavailable) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _run() -> int:
    begun = time.monotonic()
    lock = _lock(_data_dir())
    try:
        plan = _prepare()
        if plan.has_own_broker:
            broker.make_folders(plan.runtime_dir, plan.data_dir / "broker")
            _wait_for_old_broker(plan.broker_socket)
        _check_port(plan)
        say = _Voice(plan.log_dir)
        supervisor = Supervisor(parts_of(plan), say=say)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: supervisor.stop.set())

        def tell() -> None:
            seconds = time.monotonic() - begun
            say("drivearr", f"Ready after {seconds:.1f} s: open {_url(plan)}")

        status = supervisor.run(on_ready=tell)
        say("drivearr", "Stopped." if status == 0 else "Stopped: a part cannot live.")
        return status
    finally:
        lock.close()


def _data_dir() -> Path:
    raw = os.environ.get("DRIVEARR_DATA_DIR", "").strip()
    default = Path(__file__).resolve().parents[2] / ".data"
    return (Path(raw).expanduser() if raw else default).absolute()


def _lock(data_dir: Path) -> IO[str]:
    """Hold the data folder for this run.

    Raises: CannotStart.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (data_dir / "drivearr.lock").open("a", encoding="ascii")
    except OSError as error:
        raise CannotStart(
            f"The data folder {data_dir} cannot be used: {error.strerror}. "
            "Check DRIVEARR_DATA_DIR and its owner."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CannotStart(
            f"Drivearr already runs on the data folder {data_dir}."
        ) from None
    return lock


def _prepare() -> Plan:
    done = subprocess.run(
        [sys.executable, "-m", "drivearr.processes.prepare"],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        raise CannotStart("Drivearr could not prepare its data folder; see above.")
    return Plan.of(json.loads(lines[-1]))


def _wait_for_old_broker(socket_path: Path) -> None:
    """Let a broker that outlived a killed supervisor end; then clear its socket."""
    for _ in range(50):
        if not broker.answers(socket_path):
            socket_path.unlink(missing_ok=True)
            return
        time.sleep(0.1)
    raise CannotStart(
        f"A broker still answers at {socket_path}. End it, or wait a moment."
    )


def _check_port(plan: Plan) -> None:
    try:
        found = socket.getaddrinfo(
            plan.host, plan.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, _, _, address = found[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CannotStart(
            f"Cannot listen on {plan.host} port {plan.port}: {error.strerror}. "
            "Choose another with --port or DRIVEARR_PORT."
        ) from error


def _url(plan: Plan) -> str:
    public = os.environ.get("DRIVEARR_URL", "").rstrip("/")
    host = "localhost" if plan.host in {"0.0.0.0", "::", "127.0.0.1"} else plan.host  # noqa: S104
    return public or f"http://{host}:{plan.port}/"


class _Voice:
    """Prints lines with the part's name, and keeps them in a rotated file."""

    def __init__(self, log_dir: Path) -> None:
        self._colour = sys.stdout.isatty()
        self._logger = logging.getLogger("drivearr.up")
        handler = logging.handlers.RotatingFileHandler(
            log_dir / "drivearr.log",
            maxBytes=_LOG_BYTES,
            backupCount=_LOG_FILES,
            encoding="utf-8",
            delay=True,
        )
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        self._logger.addHandler(handler)
        self._logger.setLevel(logging.INFO)
        self._logger.propagate = False

    def __call__(self, name: str, line: str) -> None:
        self._logger.info("%-8s %s", name, line)
        label = f"{name:<8}"
        if self._colour:
            label = f"\033[{_COLOURS.get(name, 1)}m{label}\033[0m"
        sys.stdout.write(f"{label} {line}\n")
        sys.stdout.flush()
