"""`drivearr plex` as a script uses it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test.utils import override_settings

from library.models import Root
from plexlink.models import PlexAccount, PlexItem, PlexLibrary, PlexServer
from tests.factories.library import make_root
from tests.factories.plexlink import library_of, make_server
from tests.fakes.plex import ACCOUNT_TOKEN, TOKEN, FakePlex, FakePlexTv

pytestmark = pytest.mark.django_db


def plex_command(*words: str) -> Any:
    out = io.StringIO()
    call_command("plex", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def refused(*words: str) -> tuple[int, Any]:
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("plex", *words, "--json", stdout=out)
    text = out.getvalue()
    return int(str(ended.value.code)), json.loads(text) if text else None


@pytest.fixture
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ACCOUNT_TOKEN}\n"))


@pytest.mark.usefixtures("_token")
class TestWholeWay:
    def test_leads_from_a_token_to_a_synced_library(
        self, plex: FakePlex, plextv: FakePlexTv, tmp_path: Path
    ) -> None:
        plex.add_movie(11, "Charade", 1963, tmdb=4808)
        signed_in = plex_command("login", "--token-stdin")
        assert signed_in["account"]["name"] == "olga"
        assert [each["state"] for each in signed_in["servers"]] == ["ONLINE"]

        rows = plex_command("libraries")
        assert [(r["key"], r["name"], r["enabled"]) for r in rows] == [
            ("1", "Films", False),
            ("2", "Shows", False),
        ]
        pk = str(rows[0]["id"])
        assert plex_command("libraries", "--enable", pk)[0]["enabled"]

        films = make_root(tmp_path / "films", kind=Root.Kind.MOVIES)
        folder = films.folder / "Charade (1963)"
        folder.mkdir()
        (folder / "Charade (1963).mkv").write_bytes(b"x")
        asked = ("/data/Movies", films.path)
        runs = plex_command("sync", "--wait")
        assert runs[0]["library"] == "Films"
        assert runs[0]["kind"] == "incremental"
        assert runs[0]["added"] == runs[0]["listed"] == 1
        assert runs[0]["peak_rss_bytes"] > 0
        assert set(runs[0]) >= {
            *("library", "kind", "listed", "added", "changed", "unchanged", "moved"),
            *("removed", "skipped", "errors", "requests", "writes", "seconds"),
        }

        seen = plex_command("map", "preview", *asked)
        assert (seen["files"], seen["mapped"], seen["exist"]) == (1, 1, 1)
        assert plex_command("map", "add", *asked)["plex_path"] == "/data/Movies"
        test = plex_command("map", "test", "/data/Movies/Charade (1963)")
        assert (test["exists"], test["in_root"]) == (True, films.path)
        assert PlexItem.objects.get().state == "NORMAL"
        status = plex_command("status")
        assert status["libraries"][0]["states"] == {"NORMAL": 1}

    def test_shows_no_token_anywhere(
        self, plex: FakePlex, plextv: FakePlexTv, capfd: pytest.CaptureFixture[str]
    ) -> None:
        said = [plex_command("login", "--token-stdin")]
        said += [plex_command(word) for word in ("servers", "libraries", "status")]

        text = json.dumps(said) + "".join(capfd.readouterr())
        text += "".join(plex.asked + plextv.asked)
        assert TOKEN not in text
        assert ACCOUNT_TOKEN not in text
        account, server = PlexAccount.objects.get(), PlexServer.objects.get()
        assert ACCOUNT_TOKEN not in account.sealed_token
        assert TOKEN not in server.sealed_token
        assert (account.token, server.token) == (ACCOUNT_TOKEN, TOKEN)

    def test_adds_a_server_by_its_address(
        self, plex: FakePlex, plextv: FakePlexTv
    ) -> None:
        plextv.servers.clear()
        plex_command("login", "--token-stdin")

        rows = plex_command("servers", "--add", plex.url)

        assert [(r["name"], r["state"]) for r in rows] == [("Attic", "ONLINE")]
        assert rows[0]["connections"][0]["manual"]
        assert PlexLibrary.objects.count() == 2

    def test_needs_no_plex_tv_for_a_server_by_its_address(
        self,
        plex: FakePlex,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        with override_settings(PLEXTV_URL="http://127.0.0.1:9"):
            _status, told = refused("login", "--token-stdin")
        assert "servers --add URL --token-stdin" in told["error"]["advice"]

        monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
        plex_command("servers", "--add", plex.url, "--token-stdin")
        call_command("plex", "status")

        lines = capsys.readouterr().out.splitlines()
        (films,) = [line.split() for line in lines if "Films" in line]
        assert films == ["1", "Films", "no", "0", "never"]


class TestPace:
    @pytest.fixture
    def films(self, plex: FakePlex) -> PlexLibrary:
        return library_of(make_server(plex), "1")

    def test_of_a_library_is_shown_and_changed(self, films: PlexLibrary) -> None:
        asked = ("libraries", "--library", str(films.pk))

        def told(*words: str) -> dict[str, Any]:
            rows = plex_command(*asked, *words)
            return next(row for row in rows if row["id"] == films.pk)

        plain = told()
        assert (plain["refresh_hours"], plain["deep_hours"]) == (6, 168)
        assert (plain["concurrency"], plain["timeout_seconds"]) == (None, None)
        assert plain["requests_at_once"] == films.server.concurrency
        assert plain["patience_seconds"] == films.server.timeout_seconds

        changed = told("--concurrency=5", "--timeout=90", "--refresh-hours=0")
        assert (changed["requests_at_once"], changed["patience_seconds"]) == (5, 90)
        assert (changed["concurrency"], changed["timeout_seconds"]) == (5, 90)
        assert (changed["refresh_hours"], changed["deep_hours"]) == (0, 168)
        back = told("--concurrency=0", "--timeout=0")
        assert (back["concurrency"], back["timeout_seconds"]) == (None, None)

    @pytest.mark.parametrize(
        "words",
        [
            ("--concurrency=17",),
            ("--timeout=601",),
            ("--refresh-hours=10001",),
        ],
    )
    def test_out_of_reason_is_refused(
        self, films: PlexLibrary, words: tuple[str, ...]
    ) -> None:
        status, said = refused("libraries", "--library", str(films.pk), *words)

        assert (status, said["error"]["code"]) == (2, "BAD_PACE")
        films.refresh_from_db()
        assert (films.concurrency, films.refresh_hours) == (None, 6)

    def test_of_no_library_is_refused(self) -> None:
        assert refused("libraries", "--concurrency=2")[1]["error"]["code"] == "BAD_PACE"


class TestRefusals:
    def test_are_a_sentence(
        self, plextv: FakePlexTv, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("wrong-token\n"))

        status, answer = refused("login", "--token-stdin")

        assert status == 2
        assert answer["error"]["code"] == "TOKEN_REFUSED"
        assert not PlexAccount.objects.exists()

    @pytest.mark.parametrize(
        "words",
        [
            ("sync",),
            ("sync", "--library", "99"),
            ("libraries", "--enable", "99"),
            ("map", "add", "/a"),
            ("map", "add", "/a", "/b"),
            ("map", "remove", "x"),
            ("servers", "--add", "ftp://nowhere"),
            ("logout", "7"),
        ],
    )
    def test_have_a_code(self, words: tuple[str, ...]) -> None:
        status, answer = refused(*words)

        assert status == 2
        assert answer["error"]["code"]
        assert answer["error"]["message"]
