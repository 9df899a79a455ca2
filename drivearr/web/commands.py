"""The base of all commands: tables for people, one JSON document for programs."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.db.utils import OperationalError, ProgrammingError
from rich.console import Console
from rich.table import Table

from drivearr.lib.errors import DrivearrError, Refused
from drivearr.lib.progress import Cancelled

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


class DrivearrCommand(BaseCommand):
    """A command whose expected failures are one sentence.

    Exit status: 0 done, 1 the work failed, 2 wrong usage. With `--json`, standard
    output holds one JSON document and nothing else; a failure is
    `{"error": {"code", "message", "advice"}}`.
    """

    requires_system_checks = []
    has_json = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--json`, then the command's own."""
        if self.has_json:
            parser.add_argument(
                "--json", action="store_true", help="one JSON document on stdout"
            )
        self.add_own_arguments(parser)

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add what this command takes."""

    def work(self, **options: Any) -> int | None:
        """Do it; return an exit status, None for done.

        Raises: DrivearrError for an expected failure.
        """
        raise CommandError(f"This command does nothing with {options}.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run `work` and turn its end into an exit status."""
        self.as_json = bool(options.get("json"))
        try:
            status = self.work(**options) or DONE
        except DrivearrError as error:
            self._explain(error)
            status = WRONG_USAGE if isinstance(error, Refused) else FAILED
        except (OperationalError, ProgrammingError) as error:
            self._explain(_database_trouble(error))
            status = FAILED
        except (KeyboardInterrupt, Cancelled):
            sys.stderr.write("Stopped.\n")
            status = INTERRUPTED
        if status:
            raise SystemExit(status)

    def emit(self, document: Any) -> None:
        """Print the one JSON document."""
        self.stdout.write(json.dumps(document, cls=DjangoJSONEncoder, indent=1))

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = ""
    ) -> None:
        """Print a table for people; `empty` when there is no row."""
        console = Console(
            file=sys.stdout, soft_wrap=True, markup=False, emoji=False, highlight=False
        )
        drawn = Table(*columns, box=None, pad_edge=False, header_style="bold")
        for row in rows:
            drawn.add_row(*("" if cell is None else str(cell) for cell in row))
        if drawn.row_count:
            console.print(drawn)
        elif empty:
            console.print(empty)

    def say(self, text: str) -> None:
        """Tell a person something, on standard error when JSON owns the output."""
        (sys.stderr if self.as_json else sys.stdout).write(text + "\n")

    def _explain(self, error: DrivearrError) -> None:
        if self.as_json:
            self.emit(
                {
                    "error": {
                        "code": error.code,
                        "message": error.message,
                        "advice": error.advice,
                    }
                }
            )
        sys.stderr.write(" ".join(filter(None, [error.message, error.advice])) + "\n")


class DatabaseNotReady(DrivearrError):
    """The database cannot be used as it is."""

    code = "DATABASE_NOT_READY"


def _database_trouble(error: Exception) -> DatabaseNotReady:
    text = str(error).strip().splitlines()[0] if str(error).strip() else "no answer"
    if "no such table" in text or "does not exist" in text:
        return DatabaseNotReady(
            "The database is not prepared yet.", advice="Run `drivearr migrate` first."
        )
    return DatabaseNotReady(
        f"The database cannot be used: {text}.",
        advice="Check DRIVEARR_DATABASE_URL and DRIVEARR_DATA_DIR.",
    )
