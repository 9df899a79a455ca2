"""The checks of the doctor and the health page, and how they fail."""

import json

import pytest

from drivearr.web import checking
from drivearr.web.checking import Finding, run_checks
from tests.houses import House


class TestRunChecks:
    def test_tells_which_check_broke_and_goes_on(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def room() -> list[Finding]:
            raise OSError("no such disk")

        monkeypatch.setattr(
            checking, "_checks", [room, lambda: [Finding("light", True, "It burns.")]]
        )

        broken, light = run_checks()

        assert (broken.name, broken.ok) == ("room", False)
        assert "no such disk" in broken.message
        assert light.ok

    @pytest.mark.processes
    def test_tells_once_that_the_database_is_not_made_yet(
        self, bare_house: House
    ) -> None:
        told = bare_house.run("-m", "drivearr", "doctor", "--json")

        found = json.loads(told.stdout)["checks"]
        assert [row["name"] for row in found if "migrate" in row["advice"]] == [
            "database",
            "not looked at",
        ]
        assert "no such table" not in told.stdout
