"""How requests to Plex are tried again."""

from collections.abc import Callable

import pytest

from plexlink.client import PlexClient
from plexlink.models import Installation
from plexlink.speaking import (
    WAIT_MOST_SECONDS,
    Caller,
    Patience,
    PlexBusy,
    PlexFailed,
    Speaker,
)
from tests.fakes.plex import TOKEN, FakePlex, status


def client_of(plex: FakePlex, sleep: Callable[[float], None]) -> PlexClient:
    me = Caller("tests", "0")
    patience = Patience(attempts=4, answer_seconds=5)
    return PlexClient(
        Speaker(plex.url, me=me, token=TOKEN, patience=patience, sleep=sleep)
    )


class TestWaitBefore:
    @pytest.mark.parametrize("attempt", [1, 2, 5, 9, 10, 11, 40])
    def test_doubles_with_jitter_and_ends_at_five_minutes(self, attempt: int) -> None:
        most = min(WAIT_MOST_SECONDS, 0.5 * 2.0 ** (attempt - 1))
        waits = [Patience().wait_before(attempt, None) for _ in range(50)]

        assert all(most / 2 <= wait <= most for wait in waits)
        assert len(set(waits)) > 1

    def test_is_what_the_server_asks_for(self) -> None:
        assert Patience().wait_before(1, 17.0) == 17.0


class TestSpeaker:
    def test_tries_again_as_often_as_it_may(self, plex: FakePlex) -> None:
        waits: list[float] = []
        plex.fail("sections", status(500), times=3)
        assert len(client_of(plex, waits.append).sections()) == 2
        assert len(waits) == 3
        assert waits == sorted(waits)

        plex.fail("sections", status(500), times=4)
        with pytest.raises(PlexFailed):
            client_of(plex, waits.append).sections()

    def test_waits_as_long_as_it_is_asked_to(self, plex: FakePlex) -> None:
        waits: list[float] = []
        plex.fail("sections", status(429, Retry_After="42"))

        client_of(plex, waits.append).sections()

        assert waits == [42.0]

    def test_gives_up_where_that_is_too_long(self, plex: FakePlex) -> None:
        waits: list[float] = []
        plex.fail("sections", status(503, Retry_After="3600"))

        with pytest.raises(PlexBusy):
            client_of(plex, waits.append).sections()
        assert waits == []


@pytest.mark.django_db
class TestInstallation:
    def test_has_one_client_identifier_for_good(self) -> None:
        first = Installation.get().client_identifier

        assert Installation.get().client_identifier == first
        assert Installation.objects.count() == 1
