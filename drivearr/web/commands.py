"""The base of all commands: tables for people, one JSON document for programs."""

import json
import sys
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, _SubParsersAction
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.db.utils import DataError, OperationalError, ProgrammingError
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import DrivearrError, Refused
from drivearr.lib.progress import Cancelled
from drivearr.lib.text import clipped
from drivearr.web.terminal import (
    TerminalProgress,
    draw_table,
    listening,
    printable,
)

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

LARGEST_NUMBER = 2**63 - 1
"""What a database column holds."""

_OF_DJANGO = {
    *("settings", "pythonpath", "traceback", "verbosity"),
    *("no_color", "force_color", "skip_checks", "stdout", "stderr"),
}


class DatabaseNotReady(DrivearrError):
    """The database cannot be used as it is."""

    code = "DATABASE_NOT_READY"


class SystemRefused(DrivearrError):
    """The operating system said no, where nothing more exact is known."""

    code = "SYSTEM_REFUSED"
    advice = gettext_noop("Check that the path is there and that Drivearr may use it.")


class BadValue(Refused):
    """A value on the command line cannot be what it is meant to be."""

    code = "BAD_VALUE"


class WorkFailed(DrivearrError):
    """A job ended badly; carries the job's own code."""


class Ended(Protocol):
    """What is asked of a job that ran here."""

    state: str
    error_code: str
    error_message: str
    error_advice: str


class Parser(CommandParser):
    """Says in one sentence what is wrong with a command line."""

    def error(self, message: str) -> Any:
        """End with the sentence; status 2."""
        if not self.called_from_command_line:
            return super().error(message)
        text = clipped(f"{message[:1].upper()}{message[1:]}.")
        hint = f"See `{self.prog} --help`."
        if "--json" in sys.argv[2:]:
            failure = {"code": "WRONG_USAGE", "message": text, "advice": hint}
            sys.stdout.write(json.dumps({"error": failure}) + "\n")
        return self.exit(WRONG_USAGE, printable(f"{text} {hint}") + "\n")


class Deeds:
    """The deeds of one command: `roots add`, `roots list`."""

    def __init__(self, parsers: "_SubParsersAction[Any]", *, has_json: bool) -> None:
        self._parsers = parsers
        self._has_json = has_json

    def add(
        self, name: str, work: Callable[..., int | None], *, says: str
    ) -> ArgumentParser:
        """Add a deed done by `work(**its arguments)`; `says` is its line of help."""
        parser: ArgumentParser = self._parsers.add_parser(
            name, help=says, description=says
        )
        parser.set_defaults(deed=work)
        if self._has_json:
            # Without a default: `roots --json list` keeps what stood before.
            parser.add_argument(
                "--json", action="store_true", default=SUPPRESS, help=JSON_HELP
            )
        return parser


JSON_HELP = "one JSON document on standard output"


class DrivearrCommand(BaseCommand):
    """A command whose expected failures are one sentence.

    Exit status: 0 done, 1 the work failed, 2 wrong usage, 130 stopped by Ctrl-C. With
    `--json`, standard output holds one JSON document and nothing else; a failure is
    `{"error": {"code", "message", "advice"}}` there, and a sentence on standard error.
    """

    requires_system_checks = []
    suppressed_base_arguments = {
        *("--version", "--verbosity", "--settings", "--pythonpath", "--traceback"),
        *("--no-color", "--force-color", "--skip-checks"),
    }
    has_json = True
    as_json = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--json`, then the command's own."""
        # Django makes the parser itself, of its own class.
        parser.__class__ = Parser
        if self.has_json:
            parser.add_argument("--json", action="store_true", help=JSON_HELP)
        self.add_own_arguments(parser)

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add what this command takes."""

    def add_deeds(self, parser: ArgumentParser) -> Deeds:
        """Let the command have deeds (`roots add`, `roots list`); one must be named."""
        parsers = parser.add_subparsers(
            dest="deed_name", required=True, metavar="DEED", title="deeds"
        )
        return Deeds(parsers, has_json=self.has_json)

    def work(self, **options: Any) -> int | None:
        """Do the named deed; commands without deeds do their work here.

        Returns an exit status, None for done.

        Raises: DrivearrError for an expected failure.
        """
        deed: Callable[..., int | None] = options.pop("deed")
        options.pop("deed_name", None)
        return deed(**options)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run `work` and turn its end into an exit status."""
        self.as_json = bool(options.pop("json", False))
        own = {name: v for name, v in options.items() if name not in _OF_DJANGO}
        try:
            status = self._end(own)
        except (KeyboardInterrupt, Cancelled):
            sys.stderr.write("Stopped.\n")
            status = INTERRUPTED
        if status:
            raise SystemExit(status)

    def _end(self, options: dict[str, Any]) -> int:
        try:
            _refuse_impossible(options)
            return self.work(**options) or DONE
        except BrokenPipeError:
            raise
        except DrivearrError as error:
            return self._explain(error)
        except (OperationalError, ProgrammingError) as error:
            return self._explain(_database_trouble(error))
        except DataError as error:
            return self._explain(
                BadValue(
                    gettext("A value is out of range: {line}.").format(
                        line=_line(error)
                    )
                )
            )
        except OSError as error:
            return self._explain(_system_trouble(error))

    def progress(self) -> AbstractContextManager[TerminalProgress]:
        """Give a `listener` for long work: a bar on a terminal, Ctrl-C heard."""
        return listening()

    def emit(self, document: Any) -> None:
        """Print the one JSON document."""
        self.stdout.write(json.dumps(document, cls=DjangoJSONEncoder, indent=1))

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = ""
    ) -> None:
        """Print a table for people; `empty` when there is no row."""
        text = draw_table(columns, rows, is_terminal=self.stdout.isatty())
        if text or empty:
            self.stdout.write(text or empty)

    def say(self, text: str) -> None:
        """Tell a person something, on standard error when JSON owns the output."""
        clean = "\n".join(printable(line) for line in text.split("\n"))
        (sys.stderr if self.as_json else self.stdout).write(clean + "\n")

    def say_trouble(self, message: str, advice: str = "") -> None:
        """Tell on standard error what went wrong, where the output is another matter."""
        sys.stderr.write(printable(" ".join(filter(None, [message, advice]))) + "\n")

    def conclude(self, job: Ended) -> None:
        """Raise what ended a job that ran here, if it did not end well.

        Raises:
            WorkFailed: it failed; with its code and advice.
            Cancelled: it was asked to stop.

        """
        if job.state == "CANCELLED":
            raise Cancelled
        if job.state == "FAILED":
            failure = WorkFailed(job.error_message, advice=job.error_advice)
            failure.code = job.error_code  # type: ignore[misc] # the job's, not ours
            raise failure

    def _explain(self, error: DrivearrError) -> int:
        if self.as_json:
            self.emit(
                {
                    "error": {
                        "code": error.code,
                        "message": clipped(error.message),
                        "advice": error.advice,
                    }
                }
            )
        sys.stderr.write(_sentence(error) + "\n")
        return WRONG_USAGE if isinstance(error, Refused) else FAILED


def row_id(text: str) -> int:
    """Read an id given on the command line, for argparse's `type`."""
    if not text.isascii() or not text.isdigit() or int(text[:20]) > LARGEST_NUMBER:
        raise ArgumentTypeError(f"{text[:40]!r} is no id (a whole number)")
    return int(text)


def _refuse_impossible(options: dict[str, Any]) -> None:
    """Raise BadValue for what no command can use: undecodable text, endless numbers."""
    for value in _flat(options.values()):
        if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
            raise BadValue(gettext("A number is larger than anything Drivearr counts."))
        if not callable(value) and not _is_text(str(value)):
            raise BadValue(
                gettext("{value!r} is not valid text.").format(value=str(value)[:100]),
                advice=gettext("Names must be UTF-8 and hold no null character."),
            )


def explain_database(error: Exception) -> str:
    """Return in a sentence why the database cannot be used, and what to do."""
    return _sentence(_database_trouble(error))


def _sentence(error: DrivearrError) -> str:
    return printable(" ".join(filter(None, [clipped(error.message), error.advice])))


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flat(value)
        else:
            yield value


def _is_text(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")


def _database_trouble(error: Exception) -> DatabaseNotReady:
    text = _line(error)
    if any(sign in text for sign in ("no such", "does not exist", "has no column")):
        return DatabaseNotReady(
            gettext("The database is not prepared yet, or is older than this version."),
            advice=gettext(
                "Run `drivearr migrate`, or `make up`, which does it by itself."
            ),
        )
    return DatabaseNotReady(
        gettext("The database cannot be used: {text}.").format(text=text),
        advice=gettext("Check DRIVEARR_DATABASE_URL and DRIVEARR_DATA_DIR."),
    )


def _system_trouble(error: OSError) -> SystemRefused:
    what = f" ({error.filename})" if error.filename else ""
    return SystemRefused(f"{error.strerror or _line(error)}{what}.")
