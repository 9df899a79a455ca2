"""TMDb's client, on real HTTP."""

import logging
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
from library.metadata.tmdb import Tmdb
from tests.fakes import serving
from tests.fakes import tmdb as fakes
from tests.fakes.tmdb import READ_TOKEN, V3_KEY, FakeTmdb


def client(fake: FakeTmdb, *, key: str = V3_KEY, **more: Any) -> Tmdb:
    return Tmdb(
        key=key,
        url=f"{fake.url}/3",
        image_url=f"{fake.url}/img",
        backoff_seconds=0.01,
        **more,
    )


class TestSearch:
    def test_finds_movies_by_words_and_year(self, tmdb: FakeTmdb) -> None:
        tmdb.add_movie(603, "The Matrix", 1999)
        tmdb.add_movie(604, "The Matrix Reloaded", 2003)

        found = client(tmdb).search(kind="MOVIE", query="the matrix", year=1999)

        assert [(c.id, c.name, c.year) for c in found] == [("603", "The Matrix", 1999)]
        assert found[0].poster == "/poster603.jpg"

    def test_finds_shows(self, tmdb: FakeTmdb) -> None:
        tmdb.add_show(7, "Some Show", 2005, {1: 2})

        found = client(tmdb).search(kind="SHOW", query="some show", year=2005)

        assert [(c.id, c.kind, c.year) for c in found] == [("7", "SHOW", 2005)]

    @pytest.mark.parametrize(
        "rows",
        [
            None,
            "text",
            [None, 5, "x"],
            [{"id": None, "title": "T"}],
            [{"id": True, "title": "T"}],
            [{"id": 7}],
            [{"id": 7, "title": None}],
        ],
    )
    def test_leaves_out_what_is_no_candidate(self, rows: Any, tmdb: FakeTmdb) -> None:
        tmdb.faults = [fakes.reply({"results": rows})]

        assert client(tmdb).search(kind="MOVIE", query="x") == ()

    def test_takes_null_and_odd_fields(self, tmdb: FakeTmdb) -> None:
        row = {
            "id": 7,
            "title": "T",
            "release_date": "",
            "overview": None,
            "poster_path": 5,
            "origin_country": "US",
            "surprise": {"new": 1},
        }
        tmdb.faults = [fakes.reply({"results": [row]})]

        [found] = client(tmdb).search(kind="MOVIE", query="x")

        assert (found.year, found.overview, found.poster) == (None, "", "")


class TestFetch:
    def test_brings_all_of_a_movie(self, tmdb: FakeTmdb) -> None:
        tmdb.add_movie(
            603,
            "The Matrix",
            1999,
            _ids={"imdb_id": "tt0133093"},
            _collection={"id": 1, "name": "The Matrix Collection"},
            _aliases=["Matrix"],
        )

        facts = client(tmdb).fetch(kind="MOVIE", id="603")

        assert facts.ids == {"tmdb": "603", "imdb": "tt0133093"}
        assert (facts.year, facts.runtime_minutes, facts.rating) == (1999, 101, 7.5)
        assert facts.genres == ("Drama",)
        assert facts.collections == ("The Matrix Collection",)
        assert [(p.name, p.role) for p in facts.people] == [
            ("Some Actor", "ACTOR"),
            ("Some Director", "DIRECTOR"),
        ]

    def test_brings_every_season_of_a_long_show(self, tmdb: FakeTmdb) -> None:
        tmdb.add_show(7, "Long Show", 1990, dict.fromkeys(range(26), 3))

        facts = client(tmdb).fetch(kind="SHOW", id="7")

        assert [season.number for season in facts.seasons] == list(range(26))
        assert {len(season.episodes) for season in facts.seasons} == {3}
        assert facts.content_rating == "TV-14"
        assert len(tmdb.asked) == 2

    def test_asks_for_a_season_that_was_not_added(self, tmdb: FakeTmdb) -> None:
        tmdb.add_show(7, "Show", 1990, {1: 2})
        show = tmdb.shows[7] | {"seasons": [{"season_number": 1}]}
        tmdb.faults = [fakes.reply(show), fakes.reply({"id": 7})]

        facts = client(tmdb).fetch(kind="SHOW", id="7")

        assert [len(season.episodes) for season in facts.seasons] == [2]

    def test_says_what_it_does_not_have(self, tmdb: FakeTmdb) -> None:
        with pytest.raises(SourceLacks):
            client(tmdb).fetch(kind="MOVIE", id="99")
        with pytest.raises(SourceLacks):
            client(tmdb).fetch(kind="MOVIE", id="../authentication")


class TestFind:
    def test_finds_by_another_catalogues_id(self, tmdb: FakeTmdb) -> None:
        tmdb.add_show(7, "Show", 2000, {}, _ids={"tvdb_id": 123})

        found = client(tmdb).find(kind="SHOW", catalogue="tvdb", value="123")

        assert [each.id for each in found] == ["7"]


class TestKeys:
    def test_a_read_token_goes_into_the_header(self, tmdb: FakeTmdb) -> None:
        client(tmdb, key=READ_TOKEN).search(kind="MOVIE", query="x")

        assert tmdb.headers[0]["Authorization"] == f"Bearer {READ_TOKEN}"
        assert "api_key" not in tmdb.asked[0]

    def test_a_wrong_key_is_refused(self, tmdb: FakeTmdb) -> None:
        with pytest.raises(SourceRefusedKey) as refusal:
            client(tmdb, key="wrong").search(kind="MOVIE", query="x")

        assert "DRIVEARR_TMDB_KEY" in refusal.value.advice
        assert len(tmdb.asked) == 1

    def test_never_shows_in_errors_or_logs(
        self, tmdb: FakeTmdb, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        tmdb.faults = [fakes.hang_up] * 4
        with pytest.raises(SourceTrouble) as trouble:
            client(tmdb).search(kind="MOVIE", query="x")
        nobody = Tmdb(key=V3_KEY, url="http://127.0.0.1:9/3", backoff_seconds=0)
        with pytest.raises(SourceUnreachable) as unreachable:
            nobody.search(kind="MOVIE", query="x")

        assert any("api_key=…" in record.getMessage() for record in caplog.records)
        shown = caplog.text + repr(trouble.value) + repr(unreachable.value)
        assert V3_KEY not in shown
        assert trouble.value.__cause__ is None
        assert trouble.value.__suppress_context__


class TestFaults:
    def test_waits_as_it_is_asked_and_tries_again(self, tmdb: FakeTmdb) -> None:
        tmdb.add_movie(1, "X", 2000)
        tmdb.faults = [
            fakes.status(429, Retry_After="0"),
            fakes.status(500),
            fakes.status(503),
        ]

        assert len(client(tmdb).search(kind="MOVIE", query="x")) == 1
        assert len(tmdb.asked) == 4

    def test_does_not_wait_for_ever(self, tmdb: FakeTmdb) -> None:
        tmdb.faults = [fakes.status(429, Retry_After="3600")]

        with pytest.raises(SourceBusy):
            client(tmdb).search(kind="MOVIE", query="x")
        assert len(tmdb.asked) == 1

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            (fakes.status(500), SourceUnreachable),
            (fakes.status(502), SourceUnreachable),
            (fakes.status(429), SourceBusy),
            (fakes.status(418), SourceConfused),
            (fakes.status(302, Location="http://127.0.0.1:9/"), SourceConfused),
            (fakes.html, SourceConfused),
            (fakes.reply([]), SourceConfused),
            (fakes.reply(None), SourceConfused),
            (fakes.cut_body, SourceUnreachable),
            (fakes.hang_up, SourceUnreachable),
        ],
    )
    def test_is_named(
        self, fault: serving.Fault, error: type[SourceTrouble], tmdb: FakeTmdb
    ) -> None:
        tmdb.faults = [fault] * 5

        with pytest.raises(error) as trouble:
            client(tmdb).search(kind="MOVIE", query="x")

        assert trouble.value.advice

    def test_a_silent_service_times_out(
        self, tmdb: FakeTmdb, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "TIMEOUT", (0.1, 0.1))
        tmdb.faults = [fakes.silence(0.3)] * 4

        with pytest.raises(SourceUnreachable):
            client(tmdb).search(kind="MOVIE", query="x")

    def test_an_endless_answer_is_cut(
        self, tmdb: FakeTmdb, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "REPLY_MOST_BYTES", 1000)
        tmdb.faults = [fakes.reply({"x": "y" * 5000})]

        with pytest.raises(SourceConfused):
            client(tmdb).search(kind="MOVIE", query="x")


class TestPictures:
    def test_come_in_the_next_larger_size(self, tmdb: FakeTmdb) -> None:
        tmdb.pictures["/p.jpg"] = b"picture"

        assert client(tmdb).fetch_picture(path="/p.jpg", width=600) == b"picture"
        assert tmdb.asked == ["/img/w780/p.jpg"]

    @pytest.mark.parametrize(
        "path", ["", "p.jpg", "/../x.jpg", "//evil/x.jpg", "/x.svg"]
    )
    def test_are_never_fetched_from_elsewhere(self, path: str, tmdb: FakeTmdb) -> None:
        with pytest.raises(SourceConfused):
            client(tmdb).fetch_picture(path=path, width=342)

        assert tmdb.asked == []


class TestOneConnection:
    def test_serves_many_requests(self, tmdb: FakeTmdb) -> None:
        asked = client(tmdb)
        for _ in range(5):
            asked.search(kind="MOVIE", query="x")

        assert asked.requests == 5
        assert tmdb.connections == 1
