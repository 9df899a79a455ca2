"""Deciding which title and items the files are."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from drivearr.lib.progress import SilentProgress
from library.metadata.source import Candidate
from library.models import (
    ExternalId,
    Item,
    MediaFacts,
    MediaFile,
    Root,
    Season,
    SourceReply,
    Title,
)
from library.services import choosing, identifying, refreshing, scanning
from library.services.arranging import arrange, switch
from library.services.choosing import ChoiceRefused
from library.services.identifying import IdentifySummary
from library.services.refreshing import RefreshSummary
from tests.fakes import serving
from tests.fakes import tmdb as fakes
from tests.fakes.tmdb import FakeTmdb
from tests.library.trees import make_tree
from tests.scenes.catalogue import Episode

pytestmark = pytest.mark.django_db


class Library:
    """One root, scanned and identified in this process."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = make_tree(folder)
        self.root = Root.objects.create(path=os.fspath(folder), kind=kind)
        self.progress = SilentProgress()

    def add(self, *relpaths: str) -> None:
        make_tree(self.folder, *relpaths)

    def write(self, relpath: str, text: str) -> None:
        path = self.folder / relpath
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def scan(self) -> None:
        scanning.scan_root(root_id=self.root.pk, progress=SilentProgress())

    def identify(self, *, again: bool = False) -> IdentifySummary:
        self.progress = SilentProgress()
        return identifying.identify_files(
            root_id=self.root.pk, again=again, progress=self.progress
        )

    def refresh(self, *, again: bool = False) -> RefreshSummary:
        self.progress = SilentProgress()
        return refreshing.refresh_titles(again=again, progress=self.progress)

    def run(self, *relpaths: str) -> IdentifySummary:
        self.add(*relpaths)
        self.scan()
        return self.identify()

    def file(self, relpath: str) -> MediaFile:
        return MediaFile.objects.select_related("title").get(
            root=self.root, relpath=relpath
        )

    def title(self, relpath: str) -> Title:
        title = self.file(relpath).title
        assert title is not None, self.file(relpath).match_reason
        return title


@pytest.fixture
def films(tmp_path: Path) -> Library:
    return Library(tmp_path / "films", Root.Kind.MOVIES)


@pytest.fixture
def shows(tmp_path: Path) -> Library:
    return Library(tmp_path / "shows", Root.Kind.SHOWS)


def episodes(file: MediaFile) -> list[tuple[int | None, int | None]]:
    rows = file.items.order_by("mediafileitem__position")
    return [(each.season.number if each.season else None, each.number) for each in rows]


MATRIX = "The Matrix (1999)/The Matrix (1999).mkv"


class TestWithoutASource:
    def test_a_film_is_what_its_name_says(self, films: Library) -> None:
        summary = films.run(MATRIX)

        file = films.file(MATRIX)
        assert (summary.matched, summary.requests, summary.errors) == (1, 0, 0)
        assert (file.match_state, file.matched_by) == ("MATCHED", "AUTO")
        assert file.match_score == 0.6
        assert file.match_reason == "name of the file; no source asked"
        title = films.title(MATRIX)
        assert (title.name, title.year, title.kind) == ("The Matrix", 1999, "MOVIE")
        assert title.identity_key == "movie:name:the matrix:1999"
        assert (title.sort_name, title.facts_from) == ("matrix", "name")
        assert [item.season for item in file.items.all()] == [None]

    def test_versions_and_parts_share_a_title(self, films: Library) -> None:
        films.run(
            "Heat (1995)/Heat (1995) - 1080p.mkv",
            "Heat (1995)/Heat (1995) - 2160p.mkv",
            "Jaws (1975)/Jaws (1975) cd1.avi",
            "Jaws (1975)/Jaws (1975) cd2.avi",
        )

        assert Title.objects.count() == 2
        assert Item.objects.count() == 2
        assert films.file("Jaws (1975)/Jaws (1975) cd2.avi").part == 2

    def test_a_show_has_seasons_and_items(self, shows: Library) -> None:
        first = "Show (2005)/Season 01/Show - S01E01 - Pilot.mkv"
        double = "Show (2005)/Season 01/Show - S01E02E03.mkv"
        special = "Show (2005)/Specials/Show - S00E01.mkv"
        shows.run(first, double, special)

        title = shows.title(first)
        assert Title.objects.get() == title
        assert (title.name, title.year, title.kind) == ("Show", 2005, "SHOW")
        assert episodes(shows.file(first)) == [(1, 1)]
        assert episodes(shows.file(double)) == [(1, 2), (1, 3)]
        assert episodes(shows.file(special)) == [(0, 1)]
        assert Item.objects.get(season__number=1, number=1).name == "Pilot"

    def test_a_daily_show_is_numbered_by_its_date(self, shows: Library) -> None:
        name = "Late Show/Late.Show.2014.07.22.mkv"
        shows.run(name)

        assert episodes(shows.file(name)) == [(2014, 722)]
        assert str(Item.objects.get().air_date) == "2014-07-22"

    def test_names_without_a_title_stay_unmatched(self, films: Library) -> None:
        name = "d41d8cd98f00b204e9800998ecf8427e.mkv"
        summary = films.run(name)

        file = films.file(name)
        assert (summary.unmatched, file.match_state) == (1, "UNMATCHED")
        assert "hash" in file.match_reason
        assert not Title.objects.exists()

    def test_an_episode_without_a_number_stays_unmatched(self, shows: Library) -> None:
        shows.run("Show/bonus thoughts.mkv")

        assert shows.file("Show/bonus thoughts.mkv").match_state == "UNMATCHED"

    def test_a_special_counted_as_nought_stays_unmatched(self, shows: Library) -> None:
        path = "Quiet Ferry/[Group] Quiet Ferry - 00 [1080p].mkv"
        shows.run(path, "Quiet Ferry/[Group] Quiet Ferry - 01 [1080p].mkv")

        assert shows.file(path).match_state == "UNMATCHED"
        first = "Quiet Ferry/[Group] Quiet Ferry - 01 [1080p].mkv"
        assert episodes(shows.file(first)) == [(1, 1)]

    def test_other_videos_are_titles_of_their_own(self, tmp_path: Path) -> None:
        videos = Library(tmp_path / "videos", Root.Kind.OTHER)
        videos.run("2014/Beach.mp4", "2015/Beach.mp4")

        assert [t.name for t in Title.objects.all()] == ["Beach", "Beach"]
        assert {t.kind for t in Title.objects.all()} == {"OTHER"}

    def test_a_second_run_looks_at_nothing(self, films: Library) -> None:
        films.run(MATRIX)

        assert films.identify().considered == 0
        assert films.identify(again=True).considered == 1
        assert Title.objects.count() == 1

    def test_missing_files_are_left_alone(self, films: Library) -> None:
        films.add(MATRIX, "Heat (1995).mkv")
        films.scan()
        (films.folder / MATRIX).unlink()
        films.scan()

        assert films.identify().considered == 1


class TestNfo:
    NFO = (
        "<movie><title>Blade Runner</title><year>1982</year><plot>Rain.</plot>"
        "<uniqueid type='tmdb'>78</uniqueid><genre>Drama</genre>"
        "<actor><name>Harrison Ford</name><role>Deckard</role></actor></movie>"
    )

    def test_of_a_film_is_believed_without_a_source(self, films: Library) -> None:
        films.write("br/movie.nfo", self.NFO)
        films.run("br/br.mkv")

        title = films.title("br/br.mkv")
        assert (title.name, title.year, title.overview) == (
            "Blade Runner",
            1982,
            "Rain.",
        )
        assert title.identity_key == "movie:tmdb:78"
        assert films.file("br/br.mkv").match_score == 1.0
        assert [g.name for g in title.genres.all()] == ["Drama"]
        assert title.credits.get().character == "Deckard"

    def test_of_a_folder_with_many_films_is_not_applied_to_all(
        self, films: Library
    ) -> None:
        films.write("movie.nfo", self.NFO)
        films.run("Heat (1995).mkv", "Jaws (1975).mkv")

        assert films.title("Heat (1995).mkv").name == "Heat"

    def test_of_a_show_names_the_show(self, shows: Library) -> None:
        shows.write(
            "csi/tvshow.nfo",
            "<tvshow><title>CSI: Crime Scene Investigation</title><year>2000</year>"
            "<id>72546</id></tvshow>",
        )
        name = "csi/Season 1/csi.s01e02.mkv"
        shows.run(name)

        title = shows.title(name)
        assert title.name == "CSI: Crime Scene Investigation"
        assert ExternalId.objects.get(title=title).value == "72546"

    def test_of_an_episode_numbers_what_the_name_does_not(self, shows: Library) -> None:
        shows.write("Show/tvshow.nfo", "<tvshow><title>Show</title></tvshow>")
        shows.write(
            "Show/The Pilot.nfo",
            "<episodedetails><title>The Pilot</title><season>1</season>"
            "<episode>4</episode></episodedetails>",
        )
        shows.run("Show/The Pilot.mkv")

        assert episodes(shows.file("Show/The Pilot.mkv")) == [(1, 4)]

    def test_that_is_broken_is_reported_and_the_name_believed(
        self, films: Library
    ) -> None:
        films.write("Heat (1995)/movie.nfo", "<!DOCTYPE x [<!ENTITY a 'b'>]><movie/>")
        films.run("Heat (1995)/Heat (1995).mkv")

        assert films.title("Heat (1995)/Heat (1995).mkv").name == "Heat"
        assert [e.code for e, _ in films.progress.issues] == ["NFO_UNREADABLE"]

    def test_that_is_a_link_is_not_followed(
        self, films: Library, tmp_path: Path
    ) -> None:
        films.write("Heat (1995)/movie.nfo", self.NFO)
        films.add("Heat (1995)/Heat (1995).mkv")
        films.scan()
        nfo = films.folder / "Heat (1995)" / "movie.nfo"
        nfo.rename(tmp_path / "secret")
        nfo.symlink_to(tmp_path / "secret")
        films.identify()

        assert films.title("Heat (1995)/Heat (1995).mkv").name == "Heat"

    def test_is_believed_first_when_it_is_first_in_the_order(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(603, "The Matrix", 1999)
        arrange(names=["nfo"])
        films.write(f"{MATRIX[:-4]}.nfo", "<movie><title>Mine</title></movie>")
        films.run(MATRIX, "Venom (2018).mkv")

        assert films.title(MATRIX).name == "Mine"
        assert not any("Matrix" in path or "Mine" in path for path in source.asked)

    def test_is_not_read_when_it_is_off(self, films: Library) -> None:
        switch(name="nfo", is_on=False)
        films.write(f"{MATRIX[:-4]}.nfo", "<movie><title>Mine</title></movie>")
        films.run(MATRIX)

        assert films.title(MATRIX).name == "The Matrix"

    def test_with_an_id_lets_the_source_say_the_rest(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(78, "Blade Runner", 1982)
        films.write("br/movie.nfo", self.NFO)
        films.run("br/br.mkv")

        assert films.title("br/br.mkv").overview == "About Blade Runner."


class TestWithASource:
    def test_a_film_gets_all_that_is_known(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(603, "The Matrix", 1999, _ids={"imdb_id": "tt0133093"})
        summary = films.run(MATRIX)

        title = films.title(MATRIX)
        file = films.file(MATRIX)
        assert (summary.matched, summary.requests) == (1, len(source.asked))
        assert file.match_score is not None
        assert file.match_score >= 0.9
        assert file.match_reason == "title equal, same year"
        assert title.identity_key == "movie:tmdb:603"
        assert title.overview == "About The Matrix."
        assert title.facts_from == "tmdb"
        ids = dict(title.external_ids.values_list("source", "value"))
        assert ids == {"tmdb": "603"}
        assert summary.requests == 1

        films.refresh()

        title.refresh_from_db()
        ids = dict(title.external_ids.values_list("source", "value"))
        assert ids == {"tmdb": "603", "imdb": "tt0133093"}
        assert title.credits.count() == 2
        assert [s.name for s in title.studios.all()] == ["Studio One"]

    def test_a_show_gets_all_its_episodes_so_that_gaps_are_known(
        self, shows: Library, source: FakeTmdb
    ) -> None:
        source.add_show(7, "Show", 2005, {0: 1, 1: 3, 2: 4})
        names = [f"Show (2005)/Season 01/Show - S01E{n:02}.mkv" for n in (1, 2)]
        shows.run(*names)

        title = shows.title(names[0])
        assert title.items.count() == 8
        assert Season.objects.filter(title=title).count() == 3
        assert Item.objects.get(season__number=2, number=1).absolute_number == 4
        assert Item.objects.get(season__number=0).absolute_number is None
        assert title.items.filter(media_files__isnull=False).count() == 2

    def test_asks_once_for_a_show_however_many_files(
        self, shows: Library, source: FakeTmdb
    ) -> None:
        source.add_show(7, "Show", 2005, {1: 30})
        shows.run(
            *(f"Show (2005)/Season 1/Show - S01E{n:02}.mkv" for n in range(1, 21))
        )

        assert len([each for each in source.asked if "/img/" not in each]) == 2

    def test_keeps_replies_so_that_nobody_is_asked_twice(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(603, "The Matrix", 1999)
        films.run(MATRIX)
        asked = len(source.asked)

        assert films.identify(again=True).requests == 0
        assert len(source.asked) == asked
        kept = "".join(str(row.__dict__) for row in SourceReply.objects.all())
        assert fakes.V3_KEY not in kept

    def test_an_id_in_the_name_decides(self, films: Library, source: FakeTmdb) -> None:
        source.add_movie(1, "Venom", 2018)
        source.add_movie(2, "Venom", 2005, _ids={"imdb_id": "tt0428251"})
        films.run("Venom {imdb-tt0428251}/Venom.mkv", "Venom [tmdbid-1].mkv")

        assert films.title("Venom {imdb-tt0428251}/Venom.mkv").year == 2005
        assert films.title("Venom [tmdbid-1].mkv").year == 2018

    def test_an_id_that_name_and_year_contradict_is_only_suggested(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(1, "Something Else Entirely", 2018)
        name = "Heat (1995) {tmdb-1}.mkv"
        films.run(name)

        assert films.file(name).match_state == "SUGGESTED"
        assert films.file(name).match_candidates[0]["id"] == "1"

    def test_remakes_without_a_year_are_left_to_a_person(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(1, "Venom", 2018, popularity=99.0)
        source.add_movie(2, "Venom", 2005)
        summary = films.run("Venom.mkv")

        file = films.file("Venom.mkv")
        assert (summary.ambiguous, file.match_state, file.title) == (
            1,
            "SUGGESTED",
            None,
        )
        assert {each["year"] for each in file.match_candidates} == {2018, 2005}
        keys = {"source", "id", "kind", "name", "year", "score", "overview", "poster"}
        assert keys <= set(file.match_candidates[0])

    def test_two_shows_of_one_name_are_told_apart_by_their_episodes(
        self, shows: Library, source: FakeTmdb
    ) -> None:
        source.add_show(1, "Show", 1990, {1: 5})
        source.add_show(2, "Show", 2010, {1: 5, 7: 3})
        shows.run("Show/Show - S07E03.mkv")

        assert shows.title("Show/Show - S07E03.mkv").year == 2010

    @pytest.mark.parametrize(
        ("name", "number"),
        [
            ("The Matrx Reloaded Story (2003).mkv", 604),
            ("The Matrix Reloaded Story (2004).mkv", 604),
            ("Matrix Reloaded Story (2003).mkv", 604),
            ("Neo Returns (2003).mkv", 604),
            ("Rocky 2 (1979).mkv", 5),
            ("Amelie (2001).mkv", 6),
        ],
    )
    def test_finds_what_is_named_a_little_differently(
        self, name: str, number: int, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(
            604, "The Matrix Reloaded Story", 2003, _aliases=["Neo Returns"]
        )
        source.add_movie(5, "Rocky II", 1979, _aliases=["Rocky 2"])
        source.add_movie(6, "Amélie", 2001, _aliases=["Amelie"])
        films.run(name)

        assert films.title(name).identity_key == f"movie:tmdb:{number}"

    def test_what_nobody_knows_is_unmatched(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(1, "Holiday", 1938)
        summary = films.run("Our Holiday at the Sea (2014).mkv")

        assert summary.unmatched == 1
        assert not Title.objects.exists()

    @pytest.mark.parametrize(
        ("name", "state"),
        [
            ("Home/Summer 2013.mp4", "SUGGESTED"),
            ("Home Videos/2013/Summer (2013).mp4", "SUGGESTED"),
            ("Urlaub/Summer.2013.mp4", "SUGGESTED"),
            ("Home/Summer (2013)/Summer (2013).mkv", "MATCHED"),
            ("Home/Summer.2013.1080p.BluRay.x264-GRP.mkv", "MATCHED"),
            ("Family/Summer (2013).mkv", "MATCHED"),
        ],
    )
    def test_what_lies_among_own_videos_is_left_to_a_person(
        self, name: str, state: str, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(1, "Summer", 2013)
        films.run(name)

        assert films.file(name).match_state == state

    def test_a_new_episode_follows_the_others_in_its_folder(
        self, shows: Library, source: FakeTmdb
    ) -> None:
        source.add_show(7, "Show", 2005, {1: 3})
        shows.run("Show (2005)/Show - S01E01.mkv")
        asked = len(source.asked)
        shows.run("Show (2005)/Show - S01E02.mkv")

        assert len(source.asked) == asked
        assert Title.objects.count() == 1
        assert episodes(shows.file("Show (2005)/Show - S01E02.mkv")) == [(1, 2)]


class TestASourceInTrouble:
    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            (fakes.status(401), "SOURCE_REFUSED_KEY"),
            (fakes.status(429, Retry_After="999"), "SOURCE_BUSY"),
            (fakes.html, "SOURCE_CONFUSED"),
            (fakes.cut_body, "SOURCE_UNREACHABLE"),
        ],
    )
    def test_names_are_believed_until_it_is_back(
        self, fault: serving.Fault, code: str, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(603, "The Matrix", 1999)
        source.faults = [fault]
        summary = films.run(MATRIX)

        was = films.title(MATRIX)
        assert (summary.matched, summary.errors) == (1, 1)
        assert [error.code for error, _ in films.progress.issues] == [code]
        assert was.facts_from == "name"
        assert "the source failed" in films.file(MATRIX).match_reason

        assert films.identify().matched == 1
        now = films.title(MATRIX)
        assert (now.pk, now.identity_key) == (was.pk, "movie:tmdb:603")

    def test_is_left_in_peace_after_a_few_failures(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.faults = [fakes.html] * 100
        summary = films.run(*(f"Film {n} (2000).mkv" for n in range(10)))

        assert (summary.errors, summary.matched) == (3, 10)
        assert len(source.asked) == 3


class TestUpgrade:
    def test_a_title_known_by_name_becomes_the_one_with_the_id(
        self, films: Library, tmdb: FakeTmdb, request: pytest.FixtureRequest
    ) -> None:
        films.run(MATRIX)
        was = films.title(MATRIX)
        request.getfixturevalue("source").add_movie(603, "The Matrix", 1999)
        films.identify()

        now = films.title(MATRIX)
        assert (now.pk, now.identity_key) == (was.pk, "movie:tmdb:603")
        assert Title.objects.count() == 1

    def test_two_names_that_turn_out_the_same_are_merged(
        self, shows: Library, tmdb: FakeTmdb, request: pytest.FixtureRequest
    ) -> None:
        first = "CSI/CSI - S01E01.mkv"
        second = "Crime Scene/Crime Scene - S01E02.mkv"
        shows.run(first, second)
        assert Title.objects.count() == 2
        fake = request.getfixturevalue("source")
        fake.add_show(9, "Crime Scene", 2000, {1: 3}, _aliases=["CSI"])
        shows.identify()

        title = Title.objects.get()
        assert shows.title(first) == shows.title(second) == title
        assert title.items.filter(season__number=1).count() == 3
        assert episodes(shows.file(first)) == [(1, 1)]

    def test_a_match_by_name_stands_when_the_source_knows_nothing(
        self, films: Library, tmdb: FakeTmdb, request: pytest.FixtureRequest
    ) -> None:
        films.run("Our Holiday (2014).mkv")
        request.getfixturevalue("source")
        summary = films.identify()

        assert summary.matched == 1
        assert films.title("Our Holiday (2014).mkv").name == "Our Holiday"

    def test_a_name_nobody_uses_any_more_is_dropped(self, films: Library) -> None:
        films.run("Haet (1995).mkv")
        (films.folder / "Haet (1995).mkv").rename(films.folder / "Heat (1995).mkv")
        films.scan()
        films.identify()

        assert [title.name for title in Title.objects.all()] == ["Heat"]


def refreshed(files: Sequence[MediaFile]) -> list[MediaFile]:
    return [MediaFile.objects.get(pk=file.pk) for file in files]


class TestAPersonsChoice:
    def survive(self, library: Library, file: MediaFile) -> dict[str, Any]:
        """Scan and identify in every way; return what is left of the match."""
        library.scan()
        library.identify()
        library.identify(again=True)
        file.refresh_from_db()
        return {
            "title": file.title,
            "state": file.match_state,
            "by": file.matched_by,
            "episodes": episodes(file),
        }

    def test_of_a_candidate_is_final(self, films: Library, source: FakeTmdb) -> None:
        source.add_movie(1, "Venom", 2018)
        source.add_movie(2, "Venom", 2005)
        films.run("Venom (2018).mkv")
        file = films.file("Venom (2018).mkv")
        [wanted] = [
            each
            for each in choosing.search_candidates(query="venom", kind="MOVIE")
            if each.year == 2005
        ]

        title = choosing.choose_match(files=[file], candidate=wanted, by="Ann")

        assert (title.year, title.overview) == (2005, "About Venom.")
        kept = self.survive(films, file)
        assert (kept["title"], kept["by"]) == (title, "PERSON")
        assert file.match_reason == "chosen by Ann"

    def test_survives_a_move(self, films: Library) -> None:
        films.run("a.mkv", "Heat (1995).mkv")
        file, title = films.file("a.mkv"), films.title("Heat (1995).mkv")
        choosing.choose_title(files=[file], title=title, by="Ann")
        (films.folder / "a.mkv").rename(films.folder / "Jaws (1975).mkv")

        assert self.survive(films, file)["title"] == title
        assert file.relpath == "Jaws (1975).mkv"

    def test_of_an_episode_is_final(self, shows: Library) -> None:
        shows.run("Show/Show - S01E01.mkv", "Show/bonus.mkv")
        file = shows.file("Show/bonus.mkv")
        title = shows.title("Show/Show - S01E01.mkv")

        choosing.choose_title(
            files=[file], title=title, season=2, episodes=[3, 4], by="Ann"
        )

        assert self.survive(shows, file)["episodes"] == [(2, 3), (2, 4)]

    def test_of_a_show_needs_to_know_the_episode(self, shows: Library) -> None:
        shows.run("Show/Show - S01E01.mkv", "Show/bonus.mkv")
        title = shows.title("Show/Show - S01E01.mkv")

        with pytest.raises(ChoiceRefused, match="which episode"):
            choosing.choose_title(
                files=[shows.file("Show/bonus.mkv")], title=title, by="Ann"
            )

    def test_to_ignore_is_final(self, films: Library) -> None:
        films.run(MATRIX)
        file = films.file(MATRIX)

        choosing.ignore_files(files=[file], by="Ann")

        kept = self.survive(films, file)
        assert (kept["title"], kept["state"], kept["episodes"]) == (None, "IGNORED", [])
        assert not Title.objects.exists()

    def test_taken_back_lets_automation_decide_again(self, films: Library) -> None:
        films.run(MATRIX)
        file = films.file(MATRIX)
        choosing.ignore_files(files=[file], by="Ann")

        choosing.release_match(files=[file], by="Ann")

        kept = self.survive(films, file)
        assert (kept["state"], kept["by"]) == ("MATCHED", "AUTO")

    def test_is_not_undone_by_identifying_that_began_before(
        self, films: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        films.add(MATRIX)
        films.scan()
        real = identifying.read_names

        def choose_meanwhile(files: list[MediaFile], *more: Any, **said: Any) -> Any:
            choosing.ignore_files(files=refreshed(files), by="Ann")
            return real(files, *more, **said)

        monkeypatch.setattr(identifying, "read_names", choose_meanwhile)
        films.identify()

        assert films.file(MATRIX).match_state == "IGNORED"

    def test_works_while_the_source_is_away(
        self, films: Library, source: FakeTmdb
    ) -> None:
        films.run("x.mkv")
        source.faults = [fakes.html]
        candidate = Candidate("tmdb", "5", "MOVIE", "Heat", year=1995)

        choosing.choose_match(
            files=[films.file("x.mkv")], candidate=candidate, by="Ann"
        )

        assert films.title("x.mkv").identity_key == "movie:tmdb:5"

    def test_of_our_own_titles_needs_no_source(self, films: Library) -> None:
        films.run("Heat (1995).mkv", "x.mkv")

        [found] = choosing.search_candidates(query="HEAT", kind="MOVIE")
        choosing.choose_match(files=[films.file("x.mkv")], candidate=found, by="Ann")

        assert films.title("x.mkv") == films.title("Heat (1995).mkv")
        gone = Candidate("library", "999", "MOVIE", "Gone")
        with pytest.raises(ChoiceRefused):
            choosing.choose_match(files=[films.file("x.mkv")], candidate=gone, by="Ann")


class TestQueries:
    def test_grow_evenly_with_the_files_of_one_show(self, tmp_path: Path) -> None:
        asked = []
        for count in (10, 20):
            shows = Library(tmp_path / f"{count}", Root.Kind.SHOWS)
            shows.add(
                *(f"Show {count}/Show {count} - S01E{n:02}.mkv" for n in range(count))
            )
            shows.scan()
            with CaptureQueriesContext(connection) as queries:
                shows.identify()
            asked.append(len(queries) / count)

        assert asked[1] <= asked[0]
        assert asked[1] < 20


class TestRunTimes:
    """Hamlet without a year: which one, the length of the file tells."""

    FILE = "Hamlet.mkv"

    @pytest.fixture(autouse=True)
    def _hamlets(self, source: FakeTmdb) -> None:
        source.add_movie(1, "Hamlet", 1996, _runtime=242)
        source.add_movie(2, "Hamlet", 1990, _runtime=134)

    def note_minutes(self, films: Library, minutes: float, *, size: int = 0) -> None:
        file = films.file(self.FILE)
        MediaFacts.objects.update_or_create(
            media_file=file,
            defaults={
                "size_bytes": size or file.size_bytes,
                "mtime_ns": file.mtime_ns,
                "duration_seconds": minutes * 60,
                "read_at": timezone.now(),
            },
        )

    def test_not_known_leave_a_tie(self, films: Library) -> None:
        films.run(self.FILE)

        assert films.file(self.FILE).match_state == "SUGGESTED"
        assert identifying.start_for_ties() is None

    @pytest.mark.parametrize(
        ("minutes", "year"), [(242, 1996), (231, 1996), (134, 1990), (129, 1990)]
    )
    def test_decide_once_they_are_known(
        self, minutes: float, year: int, films: Library
    ) -> None:
        films.run(self.FILE)
        self.note_minutes(films, minutes)
        job = identifying.start_for_ties()

        assert job is not None
        assert job.arguments["file_ids"] == [films.file(self.FILE).pk]
        films.identify()
        assert films.title(self.FILE).year == year
        assert "as the file does" in films.file(self.FILE).match_reason
        assert identifying.start_for_ties() is None

    def test_that_fit_none_leave_a_tie(self, films: Library) -> None:
        films.run(self.FILE)
        self.note_minutes(films, 180)
        films.identify()

        assert films.file(self.FILE).match_state == "SUGGESTED"
        # Asked once: nothing new is known.
        assert identifying.start_for_ties() is None

    def test_that_fit_both_leave_a_tie(self, films: Library, source: FakeTmdb) -> None:
        source.movies[2]["_runtime"] = 240
        films.run(self.FILE)
        self.note_minutes(films, 241)
        films.identify()

        assert films.file(self.FILE).match_state == "SUGGESTED"

    def test_say_nothing_when_one_of_them_is_not_known(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.movies[2]["_runtime"] = 0
        films.run(self.FILE)
        self.note_minutes(films, 242)
        films.identify()

        assert films.file(self.FILE).match_state == "SUGGESTED"

    def test_of_a_file_replaced_meanwhile_say_nothing(self, films: Library) -> None:
        films.run(self.FILE)
        self.note_minutes(films, 242, size=999_999)
        films.identify()

        assert films.file(self.FILE).match_state == "SUGGESTED"


class TestEpisodesWithoutNumbers:
    """`Show/Season 2/The Pilot.mkv`: the episode that goes by that name."""

    @pytest.fixture(autouse=True)
    def _show(self, source: FakeTmdb) -> None:
        told = {
            1: [
                Episode(1, 1, 1, "The Pilot", "2001-01-01"),
                Episode(1, 2, 2, "Twice", "2001-01-02"),
                Episode(1, 3, 3, "Twice", "2001-01-03"),
            ],
            2: [
                Episode(2, 1, 4, "The Pilot", "2002-01-01"),
                Episode(2, 2, 5, "Über Uns!", ""),
            ],
        }
        source.add_show(1, "Quiet Ferry", 2001, {1: 3, 2: 2}, _episodes=told)

    @pytest.mark.parametrize(
        ("relpath", "number"),
        [
            ("Quiet Ferry/Season 1/The Pilot.mkv", (1, 1)),
            ("Quiet Ferry/Season 2/the.pilot.1080p.WEB-DL.mkv", (2, 1)),
            ("Quiet Ferry (2001)/Season 02/Quiet Ferry - Uber uns.mkv", (2, 2)),
        ],
    )
    def test_are_known_by_their_titles(
        self, relpath: str, number: tuple[int, int], shows: Library
    ) -> None:
        shows.run(relpath)

        assert shows.title(relpath).name == "Quiet Ferry"
        assert episodes(shows.file(relpath)) == [number]

    @pytest.mark.parametrize(
        "relpath",
        [
            "Quiet Ferry/Season 1/Twice.mkv",
            "Quiet Ferry/Season 1/Über Uns.mkv",
            "Quiet Ferry/Season 1/Interview with the captain.mkv",
        ],
    )
    def test_are_left_to_a_person_when_none_or_several_fit(
        self, relpath: str, shows: Library
    ) -> None:
        shows.run(relpath, "Quiet Ferry/Season 1/Quiet Ferry S01E01.mkv")

        file = shows.file(relpath)
        assert (file.match_state, file.title) == ("UNMATCHED", None)
        assert "no episode number" in file.match_reason
        assert episodes(shows.file("Quiet Ferry/Season 1/Quiet Ferry S01E01.mkv")) == [
            (1, 1)
        ]
