"""What the owner says of the sources, by page and by command."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from drivearr.web.sealing import unseal
from library.models import MetadataSource, SourceReply, Title
from library.services import arranging
from library.services.arranging import KeyRefused, SourceUnknown
from library.services.sourcing import (
    DatabaseReplies,
    NfoTrust,
    find_sources,
    list_rows,
    read_nfo_trust,
    read_precedence,
)
from library.services.speaking import note_languages
from tests.fakes.tmdb import READ_TOKEN, V3_KEY, FakeTmdb, running_tmdb
from tests.fakes.tvdb import PIN, USER_KEY, FakeTvdb, running_tvdb

pytestmark = pytest.mark.django_db


@pytest.fixture
def tmdb(settings: Settings) -> Iterator[FakeTmdb]:
    with running_tmdb() as fake:
        settings.TMDB_URL = f"{fake.url}/3"
        settings.TMDB_KEY = ""
        yield fake


@pytest.fixture
def tvdb(settings: Settings) -> Iterator[FakeTvdb]:
    with running_tvdb() as fake:
        settings.TVDB_URL = f"{fake.url}/v4"
        settings.TVDB_KEY = ""
        yield fake


def names() -> list[str]:
    return [row.name for row in list_rows()]


def make_show(name: str = "Quiet Ferry", **more: Any) -> Title:
    values = {"kind": "SHOW", "identity_key": name, "sort_name": name.casefold()}
    return Title.objects.create(name=name, **(values | more))


class TestArranging:
    def test_begins_with_tmdb_and_ends_with_plex(self) -> None:
        assert names() == ["tmdb", "tvdb", "nfo", "plex"]

    def test_asks_in_the_order_that_is_wanted(self) -> None:
        arranging.keep_key(name="tmdb", key=READ_TOKEN)
        arranging.keep_key(name="tvdb", key="k")
        arranging.arrange(names=["tvdb"])

        assert names() == ["tvdb", "tmdb", "nfo", "plex"]
        assert [each.name for each in find_sources()] == ["tvdb", "tmdb"]

    @pytest.mark.parametrize(
        ("name", "places", "order"),
        [
            ("nfo", -1, ["tmdb", "nfo", "tvdb", "plex"]),
            ("nfo", -9, ["nfo", "tmdb", "tvdb", "plex"]),
            ("tmdb", 1, ["tvdb", "tmdb", "nfo", "plex"]),
            ("tmdb", -1, ["tmdb", "tvdb", "nfo", "plex"]),
            ("plex", -2, ["tmdb", "plex", "tvdb", "nfo"]),
        ],
    )
    def test_moves_a_source(self, name: str, places: int, order: list[str]) -> None:
        arranging.move(name=name, places=places)
        assert names() == order

    def test_leaves_one_alone_that_is_off(self) -> None:
        arranging.keep_key(name="tmdb", key=READ_TOKEN)
        arranging.switch(name="tmdb", is_on=False)
        assert find_sources() == ()

    def test_knows_no_other(self) -> None:
        with pytest.raises(SourceUnknown):
            arranging.arrange(names=["imdb"])

    def test_believes_nfo_files_by_their_place(self) -> None:
        assert read_nfo_trust() == NfoTrust.AMONG
        arranging.arrange(names=["nfo"])
        assert read_nfo_trust() == NfoTrust.FIRST
        arranging.switch(name="nfo", is_on=False)
        assert read_nfo_trust() == NfoTrust.NOT

    def test_believes_nfo_files_before_all_services_though_plex_comes_first(
        self,
    ) -> None:
        arranging.arrange(names=["plex", "nfo"])
        assert read_nfo_trust() == NfoTrust.FIRST

    def test_says_whose_facts_win(self) -> None:
        assert read_precedence().order == ("tmdb", "tvdb", "nfo", "plex")
        arranging.arrange(names=["plex"])
        arranging.switch(name="tvdb", is_on=False)
        assert read_precedence().order == ("plex", "tmdb", "nfo")

    def test_has_no_key_for_plex(self, owner_client: Client) -> None:
        with pytest.raises(KeyRefused):
            arranging.keep_key(name="plex", key="k")
        page = owner_client.get("/system/sources/").content.decode()
        assert "What your Plex servers say" in page


class TestKeys:
    def test_are_sealed(self) -> None:
        arranging.keep_key(name="tvdb", key=USER_KEY, pin=PIN)
        row = MetadataSource.objects.get(name="tvdb")

        assert USER_KEY not in row.sealed_key
        assert PIN not in row.sealed_pin
        assert (unseal(row.sealed_key), unseal(row.sealed_pin)) == (USER_KEY, PIN)

    def test_take_token_and_trouble_of_the_one_before_along(self) -> None:
        arranging.keep_key(name="tvdb", key="old")
        MetadataSource.objects.filter(name="tvdb").update(
            sealed_token="t", token_at="2026-01-01T00:00Z", trouble="No.", troubles=5
        )
        arranging.keep_key(name="tvdb", key="new")

        row = MetadataSource.objects.get(name="tvdb")
        assert (row.sealed_token, row.token_at, row.trouble) == ("", None, "")

    @pytest.mark.parametrize("key", ["two words", "ключ", "x" * 3000, "a\nb"])
    def test_that_are_none_are_refused(self, key: str) -> None:
        with pytest.raises(KeyRefused):
            arranging.keep_key(name="tmdb", key=key)

    def test_are_tried_with_the_service(self, tvdb: FakeTvdb) -> None:
        arranging.keep_key(name="tvdb", key=USER_KEY, pin=PIN)
        arranging.check(name="tvdb")
        assert tvdb.logins == [{"apikey": USER_KEY, "pin": PIN}]

    def test_that_are_not_taken_are_told_until_they_are(self, tmdb: FakeTmdb) -> None:
        arranging.keep_key(name="tmdb", key="wrong")
        with pytest.raises(Exception, match="does not accept the key"):
            arranging.check(name="tmdb")
        assert "key" in MetadataSource.objects.get(name="tmdb").trouble

        arranging.keep_key(name="tmdb", key=READ_TOKEN)
        arranging.check(name="tmdb")
        assert MetadataSource.objects.get(name="tmdb").trouble == ""

    def test_without_one_there_is_nothing_to_try(self) -> None:
        with pytest.raises(KeyRefused):
            arranging.check(name="tmdb")


class TestEpisodeOrders:
    def test_of_a_source_makes_its_shows_due(self) -> None:
        ours = make_show(facts_from="tvdb", facts_at="2026-01-01T00:00Z")
        own = make_show(
            "Own", facts_from="tvdb", facts_at="2026-01-01T00:00Z", episode_order="dvd"
        )
        arranging.choose_order(name="tvdb", order="absolute")
        ours.refresh_from_db()
        own.refresh_from_db()

        assert ours.facts_at is None
        assert own.facts_at is not None

    def test_are_those_there_are(self) -> None:
        with pytest.raises(KeyRefused):
            arranging.choose_order(name="tvdb", order="backwards")


class TestLanguages:
    def test_another_one_names_and_sorts_titles_anew(self, settings: Settings) -> None:
        settings.METADATA_LANGUAGE = "en-US"
        note_languages()
        title = make_show(
            "Die Brücke",
            sort_name="die brucke",
            facts_from="tmdb",
            facts_at="2026-01-01T00:00Z",
        )
        list_rows()
        note_languages()
        title.refresh_from_db()
        assert title.facts_at is not None

        settings.METADATA_LANGUAGE = "de-DE"
        note_languages()
        again = Title.objects.get(pk=title.pk)
        assert again.facts_at is None
        assert again.sort_name == "brucke"


class TestSourceList:
    def test_is_for_owners(self, client: Client, django_user_model: Any) -> None:
        person = django_user_model.objects.create_user("child", password="x")
        client.force_login(person)
        assert client.get("/system/sources/").status_code == 403
        assert client.post("/system/sources/tmdb/", {"deed": "off"}).status_code == 403

    def test_shows_how_each_fares_and_whose_facts_they_are(
        self, owner_client: Client
    ) -> None:
        list_rows()
        MetadataSource.objects.filter(name="tmdb").update(
            trouble="TMDb does not answer."
        )
        DatabaseReplies("tmdb").put("/movie/1", {}, {"id": 1})
        arranging.keep_key(name="tmdb", key=READ_TOKEN)
        MetadataSource.objects.filter(name="tmdb").update(
            trouble="TMDb does not answer."
        )
        page = owner_client.get("/system/sources/").content.decode()

        assert "TMDb does not answer." in page
        assert "1 reply kept" in page
        assert "not endorsed or certified by TMDB" in page
        assert READ_TOKEN not in page

    @pytest.mark.parametrize(
        ("deed", "order"),
        [
            ({"deed": "down"}, ["tvdb", "tmdb", "nfo", "plex"]),
            ({"deed": "up"}, ["tmdb", "tvdb", "nfo", "plex"]),
        ],
    )
    def test_moves_sources(
        self, deed: dict[str, str], order: list[str], owner_client: Client
    ) -> None:
        assert owner_client.post("/system/sources/tmdb/", deed).status_code == 302
        assert names() == order

    def test_switches_and_counts(self, owner_client: Client) -> None:
        owner_client.post("/system/sources/tvdb/", {"deed": "off"})
        owner_client.post("/system/sources/tvdb/", {"deed": "order", "order": "dvd"})
        row = MetadataSource.objects.get(name="tvdb")
        assert (row.is_on, row.episode_order) == (False, "dvd")

    def test_refuses_what_is_no_deed(self, owner_client: Client) -> None:
        assert (
            owner_client.post("/system/sources/tmdb/", {"deed": "x"}).status_code == 404
        )
        answer = owner_client.post("/system/sources/imdb/", {"deed": "up"}, follow=True)
        assert "There is no source" in answer.content.decode()


class TestKeyPage:
    def test_keeps_a_key_that_is_taken(
        self,
        owner_client: Client,
        tmdb: FakeTmdb,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        answer = owner_client.post(
            "/system/sources/tmdb/key/", {"key": V3_KEY}, follow=True
        )

        assert "takes the key" in answer.content.decode()
        assert [each.name for each in find_sources()] == ["tmdb"]
        assert V3_KEY not in answer.content.decode()
        assert V3_KEY not in caplog.text

    def test_says_when_it_is_not_taken(
        self, owner_client: Client, tmdb: FakeTmdb
    ) -> None:
        answer = owner_client.post("/system/sources/tmdb/key/", {"key": "nonsense"})

        assert answer.status_code == 422
        assert "does not accept the key" in answer.content.decode()
        assert "nonsense" not in answer.content.decode()

    def test_forgets_one(self, owner_client: Client) -> None:
        arranging.keep_key(name="tmdb", key=READ_TOKEN)
        owner_client.post("/system/sources/tmdb/key/", {"forget": "1"})
        assert MetadataSource.objects.get(name="tmdb").sealed_key == ""

    def test_is_not_for_files(self, owner_client: Client) -> None:
        assert owner_client.get("/system/sources/nfo/key/").status_code == 404


def run(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    call_command("sources", *words, "--json")
    return json.loads(capsys.readouterr().out)


class TestCommand:
    def test_lists_and_orders(self, capsys: pytest.CaptureFixture[str]) -> None:
        rows = run(capsys, "order", "nfo", "tvdb")
        assert [row["name"] for row in rows] == ["nfo", "tvdb", "tmdb", "plex"]
        assert {row["key"] for row in rows} == {"", "none"}

    def test_reads_a_key_from_standard_input_alone(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        tvdb: FakeTvdb,
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{USER_KEY}\n{PIN}\n"))
        rows = run(capsys, "key", "tvdb", "--pin")

        assert next(row for row in rows if row["name"] == "tvdb")["key"] == "kept"
        assert run(capsys, "check", "tvdb") == {"name": "tvdb", "ok": True}

    def test_switches_counts_and_forgets(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(capsys, "off", "tmdb")
        rows = run(capsys, "episodes", "tvdb", "dvd")
        assert [row["is_on"] for row in rows] == [False, True, True, True]
        assert rows[1]["episode_order"] == "dvd"
        DatabaseReplies("tvdb").put("/series/1", {}, {"id": 1})
        assert run(capsys, "forget", "tvdb")["forgotten"] == 1
        assert not SourceReply.objects.exists()
