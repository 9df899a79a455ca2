"""Mending what was decided wrongly: a whole show at once, with a way back."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from drivearr.jobs.models import Job
from drivearr.lib.progress import SilentProgress
from drivearr.web.models import Kept
from drivearr.web.rights import Role, assign
from library.models import Item, MediaFile, Root, Title
from library.services import arranging, choosing, identifying, refreshing
from library.services.editing import edit_title
from library.services.undeciding import Former, pack, unpack
from tests.fakes.tmdb import FakeTmdb
from tests.fakes.tvdb import KEY, FakeTvdb, running_tvdb
from tests.library.test_identifying import Library, episodes

SHOW = [f"Quiet Ferry/Season 1/Quiet Ferry - S01E0{n}.mkv" for n in (1, 2, 3)]


@pytest.fixture
def shows(tmp_path: Path) -> Library:
    cache.clear()
    return Library(tmp_path / "shows", Root.Kind.SHOWS)


@pytest.fixture
def films(tmp_path: Path) -> Library:
    return Library(tmp_path / "films", Root.Kind.MOVIES)


def undo(client: Client, page: str) -> str:
    """Press Undo on a page; return what is said."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found, "no way back was offered"
    answer = client.post(
        "/undo/", {"token": found[1], "next": "/unmatched/"}, follow=True
    )
    return answer.content.decode()


def candidate_of(page: str, name: str) -> str:
    found = re.search(rf'value="([^"]+)">It is this<span class="unseen">, {name}', page)
    assert found, page
    return found[1]


@pytest.mark.django_db
class TestAWholeShow:
    def test_is_mended_at_once_and_new_episodes_follow(
        self, shows: Library, source: FakeTmdb, owner_client: Client
    ) -> None:
        source.add_show(1, "Quiet Ferry", 2001, {1: 3})
        shows.run(*SHOW)
        wrong = shows.title(SHOW[0])
        source.add_show(2, "Quiet Ferry Returns", 2011, {1: 5})

        asked = {"title": str(wrong.pk), "q": "tmdb:2", "kind": "SHOW"}
        page = owner_client.get("/unmatched/match/", asked).content.decode()
        sent = asked | {"candidate": candidate_of(page, "Quiet Ferry Returns")}
        answer = owner_client.post("/unmatched/match/", sent, follow=True)

        right = shows.title(SHOW[0])
        assert right.name == "Quiet Ferry Returns"
        assert {shows.title(each).pk for each in SHOW} == {right.pk}
        assert [episodes(shows.file(each)) for each in SHOW] == [
            [(1, 1)],
            [(1, 2)],
            [(1, 3)],
        ]
        assert answer.redirect_chain[-1][0] == f"/titles/{right.pk}/"

        fourth = SHOW[0].replace("E01", "E04")
        shows.run(fourth)
        assert shows.title(fourth) == right
        assert shows.file(fourth).matched_by == "AUTO"

        said = undo(owner_client, answer.content.decode())
        assert "3 files as before" in said
        assert {shows.title(each).pk for each in SHOW} == {wrong.pk}
        assert {shows.file(each).matched_by for each in SHOW} == {"AUTO"}
        assert episodes(shows.file(SHOW[2])) == [(1, 3)]

    def test_keeps_episodes_that_the_names_do_not_tell(
        self, shows: Library, source: FakeTmdb
    ) -> None:
        source.add_show(1, "Quiet Ferry", 2001, {1: 3})
        source.add_show(2, "Ferry", 2011, {1: 5})
        shows.run(SHOW[0], "Quiet Ferry/extra words.mkv")
        odd = shows.file("Quiet Ferry/extra words.mkv")
        first = shows.title(SHOW[0])
        choosing.choose_title(files=[odd], title=first, season=1, episodes=[3], by="A")
        [other] = choosing.search_candidates(query="tmdb:2", kind="SHOW")

        files = list(MediaFile.objects.filter(title=first).select_related("root"))
        choosing.choose_match(files=files, candidate=other, by="Ann")

        assert shows.title("Quiet Ferry/extra words.mkv").name == "Ferry"
        assert episodes(shows.file("Quiet Ferry/extra words.mkv")) == [(1, 3)]

    def test_can_be_let_go_and_ignored_with_a_way_back(
        self, shows: Library, source: FakeTmdb, owner_client: Client
    ) -> None:
        source.add_show(1, "Quiet Ferry", 2001, {1: 3})
        shows.run(*SHOW)
        title = shows.title(SHOW[0])
        mend = f"/titles/{title.pk}/mend/"

        answer = owner_client.post(mend, {"deed": "ignore"}, follow=True)
        assert {shows.file(each).match_state for each in SHOW} == {"IGNORED"}
        undo(owner_client, answer.content.decode())
        assert {shows.title(each) for each in SHOW} == {title}

        owner_client.post(mend, {"deed": "release"})
        assert {shows.file(each).match_state for each in SHOW} == {"PENDING"}
        job = Job.objects.get(kind="library.identify")
        assert job.subject == f"title:{title.pk}"
        assert job.arguments["file_ids"] == sorted(shows.file(e).pk for e in SHOW)

    def test_is_looked_at_again_without_the_rest(
        self, shows: Library, source: FakeTmdb
    ) -> None:
        source.add_show(1, "Quiet Ferry", 2001, {1: 3})
        shows.add(*SHOW, "Other Show/Other Show S01E01.mkv")
        shows.scan()

        summary = identifying.identify_files(
            file_ids=[shows.file(each).pk for each in SHOW], progress=SilentProgress()
        )

        assert (summary.considered, summary.matched) == (len(SHOW), len(SHOW))
        other = shows.file("Other Show/Other Show S01E01.mkv")
        assert other.match_state == "PENDING"

    def test_is_refreshed_when_asked(
        self, shows: Library, source: FakeTmdb, owner_client: Client
    ) -> None:
        source.add_show(1, "Quiet Ferry", 2001, {1: 3})
        shows.run(*SHOW)
        title = shows.title(SHOW[0])
        owner_client.post(f"/titles/{title.pk}/mend/", {"deed": "refresh"})

        job = Job.objects.get(kind="library.refresh", subject=f"title:{title.pk}")
        assert job.arguments["title_id"] == title.pk
        odd = owner_client.post(f"/titles/{title.pk}/mend/", {"deed": "explode"})
        assert odd.status_code == 404


@pytest.mark.django_db
class TestTitlePage:
    def test_says_why_and_what_else_it_could_be(
        self, films: Library, source: FakeTmdb, owner_client: Client
    ) -> None:
        source.add_movie(1, "Venom", 2018)
        source.add_movie(2, "Venom Rising", 2018)
        films.run("Venom (2018).mkv")
        title = films.title("Venom (2018).mkv")
        page = owner_client.get(f"/titles/{title.pk}/").content.decode()

        assert "Why is it this?" in page
        assert "same year" in page
        assert "+18" in page
        assert "title and year in the name" in page
        assert "TMDB API" in page

    def test_offers_a_viewer_nothing_to_change(
        self, films: Library, member: User, member_client: Client
    ) -> None:
        assign(user=member, role=Role.VIEWER, subjects=None)
        films.run("Venom (2018).mkv")
        title = films.title("Venom (2018).mkv")
        page = member_client.get(f"/titles/{title.pk}/").content.decode()
        assert 'id="title-deeds"' not in page
        answer = member_client.post(f"/titles/{title.pk}/edit/", {"name": "x"})
        assert answer.status_code == 403


@pytest.mark.django_db
class TestEditing:
    def test_locks_what_was_changed(
        self, films: Library, source: FakeTmdb, owner_client: Client
    ) -> None:
        source.add_movie(603, "The Matrix", 1999)
        films.run("The Matrix (1999).mkv")
        films.refresh()
        title = films.title("The Matrix (1999).mkv")
        page = f"/titles/{title.pk}/edit/"
        form = dict(
            re.findall(
                r'name="(\w+)" value="([^"]*)"', owner_client.get(page).content.decode()
            )
        )
        sent = {"name": "Matrix!", "year": 1999, "genres": "Action, Noir"}
        keep = {
            key: form.get(key, "") for key in ("original_name", "rating", "tagline")
        }
        more = {"runtime_minutes": 101, "overview": "About The Matrix."}
        answer = owner_client.post(page, sent | keep | more)

        title.refresh_from_db()
        assert answer.status_code == 302
        assert title.locked_fields == ["genres", "name"]
        films.refresh(again=True)
        title.refresh_from_db()
        assert title.name == "Matrix!"
        assert sorted(each.name for each in title.genres.all()) == ["Action", "Noir"]

    def test_lets_the_source_write_again_what_is_let_go(
        self, films: Library, source: FakeTmdb
    ) -> None:
        source.add_movie(603, "The Matrix", 1999)
        films.run("The Matrix (1999).mkv")
        films.refresh()
        title = films.title("The Matrix (1999).mkv")
        assert edit_title(title=title, values={"name": "Mine"}, locked=()) == ("name",)
        edit_title(title=title, values={}, locked=())
        films.refresh()
        title.refresh_from_db()

        assert (title.name, title.locked_fields) == ("The Matrix", [])

    def test_refuses_nonsense(self, films: Library, owner_client: Client) -> None:
        films.run("Venom (2018).mkv")
        title = films.title("Venom (2018).mkv")
        answer = owner_client.post(
            f"/titles/{title.pk}/edit/", {"name": "", "year": "x"}
        )
        assert answer.status_code == 422


@pytest.mark.django_db
class TestTheOrderOfEpisodes:
    @pytest.fixture
    def tvdb(self, settings: Any) -> Any:
        with running_tvdb() as fake:
            settings.TMDB_KEY = ""
            settings.TVDB_KEY = KEY
            settings.TVDB_URL = f"{fake.url}/v4"
            yield fake

    def names(self, title: Title) -> dict[tuple[int, int], str]:
        rows = Item.objects.filter(title=title)
        told = rows.values_list("season__number", "number", "name")
        return {(season or 0, number or 0): name for season, number, name in told}

    def test_is_chosen_for_one_show(self, shows: Library, tvdb: FakeTvdb) -> None:
        tvdb.add_series(7, "Quiet Ferry", 2001, {1: 2, 2: 1})
        aired = tvdb.titles["series", 7]["_orders"]["default"]
        turned = [
            each | {"season": 1, "number": number}
            for number, each in enumerate(reversed(aired), start=1)
        ]
        tvdb.titles["series", 7]["_orders"]["dvd"] = turned
        shows.run(SHOW[0])
        title = shows.title(SHOW[0])
        before = self.names(title)
        assert set(before) == {(1, 1), (1, 2), (2, 1)}

        assert arranging.choose_order_of_show(title=title, order="dvd")
        refreshing.refresh_titles(progress=SilentProgress())
        after = self.names(title)
        # What the DVD does not have, and nobody holds, is gone; files keep their numbers.
        assert set(after) == {(1, 1), (1, 2), (1, 3)}
        assert after[1, 1] == before[2, 1]
        assert episodes(shows.file(SHOW[0])) == [(1, 1)]

        shows.identify(again=True)
        assert self.names(title) == after
        assert not arranging.choose_order_of_show(title=title, order="dvd")

    def test_of_tmdb_is_that_of_a_group(self, shows: Library, source: FakeTmdb) -> None:
        source.add_show(1, "Quiet Ferry", 2001, {0: 1, 1: 2, 2: 1})
        source.group(1, 3, {"Specials": [(0, 1)], "Disc 1": [(2, 1), (1, 2), (1, 1)]})
        shows.run(SHOW[0])
        title = shows.title(SHOW[0])
        arranging.choose_order_of_show(title=title, order="dvd")
        refreshing.refresh_titles(progress=SilentProgress())

        assert self.names(title) == {
            (0, 1): "Episode 1 of 0",
            (1, 1): "Episode 1 of 2",
            (1, 2): "Episode 2 of 1",
            (1, 3): "Episode 1 of 1",
        }
        arranging.choose_order_of_show(title=title, order="absolute")
        refreshing.refresh_titles(progress=SilentProgress())
        # Nobody has made such a group: as aired.
        assert self.names(title)[2, 1] == "Episode 1 of 2"


@pytest.mark.django_db
class TestManyAtOnce:
    KEPT = {
        "source": "tmdb",
        "kind": "MOVIE",
        "score": 0.7,
        "overview": "",
        "poster": "",
    }

    def add(self, root: Root, relpath: str, *candidates: tuple[str, str]) -> MediaFile:
        return MediaFile.objects.create(
            root=root,
            relpath=relpath,
            size_bytes=1,
            mtime_ns=1,
            match_state="SUGGESTED",
            match_candidates=[
                self.KEPT | {"id": number, "name": name, "year": 1999}
                for number, name in candidates
            ],
        )

    @pytest.fixture
    def root(self) -> Root:
        return Root.objects.create(path="/films", kind="MOVIES")

    def test_each_takes_its_likeliest(self, root: Root, owner_client: Client) -> None:
        one = self.add(root, "a/1.mkv", ("1", "Alpha"), ("2", "Beta"))
        two = self.add(root, "a/2.mkv", ("2", "Beta"))
        three = self.add(root, "a/3.mkv")
        sent = {"file": [one.pk, two.pk, three.pk], "deed": "accept"}
        page = owner_client.post(
            "/unmatched/decide/", sent, follow=True
        ).content.decode()

        for each in (one, two, three):
            each.refresh_from_db()
        assert (one.title.name if one.title else "", one.matched_by) == (
            "Alpha",
            "PERSON",
        )
        assert (two.title.name if two.title else "") == "Beta"
        assert three.match_state == "SUGGESTED"
        assert "2 matched. 1 had nothing to accept." in page

        undo(owner_client, page)
        one.refresh_from_db()
        assert (one.title, one.match_state, one.matched_by) == (None, "SUGGESTED", "")
        assert one.match_candidates[0]["name"] == "Alpha"

    def test_a_folder_takes_what_all_could_be(
        self, root: Root, owner_client: Client
    ) -> None:
        files = [
            self.add(root, f"box/cd{n}.mkv", ("1", "Alpha"), ("2", "Beta"))
            for n in (1, 2)
        ]
        page = owner_client.get("/unmatched/").content.decode()
        assert "All 2 files: <strong>Alpha</strong>" in page

        sent = {
            "file": [each.pk for each in files],
            "deed": "accept",
            "candidate": "tmdb:2",
        }
        owner_client.post("/unmatched/decide/", sent)
        names = Title.objects.filter(media_files__in=files).distinct()
        assert [each.name for each in names] == ["Beta"]

    def test_hundreds_can_be_taken_back_too(
        self, root: Root, owner_client: Client
    ) -> None:
        MediaFile.objects.bulk_create(
            MediaFile(
                root=root,
                relpath=f"{n}.mkv",
                size_bytes=1,
                mtime_ns=1,
                match_state="SUGGESTED" if n % 2 else "UNMATCHED",
            )
            for n in range(500)
        )
        sent = {
            "file": list(MediaFile.objects.values_list("pk", flat=True)),
            "deed": "ignore",
        }
        page = owner_client.post("/unmatched/decide/", sent, follow=True)
        assert MediaFile.objects.filter(match_state="IGNORED").count() == 500
        said = undo(owner_client, page.content.decode())

        assert "500 files as before" in said
        assert MediaFile.objects.filter(match_state="SUGGESTED").count() == 250
        assert MediaFile.objects.filter(match_state="UNMATCHED").count() == 250

    def test_what_was_kept_for_it_is_forgotten_in_time(
        self, root: Root, owner_client: Client
    ) -> None:
        old = timezone.now() - timedelta(hours=2)
        Kept.objects.create(name="undo:old", value=[1], changed_at=old)
        Kept.objects.create(name="other", value=[1], changed_at=old)
        files = [self.add(root, f"{n}.mkv") for n in range(60)]

        sent = {"file": [each.pk for each in files], "deed": "ignore"}
        page = owner_client.post("/unmatched/decide/", sent, follow=True)
        [kept] = Kept.objects.filter(name__startswith="undo:")
        assert kept.name != "undo:old"
        assert Kept.objects.filter(name="other").exists()

        kept.delete()
        said = undo(owner_client, page.content.decode())
        assert "cannot be taken back any more" in said

    def test_an_ignore_can_be_taken_back(
        self, root: Root, owner_client: Client
    ) -> None:
        one = self.add(root, "1.mkv", ("1", "Alpha"))
        sent = {"file": [one.pk], "deed": "ignore"}
        page = owner_client.post(
            "/unmatched/decide/", sent, follow=True
        ).content.decode()
        said = undo(owner_client, page)
        one.refresh_from_db()

        assert "1 file as before" in said
        assert one.match_state == "SUGGESTED"

        undo(owner_client, said)
        one.refresh_from_db()
        assert (one.match_state, one.matched_by) == ("IGNORED", "PERSON")


class TestPacking:
    # A busy machine makes them slowly.
    @hypothesis_settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(
        st.lists(
            st.builds(
                Former,
                st.integers(1, 10**6),
                st.none() | st.integers(1, 10**6),
                st.sampled_from(MediaFile.Match.values),
                st.sampled_from(["", "AUTO", "PERSON"]),
            ),
            unique_by=lambda each: each.file_id,
            max_size=12,
        )
    )
    def test_comes_back_whole(self, formers: list[Former]) -> None:
        assert set(unpack(pack(formers))) == set(formers)

    @given(st.lists(st.integers(0, 99), max_size=12))
    def test_refuses_what_is_none(self, numbers: list[int]) -> None:
        try:
            found = list(unpack(numbers))
        except ValueError:
            return
        assert {each.state for each in found} <= set(MediaFile.Match.values)
