"""Who keeps a mounted drive busy."""

from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Holder:
    """A process with something open below a folder."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


def find_holders(path: Path) -> tuple[Holder, ...]:
    """Return the processes that use a file or folder at or below `path`.

    Sees this machine's (or container's) processes only, and of other people's what the
    system shows; costs a look at every process.
    """
    found = {
        process.pid: process.info["name"] or "?"
        for process in psutil.process_iter(["name"])
        if _holds(process, path)
    }
    return tuple(Holder(pid, found[pid]) for pid in sorted(found))


def _holds(process: psutil.Process, path: Path) -> bool:
    try:
        used = [process.cwd(), *(file.path for file in process.open_files())]
        used += _open_folders(process.pid)
    except (psutil.Error, OSError):
        return False
    return any(name and Path(name).is_relative_to(path) for name in used)


def _open_folders(pid: int) -> list[str]:
    """Return what psutil leaves out: folders held open, as our own root is."""
    links = Path("/proc", str(pid), "fd")
    found = []
    for link in links.iterdir() if links.is_dir() else ():
        try:
            found.append(str(link.readlink()))
        except OSError:
            continue
    return found
