"""What was watched is written back only where the owner turned that on."""

import pytest

from library.models import Title, WatchState
from plexlink.models import PlexServer
from plexlink.services.watching import NotWrittenBack, mark_title
from plexlink.speaking import PlexTrouble
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes import plex as fakes
from tests.fakes.plex import FakePlex

pytestmark = pytest.mark.django_db


@pytest.fixture
def title(plex: FakePlex) -> Title:
    plex.add_show(200, "Lantern Street", tvdb=77)
    for number in (1, 2):
        plex.add_episode(300 + number, 200, 1, number)
    sync(library_of(make_server(plex), "2"))
    plex.asked.clear()
    return Title.objects.get()


class TestMarkTitle:
    def test_tells_nobody_unless_allowed(self, plex: FakePlex, title: Title) -> None:
        with pytest.raises(NotWrittenBack):
            mark_title(title=title, is_watched=True)

        assert plex.asked == []
        assert not WatchState.objects.exists()

    def test_tells_plex_and_remembers_it(self, plex: FakePlex, title: Title) -> None:
        PlexServer.objects.update(writes_watched=True)

        mark_title(title=title, is_watched=True)

        assert plex.paths() == ["/:/scrobble"]
        assert "key=200" in plex.asked[0]
        assert WatchState.objects.filter(is_watched=True).count() == 2
        mark_title(title=title, is_watched=False)
        assert plex.paths()[-1] == "/:/unscrobble"
        assert not WatchState.objects.filter(is_watched=True).exists()

    def test_remembers_nothing_that_plex_did_not_hear(
        self, plex: FakePlex, title: Title
    ) -> None:
        PlexServer.objects.update(writes_watched=True)
        plex.fail("scrobble", fakes.status(500), times=9)

        with pytest.raises(PlexTrouble):
            mark_title(title=title, is_watched=True)

        assert not WatchState.objects.exists()
