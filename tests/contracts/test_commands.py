"""What scripts may rely on: the keys and kinds of every command's `--json`.

The table of the published design, row by row, over a small house where a show lacks an
episode, a drive holds a film and another film waits. More keys may come; none may go.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.shell import run

OPTIONAL_NUMBER = (int, float, type(None))
OPTIONAL_TEXT = (str, type(None))
MATCH = {
    "state": str,
    "score": OPTIONAL_NUMBER,
    "reason": str,
    "title_id": (int, type(None)),
    "kind": OPTIONAL_TEXT,
    "title": OPTIONAL_TEXT,
    "year": (int, type(None)),
    "ids": dict,
    "season": (int, type(None)),
    "episodes": list,
}
FILE = {
    "id": int,
    "root": int,
    "relpath": str,
    "size_bytes": int,
    "state": str,
    "match": dict,
}
ROOT = {
    "id": int,
    "path": str,
    "kind": str,
    "state": str,
    "files": int,
    "last_scan_at": OPTIONAL_TEXT,
}
SCANNED = {
    "id": int,
    "path": str,
    "state": str,
    **dict.fromkeys(
        ("seen", "added", "changed", "moved", "missing", "returned", "unchanged"), int
    ),
    "ignored": int,
    "errors": int,
    "seconds": (int, float),
}
IDENTIFIED = {
    **dict.fromkeys(("considered", "matched", "ambiguous", "unmatched", "errors"), int),
    "requests": int,
    "seconds": (int, float),
}
TITLE = {
    "id": int,
    "kind": str,
    "title": str,
    "year": (int, type(None)),
    "ids": dict,
    "items": int,
    "files": int,
    "size_bytes": int,
    "drives": list,
}
PLACE = {"id": int, "state": str, "have": int, "want": int}
DRIVE = {
    "id": int,
    "uuid": str,
    "name": str,
    "state": str,
    "mount": OPTIONAL_TEXT,
    "filesystem": OPTIONAL_TEXT,
    "total_bytes": (int, type(None)),
    "free_bytes": (int, type(None)),
    "health": str,
    "files": int,
    "last_seen_at": OPTIONAL_TEXT,
}
WISH = {
    "id": int,
    "drive": (int, str, dict),
    "title": (int, str, dict),
    "state": str,
    "files_done": int,
    "files_total": int,
    "bytes_done": int,
    "bytes_total": int,
    "bytes_per_second": OPTIONAL_NUMBER,
    "eta_seconds": OPTIONAL_NUMBER,
    "error": (dict, type(None)),
}
ERROR = {"code": str, "message": str, "advice": str}
CHECK = {"name": str, "ok": bool, "message": str, "advice": str}
PARSED = {
    "input": str,
    "kind": str,
    "title": OPTIONAL_TEXT,
    "year": (int, type(None)),
    "season": (int, type(None)),
    "episodes": (list, type(None)),
    "absolute": (list, type(None)),
    "air_date": OPTIONAL_TEXT,
    **dict.fromkeys(("resolution", "source", "edition", "group"), OPTIONAL_TEXT),
    "part": (int, type(None)),
}


def ask(*words: str, status: int = 0) -> Any:
    """Run a command with --json; its one document, and nothing beside it."""
    ended = run(["drivearr", *words, "--json"])
    assert ended.status == status, ended.err
    return json.loads(ended.out)


def assert_is_like(row: dict[str, Any], shape: dict[str, Any]) -> None:
    for key, kind in shape.items():
        assert key in row, f"{key} is not in {sorted(row)}"
        assert isinstance(row[key], kind), f"{key} is {row[key]!r}"
        if isinstance(row[key], bool):
            assert kind is bool, key


@pytest.fixture
def house(db: None, tmp_path: Path) -> Path:
    """A library folder with two films and a show, scanned; a drive beside it."""
    films = ("Heat (1995)", "Alien (1979)")
    for name in films:
        place = tmp_path / "library" / name
        place.mkdir(parents=True)
        (place / f"{name}.mkv").write_bytes(name.encode() * 200)
    (tmp_path / "drive").mkdir()
    library = str(tmp_path / "library")
    assert_is_like(ask("roots", "add", library, "--kind", "movies"), ROOT)
    for row in ask("scan")["roots"]:
        assert_is_like(row, SCANNED)
    assert_is_like(ask("identify"), IDENTIFIED)
    drive = str(tmp_path / "drive")
    assert_is_like(ask("drives", "add", drive, "--name", "Cabin", "--folder"), DRIVE)
    return tmp_path


def drive_id() -> str:
    (row,) = ask("drives", "list")
    assert_is_like(row, DRIVE)
    return str(row["id"])


def title_ids() -> list[str]:
    return [str(row["id"]) for row in ask("titles")]


class TestNames:
    def test_are_read_into_lines_of_one_shape(self) -> None:
        ended = run(["drivearr", "parse"], "Heat (1995).mkv\nDark S01E02-E03\n??\n")

        lines = [json.loads(line) for line in ended.out.splitlines()]
        assert [line["kind"] for line in lines] == ["movie", "episode", "other"]
        for line in lines:
            assert_is_like(line, PARSED)
        assert lines[1]["episodes"] == [2, 3]


class TestLibrary:
    def test_lists_roots_files_and_titles(self, house: Path) -> None:
        (root,) = ask("roots", "list")
        files = ask("files")
        titles = ask("titles")

        assert_is_like(root, ROOT)
        assert datetime.fromisoformat(root["last_scan_at"]).tzinfo is not None
        assert len(files) == len(titles) == 2
        for row in files:
            assert_is_like(row, FILE)
            assert_is_like(row["match"], MATCH)
            assert {"tmdb", "tvdb", "imdb"} <= set(row["match"]["ids"])
        for row in titles:
            assert_is_like(row, TITLE)
            for place in row["drives"]:
                assert_is_like(place, PLACE)


class TestQueue:
    def test_plans_copies_and_tells_alike(self, house: Path) -> None:
        drive, (title, _) = drive_id(), title_ids()

        added = ask("queue", "add", "--drive", drive, "--title", title)
        planned = ask("queue", "plan", "--drive", drive)
        ran = ask("queue", "run")
        listed = ask("queue", "list")

        assert planned
        for document in (added, ran, listed):
            rows = document if isinstance(document, list) else document["queue"]
            for row in rows:
                assert_is_like(row, WISH)
        held = ask("drives", "contents", drive)
        states = {row["state"] for row in held}
        assert "COMPLETE" in states
        for row in held:
            assert_is_like(row, {"state": str, "have": int, "want": int, "files": int})

    def test_says_why_a_wish_failed(self, house: Path) -> None:
        drive, (title, _) = drive_id(), title_ids()
        for film in (house / "library").rglob("*.mkv"):
            film.unlink()
        ask("queue", "add", "--drive", drive, "--title", title)

        run(["drivearr", "queue", "run", "--json"])

        wrong = [row["error"] for row in ask("queue", "list") if row["error"]]
        assert wrong
        for error in wrong:
            assert_is_like(error, ERROR)
            assert error["advice"]


class TestDoctor:
    def test_lists_its_checks(self, house: Path) -> None:
        ended = run(["drivearr", "doctor", "--json"])

        told = json.loads(ended.out)
        assert told["ok"] is (ended.status == 0)
        for check in told["checks"]:
            assert_is_like(check, CHECK)
