"""What stands around the commands: the list of them, unknown names, the version."""

import difflib
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import django
from django.core.management import ManagementUtility, get_commands, load_command_class
from django.db.utils import OperationalError, ProgrammingError

from drivearr.web.commands import (
    FAILED,
    WRONG_USAGE,
    DrivearrCommand,
    explain_database,
)
from drivearr.web.terminal import printable

if TYPE_CHECKING:
    from django.core.management.base import BaseCommand

USEFUL_OF_DJANGO = ("createsuperuser", "changepassword", "migrate", "shell")


class CommandLine(ManagementUtility):
    """Django's command line with Drivearr's commands in front."""

    def execute(self) -> None:
        """Run the command; database trouble of Django's own commands is a sentence."""
        if self.argv[1:] in (["--version"], ["version"]):
            sys.stdout.write(_versions() + "\n")
            return
        try:
            super().execute()
        except (OperationalError, ProgrammingError) as error:
            sys.stderr.write(explain_database(error) + "\n")
            raise SystemExit(FAILED) from None

    def main_help_text(self, commands_only: bool = False) -> str:  # noqa: FBT001, FBT002 - Django's signature
        """Return the list of commands: ours with what they do, then Django's."""
        if commands_only:
            return super().main_help_text(commands_only=True)
        ours = [(name, c.help) for name, c in _ours()]
        wide = max((len(name) for name, _ in ours), default=0)
        return "\n".join(
            [
                "Usage: drivearr COMMAND [options]",
                "",
                *(f"  {name:<{wide}}  {says}" for name, says in ours),
                "",
                "`drivearr COMMAND --help` tells more about one.",
                f"Of Django: {', '.join(USEFUL_OF_DJANGO)}, and others that",
                "`drivearr help --commands` names.",
            ]
        )

    def fetch_command(self, subcommand: str) -> "BaseCommand":
        """Return the command, or end with a sentence: there is none of that name."""
        names = get_commands()
        if subcommand in names:
            return super().fetch_command(subcommand)
        near = difflib.get_close_matches(subcommand, names, n=1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        name = printable(subcommand[:60])
        sys.stderr.write(
            f"Drivearr has no command {name!r}.{guess} See `drivearr --help`.\n"
        )
        raise SystemExit(WRONG_USAGE)


def _ours() -> list[tuple[str, DrivearrCommand]]:
    found = (
        (name, load_command_class(app, name))
        for name, app in sorted(get_commands().items())
        if not app.startswith("django")
    )
    return [(name, c) for name, c in found if isinstance(c, DrivearrCommand)]


def _versions() -> str:
    return f"Drivearr {version('drivearr')}, Django {django.get_version()}"
