"""Runs over Plex libraries, against a stand-in on real HTTP."""

from pathlib import Path

import pytest

from library.models import Item, MediaFile, Root, Title, WatchState
from plexlink.models import PlexItem, PlexLibrary, PlexPart, PlexServer
from tests.factories.library import make_file, make_root, make_title
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes.plex import FakePlex, media

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(plex: FakePlex) -> PlexServer:
    for number in range(1, 6):
        plex.add_movie(100 + number, f"Film {number}", tmdb=500 + number)
    plex.add_show(200, "Lantern Street", tvdb=77)
    for number in range(1, 4):
        plex.add_episode(300 + number, 200, 1, number)
    return make_server(plex)


@pytest.fixture
def films(server: PlexServer) -> PlexLibrary:
    return library_of(server, "1")


@pytest.fixture
def shows(server: PlexServer) -> PlexLibrary:
    return library_of(server, "2")


class TestFirstSync:
    def test_takes_movies_over(self, films: PlexLibrary) -> None:
        summary = sync(films)

        assert (summary.listed, summary.added, summary.errors) == (5, 5, 0)
        title = Title.objects.get(name="Film 3")
        assert title.identity_key == "movie:tmdb:503"
        assert (title.year, title.overview) == (2001, "About Film 3.")
        assert title.runtime_minutes == 90
        assert {each.name for each in title.genres.all()} == {"Drama", "Crime", "Noir"}
        assert title.credits.count() == 4
        item = PlexItem.objects.get(rating_key="103")
        assert item.title == title
        assert item.item == title.items.get()
        assert item.state == "REMOTE_ONLY"
        part = PlexPart.objects.get(plex_item=item)
        assert {each["type"] for each in part.streams} == {"VIDEO", "AUDIO", "SUBTITLE"}

    def test_takes_shows_over(self, shows: PlexLibrary) -> None:
        sync(shows)

        title = Title.objects.get(kind="SHOW")
        assert title.name == "Lantern Street"
        assert [each.name for each in title.studios.all()] == ["Network One"]
        numbers = Item.objects.filter(title=title).values_list("number", flat=True)
        assert sorted(filter(None, numbers)) == [1, 2, 3]
        assert not PlexItem.objects.stale().exists()


class TestNothingChanged:
    def test_asks_little_and_writes_nothing(
        self, plex: FakePlex, films: PlexLibrary, shows: PlexLibrary
    ) -> None:
        for library, most in ((films, 4), (shows, 5)):
            sync(library)
            plex.asked.clear()
            before = PlexItem.objects.count()

            again = sync(library)

            assert again.writes == 0
            assert (again.added, again.changed, again.removed) == (0, 0, 0)
            assert len(plex.asked) == again.requests <= most, plex.asked
            assert PlexItem.objects.count() == before

    def test_calls_nothing_changed_when_all_is_listed_again(
        self, films: PlexLibrary, shows: PlexLibrary
    ) -> None:
        for library in (films, shows):
            sync(library)

            again = sync(library, deep=True)

            assert (again.added, again.changed, again.writes) == (0, 0, 0)
            assert again.unchanged == again.listed > 0


class TestChanges:
    def test_are_taken_over(self, plex: FakePlex, films: PlexLibrary) -> None:
        sync(films)
        plex.change(102, summary="Another story.", Genre=[{"tag": "Comedy"}])

        again = sync(films)

        assert (again.changed, again.listed) == (1, 2)
        title = Title.objects.get(name="Film 2")
        assert title.overview == "Another story."
        assert title.versions.get().was == {"overview": "About Film 2."}
        assert [each.name for each in title.genres.all()] == ["Comedy"]

    def test_of_watching_come_without_a_time_stamp(
        self, plex: FakePlex, films: PlexLibrary
    ) -> None:
        sync(films)
        plex.watch(104, views=2)

        sync(films)

        state = WatchState.objects.get()
        assert (state.viewer, state.is_watched) == ("Attic", True)

    def test_a_removed_one_is_kept_and_comes_back(
        self, plex: FakePlex, films: PlexLibrary
    ) -> None:
        sync(films)
        row = plex.remove(105)

        assert sync(films).removed == 1
        item = PlexItem.objects.get(rating_key="105")
        assert item.state == "FILE_NOT_FOUND"
        assert item.title

        plex.items["105"] = row
        sync(films)
        item.refresh_from_db()
        assert item.state == "REMOTE_ONLY"
        assert item.gone_since is None

    def test_a_new_key_with_the_same_guid_keeps_its_record(
        self, plex: FakePlex, films: PlexLibrary
    ) -> None:
        sync(films)
        was = PlexItem.objects.get(rating_key="101")
        row = plex.remove(101)
        plex.add_movie(901, "Film 1", tmdb=501, guid=row["guid"])

        summary = sync(films)

        was.refresh_from_db()
        assert was.rating_key == "901"
        assert (summary.moved, summary.added, summary.removed) == (1, 0, 0)
        assert PlexItem.objects.count() == 5


class TestOrder:
    def test_brings_what_is_new_before_what_changed(
        self, plex: FakePlex, films: PlexLibrary, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("plexlink.services.detailing.DETAILS_ROWS", 1)
        films.server.concurrency = 1
        films.server.save()
        sync(films)
        plex.change(101, summary="Changed.")
        plex.add_movie(900, "New", tmdb=900)
        plex.change(102, summary="Changed.")
        plex.asked.clear()

        sync(PlexLibrary.objects.get(pk=films.pk))

        asked = [path.rsplit("/", 1)[1] for path in plex.paths() if "metadata" in path]
        assert asked[0] == "900"
        assert sorted(asked) == ["101", "102", "900"]


class TestRemoval:
    def test_asks_when_nothing_is_left(
        self, plex: FakePlex, films: PlexLibrary
    ) -> None:
        sync(films)
        kept = dict(plex.items)
        plex.items.clear()

        assert sync(films).removed == 0
        films.refresh_from_db()
        assert "suddenly empty" in films.held_reason
        assert not PlexItem.objects.gone().exists()

        assert sync(films, confirmed=True).removed == 5
        plex.items.update(kept)
        sync(films)
        assert not PlexItem.objects.gone().exists()

    def test_asks_when_much_is_gone(self, plex: FakePlex, films: PlexLibrary) -> None:
        for number in range(20):
            plex.add_movie(600 + number, f"More {number}")
        sync(films)
        for number in range(15):
            plex.remove(600 + number)

        assert sync(films).removed == 0
        films.refresh_from_db()
        assert "15 of the 25" in films.held_reason


class TestFiles:
    def test_of_the_same_path_make_one_title(
        self, plex: FakePlex, films: PlexLibrary, tmp_path: Path
    ) -> None:
        root = make_root(tmp_path / "films")
        title = make_title("Quiet Harbour", year=1999)
        item = Item.objects.create(title=title)
        file = make_file(root, "Q (1999)/Q.mkv", title=title, items=[item])
        films.server.mappings.create(
            plex_path="/data/Movies", local_path=str(root.path)
        )
        plex.add_movie(
            150, "Quiet Harbor", 1998, tmdb=9, file="/data/Movies/Q (1999)/Q.mkv"
        )

        sync(films)

        found = PlexItem.objects.get(rating_key="150")
        assert found.title == title
        assert found.match_reason == "same file"
        assert found.state == "NORMAL"
        assert found.parts.get().media_file == file

    def test_nobody_knew_are_matched(
        self, plex: FakePlex, shows: PlexLibrary, tmp_path: Path
    ) -> None:
        root = make_root(tmp_path / "tv", kind=Root.Kind.SHOWS)
        path = root.folder / "Lantern Street" / "both.mkv"
        path.parent.mkdir()
        path.write_bytes(b"x")
        file = MediaFile.objects.create(
            root=root, relpath="Lantern Street/both.mkv", size_bytes=1, mtime_ns=1
        )
        shows.server.mappings.create(plex_path="/data/TV", local_path=root.path)
        both = "/data/TV/Lantern Street/both.mkv"
        for key in ("301", "302"):
            plex.items[key]["Media"] = [media(key, [both])]

        sync(shows)

        file.refresh_from_db()
        assert file.match_state == "MATCHED"
        assert "Plex (Attic)" in file.match_reason
        assert [each.number for each in file.items.order_by("number")] == [1, 2]
