"""The library's commands: their JSON is a contract."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from drivearr.jobs.models import Job
from library.models import MediaFile, Root
from library.services import listing
from library.services.listing import DriveState
from library.tasks import start_scans
from tests.library.trees import hashes, make_films, make_tree

pytestmark = pytest.mark.django_db


def run(*args: str, status: int = 0) -> Any:
    """Run a command with --json; return its document, or the status alone."""
    out = io.StringIO()
    if status:
        with pytest.raises(SystemExit) as ended:
            call_command(*args, "--json", stdout=out)
        assert ended.value.code == status
    else:
        call_command(*args, "--json", stdout=out)
    return json.loads(out.getvalue())


def add(path: Path, kind: str = "movies") -> int:
    return int(run("roots", "add", os.fspath(path), "--kind", kind)["id"])


class TestRoots:
    def test_adds_lists_and_removes(self, tmp_path: Path) -> None:
        films = make_films(tmp_path / "films", 2)
        before = hashes(films)

        added = run("roots", "add", os.fspath(films), "--kind", "movies")

        assert added == {
            "id": added["id"],
            "path": os.fspath(films),
            "kind": "MOVIES",
            "state": "NEW",
            "files": 0,
            "last_scan_at": None,
        }
        run("scan")
        [row] = run("roots", "list")
        assert (row["state"], row["files"]) == ("AVAILABLE", 2)
        assert row["last_scan_at"].endswith("Z")
        kept = run("roots", "poll", str(row["id"]), "--minutes", "60")
        assert kept == {"id": row["id"], "poll_minutes": 60}
        run("roots", "poll", str(row["id"]), "--minutes", "1", status=2)
        new = os.fspath(films.rename(tmp_path / "new"))
        moved = run("roots", "move", str(row["id"]), new)
        assert moved == {"id": row["id"], "path": new, "was": os.fspath(films)}
        run("roots", "remove", str(row["id"]))
        assert run("roots", "list") == []
        assert hashes(tmp_path / "new") == before

    def test_refuses_with_status_2(self, tmp_path: Path) -> None:
        failure = run("roots", "add", "/gone/for/good", "--kind", "movies", status=2)

        assert failure["error"]["code"] == "ROOT_REFUSED"
        assert run("roots", "remove", "99", status=2)["error"]["advice"]

    def test_draws_a_table_for_people(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        add(make_tree(tmp_path / "[films]"))

        call_command("roots", "list")

        assert "[films]" in capsys.readouterr().out


class TestScan:
    def test_tells_what_it_found(self, tmp_path: Path) -> None:
        root_id = add(make_films(tmp_path / "films", 3))

        [row] = run("scan", "--root", str(root_id))["roots"]

        assert row.pop("seconds") >= 0
        assert row == {
            "id": root_id,
            "path": os.fspath(tmp_path / "films"),
            "state": "AVAILABLE",
            "seen": 3,
            "added": 3,
            "changed": 0,
            "moved": 0,
            "missing": 0,
            "returned": 0,
            "unchanged": 0,
            "ignored": 0,
            "errors": 0,
        }

    def test_fails_with_its_document_when_a_root_is_away(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        films = make_films(tmp_path / "films", 3)
        add(films)
        run("scan")
        films.rename(tmp_path / "away")

        [row] = run("scan", status=1)["roots"]

        assert (row["state"], row["missing"]) == ("UNAVAILABLE", 0)
        assert "cannot be reached" in capsys.readouterr().err
        assert run("roots", "list")[0]["files"] == 3

    def test_asks_and_is_confirmed(self, tmp_path: Path) -> None:
        films = make_films(tmp_path / "films", 4)
        add(films)
        run("scan")
        for path in sorted(films.rglob("*.mkv"))[:3]:
            path.unlink()

        assert run("scan", status=1)["roots"][0]["state"] == "HELD"
        assert run("scan", "--confirm")["roots"][0]["missing"] == 3

    def test_refuses_a_root_that_is_not_there(self) -> None:
        assert run("scan", "--root", "7", status=2)["error"]["code"] == "FILTER_REFUSED"

    def test_of_no_roots_is_an_empty_list(self) -> None:
        assert run("scan") == {"roots": []}


class TestFiles:
    def test_lists_files_with_their_match(self, tmp_path: Path) -> None:
        root_id = add(make_tree(tmp_path / "r", "a.mkv"))
        run("scan")

        [row] = run("files", "--root", str(root_id), "--state", "present")

        assert row == {
            "id": MediaFile.objects.get().pk,
            "root": root_id,
            "relpath": "a.mkv",
            "size_bytes": 15,
            "state": "PRESENT",
            "match": {
                "state": "PENDING",
                "score": None,
                "reason": "",
                "title_id": None,
                "kind": None,
                "title": None,
                "year": None,
                "ids": {"tmdb": None, "tvdb": None, "imdb": None},
                "season": None,
                "episodes": [],
            },
            "media": None,
        }

    def test_filters_by_state_of_file_and_match(self, tmp_path: Path) -> None:
        add(make_films(tmp_path / "films", 2))
        run("scan")

        assert len(run("files", "--state", "pending")) == 2
        assert run("files", "--state", "MISSING") == []
        assert run("files", "--state", "odd", status=2)["error"]["advice"]
        assert run("files", "--root", "9", status=2)["error"]["code"]


class TestParse:
    def test_answers_each_line_without_a_database(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = b"The Matrix (1999).mkv\nShow/Season 1/S01E02.mkv\n\xff\xfe.mkv\n\n"
        stdin = io.TextIOWrapper(io.BytesIO(lines))
        monkeypatch.setattr("sys.stdin", stdin)
        out = io.StringIO()

        call_command("parse", stdout=out)

        rows = [json.loads(line) for line in out.getvalue().splitlines()]
        assert [row["kind"] for row in rows] == ["movie", "episode", "other", "other"]
        assert rows[0]["year"] == 1999
        assert rows[0]["season"] is None
        assert rows[1]["episodes"] == [2]
        keys = "input kind title year season episodes absolute air_date resolution"
        assert set((keys + " source edition part group").split()) <= set(rows[0])


class TestDriveStates:
    def test_come_from_the_registered_source(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listing, "_sources", [])
        assert listing.find_drive_states([1]) == {}

        state = DriveState(id=4, state="PARTIAL", have=1, want=2)
        listing.register_drive_states(lambda ids: {each: [state] for each in ids})

        assert listing.find_drive_states([1]) == {1: [state]}


class TestStartScans:
    def test_queues_each_root(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            Root.objects.create(path=f"/{name}", kind="MOVIES")

        start_scans(deep=True)

        jobs = Job.objects.order_by("subject")
        assert [job.arguments["deep"] for job in jobs] == [True, True]
        assert {job.trigger for job in jobs} == {"SCHEDULE"}


class TestIdentify:
    def test_tells_what_it_came_to(self, tmp_path: Path) -> None:
        root_id = add(
            make_tree(
                tmp_path / "r", "Heat (1995).mkv", "aabbccddeeff00112233445566.mkv"
            )
        )
        run("scan")

        summary = run("identify", "--root", str(root_id))

        assert summary.pop("seconds") >= 0
        assert summary == {
            "considered": 2,
            "matched": 1,
            "ambiguous": 0,
            "unmatched": 1,
            "errors": 0,
            "requests": 0,
        }
        assert run("identify", "--all")["considered"] == 2
        assert run("identify", "--root", "99", status=2)["error"]["code"]


class TestTitles:
    def test_lists_the_catalogue(self, tmp_path: Path) -> None:
        add(
            make_tree(tmp_path / "r", "Amélie (2001).mkv", "Heat (1995) {tmdb-949}.mkv")
        )
        add(make_tree(tmp_path / "s", "Show/Show - S01E01E02.mkv"), "shows")
        run("scan")
        run("identify")

        [row] = run("titles", "--search", "HEAT")

        assert row == {
            "id": row["id"],
            "kind": "MOVIE",
            "title": "Heat",
            "year": 1995,
            "ids": {"tmdb": "949", "tvdb": None, "imdb": None},
            "items": 1,
            "files": 1,
            "size_bytes": row["size_bytes"],
            "drives": [],
        }
        assert row["size_bytes"] > 0
        assert [r["items"] for r in run("titles", "--kind", "show")] == [2]
        assert [r["title"] for r in run("titles", "--search", "amelie")] == ["Amélie"]
        assert run("titles", "--kind", "song", status=2)["error"]["code"]
        [file] = run("files", "--root", str(Root.objects.get(kind="SHOWS").pk))
        assert (file["match"]["season"], file["match"]["episodes"]) == (1, [1, 2])

    def test_of_a_drive_are_those_with_something_on_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add(make_tree(tmp_path / "r", "Heat (1995).mkv", "Jaws (1975).mkv"))
        run("scan")
        run("identify")
        heat = run("titles", "--search", "heat")[0]["id"]

        def states(ids: Any) -> dict[int, list[DriveState]]:
            return {
                each: [DriveState(4, "COMPLETE" if each == heat else "MISSING", n, 1)]
                for each in ids
                for n in [int(each == heat)]
            }

        monkeypatch.setattr(listing, "_sources", [states])

        [row] = run("titles", "--drive", "4")

        assert row["drives"] == [{"id": 4, "state": "COMPLETE", "have": 1, "want": 1}]
        assert run("titles", "--drive", "5") == []
