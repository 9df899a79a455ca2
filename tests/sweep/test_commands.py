"""Every argument of every command, with what nobody should give it.

Each answers with status 0, 1 or 2 and, unless all is well, a sentence; no traceback, and
nothing is lost. The list of commands and arguments is read from the parsers, so that a
new one is swept from its first day.
"""

import argparse
import hashlib
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from drivearr.web.commands import DrivearrCommand
from drives.models import Drive, DriveFile
from drives.services.registering import add_drive
from library.models import MediaFile, Root, Title
from library.services.rooting import add_root
from syncqueue.models import QueueItem
from tests.shell import Ended, run

ENDLESS = {"watch_library"}
"""Run until they are told to end."""

HOSTILE = [
    "",
    " ",
    "-1",
    "0",
    "99999999",
    "9" * 30,
    "1.5",
    "1e3",
    "½",
    "٣",
    "nan",
    "null",
    "[1]",
    "x" * 100_000,
    "../../etc/passwd",
    "/",
    "/proc/self/mem",
    "/dev/zero",
    "/nowhere/at/all",
    "a\0b",
    "\udcff\udcfe",
    "\u202e\u200b日本語",
    "%s%n{0}{}",
    "'; DROP TABLE library_title; --",
    "\x1b[2J\x1b]0;owned\x07",
    "line\nbreak",
    "--json",
    "-",
]


@dataclass(frozen=True)
class Spot:
    """One argument of one command: everything else is as it should be."""

    words: tuple[str, ...]
    """Command and deed."""
    before: tuple[str, ...]
    option: str
    """`--name`, or empty for a positional argument."""

    def __str__(self) -> str:
        return " ".join([*self.words, self.option or "VALUE"])

    def line(self, value: str) -> list[str]:
        given = [f"{self.option}={value}"] if self.option else [value]
        return ["drivearr", *self.words, *self.before, *given]


def good_value(action: argparse.Action) -> str:
    """Something that parses, and that the empty house does not have."""
    if action.choices:
        return str(next(iter(action.choices)))
    return "77777"


def spots_of(words: tuple[str, ...], parser: ArgumentParser) -> Iterator[Spot]:
    actions = [one for one in parser._actions if one.dest not in {"help", "json"}]
    for action in actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from spots_of((*words, name), inner)
            return
    for action in actions:
        if action.nargs == 0 or action.help == argparse.SUPPRESS:
            continue
        needed = [one for one in actions if one is not action and one.required]
        before: list[str] = []
        for one in needed:
            before += [one.option_strings[-1]] if one.option_strings else []
            before += [good_value(one)]
        yield Spot(words, tuple(before), next(reversed(action.option_strings), ""))


def ours() -> Iterator[tuple[str, DrivearrCommand]]:
    for name, app in sorted(get_commands().items()):
        command = load_command_class(app, name) if "django" not in app else None
        if isinstance(command, DrivearrCommand) and name not in ENDLESS:
            yield name, command


COMMANDS = [name for name, _ in ours()]
SPOTS = [
    spot
    for name, command in ours()
    for spot in spots_of((name,), command.create_parser("drivearr", name))
]


@dataclass(frozen=True)
class House:
    """A library and a drive that no command line here may harm."""

    library: Path
    drive: Path

    def state(self) -> object:
        """Everything that must be as it was."""
        files = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.library.rglob("*"))
            if path.is_file()
        }
        counts = [
            model.objects.count()
            for model in (Root, Title, MediaFile, Drive, DriveFile, QueueItem)
        ]
        return files, counts, sorted(path.name for path in self.drive.iterdir())


@pytest.fixture
def house(db: None, tmp_path: Path) -> House:
    library, drive = tmp_path / "library", tmp_path / "drive"
    (library / "Heat (1995)").mkdir(parents=True)
    (library / "Heat (1995)" / "Heat (1995).mkv").write_bytes(b"heat" * 500)
    drive.mkdir()
    add_root(path=library, kind=Root.Kind.MOVIES)
    add_drive(path=drive, name="Cabin", folder=True)
    assert run(["drivearr", "scan"]).status == 0
    return House(library, drive)


def assert_is_answered(ended: Ended, line: list[str]) -> None:
    shown = [word[:60] for word in line]
    assert ended.status in {0, 1, 2}, (shown, ended)
    assert "Traceback" not in ended.err + ended.out, shown
    assert "\x1b[2J" not in ended.err + ended.out, shown
    if ended.status:
        words = ended.err.strip()
        assert words, shown
        assert words.endswith((".", "`")), (shown, words[-200:])
        assert len(words) < 2000, (shown, len(words))


class TestEveryCommand:
    def test_is_found(self) -> None:
        assert {"roots", "scan", "identify", "drives", "queue", "doctor"} <= set(
            COMMANDS
        )
        assert len(SPOTS) > 30

    @pytest.mark.parametrize("spot", SPOTS, ids=str)
    def test_answers_hostile_values_with_a_sentence(
        self, house: House, spot: Spot
    ) -> None:
        before = house.state()

        for value in HOSTILE:
            for more in ([], ["--json"]):
                line = [*spot.line(value), *more]
                ended = run(line)
                assert_is_answered(ended, line)
                if more and ended.status and ended.out.strip():
                    assert set(json.loads(ended.out)["error"]) == {
                        "code",
                        "message",
                        "advice",
                    }
                if ended.status:
                    assert house.state() == before, [word[:60] for word in line]

    @pytest.mark.parametrize("name", COMMANDS)
    @pytest.mark.parametrize(
        "more", [["--no-such-option"], ["no-such-deed"], ["a", "b", "c", "d"], ["\0"]]
    )
    def test_answers_wrong_usage_with_status_two(
        self, house: House, name: str, more: list[str]
    ) -> None:
        line = ["drivearr", name, *more]

        ended = run(line)

        assert ended.status == 2, ended
        assert_is_answered(ended, line)


class TestNames:
    @pytest.mark.parametrize("value", [value for value in HOSTILE if "\n" not in value])
    def test_on_standard_input_each_get_one_line_of_json(self, value: str) -> None:
        ended = run(["drivearr", "parse"], stdin=f"{value}\nHeat.1995.mkv\n")

        assert ended.status == 0, ended.err
        lines = [json.loads(line) for line in ended.out.splitlines()]
        assert lines[-1]["title"] == "Heat"
        assert "Traceback" not in ended.err
