"""TheTVDB's client: its login, its answers, and every way they can be odd."""

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from library.metadata import client as module
from library.metadata.source import (
    SourceBusy,
    SourceConfused,
    SourceLacks,
    SourceRefusedKey,
    SourceTrouble,
    SourceUnreachable,
)
from library.metadata.tvdb import Tvdb
from tests.fakes import serving
from tests.fakes.tvdb import KEY, PIN, USER_KEY, FakeTvdb, running_tvdb


@pytest.fixture
def tvdb() -> Iterator[FakeTvdb]:
    with running_tvdb() as fake:
        yield fake


def client(fake: FakeTvdb, *, key: str = KEY, **more: Any) -> Tvdb:
    return Tvdb(key=key, url=f"{fake.url}/v4", backoff_seconds=0.01, **more)


class TestLogin:
    def test_happens_once_and_its_token_is_sent(self, tvdb: FakeTvdb) -> None:
        asked = client(tvdb)
        asked.search(kind="SHOW", query="x")
        asked.search(kind="SHOW", query="y")

        assert tvdb.logins == [{"apikey": KEY}]
        assert tvdb.headers[-1]["Authorization"] == "Bearer token-1"
        assert all(KEY not in path for path in tvdb.asked)

    def test_sends_a_pin_only_when_there_is_one(self, tvdb: FakeTvdb) -> None:
        client(tvdb, key=USER_KEY, pin=PIN).check_key()

        assert tvdb.logins == [{"apikey": USER_KEY, "pin": PIN}]

    def test_happens_again_when_the_token_is_not_taken_any_more(
        self, tvdb: FakeTvdb
    ) -> None:
        tvdb.add_series(1, "Show", 2000, {})
        asked = client(tvdb)
        asked.search(kind="SHOW", query="x")
        tvdb.tokens.clear()

        assert len(asked.search(kind="SHOW", query="show")) == 1
        assert len(tvdb.logins) == 2

    def test_is_not_tried_for_ever(self, tvdb: FakeTvdb) -> None:
        asked = client(tvdb)
        tvdb.faults = [
            serving.reply({"status": "success", "data": {"token": "a"}}),
            serving.status(401),
            serving.reply({"status": "success", "data": {"token": "b"}}),
            serving.status(401),
        ]
        with pytest.raises(SourceRefusedKey):
            asked.search(kind="SHOW", query="x")

        assert len(tvdb.asked) == 4

    def test_with_a_wrong_key_is_refused_at_once(self, tvdb: FakeTvdb) -> None:
        with pytest.raises(SourceRefusedKey) as refusal:
            client(tvdb, key="wrong").check_key()

        assert "wrong" not in str(refusal.value)
        assert len(tvdb.asked) == 1

    @pytest.mark.parametrize(
        "reply", [{}, {"data": None}, {"data": {"token": 5}}, {"data": "x"}]
    )
    def test_without_a_token_is_no_login(self, reply: Any, tvdb: FakeTvdb) -> None:
        tvdb.faults = [serving.reply(reply)]

        with pytest.raises(SourceConfused):
            client(tvdb).search(kind="SHOW", query="x")


class TestSearch:
    def test_brings_all_names_and_ids(self, tvdb: FakeTvdb) -> None:
        tvdb.add_series(
            81189,
            "Breaking Bad",
            2008,
            {},
            aliases=["Metastasis"],
            remote={"IMDB": "tt0903747", "TheMovieDB.com": "1396"},
            translations={"eng": "Breaking Bad", "deu": "Ausser Kontrolle"},
        )

        [found] = client(tvdb).search(kind="SHOW", query="breaking bad", year=2008)

        assert (found.id, found.year, found.countries) == ("81189", 2008, ("US",))
        assert found.aliases == ("Metastasis", "Ausser Kontrolle")
        assert found.all_ids == {
            "tvdb": "81189",
            "imdb": "tt0903747",
            "tmdb": "1396",
        }

    def test_speaks_the_homes_language(self, tvdb: FakeTvdb) -> None:
        spoken = {"eng": "The Bridge", "deu": "Die Brücke"}
        tvdb.add_series(5, "Bron", 2011, {}, translations=spoken)

        [german] = client(tvdb, language="de-DE").search(kind="SHOW", query="bron")
        [danish] = client(tvdb, language="da").search(kind="SHOW", query="bron")

        assert (german.name, german.original_name) == ("Die Brücke", "Bron")
        assert danish.name == "The Bridge"

    @pytest.mark.parametrize(
        "data",
        [
            None,
            "x",
            [None, 5],
            [{"name": "T"}],
            [{"tvdb_id": "x", "name": "T"}],
            [{"tvdb_id": "7"}],
            [{"tvdb_id": None, "id": None, "name": None}],
        ],
    )
    def test_leaves_out_what_is_no_candidate(self, data: Any, tvdb: FakeTvdb) -> None:
        asked = client(tvdb)
        asked.check_key()
        tvdb.faults = [serving.reply({"status": "success", "data": data})]

        assert asked.search(kind="MOVIE", query="x") == ()

    def test_takes_null_and_odd_fields(self, tvdb: FakeTvdb) -> None:
        row = {
            "tvdb_id": 7,
            "name": "T",
            "year": None,
            "aliases": None,
            "translations": ["x"],
            "remote_ids": [{"id": 5, "sourceName": None}, None],
            "surprise": {},
        }
        asked = client(tvdb)
        asked.check_key()
        tvdb.faults = [serving.reply({"status": "success", "data": [row]})]

        [found] = asked.search(kind="MOVIE", query="x")

        assert (found.year, found.aliases, found.all_ids) == (None, (), {"tvdb": "7"})


class TestFetch:
    def test_brings_all_of_a_show(self, tvdb: FakeTvdb) -> None:
        tvdb.add_series(7, "Show", 2005, {0: 1, 1: 3}, remote={"IMDB": "tt0000007"})

        facts = client(tvdb).fetch(kind="SHOW", id="7")

        assert facts.ids == {"tvdb": "7", "imdb": "tt0000007"}
        assert facts.networks == ("Network One",)
        assert [(each.number, len(each.episodes)) for each in facts.seasons] == [
            (0, 1),
            (1, 3),
        ]
        assert facts.people[0].character == "Hero"

    def test_brings_all_of_a_movie(self, tvdb: FakeTvdb) -> None:
        tvdb.add_movie(9, "Film", 1999)

        facts = client(tvdb).fetch(kind="MOVIE", id="9")

        assert (facts.name, facts.year, facts.runtime_minutes) == ("Film", 1999, 101)
        assert facts.release_date == datetime.date(1999, 5, 6)

    def test_brings_every_page_of_episodes(self, tvdb: FakeTvdb) -> None:
        tvdb.add_series(7, "Daily", 2005, {1: 1203})

        facts = client(tvdb).fetch_episodes(id="7")

        assert len(facts.seasons[0].episodes) == 1203
        assert sum("/episodes/" in path for path in tvdb.asked) == 3

    def test_takes_the_order_that_is_wanted_or_the_usual_one(
        self, tvdb: FakeTvdb
    ) -> None:
        tvdb.add_series(7, "Show", 2005, {1: 2})
        row = {"season": 1, "number": 5, "absolute": 9, "name": "E", "aired": None}
        tvdb.titles["series", 7]["_orders"]["dvd"] = [row]

        dvd = client(tvdb, order="dvd").fetch_episodes(id="7")
        absolute = client(tvdb, order="absolute").fetch_episodes(id="7")

        [episode] = dvd.seasons[0].episodes
        assert (episode.number, episode.absolute_number) == (5, 9)
        assert len(absolute.seasons[0].episodes) == 2

    def test_says_what_it_does_not_have(self, tvdb: FakeTvdb) -> None:
        with pytest.raises(SourceLacks):
            client(tvdb).fetch(kind="SHOW", id="99")
        with pytest.raises(SourceLacks):
            client(tvdb).fetch(kind="MOVIE", id="../login")


class TestFind:
    def test_finds_by_the_id_of_imdb(self, tvdb: FakeTvdb) -> None:
        tvdb.add_movie(9, "Film", 1999, remote={"IMDB": "tt0000009"})
        asked = client(tvdb)

        found = asked.find(kind="MOVIE", catalogue="imdb", value="tt0000009")

        assert [each.id for each in found] == ["9"]
        assert asked.find(kind="SHOW", catalogue="imdb", value="tt0000009") == ()
        assert asked.find(kind="MOVIE", catalogue="imdb", value="tt1111111") == ()

    def test_finds_by_the_word_in_an_address(self, tvdb: FakeTvdb) -> None:
        tvdb.add_movie(9, "Quiet Ferry", 1999)
        asked = client(tvdb)

        found = asked.find(kind="MOVIE", catalogue="tvdb-slug", value="quiet-ferry")

        assert [(each.id, each.name, each.year) for each in found] == [
            ("9", "Quiet Ferry", 1999)
        ]
        assert asked.find(kind="SHOW", catalogue="tvdb-slug", value="quiet-ferry") == ()
        assert asked.find(kind="SHOW", catalogue="tvdb-slug", value="../login") == ()


class TestChanges:
    def test_name_what_was_changed_and_merged(self, tvdb: FakeTvdb) -> None:
        tvdb.updates = [
            {"recordType": "series", "recordId": 1, "methodInt": 2, "timeStamp": 2**31},
            {
                "recordType": "series",
                "recordId": 2,
                "methodInt": 3,
                "mergeToId": 1,
                "timeStamp": 2**31,
            },
            {"recordType": "movies", "recordId": 3, "methodInt": 2, "timeStamp": 2**31},
            {"recordType": "series", "recordId": 4, "methodInt": 2, "timeStamp": 1},
        ]
        since = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

        found = client(tvdb).list_changes(kind="SHOW", since=since)

        assert [(each.id, each.merged_into) for each in found] == [
            ("1", ""),
            ("2", "1"),
        ]


class TestPictures:
    def test_come_from_its_own_hosts_alone(self, tvdb: FakeTvdb) -> None:
        tvdb.pictures["/banners/1.jpg"] = b"picture"
        asked = client(tvdb)

        assert (
            asked.fetch_picture(path=f"{tvdb.url}/banners/1.jpg", width=1) == b"picture"
        )
        for path in ("http://evil.example/x.jpg", "file:///etc/passwd", "/x.jpg"):
            with pytest.raises(SourceConfused):
                asked.fetch_picture(path=path, width=1)
        assert "Authorization" not in tvdb.headers[0]


FAULTS: list[tuple[serving.Fault, type[SourceTrouble]]] = [
    (serving.status(403), SourceRefusedKey),
    (serving.status(500), SourceUnreachable),
    (serving.status(503), SourceUnreachable),
    (serving.status(429), SourceBusy),
    (serving.status(429, Retry_After="3600"), SourceBusy),
    (serving.status(418), SourceConfused),
    (serving.html, SourceConfused),
    (serving.reply([]), SourceConfused),
    (serving.cut_body, SourceUnreachable),
    (serving.hang_up, SourceUnreachable),
]


class TestFaults:
    @pytest.mark.parametrize(("fault", "error"), FAULTS)
    @pytest.mark.parametrize("call", ["login", "search", "find", "fetch", "episodes"])
    def test_of_each_call_are_named(
        self,
        call: str,
        fault: serving.Fault,
        error: type[SourceTrouble],
        tvdb: FakeTvdb,
    ) -> None:
        asked = client(tvdb)
        if call != "login":
            asked.check_key()
        tvdb.faults = [fault] * 10
        calls: dict[str, Callable[[], object]] = {
            "login": asked.check_key,
            "search": lambda: asked.search(kind="SHOW", query="x"),
            "find": lambda: asked.find(kind="SHOW", catalogue="imdb", value="tt1"),
            "fetch": lambda: asked.fetch(kind="MOVIE", id="1"),
            "episodes": lambda: asked.fetch_episodes(id="1"),
        }

        with pytest.raises(error) as trouble:
            calls[call]()

        assert trouble.value.advice
        assert KEY not in str(trouble.value)

    def test_that_pass_are_sat_out(self, tvdb: FakeTvdb) -> None:
        tvdb.add_series(1, "Show", 2000, {})
        tvdb.faults = [serving.status(429, Retry_After="0"), serving.status(503)]

        assert len(client(tvdb).search(kind="SHOW", query="show")) == 1

    def test_a_silent_service_times_out(
        self, tvdb: FakeTvdb, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "TIMEOUT", (0.1, 0.1))
        tvdb.faults = [serving.silence(0.3)] * 4

        with pytest.raises(SourceUnreachable):
            client(tvdb).search(kind="SHOW", query="x")
