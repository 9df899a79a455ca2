"""The stand-in for TheTVDB says nothing that TheTVDB's own description does not allow."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.fakes.tvdb import KEY, FakeTvdb, running_tvdb

yaml = pytest.importorskip("yaml")

NAME = Path("shared", "data", "openapi", "tvdb-v4-subset.yml")
PLACES = [folder / NAME for folder in Path(__file__).resolve().parents]
DESCRIPTION = next((place for place in PLACES if place.is_file()), None)

pytestmark = pytest.mark.skipif(
    DESCRIPTION is None, reason=f"the description is not here: {NAME}"
)

CASES: list[tuple[str, str, dict[str, str]]] = [
    ("/search", "/search", {"query": "show", "type": "series"}),
    ("/search", "/search", {"query": "film", "type": "movie", "year": "2000"}),
    ("/search/remoteid/{remoteId}", "/search/remoteid/tt0000001", {}),
    ("/series/{id}/extended", "/series/2/extended", {"meta": "episodes"}),
    ("/movies/{id}/extended", "/movies/1/extended", {"meta": "translations"}),
    (
        "/series/{id}/episodes/{season-type}",
        "/series/2/episodes/default",
        {"page": "0"},
    ),
    ("/updates", "/updates", {"since": "0", "type": "series"}),
]


@pytest.fixture
def fake() -> FakeTvdb:
    fake = FakeTvdb()
    fake.add_movie(1, "Film", 2000, remote={"IMDB": "tt0000001"}, aliases=["Movie"])
    fake.add_series(2, "Show", 2001, {0: 1, 1: 2}, aliases=["Series"])
    fake.updates = [
        {
            "recordType": "series",
            "recordId": 2,
            "methodInt": 2,
            "method": "update",
            "timeStamp": 5,
            "entityType": "series",
        }
    ]
    return fake


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    assert DESCRIPTION is not None
    found: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text())
    return found


_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def breaches(
    value: Any, schema: dict[str, Any], document: dict[str, Any], at: str = ""
) -> Iterator[str]:
    """Yield where `value` is not as described; null may stand anywhere, and does."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
    if value is None:
        return
    kind = schema.get("type")
    if kind and not isinstance(value, _TYPES[kind]):
        yield f"{at}: {value!r} is no {kind}"
    elif isinstance(value, dict) and schema.get("properties"):
        for key, below in value.items():
            known = schema["properties"].get(key)
            if known is None:
                yield f"{at}.{key} is not described"
            else:
                yield from breaches(below, known, document, f"{at}.{key}")
    elif isinstance(value, list):
        for below in value:
            yield from breaches(below, schema.get("items", {}), document, f"{at}[]")


def schema_of(document: dict[str, Any], path: str) -> dict[str, Any]:
    answer = document["paths"][path]["get"]["responses"]["200"]
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return schema


class TestFakeTvdb:
    @pytest.mark.parametrize(("path", "asked", "query"), CASES)
    def test_answers_as_described(
        self,
        path: str,
        asked: str,
        query: dict[str, str],
        fake: FakeTvdb,
        document: dict[str, Any],
    ) -> None:
        status, reply = fake.answer(asked, query)

        assert status == 200
        assert reply["data"]
        assert list(breaches(reply, schema_of(document, path), document)) == []

    def test_finds_breaches_where_there_are_some(
        self, document: dict[str, Any]
    ) -> None:
        schema = schema_of(document, "/search")

        assert list(breaches({"data": [{"tvdb_id": 5}]}, schema, document))
        assert list(breaches({"invented": 1}, schema, document))

    def test_asks_for_a_token(self) -> None:

        with running_tvdb() as fake:
            refused = requests.get(f"{fake.url}/v4/search?query=x", timeout=5)
            wrong = requests.post(
                f"{fake.url}/v4/login", json={"apikey": KEY, "pin": ""}, timeout=5
            )
            login = requests.post(
                f"{fake.url}/v4/login", json={"apikey": KEY}, timeout=5
            )
            token = login.json()["data"]["token"]
            taken = requests.get(
                f"{fake.url}/v4/search?query=x",
                headers={"Authorization": f"Bearer {token}"},
                timeout=5,
            )

        statuses = [each.status_code for each in (refused, wrong, login, taken)]
        assert statuses == [401, 401, 200, 200]
