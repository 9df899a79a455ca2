"""Two servers, and files on disk: one title."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.lib.progress import Interrupted, SilentProgress
from library.facts import TitleFacts
from library.jobs import REFRESH
from library.models import Collection, Item, MediaFile, Root, Title
from library.services import arranging
from library.services.editing import edit_title
from library.services.filing import file_title
from library.services.refreshing import find_due
from plexlink.jobs import SYNC
from plexlink.models import PlexItem, PlexLibrary, PlexServer, PlexSync
from plexlink.services.keeping import clean_up
from plexlink.services.syncing import due_libraries, start_sync, sync_library
from tests.factories.library import make_file, make_movie, make_root, make_title
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes.plex import FakePlex, media, running_plex

pytestmark = pytest.mark.django_db


@pytest.fixture
def other() -> Iterator[FakePlex]:
    with running_plex(machine_id="machine-two", name="Cellar") as fake:
        fake.add_section("1", "movie", "Kino", "D:\\Kino")
        yield fake


class TestOneTitle:
    def test_is_made_of_two_servers_and_a_file(
        self, plex: FakePlex, other: FakePlex, tmp_path: Path
    ) -> None:
        root = make_root(tmp_path / "films")
        title = make_movie(root, "Quiet Harbour")
        plex.add_movie(
            7,
            "Quiet Harbour",
            1999,
            tmdb=603,
            file="/data/Movies/Quiet Harbour (1999)/Quiet Harbour.mkv",
        )
        other.add_movie(7, "Stiller Hafen", 1999, tmdb=603, file="D:\\Kino\\H.mkv")
        attic, cellar = make_server(plex), make_server(other)
        attic.mappings.create(plex_path="/data/Movies", local_path=root.path)

        sync(library_of(attic, "1"))
        sync(library_of(cellar, "1"))

        assert Title.objects.get() == title
        reasons = PlexItem.objects.order_by("pk").values_list("match_reason", flat=True)
        assert list(reasons) == ["same file", "same ids"]
        assert Item.objects.filter(title=title).count() == 1

    def test_is_made_whichever_server_comes_first(
        self, plex: FakePlex, other: FakePlex
    ) -> None:
        plex.add_movie(7, "Charade", 1963)
        other.add_movie(9, "Charade", 1963, tmdb=4808)
        for fake in (plex, other):
            sync(library_of(make_server(fake), "1"))

        assert Title.objects.get().identity_key == "movie:tmdb:4808"

    def test_is_not_made_of_two_films_of_one_name(self, plex: FakePlex) -> None:
        plex.add_movie(7, "The Lodger", 1927, tmdb=1)
        plex.add_movie(8, "The Lodger", 1944, tmdb=2)
        plex.add_movie(9, "The Lodger", 1944, tmdb=3)

        sync(library_of(make_server(plex), "1"))

        assert Title.objects.count() == 3

    def test_is_kept_when_a_scan_finds_the_files_later(
        self, plex: FakePlex, tmp_path: Path
    ) -> None:
        plex.add_movie(7, "Charade", 1963, file="/data/Movies/C/C.mkv")
        server = make_server(plex)
        root = make_root(tmp_path / "films")
        server.mappings.create(plex_path="/data/Movies", local_path=root.path)
        # A folder that holds nothing may be a mount that is away.
        (root.folder / "other.mkv").write_bytes(b"other")
        films = library_of(server, "1")
        sync(films)
        item = PlexItem.objects.get()
        assert item.state == "REMOTE_ONLY"
        local = make_title("Scharade", year=1964)
        make_file(root, "C/C.mkv", title=local, items=[local.items.create()])

        films.refresh_from_db()
        sync(films)

        item.refresh_from_db()
        assert item.state == "NORMAL"
        assert Title.objects.get() == item.title == local

    def test_of_a_person_is_never_changed(self, plex: FakePlex, tmp_path: Path) -> None:
        root = make_root(tmp_path / "films")
        title = make_movie(root, "Quiet Harbour")
        MediaFile.objects.update(matched_by="PERSON")
        known = file_title(
            facts=TitleFacts("MOVIE", "Other", {"tmdb": "603"}), origin="tmdb"
        )
        file = "/data/Movies/Quiet Harbour (1999)/Quiet Harbour.mkv"
        plex.add_movie(7, "Other", 1999, tmdb=603, file=file)
        server = make_server(plex)
        server.mappings.create(plex_path="/data/Movies", local_path=root.path)

        sync(library_of(server, "1"))

        assert MediaFile.objects.get().title == title
        assert Title.objects.filter(pk__in=[title.pk, known.pk]).count() == 2

    def test_leaves_ignored_files_alone(self, plex: FakePlex, tmp_path: Path) -> None:
        root = make_root(tmp_path / "films")
        make_movie(root, "Quiet Harbour")
        MediaFile.objects.update(match_state="IGNORED", title=None)
        file = "/data/Movies/Quiet Harbour (1999)/Quiet Harbour.mkv"
        plex.add_movie(7, "Quiet Harbour", 1999, file=file)
        server = make_server(plex)
        server.mappings.create(plex_path="/data/Movies", local_path=root.path)

        sync(library_of(server, "1"))

        assert MediaFile.objects.get().match_state == "IGNORED"


class TestFacts:
    @pytest.fixture
    def known(self, plex: FakePlex) -> Title:
        plex.add_movie(7, "Plex Name", 1963, tmdb=4808, tagline="Plex's own line.")
        said = TitleFacts("MOVIE", "Charade", {"tmdb": "4808"}, year=1963)
        return file_title(facts=said, origin="tmdb")

    def test_of_other_sources_stay_and_gaps_are_filled(
        self, plex: FakePlex, known: Title
    ) -> None:
        sync(library_of(make_server(plex), "1"))

        known.refresh_from_db()
        assert (known.name, known.facts_from) == ("Charade", "tmdb")
        assert known.tagline == "Plex's own line."

    def test_of_plex_go_again_where_the_order_is_changed_back(
        self, plex: FakePlex, known: Title
    ) -> None:
        films = library_of(make_server(plex), "1")
        arranging.arrange(names=["plex"])
        sync(films)
        arranging.arrange(names=["tmdb"])
        said = TitleFacts("MOVIE", "Charade", {"tmdb": "4808"}, overview="Of TMDb.")
        file_title(facts=said, origin="tmdb")

        known.refresh_from_db()
        assert (known.name, known.facts_from) == ("Charade", "tmdb")
        assert known.overview == "Of TMDb."
        assert known.tagline == "Plex's own line."
        assert known.fact_sources["tagline"] == "plex"

    def test_of_plex_are_asked_for_where_a_service_is_believed_more(
        self, plex: FakePlex, tmp_path: Path
    ) -> None:
        plex.add_movie(7, "Charade", 1963, tmdb=4808)
        sync(library_of(make_server(plex), "1"))
        title = Title.objects.get()
        later = timezone.now() + timedelta(days=2)
        arranging.keep_key(name="tmdb", key="k")
        # What only Plex has is not looked up outside.
        assert not find_due(now=later).exists()
        root = make_root(tmp_path / "films")
        make_movie(root, "Other")
        MediaFile.objects.update(title=title)
        assert find_due(now=later).get() == title
        assert not find_due().exists()
        arranging.keep_key(name="tmdb", key="")
        assert not find_due(now=later).exists()
        arranging.keep_key(name="tmdb", key="k")
        arranging.arrange(names=["plex"])
        assert not find_due(now=later).exists()

    def test_of_plex_are_left_alone_where_it_is_off(
        self, plex: FakePlex, known: Title
    ) -> None:
        arranging.switch(name="plex", is_on=False)
        sync(library_of(make_server(plex), "1"))

        known.refresh_from_db()
        assert (known.name, known.tagline) == ("Charade", "")

    def test_of_plex_leave_alone_what_a_person_wrote(
        self, plex: FakePlex, known: Title
    ) -> None:
        edit_title(title=known, values={"name": "My Charade"}, locked=[])
        arranging.arrange(names=["plex"])
        sync(library_of(make_server(plex), "1"))

        known.refresh_from_db()
        assert (known.name, known.facts_from) == ("My Charade", "plex")

    def test_of_plex_win_where_the_owner_says_so(
        self, plex: FakePlex, known: Title
    ) -> None:
        server = make_server(plex)
        films = library_of(server, "1")
        sync(films)
        arranging.arrange(names=["plex"])

        films.refresh_from_db()
        sync(films, deep=True)

        known.refresh_from_db()
        assert (known.name, known.facts_from) == ("Plex Name", "plex")
        films.refresh_from_db()
        assert sync(films, deep=True).changed == 0


class TestNewOrder:
    """Another order of the sources takes hold at once."""

    @pytest.fixture
    def films(self, plex: FakePlex) -> PlexLibrary:
        plex.add_movie(7, "Plex Name", 1963, tmdb=4808, tagline="Plex's own line.")
        said = TitleFacts(
            "MOVIE", "Charade", {"tmdb": "4808"}, year=1963, overview="Of TMDb."
        )
        file_title(facts=said, origin="tmdb")
        films = library_of(make_server(plex), "1")
        sync(films)
        return films

    def test_asks_plex_and_takes_over_what_it_says(self, films: PlexLibrary) -> None:
        assert arranging.arrange(names=["plex"]).libraries == 1
        arranging.arrange(names=["plex", "tvdb"])

        job = Job.objects.active().get(kind=SYNC.name)
        assert (job.trigger, job.arguments["deep"]) == ("PERSON", True)
        sync_library(**job.arguments, progress=SilentProgress())
        title = Title.objects.get()
        assert (title.name, title.facts_from) == ("Plex Name", "plex")
        assert title.overview == "About Plex Name."

    def test_is_taken_up_later_where_the_library_was_busy(
        self, films: PlexLibrary
    ) -> None:
        busy = start_sync(library_id=films.pk)
        arranging.arrange(names=["plex"])
        Job.objects.filter(pk=busy.pk).delete()

        assert (films, True) in due_libraries()
        films.refresh_from_db()
        sync(films, deep=True)
        assert films not in [library for library, _ in due_libraries()]

    def test_of_others_asks_plex_nothing(self, films: PlexLibrary) -> None:
        followed = arranging.arrange(names=["tmdb", "tvdb", "nfo"])

        assert (followed.libraries, followed.sentence) == (0, "")
        assert not Job.objects.active().filter(kind=SYNC.name).exists()

    def test_asks_a_service_that_is_believed_again(
        self, films: PlexLibrary, tmp_path: Path
    ) -> None:
        arranging.keep_key(name="tmdb", key="k")
        arranging.arrange(names=["plex"])
        films.refresh_from_db()
        sync(films, deep=True)
        title = Title.objects.get()
        make_movie(make_root(tmp_path / "films"), "Other")
        MediaFile.objects.update(title=title)
        assert not find_due().exists()

        followed = arranging.arrange(names=["tmdb"])

        assert (followed.libraries, followed.titles) == (1, 1)
        assert "1 title" in followed.sentence
        assert find_due().get() == title
        assert Job.objects.active().filter(kind=REFRESH.name).exists()

    def test_is_told_on_the_page(
        self, owner_client: Client, films: PlexLibrary
    ) -> None:
        url = reverse("change_source", args=["plex"])

        page = owner_client.post(url, {"deed": "up"}, follow=True)

        assert "Plex is asked again, library by library: 1." in page.text


class TestKindsOfFiles:
    def test_versions_and_parts_are_all_kept(self, plex: FakePlex) -> None:
        plex.add_movie(7, "Long Film", Media=[
            media(7, ["/m/a.cd1.avi", "/m/a.cd2.avi"]),
            media(7, ["/m/a.2160p.mkv"], number=2),
        ])  # fmt: skip

        sync(library_of(make_server(plex), "1"))

        parts = PlexItem.objects.get().parts.order_by("version", "position")
        assert [(p.version, p.position, p.file) for p in parts] == [
            (0, 0, "/m/a.cd1.avi"),
            (0, 1, "/m/a.cd2.avi"),
            (1, 0, "/m/a.2160p.mkv"),
        ]

    def test_show_follows_its_folder(self, plex: FakePlex, tmp_path: Path) -> None:
        root = make_root(tmp_path / "tv", kind=Root.Kind.SHOWS)
        title = make_title("Laternenstrasse", year=None, kind="SHOW")
        season = title.seasons.create(number=1)
        item = Item.objects.create(title=title, season=season, number=1)
        make_file(root, "Lantern/S01E01.mkv", title=title, items=[item])
        plex.add_show(200, "Lantern Street", folder="/data/TV/Lantern")
        for number in (1, 2):
            file = f"/data/TV/Lantern/S01E0{number}.mkv"
            plex.add_episode(300 + number, 200, 1, number, file=file)
        server = make_server(plex)
        server.mappings.create(plex_path="/data/TV", local_path=root.path)

        sync(library_of(server, "2"))

        assert Title.objects.get() == title
        assert title.items.count() == 2
        states = PlexItem.objects.filter(kind="EPISODE").order_by("number")
        assert [each.state for each in states] == ["NORMAL", "REMOTE_ONLY"]

    def test_unplugged_folder_is_unavailable(
        self, plex: FakePlex, tmp_path: Path
    ) -> None:
        plex.add_movie(7, "Charade", 1963)
        server = make_server(plex)
        server.mappings.create(
            plex_path="/data/Movies", local_path=str(tmp_path / "away")
        )

        sync(library_of(server, "1"))

        assert PlexItem.objects.get().state == "UNAVAILABLE"


class TestCollections:
    def test_come_and_go(self, plex: FakePlex) -> None:
        for number in (1, 2, 3):
            plex.add_movie(number, f"Film {number}")
        plex.add_collection(50, "Trilogy", ["1", "2"], smart=True)
        films = library_of(make_server(plex), "1")
        mine = Collection.objects.create(name="Mine")
        sync(films)
        film = Title.objects.get(name="Film 1")
        film.collections.add(mine)
        trilogy = Collection.objects.get(name="Trilogy")
        assert {t.name for t in trilogy.titles.all()} == {"Film 1", "Film 2"}

        plex.in_collections["50"] = ["2", "3"]
        plex.change(50, childCount=2)
        films.refresh_from_db()
        sync(films)
        assert {t.name for t in trilogy.titles.all()} == {"Film 2", "Film 3"}
        assert [each.name for each in film.collections.all()] == ["Mine"]

        plex.remove(50)
        films.refresh_from_db()
        sync(films)
        assert not Collection.objects.filter(name="Trilogy").exists()
        assert Collection.objects.filter(name="Mine").exists()


class Stopping(SilentProgress):
    """Ends the process, as it were, after so many checks."""

    def __init__(self, checks: int) -> None:
        super().__init__()
        self.left = checks

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Interrupted


class TestInterrupted:
    @pytest.fixture
    def films(self, plex: FakePlex, monkeypatch: pytest.MonkeyPatch) -> PlexLibrary:
        monkeypatch.setattr("plexlink.services.detailing.DETAILS_ROWS", 5)
        for number in range(1, 41):
            plex.add_movie(number, f"Film {number}", tmdb=number)
        plex.page_most = 10
        return library_of(make_server(plex), "1")

    @pytest.mark.parametrize("checks", range(1, 16))
    def test_goes_on_to_the_same_end(
        self, plex: FakePlex, films: PlexLibrary, checks: int
    ) -> None:
        with pytest.raises(Interrupted):
            sync_library(library_id=films.pk, progress=Stopping(checks))
        before = PlexItem.objects.count()
        plex.asked.clear()

        sync(films)

        run = PlexSync.objects.get()
        assert (run.state, run.resumed) == ("DONE", 1)
        assert PlexItem.objects.filter(state="REMOTE_ONLY").count() == 40
        assert Title.objects.filter(items__plex_items__isnull=False).count() == 40
        pages = [path for path in plex.asked if "includeGuids=1&X-Plex" in path]
        # Each page but the first begins with the last row of the one before.
        assert len(pages) <= (5 - before // 10 if before < 40 else 0)
        films.refresh_from_db()
        assert sync(films).writes == 0
        films.refresh_from_db()
        assert not films.keys_are_due


class TestCleanUp:
    def test_lets_go_of_what_is_gone_for_long(self, plex: FakePlex) -> None:
        for number in (1, 2):
            plex.add_movie(number, f"Film {number}")
        films = library_of(make_server(plex), "1")
        sync(films)
        plex.remove(1)
        films.refresh_from_db()
        sync(films)
        assert clean_up() == 0
        gone_since = timezone.now() - timedelta(days=31)
        PlexItem.objects.gone().update(gone_since=gone_since)

        assert clean_up() == 1

        assert [t.name for t in Title.objects.all()] == ["Film 2"]
        assert PlexServer.objects.exists()
