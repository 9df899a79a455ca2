"""The TMDb client against a stand-in that speaks real HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from library.metadata.source import (
    NotInSource,
    SourceBusy,
    SourceConfused,
    SourceError,
    SourceRefusedKey,
    SourceUnreachable,
)
from library.metadata.tmdb import Tmdb
from tests.fakes.tmdb import FakeTmdb, cut_short, fail_with, hang_up, serve_tmdb

V3_KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.secret.token"
OPENAPI = Path(__file__).parents[4] / "shared/data/openapi/tmdb-v3-subset.json"


@pytest.fixture
def fake() -> Iterator[FakeTmdb]:
    with serve_tmdb() as serving:
        serving.add_movie(1, "Quiet Harbour", "1999-03-30")
        serving.add_show(2, "Lantern Street", "2001-01-01", {0: 1, 1: 3, 2: 2})
        yield serving


def client(fake: FakeTmdb, *, key: str = TOKEN, retries: int = 0) -> Tmdb:
    return Tmdb(
        key=key,
        base_url=f"{fake.url}/3",
        image_url=f"{fake.url}/t/p",
        retries=retries,
        backoff_seconds=0.01,
    )


class TestSearch:
    def test_finds_a_movie_by_name_and_year(self, fake: FakeTmdb) -> None:
        [found] = client(fake).search(kind="MOVIE", query="Quiet Harbour", year=1999)

        assert (found.id, found.name, found.year) == ("1", "Quiet Harbour", 1999)

    def test_asks_without_the_year_when_nothing_fits_it(self, fake: FakeTmdb) -> None:
        [found] = client(fake).search(kind="MOVIE", query="Quiet Harbour", year=2000)

        assert found.year == 1999
        assert len(fake.asked) == 2

    def test_gives_nothing_for_an_unknown_name(self, fake: FakeTmdb) -> None:
        assert client(fake).search(kind="SHOW", query="Nowhere") == ()

    def test_tolerates_null_missing_and_odd_fields(self, fake: FakeTmdb) -> None:
        rows: list[Any] = [
            None,
            7,
            {"id": "x", "title": "No"},
            {"id": 5, "title": None},
            {
                "id": 6,
                "title": "Yes",
                "release_date": "",
                "popularity": None,
                "new": {},
            },
        ]
        fake.faults.append(fail_with(200, json.dumps({"results": rows}).encode()))

        [found] = client(fake).search(kind="MOVIE", query="x")

        assert (found.id, found.year) == ("6", None)


class TestFetch:
    def test_gives_a_show_with_its_seasons_and_episodes(self, fake: FakeTmdb) -> None:
        facts = client(fake).fetch(kind="SHOW", id="2")

        assert [(s.number, len(s.episodes)) for s in facts.seasons] == [
            (0, 1),
            (1, 3),
            (2, 2),
        ]
        assert facts.seasons[1].episodes[2].name == "Part 3"

    def test_asks_for_many_seasons_in_parts(self, fake: FakeTmdb) -> None:
        fake.add_show(3, "Long", "1980-01-01", dict.fromkeys(range(1, 46), 1))

        facts = client(fake).fetch(kind="SHOW", id="3")

        assert len(facts.seasons) == 45
        assert len(fake.asked) == 4

    def test_gives_a_movies_people_genres_and_ids(self, fake: FakeTmdb) -> None:
        facts = client(fake).fetch(kind="MOVIE", id="1")

        assert facts.ids == {"tmdb": "1", "imdb": "tt0000001"}
        assert facts.genres == ("Drama",)
        assert facts.people[0].character == "Eve"

    @pytest.mark.parametrize("identity", ["99", "../../account", "", "1?x=1"])
    def test_says_when_there_is_no_such_entry(
        self, fake: FakeTmdb, identity: str
    ) -> None:
        with pytest.raises(NotInSource):
            client(fake).fetch(kind="MOVIE", id=identity)


class TestFindById:
    def test_finds_by_the_sources_own_id_and_by_imdb(self, fake: FakeTmdb) -> None:
        mine = client(fake).find_by_id(kind="MOVIE", ids={"tmdb": "1"})
        other = client(fake).find_by_id(kind="MOVIE", ids={"imdb": "tt0000001"})

        assert mine is not None
        assert other is not None
        assert mine.name == other.name == "Quiet Harbour"

    def test_gives_none_for_an_unknown_id(self, fake: FakeTmdb) -> None:
        assert client(fake).find_by_id(kind="MOVIE", ids={"tmdb": "404"}) is None


class TestKey:
    def test_sends_a_token_in_the_header_only(self, fake: FakeTmdb) -> None:
        client(fake).search(kind="MOVIE", query="x")

        assert fake.headers[0]["Authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in fake.asked[0]

    @pytest.mark.parametrize("key", [TOKEN, V3_KEY])
    @pytest.mark.parametrize(
        "fault", [hang_up, cut_short, fail_with(401), fail_with(500)]
    )
    def test_never_shows_in_an_error(
        self, fake: FakeTmdb, key: str, fault: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        fake.faults.append(fault)
        caplog.set_level("DEBUG", logger="library")

        with pytest.raises(SourceError) as failure:
            client(fake, key=key).search(kind="MOVIE", query="x")

        texts = [str(failure.value), repr(failure.value), caplog.text]
        assert not any(key in text for text in texts)
        assert failure.value.__cause__ is None or key not in str(
            failure.value.__cause__
        )


class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            (fail_with(401), SourceRefusedKey),
            (fail_with(429), SourceBusy),
            (fail_with(500), SourceUnreachable),
            (fail_with(503, b"<html>"), SourceUnreachable),
            (fail_with(200, b"<html>busy</html>"), SourceConfused),
            (fail_with(200, b""), SourceConfused),
            (fail_with(200, b"[]"), SourceConfused),
            (fail_with(200, b"null"), SourceConfused),
            (cut_short, SourceUnreachable),
            (hang_up, SourceUnreachable),
        ],
    )
    def test_become_named_errors(
        self, fake: FakeTmdb, fault: Any, error: type[SourceError]
    ) -> None:
        fake.faults.append(fault)

        with pytest.raises(error):
            client(fake).search(kind="MOVIE", query="x")

    @pytest.mark.parametrize(
        "fault", [fail_with(429, Retry_After="0"), fail_with(503), hang_up]
    )
    def test_that_pass_are_tried_again(self, fake: FakeTmdb, fault: Any) -> None:
        fake.faults.append(fault)

        found = client(fake, retries=2).search(kind="MOVIE", query="harbour")

        assert len(found) == 1
        assert len(fake.asked) == 2

    def test_of_a_server_that_is_not_there_are_named(self) -> None:
        source = Tmdb(
            key="k", base_url="http://127.0.0.1:1/3", image_url="http://x", retries=0
        )

        with pytest.raises(SourceUnreachable):
            source.search(kind="MOVIE", query="x")


class TestFetchPicture:
    def test_gives_the_bytes_and_sends_no_key(self, fake: FakeTmdb) -> None:
        data = client(fake).fetch_picture(path="/abc.jpg", width=300)

        assert data == fake.pictures
        assert fake.asked == ["/t/p/w342/abc.jpg"]
        assert "Authorization" not in fake.headers[0]

    @pytest.mark.parametrize("path", ["abc.jpg", "/../x", "//evil/x.jpg", "/a?b", ""])
    def test_refuses_what_is_no_picture_path(self, fake: FakeTmdb, path: str) -> None:
        with pytest.raises(NotInSource):
            client(fake).fetch_picture(path=path, width=300)

        assert fake.asked == []


class TestStandIn:
    @pytest.mark.skipif(not OPENAPI.exists(), reason=f"no API description at {OPENAPI}")
    @pytest.mark.parametrize(
        ("path", "described"),
        [
            ("/search/movie?query=harbour", "/3/search/movie"),
            ("/search/tv?query=lantern", "/3/search/tv"),
            ("/movie/1", "/3/movie/{movie_id}"),
            ("/tv/2", "/3/tv/{series_id}"),
        ],
    )
    def test_sends_only_fields_of_the_official_description(
        self, fake: FakeTmdb, path: str, described: str
    ) -> None:
        document = json.loads(OPENAPI.read_text())
        reply = document["paths"][described]["get"]["responses"]["200"]
        schema = reply["content"]["application/json"]["schema"]
        place, _, query = path.partition("?")

        status, body = fake.answer(
            place, {k: [v] for k, v in (p.split("=") for p in query.split("&") if p)}
        )

        allowed = set(schema["properties"]) | {"external_ids", "credits"}
        assert status == 200
        assert set(body) <= allowed
        if "results" in body:
            rows = schema["properties"]["results"]["items"]["properties"]
            extra = {"genres", "external_ids", "credits", "seasons"}
            assert set(body["results"][0]) <= set(rows) | extra
