"""Our stand-in for Plex is Plex to the client that others use: python-plexapi."""

from collections.abc import Iterator
from typing import Any

import pytest
from plexapi.exceptions import NotFound, Unauthorized
from plexapi.server import PlexServer

from tests.fakes.plex import TOKEN, FakePlex, running_plex


@pytest.fixture(scope="module")
def fake() -> Iterator[FakePlex]:
    with running_plex() as plex:
        plex.add_section("1", "movie", "Films", "/data/Movies")
        plex.add_section("2", "show", "Shows", "/data/TV")
        for number in range(1, 6):
            plex.add_movie(100 + number, f"Film {number}", tmdb=500 + number)
        plex.add_show(200, "Lantern Street", tvdb=77)
        for number in range(1, 4):
            plex.add_episode(300 + number, 200, 1, number)
        plex.add_collection(900, "Best of all", ["102", "104"])
        yield plex


def _connect(url: str, token: str) -> Any:
    return PlexServer(url, token, timeout=5)  # type: ignore[no-untyped-call] # plexapi has no types


@pytest.fixture
def server(fake: FakePlex) -> Any:
    return _connect(fake.url, TOKEN)


class TestStandIn:
    def test_says_who_it_is(self, server: Any, fake: FakePlex) -> None:
        assert server.machineIdentifier == fake.machine_id
        assert (server.friendlyName, server.version) == ("Attic", "1.40.1")

    def test_names_its_libraries(self, server: Any) -> None:
        found = [
            (each.key, each.type, each.title, each.locations)
            for each in map(server.library.sectionByID, (1, 2))
        ]

        assert found == [
            (1, "movie", "Films", ["/data/Movies"]),
            (2, "show", "Shows", ["/data/TV"]),
        ]

    def test_lists_films_with_files_and_ids(self, server: Any) -> None:
        films = server.library.sectionByID(1).fetchItems(
            "/library/sections/1/all?type=1&includeGuids=1"
        )

        assert [film.title for film in films] == [f"Film {n}" for n in range(1, 6)]
        film = films[2]
        assert film.media[0].parts[0].file.endswith("/Film 3 (2001).mkv")
        assert [guid.id for guid in film.guids] == ["tmdb://503"]
        assert film.duration == 5_400_000

    def test_lists_episodes_below_their_show(self, server: Any) -> None:
        episodes = server.fetchItems("/library/sections/2/all?type=4")

        assert [each.seasonEpisode for each in episodes] == [
            f"s01e0{number}" for number in range(1, 4)
        ]
        assert {each.grandparentTitle for each in episodes} == {"Lantern Street"}

    def test_gives_details_by_key(self, server: Any) -> None:
        film = server.fetchItem(101)

        assert [each.tag for each in film.genres] == ["Drama", "Crime", "Noir"]
        kinds = {stream.STREAMTYPE for stream in film.media[0].parts[0].streams}
        assert kinds == {1, 2, 3}
        with pytest.raises(NotFound):
            server.fetchItem(4711)

    def test_says_what_is_in_a_collection(self, server: Any) -> None:
        rows = server.fetchItems("/library/collections/900/children")

        assert [row.title for row in rows] == ["Film 2", "Film 4"]

    def test_refuses_a_token_that_it_does_not_know(self, fake: FakePlex) -> None:
        with pytest.raises(Unauthorized):
            _connect(fake.url, "some-other-token")
