"""Docs that would go stale are held to the code."""

import ast
import re
from pathlib import Path

from django.conf import settings

HOUSE: Path = settings.BASE_DIR
ROW = re.compile(r"^\| `(DRIVEARR_[A-Z_]+)` \|", re.MULTILINE)
NAMED = re.compile(r"\bDRIVEARR_[A-Z][A-Z_]*[A-Z]\b")
APPS = ("drivearr", "library", "drives", "plexlink", "syncqueue")


def read_by_settings() -> set[str]:
    """Names that drivearr/settings.py hands to the readers of drivearr.env."""
    tree = ast.parse((HOUSE / "drivearr" / "settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        f"DRIVEARR_{call.args[0].value!s}"
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id.startswith("env_")
        if call.args and isinstance(call.args[0], ast.Constant)
    }


def named_in_code() -> set[str]:
    """Names of settings that stand anywhere in the code, in messages too."""
    files = [file for app in APPS for file in (HOUSE / app).rglob("*.py")]
    return {name for file in files for name in NAMED.findall(file.read_text())}


def documented() -> list[str]:
    return ROW.findall((HOUSE / "docs" / "settings.md").read_text())


class TestSettingsTable:
    def test_has_a_row_for_each_setting(self) -> None:
        assert read_by_settings() - set(documented()) == set()

    def test_has_a_row_for_each_name_in_code(self) -> None:
        internal = {"DRIVEARR_PART"}

        assert named_in_code() - internal - set(documented()) == set()

    def test_has_no_row_for_what_nobody_reads(self) -> None:
        assert set(documented()) - read_by_settings() - named_in_code() == set()

    def test_names_each_once(self) -> None:
        assert len(documented()) == len(set(documented()))


class TestCommandTable:
    def test_names_each_command(self) -> None:
        # Parts of `up` and of `make texts`, not for people.
        internal = {"install_schedules", "watch_library", "makemessages"}
        commands = {
            file.stem
            for app in APPS
            for file in (HOUSE / app).rglob("management/commands/[a-z]*.py")
        }
        readme = (HOUSE / "README.md").read_text()
        told = set(re.findall(r"`drivearr ([a-z]+)`", readme))

        assert commands - internal - told == set()


class TestLinks:
    def test_lead_somewhere(self) -> None:
        pages = [HOUSE / "README.md", *(HOUSE / "docs").rglob("*.md")]
        dead = [
            f"{page.relative_to(HOUSE)} → {target}"
            for page in pages
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
            if not (page.parent / target).exists()
        ]

        assert dead == []


class TestReliability:
    def test_names_only_tests_that_are_there(self) -> None:
        said = (HOUSE / "docs" / "reliability.md").read_text()
        there = {
            name
            for path in (HOUSE / "tests").rglob("test_*.py")
            for name in re.findall(r"^class (Test\w+)", path.read_text(), re.MULTILINE)
        }
        files = {path.name for path in (HOUSE / "tests").rglob("test_*.py")}

        assert set(re.findall(r"\bTest[A-Z]\w+", said)) <= there
        assert {
            Path(name).name for name in re.findall(r"[\w/]*test_\w+\.py", said)
        } <= files
