"""Sets the demo's household up, by the same commands a person would type."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivearr.demo.catalogue import DemoVideo
from drivearr.demo.filming import film
from drivearr.demo.writing import FOLDERS, write_library

OWNER = "owner"
STICK, DISK = "Car stick", "Cabin disk"
ON_STICK = {
    *("Lantern at Skarholm", "Paper Harbour", "Nocturne for a Railway"),
    *("Meridian: The Long Way Home", "灯りの島", "404 Sheep"),
}
"""Movies that lie on the stick when the demo begins; with season 1 of a show."""
SHOW_ON_STICK = "Saltmarsh Lane"
MEANT_FOR_HOME = ("DATABASE_URL", "REDIS_URL", "TMDB_KEY", "RUNTIME_DIR", "SECRET_KEY")
"""Settings of the real household, which the demo must not touch."""


class StepFailed(Exception):
    """A command of the set-up did not do its work; its own words are the message."""


class Household:
    """The demo's folder: library, drives, data, and the owner's password."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library = folder / "library"
        self.drives = folder / "drives"
        self.data = folder / "data"
        self._password_file = folder / "owner-password"
        self._done = folder / "ready"

    def environment(self) -> dict[str, str]:
        """Return the environment in which Drivearr runs on the demo."""
        away = {f"DRIVEARR_{name}" for name in MEANT_FOR_HOME}
        ours = {name: v for name, v in os.environ.items() if name not in away}
        return ours | {
            "DJANGO_SETTINGS_MODULE": "drivearr.settings",
            "DRIVEARR_DATA_DIR": str(self.data),
            "DRIVEARR_BROWSE_ROOTS": str(self.folder),
        }

    def owner_line(self) -> str:
        """Return name and password of the owner's account, for a person."""
        password = self._password_file.read_text(encoding="ascii").strip()
        return f"{OWNER} with the password {password}"

    def settle(self, *, say: Callable[[str], None]) -> None:
        """Make everything, unless it is there; some half a minute the first time.

        Raises:
            StepFailed: a command failed.
            OSError: the folder cannot be written.

        """
        if self._done.exists():
            return
        say(f"Making the demo in {self.folder} (once) ...")
        # What an attempt that was stopped left half done; the videos are kept.
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.drives, ignore_errors=True)
        write_library(self.library, say=lambda title: say(f"  filming {title}"))
        self._open_house()
        say("  looking at the library")
        self._name_roots()
        say("  filling the stick")
        self._fill_drives()
        self._done.touch()

    def _open_house(self) -> None:
        self.data.mkdir(parents=True, mode=0o700)
        self._run("migrate", "--verbosity", "0")
        password = secrets.token_urlsafe(9)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(password + "\n", encoding="ascii")
        self._run(
            *("createsuperuser", "--noinput", "--verbosity", "0"),
            *("--username", OWNER, "--email", "owner@household.invalid"),
            DJANGO_SUPERUSER_PASSWORD=password,
        )

    def _name_roots(self) -> None:
        for kind, name in FOLDERS.items():
            self._run("roots", "add", str(self.library / name), "--kind", kind)
        self._run("scan", "--json")
        self._run("identify", "--json")

    def _fill_drives(self) -> None:
        self._add_drive(STICK)
        disk = self._add_drive(DISK)
        stranger = DemoVideo("Somebody else's film.mp4")
        film(disk / stranger.file, stranger.look, seconds=3, tone_hertz=523)
        drives = {row["name"]: row["id"] for row in self._read("drives", "list")}
        for title in self._read("titles"):
            if title["title"] in ON_STICK:
                self._wish(drives[STICK], title)
            elif title["title"] == SHOW_ON_STICK:
                self._wish(drives[STICK], title, "--season", "1")
        self._run("queue", "run", "--drive", str(drives[STICK]), "--json")
        self._run("drives", "scan", str(drives[DISK]), "--json")

    def _add_drive(self, name: str) -> Path:
        folder = self.drives / name
        folder.mkdir(parents=True)
        self._run("drives", "add", str(folder), "--folder", "--name", name)
        return folder

    def _wish(self, drive_id: int, title: dict[str, Any], *more: str) -> None:
        wish = ("--drive", str(drive_id), "--title", str(title["id"]))
        self._run("queue", "add", *wish, *more)

    def _read(self, *arguments: str) -> Any:
        return json.loads(self._run(*arguments, "--json"))

    def _run(self, *arguments: str, **environment: str) -> str:
        """Run a command; return its standard output.

        Raises: StepFailed.
        """
        ended = subprocess.run(
            [sys.executable, "-m", "drivearr", *arguments],
            env=self.environment() | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            words = ended.stderr.strip() or ended.stdout.strip()
            raise StepFailed(f"drivearr {' '.join(arguments)}: {words}")
        return ended.stdout
