"""The base of commands, through a command made for the purpose."""

import io
import json
from argparse import ArgumentParser
from types import SimpleNamespace

import pytest
from django.core.management import CommandError
from django.db.utils import OperationalError

from drivearr.lib.errors import DrivearrError, Refused
from drivearr.lib.progress import Cancelled
from drivearr.web.commands import DrivearrCommand, WorkFailed, row_id


class ShelfFull(DrivearrError):
    code = "SHELF_FULL"
    advice = "Buy a shelf."


class Shelf(DrivearrCommand):
    """A command with two deeds, one of which can be told to fail."""

    help = "shelves"
    failure: BaseException | None = None

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        deeds = self.add_deeds(parser)
        put = deeds.add("put", self.put, says="put a thing up")
        put.add_argument("thing")
        put.add_argument("--on", type=row_id, default=1)
        deeds.add("show", self.show, says="show what is there")

    def put(self, *, thing: str, on: int) -> None:
        if self.failure:
            raise self.failure
        if self.as_json:
            self.emit({"thing": thing, "on": on})
        self.say(f"Put {thing} on shelf {on}.")

    def show(self) -> int:
        self.table(["id", "thing"], [(1, "\x1b[2Jvase [bold]"), (2, None)])
        return 1


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(stdout=io.StringIO())


def run(shelf: Shelf, *arguments: str) -> int:
    """Run as from the command line; return the exit status."""
    try:
        shelf.run_from_argv(["drivearr", "shelf", *arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def output(shelf: Shelf) -> str:
    return str(shelf.stdout._out.getvalue())  # type: ignore[attr-defined]


class TestDrivearrCommand:
    def test_ends_well_with_status_0(self, shelf: Shelf) -> None:
        assert run(shelf, "put", "vase") == 0
        assert output(shelf) == "Put vase on shelf 1.\n"

    def test_ends_with_the_status_the_work_gives(self, shelf: Shelf) -> None:
        assert run(shelf, "show") == 1

    @pytest.mark.parametrize("where", [["--json", "put"], ["put", "--json"]])
    def test_prints_one_document_wherever_json_stands(
        self, shelf: Shelf, where: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(shelf, *where, "vase") == 0

        assert json.loads(output(shelf)) == {"thing": "vase", "on": 1}
        assert capsys.readouterr().err == "Put vase on shelf 1.\n"

    @pytest.mark.parametrize(
        ("failure", "status"),
        [
            (ShelfFull("The shelf is full."), 1),
            (Refused("No such shelf."), 2),
            (PermissionError(13, "Permission denied", "/shelf"), 1),
            (OperationalError("no such table: shelf"), 1),
            (OperationalError("unable to open database file"), 1),
            (KeyboardInterrupt(), 130),
            (Cancelled(), 130),
        ],
    )
    def test_says_an_expected_failure_in_one_line(
        self,
        shelf: Shelf,
        capsys: pytest.CaptureFixture[str],
        failure: BaseException,
        status: int,
    ) -> None:
        shelf.failure = failure

        assert run(shelf, "put", "vase") == status

        said = capsys.readouterr()
        assert len(said.err.splitlines()) == 1
        assert said.out == output(shelf) == ""

    def test_tells_how_to_prepare_the_database(
        self, shelf: Shelf, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shelf.failure = OperationalError("no such table: shelf")

        run(shelf, "put", "vase")

        assert "drivearr migrate" in capsys.readouterr().err

    def test_gives_a_failure_as_json(self, shelf: Shelf) -> None:
        shelf.failure = ShelfFull("The shelf is full.")

        run(shelf, "put", "vase", "--json")

        assert json.loads(output(shelf)) == {
            "error": {
                "code": "SHELF_FULL",
                "message": "The shelf is full.",
                "advice": "Buy a shelf.",
            }
        }

    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["burn"],
            ["put"],
            ["put", "vase", "--on", "-1"],
            ["put", "vase", "--on", "9" * 5000],
            ["put", "vase", "--on", "٣"],
            ["put", "vase", "--colour", "red"],
            ["put", "vase\udcff"],
            ["put", "va\0se"],
        ],
    )
    def test_refuses_wrong_usage_in_one_line(
        self,
        shelf: Shelf,
        capsys: pytest.CaptureFixture[str],
        arguments: list[str],
    ) -> None:
        assert run(shelf, *arguments) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1

    def test_gives_wrong_usage_as_json(
        self,
        shelf: Shelf,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("sys.argv", ["drivearr", "shelf", "burn", "--json"])

        assert run(shelf, "burn", "--json") == 2

        document = json.loads(capsys.readouterr().out)
        assert document["error"]["code"] == "WRONG_USAGE"

    def test_lets_a_bug_through(self, shelf: Shelf) -> None:
        shelf.failure = ZeroDivisionError()

        with pytest.raises(ZeroDivisionError):
            run(shelf, "put", "vase")

    def test_raises_for_callers_within_python(self, shelf: Shelf) -> None:
        parser = shelf.create_parser("drivearr", "shelf")

        with pytest.raises(CommandError):
            parser.parse_args(["burn"])

    def test_makes_table_cells_harmless(self, shelf: Shelf) -> None:
        run(shelf, "show")

        assert output(shelf) == "id  thing\n1   \\x1b[2Jvase [bold]\n2\n"

    def test_concludes_a_job_that_failed(self, shelf: Shelf) -> None:
        job = SimpleNamespace(
            state="FAILED",
            error_code="DRIVE_FULL",
            error_message="Full.",
            error_advice="Make room.",
        )

        with pytest.raises(WorkFailed) as caught:
            shelf.conclude(job)

        assert (caught.value.code, caught.value.advice) == ("DRIVE_FULL", "Make room.")
        assert WorkFailed.code != "DRIVE_FULL"

    def test_concludes_a_job_that_was_cancelled(self, shelf: Shelf) -> None:
        with pytest.raises(Cancelled):
            shelf.conclude(
                SimpleNamespace(
                    state="CANCELLED", error_code="", error_message="", error_advice=""
                )
            )
