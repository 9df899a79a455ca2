"""The stand-in for TMDb says nothing that TMDb's own description does not allow."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.tmdb import FakeTmdb

NAME = Path("shared", "data", "openapi", "tmdb-v3-subset.json")
PLACES = [folder / NAME for folder in Path(__file__).resolve().parents]
DESCRIPTION = next((place for place in PLACES if place.is_file()), None)

pytestmark = pytest.mark.skipif(
    DESCRIPTION is None, reason=f"the description is not here: {NAME}"
)

CASES = [
    ("/3/search/movie", "/search/movie", {"query": "film"}),
    ("/3/search/tv", "/search/tv", {"query": "show"}),
    ("/3/movie/{movie_id}", "/movie/1", {}),
    ("/3/tv/{series_id}", "/tv/2", {}),
    ("/3/tv/{series_id}/season/{season_number}", "/tv/2/season/1", {}),
    (
        "/3/movie/{movie_id}/alternative_titles",
        "/movie/1/alternative_titles",
        {},
    ),
    ("/3/tv/{series_id}/alternative_titles", "/tv/2/alternative_titles", {}),
    ("/3/find/{external_id}", "/find/tt0000001", {"external_source": "imdb_id"}),
]


@pytest.fixture
def fake() -> FakeTmdb:
    fake = FakeTmdb()
    fake.add_movie(1, "Film", 2000, _ids={"imdb_id": "tt0000001"}, _aliases=["Movie"])
    fake.add_show(2, "Show", 2001, {0: 1, 1: 2}, _aliases=["Series"])
    return fake


def schema_of(path: str) -> dict[str, Any]:
    assert DESCRIPTION is not None
    document = json.loads(DESCRIPTION.read_text())
    answer = document["paths"][path]["get"]["responses"]["200"]
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return schema


_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def breaches(value: Any, schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """Yield where `value` is not as the description says."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    allowed = tuple(each for kind in kinds for each in _TYPES[kind])
    if allowed and not isinstance(value, allowed):
        yield f"{at}: {value!r} is no {kinds}"
    elif isinstance(value, dict) and "properties" in schema:
        for key, below in value.items():
            known = schema["properties"].get(key)
            if known is None:
                yield f"{at}.{key} is not described"
            else:
                yield from breaches(below, known, f"{at}.{key}")
    elif isinstance(value, list):
        for below in value:
            yield from breaches(below, schema.get("items", {}), f"{at}[]")


class TestFakeTmdb:
    @pytest.mark.parametrize(("path", "asked", "query"), CASES)
    def test_answers_as_described(
        self, path: str, asked: str, query: dict[str, str], fake: FakeTmdb
    ) -> None:
        status, reply = fake.answer(asked, query)

        assert status == 200
        assert list(breaches(reply, schema_of(path))) == []

    def test_finds_breaches_where_there_are_some(self) -> None:
        schema = schema_of("/3/search/movie")

        assert list(breaches({"results": [{"id": "x"}]}, schema))
        assert list(breaches({"invented": 1}, schema))
