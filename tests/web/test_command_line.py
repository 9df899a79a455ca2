"""What stands around the commands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from drivearr.web.command_line import CommandLine


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the real program."""
    return subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestCommandLine:
    def test_lists_what_there_is(self) -> None:
        text = CommandLine(["drivearr", "help"]).main_help_text()

        assert text.startswith("Usage: drivearr COMMAND")
        assert "migrate" in text

    def test_begins_each_command_with_what_the_program_itself_loads(self) -> None:
        # A fresh process: the tests have loaded more than a command does.
        names = {
            file.stem
            for file in settings.BASE_DIR.glob("*/management/commands/[a-z]*.py")
        } | {
            file.stem
            for file in settings.BASE_DIR.glob("*/*/management/commands/[a-z]*.py")
        }
        begin = (
            "import sys, django; from django.core.management import get_commands, "
            "load_command_class; django.setup(); "
            "[load_command_class(get_commands()[name], name) for name in sys.argv[1:]]"
        )

        ended = subprocess.run(
            [sys.executable, "-c", begin, *sorted(names)],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "drivearr.settings"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

        assert ended.stderr == ""
        assert {"plex", "scan", "queue"} <= names

    @pytest.mark.parametrize("name", ["migrat", "--foo", "x" * 1000, "\x1b[2J"])
    def test_refuses_an_unknown_command_in_one_line(
        self, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as end:
            CommandLine(["drivearr", name]).fetch_command(name)

        said = capsys.readouterr().err
        assert end.value.code == 2
        assert len(said.splitlines()) == 1
        assert "\x1b" not in said

    def test_names_the_command_that_may_be_meant(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            CommandLine(["drivearr", "migrat"]).fetch_command("migrat")

        assert "'migrate'" in capsys.readouterr().err


class TestProgram:
    def test_tells_its_version(self) -> None:
        assert run("--version").stdout.startswith("Drivearr ")

    def test_says_in_a_line_which_setting_is_wrong(self) -> None:
        ended = run("migrate", DRIVEARR_PORT="many")

        assert ended.returncode == 2
        assert ended.stderr.startswith("DRIVEARR_PORT is 'many', but must be")
        assert len(ended.stderr.splitlines()) == 1

    def test_says_in_a_line_that_the_database_is_not_prepared(
        self, tmp_path: Path
    ) -> None:
        ended = run(
            *("createsuperuser", "--username", "x", "--email", "x@x.x", "--noinput"),
            DRIVEARR_DATA_DIR=str(tmp_path),
            DJANGO_SUPERUSER_PASSWORD="x",
        )

        assert ended.returncode == 1
        assert "drivearr migrate" in ended.stderr.splitlines()[-1]
        assert "Traceback" not in ended.stderr
