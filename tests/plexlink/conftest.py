"""What the tests of the link to Plex share."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from tests.fakes.plex import (
    FakePlex,
    FakePlexTv,
    running_plex,
    running_plextv,
)


@pytest.fixture(autouse=True)
def _quick(settings: LazySettings) -> None:
    """Wait milliseconds where a home waits seconds; ask nobody outside."""
    settings.PLEX_CONNECT_SECONDS = 1
    settings.PLEXTV_URL = "http://127.0.0.1:9"
    settings.PLEX_AUTH_URL = ""
    settings.PLEX_RETRIES = 2
    settings.PLEX_RETRY_WAIT_MS = 10


@pytest.fixture
def plex() -> Iterator[FakePlex]:
    """A stand-in for a Plex server with a film library and a show library."""
    with running_plex() as fake:
        fake.add_section("1", "movie", "Films", "/data/Movies")
        fake.add_section("2", "show", "Shows", "/data/TV")
        yield fake


@pytest.fixture
def plextv(plex: FakePlex, settings: LazySettings) -> Iterator[FakePlexTv]:
    """A stand-in for plex.tv, whose account owns the server."""
    with running_plextv() as fake:
        fake.add_server(plex)
        settings.PLEXTV_URL = fake.url
        yield fake
