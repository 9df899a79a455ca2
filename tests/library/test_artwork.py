"""Posters: beside the files first, then at the source."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone
from PIL import Image

from library.models import Artwork, Root
from library.services.artwork import picture_path
from tests.fakes import tmdb as fakes
from tests.fakes.tmdb import FakeTmdb
from tests.library.test_identifying import MATRIX, Library
from tests.library.test_pictures import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def films(tmp_path: Path) -> Library:
    return Library(tmp_path / "films", Root.Kind.MOVIES)


@pytest.fixture
def shows(tmp_path: Path) -> Library:
    return Library(tmp_path / "shows", Root.Kind.SHOWS)


def put(library: Library, relpath: str, width: int = 1000) -> None:
    path = library.folder / relpath
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture(width, width * 3 // 2))


def poster(library: Library, relpath: str) -> Artwork:
    return Artwork.objects.get(
        title=library.title(relpath), role="POSTER", season__isnull=True
    )


class TestLocalPictures:
    def test_in_a_films_folder_become_its_poster(self, films: Library) -> None:
        put(films, "The Matrix (1999)/poster.jpg")
        put(films, "The Matrix (1999)/fanart.jpg")
        films.run(MATRIX)

        row = poster(films, MATRIX)
        small, large = (picture_path(artwork=row, width=w) for w in (100, 700))
        assert (row.origin, row.width) == ("LOCAL", 1000)
        assert small is not None
        assert large is not None
        with Image.open(small) as opened:
            assert (opened.format, opened.width) == ("WEBP", 342)
        with Image.open(large) as opened:
            assert opened.width == 780
        assert Artwork.objects.filter(role="BACKDROP").count() == 1

    def test_in_a_folder_of_backgrounds_come_after_those_beside(
        self, films: Library
    ) -> None:
        put(films, "The Matrix (1999)/extrafanart/a.jpg")
        films.run(MATRIX)
        row = Artwork.objects.get(role="BACKDROP")
        assert row.source.endswith("The Matrix (1999)/extrafanart/a.jpg")

        put(films, "The Matrix (1999)/fanart.jpg")
        films.run(MATRIX)
        row = Artwork.objects.get(role="BACKDROP")
        assert row.source.endswith("The Matrix (1999)/fanart.jpg")

    def test_named_as_the_video_count_where_many_films_live(
        self, films: Library
    ) -> None:
        put(films, "poster.jpg")
        put(films, "Heat (1995)-poster.jpg", 500)
        films.run("Heat (1995).mkv", "Jaws (1975).mkv")

        assert poster(films, "Heat (1995).mkv").width == 500
        assert Artwork.objects.count() == 1

    def test_of_shows_and_seasons(self, shows: Library) -> None:
        put(shows, "Show/poster.jpg", 900)
        put(shows, "Show/season02-poster.jpg", 800)
        put(shows, "Show/Season 1/folder.jpg", 700)
        put(shows, "Show/Season 1/Show - S01E01.jpg", 600)
        first = "Show/Season 1/Show - S01E01.mkv"
        shows.run(first, "Show/Season 2/Show - S02E01.mkv")

        assert poster(shows, first).width == 900
        seasons = Artwork.objects.filter(season__isnull=False)
        widths = dict(seasons.values_list("season__number", "width"))
        assert widths == {1: 700, 2: 800}

    def test_are_taken_again_when_they_change(self, films: Library) -> None:
        put(films, "The Matrix (1999)/poster.jpg")
        films.run(MATRIX)
        old = picture_path(artwork=poster(films, MATRIX), width=342)
        put(films, "The Matrix (1999)/poster.jpg", 640)
        films.scan()
        films.identify()

        row = poster(films, MATRIX)
        assert row.width == 640
        assert old is not None
        assert not old.exists()

    def test_that_are_damaged_are_reported_once_a_day(self, films: Library) -> None:
        films.write("The Matrix (1999)/poster.jpg", "no picture")
        films.run(MATRIX)

        assert [e.code for e, _ in films.progress.issues] == ["PICTURE_UNUSABLE"]
        assert picture_path(artwork=poster(films, MATRIX), width=342) is None
        films.identify()
        assert films.progress.issues == []
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            films.refresh()
        assert len(films.progress.issues) == 1

    def test_stay_where_they_are(self, films: Library) -> None:
        put(films, "The Matrix (1999)/poster.jpg")
        before = (films.folder / "The Matrix (1999)/poster.jpg").read_bytes()
        films.run(MATRIX)

        assert (films.folder / "The Matrix (1999)/poster.jpg").read_bytes() == before


class TestPicturesOfTheSource:
    def test_are_fetched_and_kept(self, films: Library, source: FakeTmdb) -> None:
        source.add_movie(603, "The Matrix", 1999)
        source.pictures["/poster603.jpg"] = picture(780, 1170)
        films.run(MATRIX)
        films.refresh()

        row = poster(films, MATRIX)
        assert (row.origin, row.source) == ("TMDB", "/poster603.jpg")
        assert picture_path(artwork=row, width=342) is not None
        asked = len(source.asked)
        films.identify(again=True)
        films.refresh()
        assert len(source.asked) == asked

    def test_yield_to_those_beside_the_file(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(603, "The Matrix", 1999)
        put(films, "The Matrix (1999)/poster.jpg")
        films.run(MATRIX)
        films.refresh()

        assert poster(films, MATRIX).origin == "LOCAL"
        assert not any(path.startswith("/img") for path in source.asked)

    def test_that_do_not_come_are_reported_and_tried_later(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(603, "The Matrix", 1999)
        films.run(MATRIX)
        summary = films.refresh()

        assert summary.pictures == 0
        assert [e.code for e, _ in films.progress.issues] == ["SOURCE_LACKS"]
        source.pictures["/poster603.jpg"] = picture(780, 1170)
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            films.refresh()
        assert picture_path(artwork=poster(films, MATRIX), width=342) is not None

    def test_are_asked_for_again_within_the_terms(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(603, "The Matrix", 1999)
        source.pictures["/poster603.jpg"] = picture(780, 1170)
        films.run(MATRIX)
        films.refresh()
        source.pictures["/poster603.jpg"] = picture(700, 1050)
        with time_machine.travel(timezone.now() + timedelta(days=160)):
            films.refresh()

        assert poster(films, MATRIX).width == 700

    def test_of_a_source_in_trouble_do_not_hold_up_the_rest(
        self, films: Library, source: FakeTmdb
    ) -> None:
        for number in range(8):
            source.add_movie(number + 1, f"Film {number}", 2000)
        films.add(*(f"Film {n} (2000).mkv" for n in range(8)))
        films.scan()
        films.identify()
        films.refresh()
        Artwork.objects.update(failed_at=None)
        source.asked.clear()
        source.faults = [fakes.status(418)] * 50

        films.refresh()

        assert len(source.asked) == 3
