"""What the library's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.fakes.tmdb import V3_KEY, FakeTmdb, running_tmdb


@pytest.fixture(autouse=True)
def _no_source(settings: Settings, tmp_path: Path) -> None:
    settings.TMDB_KEY = settings.TVDB_KEY = ""
    settings.ARTWORK_DIR = tmp_path / "artwork-cache"


@pytest.fixture
def tmdb() -> Iterator[FakeTmdb]:
    """A stand-in for TMDb."""
    with running_tmdb() as fake:
        yield fake


@pytest.fixture
def source(tmdb: FakeTmdb, settings: Settings) -> FakeTmdb:
    """The stand-in, set up as this home's source."""
    settings.TMDB_KEY = V3_KEY
    settings.TMDB_URL = f"{tmdb.url}/3"
    settings.TMDB_IMAGE_URL = f"{tmdb.url}/img"
    return tmdb
