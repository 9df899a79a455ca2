"""The library's pages."""

import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from drivearr.jobs.models import Job
from library.contexts.shelves import PER_PAGE, letter_of
from library.contexts.title_files import FILES_SHOWN
from library.contexts.unmatched import seal, unseal
from library.forms import NumbersForm
from library.metadata.source import Candidate
from library.models import Artwork, Item, MediaFile, MediaFileItem, Root, Title
from library.services import scanning
from library.tasks import scan_library
from library.watching import limit_at
from tests.factories.library import make_file, make_root, make_show, make_title
from tests.library.test_mending import undo
from tests.library.trees import make_tree
from tests.scenes.fixtures import HTMX
from tests.scenes.household import Household, draw_poster


def add_title(name: str, *, kind: str = "MOVIE", year: int | None = None) -> Title:
    root = Root.objects.get_or_create(path="/films", kind="MOVIES")[0]
    title = Title.objects.create(
        kind=kind,
        name=name,
        year=year,
        identity_key=name,
        sort_name=name.casefold(),
        search_text=name.casefold(),
    )
    item = Item.objects.create(title=title)
    file = MediaFile.objects.create(
        root=root,
        relpath=f"{name}.mkv",
        size_bytes=1,
        mtime_ns=1,
        title=title,
        match_state="MATCHED",
    )
    MediaFileItem.objects.create(media_file=file, item=item)
    return title


def unmatched(root: Root, relpath: str) -> MediaFile:
    return MediaFile(
        root=root, relpath=relpath, size_bytes=1, mtime_ns=1, match_state="UNMATCHED"
    )


def add_unmatched(root: Root, relpath: str, **facts: object) -> MediaFile:
    values = {"match_state": "UNMATCHED", "size_bytes": 1, "mtime_ns": 1} | facts
    return MediaFile.objects.create(root=root, relpath=relpath, **values)


@pytest.mark.django_db
class TestTitleList:
    def test_shows_only_what_the_library_has(self, owner_client: Client) -> None:
        add_title("Here")
        gone = add_title("Gone")
        gone.media_files.update(state="MISSING", missing_since="2026-01-01T00:00Z")

        page = owner_client.get("/titles/").content.decode()

        assert "Here" in page
        assert "Gone" not in page

    def test_asks_for_a_folder_when_there_is_none(self, owner_client: Client) -> None:
        assert b"Name a folder" in owner_client.get("/titles/").content

    def test_finds_any_case_and_accent(self, owner_client: Client) -> None:
        add_title("alskling")
        add_title("Zebra")

        page = owner_client.get("/titles/?q=ÄLSK").content.decode()

        assert "alskling" in page
        assert "Zebra" not in page

    def test_filters_by_kind_and_keeps_the_search(self, owner_client: Client) -> None:
        add_title("A film")
        add_title("A show", kind="SHOW")

        page = owner_client.get("/titles/?q=a&kind=SHOW").content.decode()

        assert "A show" in page
        assert "A film" not in page
        assert 'href="?q=a"' in page

    def test_pages_with_links(self, owner_client: Client) -> None:
        for number in range(PER_PAGE + 1):
            add_title(f"T{number:03}")

        first = owner_client.get("/titles/").content.decode()
        second = owner_client.get("/titles/?page=2").content.decode()

        assert 'href="?page=2"' in first
        assert f"T{PER_PAGE:03}" not in first
        assert f"T{PER_PAGE:03}" in second

    def test_jumps_to_letters_over_pages(self, owner_client: Client) -> None:
        for number in range(PER_PAGE):
            add_title(f"A{number:03}")
        add_title("Zulu")
        add_title("4 things")

        page = owner_client.get("/titles/").content.decode()

        assert 'href="?page=2#letter-Z"' in page
        assert 'href="?page=1#letter-0"' in page
        assert "#letter-B" not in page
        assert 'id="letter-A"' in page
        assert 'id="letter-Z"' in owner_client.get("/titles/?page=2").content.decode()

    @pytest.mark.parametrize(
        ("name", "letter"),
        [("matrix", "M"), ("älskling", "A"), ("12", "#"), ("", "#"), ("日本", "#")],
    )
    def test_knows_the_letter_of_a_name(self, name: str, letter: str) -> None:
        assert letter_of(name) == letter

    def test_marks_what_lies_on_drives(
        self, household: Household, home_client: Client
    ) -> None:
        page = home_client.get("/titles/").content.decode()

        assert "Car stick: complete" in page
        assert "Cabin: partial, 12 of 20 episodes" in page


@pytest.mark.django_db
class TestTitlesWeight:
    def test_weighs_what_matches_and_is_here(self, owner_client: Client) -> None:
        for name in ("Dark One", "Dark Two", "Light"):
            add_title(name).media_files.update(size_bytes=700)
        gone = add_title("Dark Gone")
        gone.media_files.update(state="MISSING", missing_since="2026-01-01T00:00Z")

        def weight(query: str) -> str:
            return owner_client.get(f"/titles/weight/?{query}", headers=HTMX).text

        assert 'data-bulk-weight="1400"' in weight("q=dark")
        assert 'data-bulk-weight="2100"' in weight("kind=MOVIE")
        assert 'data-bulk-weight="0"' in weight("kind=SHOW")


@pytest.mark.django_db
class TestTitleDetail:
    def test_tells_gaps_from_what_has_not_aired(
        self, household: Household, home_client: Client
    ) -> None:
        show = next(title for title in household.titles if title.kind == "SHOW")
        last = show.items.order_by("-season__number", "-number")[0]
        Item.objects.filter(pk=last.pk).update(air_date="2999-01-01")

        page = home_client.get(f"/titles/{show.pk}/").text
        seasons = [
            home_client.get(f"/titles/{show.pk}/?season={pk}", headers=HTMX).text
            for pk in show.seasons.values_list("pk", flat=True)
        ]

        assert "6 of 7 episodes" in page
        assert "not in the library" in "".join(seasons)
        assert "not aired yet" in "".join(seasons)

    def test_lists_the_episodes_of_a_season_when_it_is_opened(
        self, household: Household, home_client: Client
    ) -> None:
        show = next(title for title in household.titles if title.kind == "SHOW")
        season, other = show.seasons.order_by("number")[:2]
        address = f"/titles/{show.pk}/?season={season.pk}"

        closed = home_client.get(f"/titles/{show.pk}/").text
        part = home_client.get(address, headers=HTMX).text
        whole = home_client.get(address).text

        assert 'class="episode"' not in closed
        assert f'href="{address}#season-{season.pk}"' in closed
        count = season.items.count()
        assert part.count('class="episode"') == count
        assert "<html" not in part
        assert whole.count('class="episode"') == count
        assert f'id="season-{season.pk}" open' in whole
        assert f'id="season-{other.pk}" open' not in whole

    def test_knows_no_season_of_another_title(
        self, household: Household, home_client: Client
    ) -> None:
        show = next(title for title in household.titles if title.kind == "SHOW")
        movie = next(title for title in household.titles if title.kind == "MOVIE")
        season = show.seasons.first()
        assert season is not None

        answer = home_client.get(
            f"/titles/{movie.pk}/?season={season.pk}", headers=HTMX
        )

        assert answer.status_code == 404

    def test_shows_the_files_of_a_long_show_by_pages(
        self,
        owner_client: Client,
        tmp_path: Path,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        show = make_show(make_root(tmp_path / "shows"), seasons={1: FILES_SHOWN + 5})

        with django_assert_max_num_queries(40):
            first = owner_client.get(f"/titles/{show.pk}/").text
        second = owner_client.get(f"/titles/{show.pk}/?page=2").text

        assert first.count('<span class="path">') == FILES_SHOWN
        assert second.count('<span class="path">') == 5
        assert 'href="?page=2#title-files"' in first
        assert "17 files, 340 kB" in first
        assert "17 files, 340 kB" in second

    def test_says_why_a_file_is_matched(
        self, household: Household, home_client: Client
    ) -> None:
        title = household.titles[0]
        page = home_client.get(f"/titles/{title.pk}/").content.decode()
        assert "Name and year fit" in page
        assert "97 %" in page

        title.media_files.update(matched_by="PERSON")
        page = home_client.get(f"/titles/{title.pk}/").content.decode()
        assert "Chosen by a person" in page

    def test_of_nothing_is_not_found(self, owner_client: Client) -> None:
        assert owner_client.get("/titles/77/").status_code == 404


@pytest.mark.django_db
class TestArtwork:
    @pytest.fixture
    def picture(self, settings: LazySettings, tmp_path: Path, owner: object) -> Artwork:
        settings.ARTWORK_DIR = tmp_path
        return draw_poster(add_title("Film"))

    def test_is_served_to_be_kept_for_ever(
        self, picture: Artwork, owner_client: Client
    ) -> None:
        answer = owner_client.get(f"/artwork/{picture.pk}/342/?v=x")

        assert answer.headers["Content-Type"] == "image/webp"
        assert "immutable" in answer.headers["Cache-Control"]
        assert b"WEBP" in b"".join(answer)[:16]

    def test_is_on_the_shelf_under_its_address(
        self, picture: Artwork, owner_client: Client
    ) -> None:
        page = owner_client.get("/titles/").content.decode()

        assert f'src="/artwork/{picture.pk}/342/?v=' in page

    @pytest.mark.parametrize("file", ["", "gone", "../../etc/passwd"])
    def test_that_is_not_there_is_not_found(
        self, picture: Artwork, owner_client: Client, file: str
    ) -> None:
        Artwork.objects.update(file=file)

        assert owner_client.get(f"/artwork/{picture.pk}/342/").status_code == 404

    def test_is_only_for_people_of_the_house(
        self, picture: Artwork, client: Client
    ) -> None:
        assert client.get(f"/artwork/{picture.pk}/342/").status_code == 302


@pytest.mark.django_db
class TestRoots:
    @pytest.fixture(autouse=True)
    def places(self, settings: LazySettings, tmp_path: Path) -> None:
        (tmp_path / "media" / "films" / "inner").mkdir(parents=True)
        (tmp_path / "secret" / "deep").mkdir(parents=True)
        (tmp_path / "media" / "way out").symlink_to(tmp_path / "secret")
        settings.BROWSE_ROOTS = [tmp_path / "media"]

    def test_are_picked_one_level_at_a_time(
        self, owner_client: Client, tmp_path: Path
    ) -> None:
        media = tmp_path / "media"

        top = owner_client.get("/folders/add/").content.decode()
        below = owner_client.get(f"/folders/add/?folder={media}").content.decode()

        assert str(media) in top
        assert "films" in below
        assert "way out" not in below
        assert "inner" not in below

    @pytest.mark.parametrize(
        "asked",
        [
            "{tmp}/secret",
            "{tmp}",
            "/",
            "/etc",
            "{tmp}/media/../secret",
            "{tmp}/media/way out",
            "{tmp}/media/way out/deep",
            "media",
            "{tmp}/media/none",
            "{tmp}/media/\0",
        ],
    )
    def test_never_lead_out_of_the_allowed_places(
        self, owner_client: Client, tmp_path: Path, asked: str
    ) -> None:
        path = asked.format(tmp=tmp_path)

        listed = owner_client.get("/folders/add/", {"folder": path})
        added = owner_client.post("/folders/add/", {"path": path, "kind": "MOVIES"})

        assert ">deep<" not in listed.content.decode()
        assert 'role="alert"' in listed.content.decode()
        assert added.status_code == 422
        assert not Root.objects.exists()

    def test_are_added_and_looked_into_at_once(
        self, owner_client: Client, tmp_path: Path
    ) -> None:
        path = str(tmp_path / "media" / "films")

        answer = owner_client.post("/folders/add/", {"path": path, "kind": "MOVIES"})

        root = Root.objects.get()
        assert answer.headers["Location"] == "/folders/"
        assert (root.path, root.kind) == (path, "MOVIES")
        assert Job.objects.get().subject == root.subject

    def test_say_why_one_is_refused(self, owner_client: Client, tmp_path: Path) -> None:
        path = str(tmp_path / "media" / "films")
        Root.objects.create(path=path, kind="MOVIES")

        answer = owner_client.post(
            "/folders/add/", {"path": f"{path}/inner", "kind": "MOVIES"}
        )

        assert answer.status_code == 422
        assert b"inside" in answer.content

    def test_are_scanned_when_asked(self, owner_client: Client) -> None:
        root = Root.objects.create(path="/films", kind="MOVIES", state="HELD")

        owner_client.post(f"/folders/{root.pk}/scan/", {"confirmed": "1"})

        arguments = Job.objects.get().arguments
        assert arguments == {"root_id": root.pk, "deep": False, "confirmed": True}

    def test_are_forgotten_only_after_asking(
        self, owner_client: Client, tmp_path: Path
    ) -> None:
        folder = tmp_path / "media" / "films"
        root = Root.objects.create(path=str(folder), kind="MOVIES")

        asked = owner_client.get(f"/folders/{root.pk}/remove/")
        assert b"No file is touched" in asked.content
        assert Root.objects.exists()

        owner_client.post(f"/folders/{root.pk}/remove/")
        assert not Root.objects.exists()
        assert (folder / "inner").is_dir()

    def test_are_told_where_they_lie_now(
        self, owner_client: Client, tmp_path: Path
    ) -> None:
        old, new = tmp_path / "media" / "films", tmp_path / "media" / "moved"
        root = Root.objects.create(path=str(old), kind="MOVIES")
        make_file(
            root, "A (1999)/A.mkv", title=make_title("A"), items=[], data=b"\0" * 1000
        )
        old.rename(new)
        Root.objects.filter(pk=root.pk).update(state="UNAVAILABLE")

        link = owner_client.get("/folders/").text
        asked = owner_client.get(f"/folders/{root.pk}/move/?folder={new}").text
        told = owner_client.post(f"/folders/{root.pk}/move/", {"path": str(new)})

        assert f'href="/folders/{root.pk}/move/"' in link
        assert str(old) in asked
        assert f'value="{new}"' in asked
        assert told.headers["Location"] == "/folders/"
        root.refresh_from_db()
        assert root.path == str(new)
        assert root.media_files.get().title is not None
        assert Job.objects.get().subject == root.subject

    def test_are_not_told_to_lie_where_something_else_is(
        self, owner_client: Client, tmp_path: Path
    ) -> None:
        root = Root.objects.create(path="/films", kind="MOVIES", state="UNAVAILABLE")
        MediaFile.objects.create(root=root, relpath="A/A.mkv", size_bytes=5, mtime_ns=1)
        path = str(tmp_path / "media" / "films")

        strange = owner_client.post(f"/folders/{root.pk}/move/", {"path": path})
        outside = owner_client.post(
            f"/folders/{root.pk}/move/", {"path": str(tmp_path / "secret")}
        )

        assert strange.status_code == outside.status_code == 422
        assert "does not hold what /films held" in strange.text
        root.refresh_from_db()
        assert root.path == "/films"
        assert not Job.objects.exists()

    def test_are_looked_at_as_often_as_chosen(self, owner_client: Client) -> None:
        root = Root.objects.create(path="/films", kind="MOVIES", watching="WATCHED")
        assert b"Look for changes" not in owner_client.get("/folders/").content
        root.note_watching("POLLED")
        page = owner_client.get("/folders/").content.decode()
        assert '<option value="30" selected>Every 30 minutes</option>' in page

        owner_client.post(f"/folders/{root.pk}/poll/", {"minutes": "180"})
        page = owner_client.get("/folders/").content.decode()
        assert '<option value="180" selected>Every 3 hours</option>' in page
        owner_client.post(f"/folders/{root.pk}/poll/", {"minutes": "0"})
        root.refresh_from_db()
        assert root.poll_minutes == 0

    @pytest.mark.parametrize("minutes", ["1", "-5", "", "x", "99999999", "9" * 30])
    def test_refuse_what_cannot_be_kept(
        self, owner_client: Client, minutes: str
    ) -> None:
        root = Root.objects.create(path="/films", kind="MOVIES", watching="POLLED")

        sent = {"minutes": minutes}
        page = owner_client.post(f"/folders/{root.pk}/poll/", sent, follow=True)

        root.refresh_from_db()
        assert root.poll_minutes == 30
        assert b"cannot be kept" in page.content

    def test_poll_calmly_until_something_is_done(self, owner_client: Client) -> None:
        root = Root.objects.create(path="/films", kind="MOVIES")
        assert _seconds(owner_client.get("/folders/", headers=HTMX).content) >= 10

        Job.objects.create(kind="library.scan", subject=root.subject)
        assert _seconds(owner_client.get("/folders/", headers=HTMX).content) < 10


def _seconds(page: bytes) -> int:
    found = re.search(rb'hx-trigger="every (\d+)s"', page)
    assert found
    return int(found[1])


CANDIDATE = {
    "source": "tmdb",
    "id": "603",
    "kind": "MOVIE",
    "name": "The Matrix",
    "year": 1999,
    "score": 0.7,
    "overview": "A hacker.",
    "poster": "",
}


@pytest.mark.django_db
class TestUnmatched:
    @pytest.fixture
    def root(self, owner: object) -> Root:
        cache.clear()
        return Root.objects.create(path="/films", kind="MOVIES")

    def test_groups_by_folder_and_offers_candidates(
        self, owner_client: Client, root: Root
    ) -> None:
        add_unmatched(
            root,
            "odd/matrix.mkv",
            match_state="SUGGESTED",
            match_candidates=[CANDIDATE],
        )
        add_unmatched(root, "odd/x.mkv", match_reason="The name says nothing")
        add_unmatched(root, "y.mkv", match_state="MATCHED")

        page = owner_client.get("/unmatched/").content.decode()

        assert page.count(">odd</h2>") == 1
        assert "The Matrix" in page
        assert "70 %" in page
        assert "The name says nothing" in page
        assert "y.mkv" not in page

    def test_takes_a_candidate_for_good(self, owner_client: Client, root: Root) -> None:
        file = add_unmatched(root, "matrix.mkv", match_candidates=[CANDIDATE])

        owner_client.post(f"/unmatched/{file.pk}/accept/", {"candidate": "tmdb:603"})

        file.refresh_from_db()
        assert file.title is not None
        assert file.title.label == "The Matrix (1999)"
        assert (file.match_state, file.matched_by) == ("MATCHED", "PERSON")

    @pytest.mark.parametrize("key", ["tmdb:1", "", "tmdb:603:x", "\0"])
    def test_takes_only_what_was_found(
        self, owner_client: Client, root: Root, key: str
    ) -> None:
        file = add_unmatched(root, "matrix.mkv", match_candidates=[CANDIDATE])

        owner_client.post(f"/unmatched/{file.pk}/accept/", {"candidate": key})

        file.refresh_from_db()
        assert file.match_state == "UNMATCHED"

    def test_ignores_the_ticked_files(self, owner_client: Client, root: Root) -> None:
        files = [add_unmatched(root, f"{name}.mkv") for name in "abc"]
        sent = {"file": [files[0].pk, files[2].pk], "deed": "ignore"}

        owner_client.post("/unmatched/decide/", sent)

        states = [MediaFile.objects.get(pk=file.pk).match_state for file in files]
        assert states == ["IGNORED", "UNMATCHED", "IGNORED"]

    def test_takes_an_ignore_back(self, owner_client: Client, root: Root) -> None:
        file = add_unmatched(root, "a.mkv", match_state="IGNORED", matched_by="PERSON")

        owner_client.post("/unmatched/decide/", {"file": file.pk, "deed": "release"})

        file.refresh_from_db()
        assert (file.match_state, file.matched_by) == ("PENDING", "")
        assert Job.objects.get().kind == "library.identify"

    def test_sends_ticked_files_to_the_search(
        self, owner_client: Client, root: Root
    ) -> None:
        file = add_unmatched(root, "a.mkv")

        answer = owner_client.post(
            "/unmatched/decide/", {"file": file.pk, "deed": "match"}
        )

        assert answer.headers["Location"].startswith(
            f"/unmatched/match/?file={file.pk}"
        )

    def test_matches_a_whole_show_of_any_size_with_one_choice(
        self, owner_client: Client
    ) -> None:
        root = Root.objects.create(path="/shows", kind="SHOWS")
        names = [
            f"Long Ferry/Season {season:02d}/Long Ferry S{season:02d}E{number:02d}.mkv"
            for season in range(1, 31)
            for number in range(1, 41)
        ]
        MediaFile.objects.bulk_create(
            unmatched(root, each)
            for each in [*names, "Long Ferry/words.mkv", "Other/Other S01E01.mkv"]
        )
        page = owner_client.get("/unmatched/").content.decode()
        assert f'name="whole" value="{root.pk}:Long Ferry"' in page

        whole = {"whole": f"{root.pk}:Long Ferry", "state": ""}
        answer = owner_client.post("/unmatched/decide/", whole | {"deed": "match"})
        page = owner_client.get(answer.headers["Location"]).content.decode()
        assert re.search(r"And 1\W189 more", page)
        sent = whole | {"q": "Long Ferry", "kind": "SHOW", "by_name": "1"}
        with CaptureQueriesContext(connection) as asked:
            answer = owner_client.post("/unmatched/match/", sent)
        page = owner_client.get(answer.headers["Location"]).content.decode()

        title = Title.objects.get()
        assert title.media_files.count() == len(names)
        assert title.items.filter(media_files__isnull=False).count() == len(names)
        assert re.search(r"These 1\W?200 files are Long Ferry now", page)
        assert "Of 1 file nothing says which episode." in page
        assert len(asked) < 120
        other = MediaFile.objects.get(relpath__startswith="Other/")
        assert other.match_state == "UNMATCHED"

        with CaptureQueriesContext(connection) as asked:
            undo(owner_client, page)
        assert set(MediaFile.objects.values_list("match_state", flat=True)) == {
            "UNMATCHED"
        }
        assert not Title.objects.exists()
        assert len(asked) < 120

    def test_ignores_a_whole_folder_and_takes_it_back(
        self, owner_client: Client, root: Root
    ) -> None:
        MediaFile.objects.bulk_create(
            unmatched(root, f"home/{year}/{n}.mkv")
            for year in (2001, 2002)
            for n in range(400)
        )
        add_unmatched(root, "home 2/x.mkv")
        whole = {"whole": f"{root.pk}:home", "state": ""}

        owner_client.post("/unmatched/decide/", whole | {"deed": "ignore"})
        assert MediaFile.objects.filter(match_state="IGNORED").count() == 800

        whole["state"] = "IGNORED"
        owner_client.post("/unmatched/decide/", whole | {"deed": "release"})
        assert MediaFile.objects.filter(match_state="PENDING").count() == 800

    @pytest.mark.parametrize("whole", ["", ":", "x:home", "9:home", "1:", "1:\0"])
    def test_of_no_folder_of_ours_is_nothing(
        self, owner_client: Client, root: Root, whole: str
    ) -> None:
        add_unmatched(root, "home/x.mkv")
        sent = {"whole": whole, "deed": "ignore"}

        answer = owner_client.post("/unmatched/decide/", sent, follow=True)

        assert b"Tick the files first" in answer.content

    def test_asks_to_tick_first(self, owner_client: Client, root: Root) -> None:
        answer = owner_client.post(
            "/unmatched/decide/", {"deed": "ignore"}, follow=True
        )

        assert b"Tick the files first" in answer.content


@pytest.mark.django_db
class TestMatchFiles:
    @pytest.fixture
    def file(self, owner: object) -> MediaFile:
        root = Root.objects.create(path="/films", kind="MOVIES")
        return add_unmatched(root, "odd.mkv", parsed={"title": "Odd", "year": 1999})

    def test_searches_for_what_the_name_says(
        self, owner_client: Client, file: MediaFile
    ) -> None:
        add_title("Odd man out")

        page = owner_client.get(f"/unmatched/match/?file={file.pk}").content.decode()
        assert 'value="Odd"' in page
        assert 'value="1999"' in page

        url = f"/unmatched/match/?file={file.pk}&q=odd man&kind=MOVIE"
        assert "Odd man out" in owner_client.get(url).content.decode()

    def test_takes_what_was_found(self, owner_client: Client, file: MediaFile) -> None:
        title = add_title("Odd man out")
        sealed = seal(
            Candidate(source="library", id=str(title.pk), kind="MOVIE", name="x")
        )

        answer = owner_client.post(
            "/unmatched/match/", {"file": file.pk, "candidate": sealed}
        )

        file.refresh_from_db()
        assert answer.headers["Location"] == "/unmatched/"
        assert file.title == title

    def test_takes_a_name_of_ones_own(
        self, owner_client: Client, file: MediaFile
    ) -> None:
        sent = {"file": file.pk, "q": "My film", "kind": "OTHER", "by_name": "1"}

        owner_client.post("/unmatched/match/", sent)

        file.refresh_from_db()
        assert file.title is not None
        assert (file.title.name, file.title.kind) == ("My film", "OTHER")

    @pytest.mark.parametrize("sealed", ["", "forged", "e30:1:2", "\0"])
    def test_takes_no_forged_candidate(
        self, owner_client: Client, file: MediaFile, sealed: str
    ) -> None:
        answer = owner_client.post(
            "/unmatched/match/", {"file": file.pk, "candidate": sealed}
        )

        file.refresh_from_db()
        assert answer.status_code == 422
        assert file.title is None

    def test_asks_for_the_episode_of_a_show(
        self, owner_client: Client, file: MediaFile
    ) -> None:
        show = add_title("A show", kind="SHOW")
        sealed = seal(
            Candidate(source="library", id=str(show.pk), kind="SHOW", name="")
        )
        sent = {"file": file.pk, "candidate": sealed, "kind": "SHOW", "q": "show"}

        refused = owner_client.post("/unmatched/match/", sent)
        assert refused.status_code == 422
        assert b"which episode" in refused.content

        owner_client.post(
            "/unmatched/match/", sent | {"season": "2", "episodes": "5-6"}
        )
        held = file.items.order_by("number").values_list("season__number", "number")
        assert list(held) == [(2, 5), (2, 6)]

    def test_of_no_file_is_not_found(self, owner_client: Client) -> None:
        assert owner_client.get("/unmatched/match/?file=9").status_code == 404

    def test_seals_survive_the_way_through_a_page(self) -> None:
        candidate = Candidate(
            source="tmdb",
            id="603",
            kind="MOVIE",
            name="Ō",
            year=1999,
            aliases=("a", "b"),
            countries=("DE",),
        )

        assert unseal(seal(candidate)) == candidate


class TestNumbersForm:
    @pytest.mark.parametrize(
        ("season", "episodes", "read"),
        [
            ("2", "5", (2, (5,))),
            ("2", "5-7", (2, (5, 6, 7))),
            ("0", "1, 3,3", (0, (1, 3))),
            ("", "4", (1, (4,))),
            ("", "", (None, ())),
        ],
    )
    def test_reads_what_people_write(
        self, season: str, episodes: str, read: tuple[int | None, tuple[int, ...]]
    ) -> None:
        form = NumbersForm({"season": season, "episodes": episodes})

        assert form.is_valid()
        assert (form.cleaned_data["season"], form.cleaned_data["episodes"]) == read

    @pytest.mark.parametrize(
        ("season", "episodes"),
        [
            ("x", "1"),
            ("-1", "1"),
            ("1", "7-5"),
            ("1", "1-9999"),
            ("1", "a"),
            ("1", "\0"),
        ],
    )
    def test_refuses_the_rest(self, season: str, episodes: str) -> None:
        assert not NumbersForm({"season": season, "episodes": episodes}).is_valid()


class TestFolders:
    def test_tell_of_the_last_scan_its_errors_and_how_changes_are_noticed(
        self, owner_client: Client, tmp_path: Path
    ) -> None:
        folder = make_tree(tmp_path / "films", "Film (2001)/Film (2001).mkv")
        make_tree(folder, "Disc (2002)/VIDEO_TS/VTS_01_1.VOB")
        root = Root.objects.create(path=str(folder), kind="MOVIES")
        job = scanning.start_scan(root_id=root.pk)
        scan_library(job.pk)
        limit = limit_at(folder)
        root.note_watching("LIMITED", reason=f"{limit.message} {limit.advice}")

        page = owner_client.get("/folders/").content.decode()

        assert "1 new" in page
        assert "1 error in the last scan</a>" in page
        assert f'/jobs/{job.pk}/"' in page
        assert "Disc (2002)/VIDEO_TS: The folder is the copy of a disc" in page
        assert "sudo sysctl fs.inotify.max_user_watches=" in page
