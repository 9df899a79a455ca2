"""The history of drives: searched, narrowed, taken away as a file."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from drives.exporting import COLUMNS, Line, write_csv, write_json
from drives.models import Drive, SyncRecord


def line(**given: Any) -> Line:
    values: dict[str, Any] = {
        "at": datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
        "drive": "Cabin",
        "action": "COPIED",
        "title": "Heat (1995)",
        "relpath": "Movies/Heat (1995)/Heat (1995).mkv",
        "size_bytes": 4_000,
        "seconds": 2.5,
        "verified_by": "READ_BACK",
        "code": "",
        "message": "",
        "by": "anna",
    }
    return Line(**values | given)


def read_csv(parts: Iterator[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(parts), newline="")))


class TestWriteCsv:
    def test_reads_back_as_it_was(self) -> None:
        odd = 'A "quoted", name\nof two lines'

        (row,) = read_csv(write_csv([line(title=odd)]))

        assert tuple(row) == COLUMNS
        assert (row["title"], row["size_bytes"]) == (odd, "4000")
        assert row["at"] == "2026-11-21T09:30:00+00:00"

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
    def test_runs_no_formula_in_a_spreadsheet(self, start: str) -> None:
        (row,) = read_csv(write_csv([line(title=f"{start}HYPERLINK(1)")]))

        assert row["title"] == f"'{start}HYPERLINK(1)"

    def test_has_a_head_without_lines(self) -> None:
        assert "".join(write_csv([])).strip() == ",".join(COLUMNS)


class TestWriteJson:
    @pytest.mark.parametrize("count", [0, 1, 3])
    def test_is_one_list(self, count: int) -> None:
        rows = json.loads("".join(write_json([line()] * count)))

        assert len(rows) == count
        assert all(tuple(row) == COLUMNS and row["seconds"] == 2.5 for row in rows)


@pytest.fixture
def happened(drive: Drive) -> Drive:
    """A copy of yesterday, a failure of today."""
    drive.history.all().delete()
    for day, action, name in (
        (20, SyncRecord.Action.COPIED, "Heat (1995)"),
        (21, SyncRecord.Action.FAILED, "Alien (1979)"),
    ):
        drive.history.create(
            at=datetime(2026, 11, day, 12, tzinfo=UTC),
            action=action,
            title_name=name,
            relpath=f"Movies/{name}/{name}.mkv",
            size_bytes=1_000,
        )
    return drive


@pytest.mark.django_db
class TestPage:
    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("", ["Alien (1979)", "Heat (1995)"]),
            ("q=heat", ["Heat (1995)"]),
            ("action=FAILED", ["Alien (1979)"]),
            ("first=2026-11-21", ["Alien (1979)"]),
            ("last=2026-11-20", ["Heat (1995)"]),
            ("first=2026-11-20&last=2026-11-20", ["Heat (1995)"]),
            ("q=nothing", []),
            ("first=yesterday&action=EATEN", ["Alien (1979)", "Heat (1995)"]),
        ],
    )
    def test_shows_and_gives_away_the_same(
        self, happened: Drive, member_client: Client, asked: str, found: list[str]
    ) -> None:
        page = f"/drives/{happened.pk}/history/"

        shown = member_client.get(f"{page}?{asked}").content.decode()
        given = member_client.get(f"{page}?{asked}&as=json")

        rows = json.loads(b"".join(given))
        assert [row["title"] for row in rows] == found
        for name in ("Heat (1995)", "Alien (1979)"):
            assert (f"Movies/{name}" in shown) == (name in found)

    def test_of_all_drives_names_and_narrows_to_each(
        self, happened: Drive, member_client: Client
    ) -> None:
        page = "/drives/history/"

        shown = member_client.get(page).content.decode()
        csv_rows = member_client.get(f"{page}?as=csv&drive={happened.pk}")
        other = member_client.get(f"{page}?as=csv&drive={happened.pk + 1}")

        assert f">{happened.name}</a>" in shown
        assert csv_rows.headers["Content-Type"].startswith("text/csv")
        assert "attachment" in csv_rows.headers["Content-Disposition"]
        assert len(b"".join(csv_rows).splitlines()) == 3
        assert len(b"".join(other).splitlines()) == 1

    def test_says_when_nothing_is_found(
        self, happened: Drive, member_client: Client
    ) -> None:
        shown = member_client.get("/drives/history/?q=nothing").content.decode()

        assert "Nothing found" in shown
