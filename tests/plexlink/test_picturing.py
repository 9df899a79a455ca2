"""Pictures of a Plex server: noted by a sync, fetched apart, shown from our own cache."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from drivearr.jobs.models import Job
from drivearr.lib.progress import SilentProgress
from library.models import Artwork, Title
from library.services import arranging
from library.services.artwork import Place, note_pictures
from plexlink.jobs import PICTURES
from plexlink.services.picturing import fetch_pictures
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes.plex import TOKEN, FakePlex, status
from tests.library.test_pictures import picture

pytestmark = pytest.mark.django_db


def fetch() -> int:
    return fetch_pictures(progress=SilentProgress()).fetched


class TestSync:
    def test_notes_pictures_and_queues_their_fetching_once(
        self, plex: FakePlex
    ) -> None:
        plex.add_movie(7, "Charade", 1963)
        plex.add_movie(8, "Gilda", 1946)
        films = library_of(make_server(plex), "1")
        sync(films)

        assert Artwork.objects.filter(origin="PLEX", role="POSTER").count() == 2
        row = Artwork.objects.get(title__name="Charade", role="POSTER")
        assert row.source.startswith("machine-one/library/metadata/7/thumb/")
        assert Job.objects.filter(kind=PICTURES.name).count() == 1
        assert not any("/thumb/" in path for path in plex.paths())

    def test_writes_nothing_for_pictures_that_are_the_same(
        self, plex: FakePlex
    ) -> None:
        plex.add_movie(7, "Charade", 1963)
        plex.add_show(20, "Ferry")
        plex.add_episode(21, 20, 1, 1)
        server = make_server(plex)
        for key in ("1", "2"):
            sync(library_of(server, key))
            assert sync(library_of(server, key), deep=True).writes == 0

    def test_notes_the_poster_of_a_season(self, plex: FakePlex) -> None:
        plex.add_show(20, "Ferry")
        plex.add_episode(21, 20, 1, 1)
        sync(library_of(make_server(plex), "2"))
        assert Artwork.objects.get(season__number=1).origin == "PLEX"

    def test_fetches_a_picture_anew_when_it_is_another_one(
        self, plex: FakePlex
    ) -> None:
        plex.add_movie(7, "Charade", 1963)
        plex.pictures["7"] = picture(400, 600)
        films = library_of(make_server(plex), "1")
        sync(films)
        assert fetch() == 2
        before = Artwork.objects.get(role="POSTER").file
        plex.pictures["7"] = picture(500, 750)
        plex.change(7, thumb="/library/metadata/7/thumb/1800000000")
        films.refresh_from_db()
        sync(films)
        assert Artwork.objects.get(role="POSTER").file == before
        assert fetch() == 1
        assert Artwork.objects.get(role="POSTER").file != before


class TestOrder:
    @pytest.mark.parametrize(
        ("order", "origin"), [(["tmdb"], "TMDB"), (["plex"], "PLEX")]
    )
    def test_says_whose_picture_is_shown(
        self, plex: FakePlex, order: list[str], origin: str
    ) -> None:
        plex.add_movie(7, "Charade", 1963)
        films = library_of(make_server(plex), "1")
        sync(films)
        arranging.arrange(names=order)
        place = Place(Title.objects.get().pk, None, "POSTER")
        note_pictures(pictures={place: "/of-tmdb.jpg"}, origin="TMDB")
        assert Artwork.objects.get(role="POSTER").origin == origin

    def test_never_replaces_a_picture_beside_the_file(self, plex: FakePlex) -> None:
        plex.add_movie(7, "Charade", 1963)
        films = library_of(make_server(plex), "1")
        sync(films)
        arranging.arrange(names=["plex"])
        place = Place(Title.objects.get().pk, None, "POSTER")
        note_pictures(pictures={place: "/films/poster.jpg"}, origin="LOCAL")
        plex.change(7, thumb="/library/metadata/7/thumb/1800000000")
        films.refresh_from_db()
        sync(films)
        assert Artwork.objects.get(role="POSTER").origin == "LOCAL"


class TestFetch:
    def test_shows_the_picture_from_our_own_cache(
        self, plex: FakePlex, owner_client: Client
    ) -> None:
        plex.add_movie(7, "Charade", 1963)
        plex.pictures["7"] = picture(400, 600)
        sync(library_of(make_server(plex), "1"))
        assert fetch() == 2

        page = owner_client.get("/titles/?from=plex").content.decode()
        row = Artwork.objects.get(role="POSTER")
        assert f"/artwork/{row.pk}/342" in page
        shown = owner_client.get(reverse("artwork", args=[row.pk, 342]))
        content: Any = shown
        assert b"".join(content.streaming_content)[8:12] == b"WEBP"
        shown.close()
        for secret in (TOKEN, plex.url, "X-Plex-Token"):
            assert secret not in page
            assert secret not in "".join(plex.asked) + row.source

    def test_leaves_what_the_server_lacks_for_another_day(self, plex: FakePlex) -> None:
        plex.add_movie(7, "Charade", 1963)
        sync(library_of(make_server(plex), "1"))
        assert fetch() == 0
        asked = len(plex.asked)
        assert fetch() == 0
        assert len(plex.asked) == asked

    def test_stops_asking_a_server_in_trouble(self, plex: FakePlex) -> None:
        for key in range(10, 30):
            plex.add_movie(key, f"Film {key}", 1963)
        sync(library_of(make_server(plex), "1"))
        plex.asked.clear()
        plex.fail("/thumb/|/art/", status(500), times=500)
        assert fetch() == 0
        # Three pictures, each tried as often as any request.
        assert len([path for path in plex.paths() if "metadata" in path]) == 9

    def test_forgets_a_server_that_is_gone(self, plex: FakePlex) -> None:
        plex.add_movie(7, "Charade", 1963)
        server = make_server(plex)
        sync(library_of(server, "1"))
        server.delete()
        assert fetch() == 0
