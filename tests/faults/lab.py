"""The laboratory: a library, drives and processes to kill, and what must be true after.

Processes are forked from one that has everything loaded, so that a kill costs
milliseconds and not the seconds of a start.
"""

import contextlib
import hashlib
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from tests.mounts import run

REPOSITORY = Path(__file__).resolve().parents[2]
PARTIAL = ".drivearr-partial"
MANIFEST = ".drivearr-manifest.json"
WAIT_SECONDS = 60.0


def context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.deeds"])
    return context


def begin(database: str, out: str, deed: str, arguments: dict[str, Any]) -> None:
    # Here, so that this process does not need what the forked ones have loaded.
    from tests.faults import deeds  # noqa: PLC0415

    deeds.begin(database, out, deed, arguments)


class ProcessDied(AssertionError):
    """A process of the laboratory ended without an answer."""


@dataclass
class Running:
    """A deed under way in a process of its own."""

    process: ForkServerProcess
    out: Path

    @property
    def is_alive(self) -> bool:
        return self.process.is_alive()

    def kill(self) -> bool:
        """End it as a power cut does; say whether it was still at work."""
        was_alive = self.process.is_alive()
        self.process.kill()
        self.process.join(WAIT_SECONDS)
        return was_alive and not self.out.exists()

    def answer(self) -> Any:
        """Wait for the end and return what it says.

        One that hangs in the kernel cannot end, but has answered.
        """
        until = time.monotonic() + WAIT_SECONDS
        while self.process.is_alive() and time.monotonic() < until:
            self.process.join(1)
            if self.out.exists():
                break
        if self.process.is_alive() and not self.out.exists():
            self.process.kill()
            raise ProcessDied(f"no end after {WAIT_SECONDS:.0f} s")
        if not self.out.exists():
            raise ProcessDied(f"exit status {self.process.exitcode}, see its output")
        return json.loads(self.out.read_text())


def fill(path: Path, *, piece: int) -> None:
    """Write until there is no room left."""
    with path.open("wb") as stream, contextlib.suppress(OSError):
        while True:
            os.write(stream.fileno(), bytes(piece))


def digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Every file below a folder, our own records left out."""
    return {
        str(path.relative_to(folder)): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".drivearr" not in str(path.relative_to(folder))
    }


@dataclass
class Lab:
    """One library, one database, some drives."""

    folder: Path
    template: Path
    library: Path = field(init=False)
    database: Path = field(init=False)
    titles: list[int] = field(default_factory=list)
    drives: dict[int, Path] = field(default_factory=dict)
    """Where each drive is mounted."""
    versions: set[str] = field(default_factory=set)
    """What library files were, ever: only such bytes may carry a final name."""
    now: dict[str, str] = field(default_factory=dict)
    _started: list[Running] = field(default_factory=list)
    _numbers: int = 0

    def __post_init__(self) -> None:
        self.library = self.folder / "library"
        self.database = self.folder / "lab.sqlite3"
        shutil.copyfile(self.template, self.database)

    # --- Deeds --------------------------------------------------------------------

    def start(self, deed: str, **arguments: Any) -> Running:
        self._numbers += 1
        out = self.folder / f"answer-{self._numbers}.json"
        process = context().Process(
            target=begin, args=(str(self.database), str(out), deed, arguments)
        )
        process.start()
        running = Running(process, out)
        self._started.append(running)
        return running

    def do(self, deed: str, **arguments: Any) -> Any:
        return self.start(deed, **arguments).answer()

    def make_library(self, sizes_kb: list[int]) -> None:
        made = self.do("make_library", folder=str(self.library), sizes_kb=sizes_kb)
        self.titles += made
        self.note_library()

    def note_library(self) -> None:
        """Hear that the library's files are as they shall be."""
        self.now = digests(self.library)
        self.versions |= set(self.now.values())

    def add_drive(self, path: Path, name: str = "Stick") -> int:
        pk: int = self.do("add_drive", path=str(path), name=name)
        self.drives[pk] = path
        return pk

    def run(self, *drives: int, **how: Any) -> list[list[str]]:
        """Copy until nothing is left; state, code and sentence for each drive."""
        found: list[list[str]] = self.do("run", drives=list(drives), **how)
        for state, code, sentence, trace in found:
            assert code != "BUG", trace
            assert state != "FAILED" or sentence
        return [each[:3] for each in found]

    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = self.do("facts")
        return found

    def states(self) -> set[str]:
        return {wish["state"] for wish in self.facts()["wishes"]}

    def end(self) -> None:
        for running in self._started:
            if running.is_alive:
                running.process.kill()
                running.process.join(10)

    # --- What must be true --------------------------------------------------------

    def check(self) -> dict[str, Any]:
        """Look at everything after a fault; return what the rows say.

        The library is as it was. A final name carries a whole file, the old one or the
        new. Rows and manifest name nothing that is not there, whole.
        """
        assert digests(self.library) == self.now, "the library was touched"
        facts = self.facts()
        for pk, path in self.drives.items():
            if not os.path.ismount(path):
                continue
            there = digests(path)
            for name, found in there.items():
                assert found in self.versions, f"{name} is not whole"
            rows = [row for row in facts["files"] if row["drive_id"] == pk]
            for row in rows:
                if row["state"] == "PRESENT":
                    assert there.get(row["relpath"]) == row["sha256"], row
            self._check_manifest(path, there)
        return facts

    def _check_manifest(self, path: Path, there: dict[str, str]) -> None:
        text = (path / MANIFEST).read_text()
        for entry in json.loads(text)["drivearr"]["files"]:
            assert there.get(entry["relpath"]) == entry["sha256"], entry

    def check_done(self) -> dict[str, Any]:
        """Look at everything after the work was completed."""
        facts = self.check()
        assert {wish["state"] for wish in facts["wishes"]} == {"DONE"}, facts["wishes"]
        wanted = sorted(self.now.values())
        for pk, path in self.drives.items():
            if not any(wish["drive_id"] == pk for wish in facts["wishes"]):
                continue
            assert sorted(digests(path).values()) == wanted
            assert facts["complete"][str(pk)] == sorted(self.titles)
            left = [str(each.relative_to(path)) for each in path.rglob(f"*{PARTIAL}")]
            assert not left, left
            manifest = json.loads((path / MANIFEST).read_text())["drivearr"]
            assert sorted(each["sha256"] for each in manifest["files"]) == wanted
        return facts


# --- Drives -----------------------------------------------------------------------


@dataclass
class FaultyDrive:
    """A FUSE drive that fails as it is told."""

    folder: Path
    path: Path
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def socket(self) -> Path:
        return self.folder / "control"

    def mount(self) -> Path:
        self.path.mkdir(parents=True, exist_ok=True)
        (self.folder / "backing").mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.faults.faultdrive"),
                *(self.folder / "backing", self.path, self.socket),
            ],
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 10
        while not os.path.ismount(self.path):
            assert self._process.poll() is None, "the faulty drive did not start"
            assert time.monotonic() < until, "the faulty drive is not mounted"
            time.sleep(0.02)
        return self.path

    def tell(self, **command: Any) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(self.socket))
            client.sendall(json.dumps(command).encode() + b"\n")
            with client.makefile() as answers:
                answer: dict[str, Any] = json.loads(answers.readline())
        return answer

    def break_(self, *faults: dict[str, Any]) -> None:
        self.tell(faults=list(faults))

    def mend(self) -> None:
        self.tell(faults=[])

    def cut_power(self, seed: int) -> None:
        """Take the power away; what was not flushed is lost. Plugged out afterwards."""
        self.tell(cut=seed)
        self.unmount()

    def unmount(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            run("umount", "-l", os.fspath(self.path))
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None
