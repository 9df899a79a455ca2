"""The Plex pages, from sign-in to a synced library."""

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.lib.progress import SilentProgress
from library.models import Collection, Item, Person, Title
from plexlink.contexts.server import draw_answers
from plexlink.jobs import SYNC
from plexlink.models import (
    PathMapping,
    PlexAccount,
    PlexItem,
    PlexLibrary,
    PlexServer,
    PlexSignIn,
)
from plexlink.services import keeping
from plexlink.services.signing_in import sign_in_with_token
from plexlink.services.syncing import sync_library
from tests.factories.library import make_movie, make_root
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes.plex import (
    ACCOUNT_TOKEN,
    TOKEN,
    FakePlex,
    FakePlexTv,
    media,
    status,
)
from tests.scenes.fixtures import HTMX

pytestmark = pytest.mark.django_db


def text_of(client: Client, path: str) -> str:
    answer = client.get(path, follow=True)
    assert answer.status_code == 200, path
    return html.unescape(answer.content.decode())


class TestSharedServers:
    def test_are_taken_when_the_owner_says_so(
        self, owner_client: Client, plex: FakePlex, plextv: FakePlexTv
    ) -> None:
        plextv.servers.clear()
        plextv.add_server(plex, owned=False)
        account = sign_in_with_token(token=ACCOUNT_TOKEN)
        owner_client.post(reverse("check_plex_account", args=[account.pk]))
        assert not PlexServer.objects.exists()
        page = text_of(owner_client, reverse("plex"))
        assert "Take shared servers too" in page

        url = reverse("take_shared_servers", args=[account.pk])
        owner_client.post(url, {"take": "1"})

        server = PlexServer.objects.get()
        assert not server.is_owned
        page = text_of(owner_client, reverse("plex"))
        assert "Leave shared servers out" in page
        assert "shared with you" in text_of(
            owner_client, reverse("plex_server", args=[server.pk])
        )
        owner_client.post(url, {"take": "0"})
        account.refresh_from_db()
        assert not account.takes_shared
        assert PlexServer.objects.exists()

    def test_are_the_owners_business(
        self, member_client: Client, plextv: FakePlexTv
    ) -> None:
        account = sign_in_with_token(token=ACCOUNT_TOKEN)
        url = reverse("take_shared_servers", args=[account.pk])
        assert member_client.post(url, {"take": "1"}).status_code == 403


class TestHome:
    def test_shows_what_came_to_plex_last(
        self, owner_client: Client, plex: FakePlex, tmp_path: Path
    ) -> None:
        make_movie(make_root(tmp_path / "films"), "Of Our Own")
        assert "?new=plex" not in text_of(owner_client, "/")
        for number in range(25):
            plex.add_movie(100 + number, f"Film {number:02}", addedAt=1000 + number)
        sync(library_of(make_server(plex), "1"))

        here = text_of(owner_client, "/")
        assert "Of Our Own" in here
        assert "Film 24" not in here
        there = text_of(owner_client, "/?new=plex")
        assert "Of Our Own" not in there
        names = re.findall(r"Film \d\d", there)
        assert list(dict.fromkeys(names)) == [f"Film {n:02}" for n in range(24, 4, -1)]
        assert "Only at Plex" in there


class TestSignIn:
    def begin(self, client: Client) -> PlexSignIn:
        client.post(reverse("begin_plex_sign_in"))
        return PlexSignIn.objects.get()

    def test_waits_for_a_yes_and_finds_the_servers(
        self, owner_client: Client, plex: FakePlex, plextv: FakePlexTv
    ) -> None:
        sign_in = self.begin(owner_client)
        path = reverse("plex_sign_in", args=[sign_in.pk])
        page = text_of(owner_client, path)
        assert f"code={sign_in.code}" in page
        assert "Waiting for your yes" in page
        assert "hx-get" in page

        plextv.approve(sign_in.code)
        PlexSignIn.objects.update(asked_at=None)
        answer = owner_client.get(path, headers=HTMX)

        assert answer.headers["HX-Redirect"] == reverse("plex")
        page = text_of(owner_client, reverse("plex"))
        assert "Signed in as olga. Found: Attic." in page
        assert PlexServer.objects.get().state == "ONLINE"

    @pytest.mark.parametrize("code", [429, 500, 503])
    def test_survives_trouble_at_plex(
        self, owner_client: Client, plextv: FakePlexTv, code: int
    ) -> None:
        sign_in = self.begin(owner_client)
        plextv.fail("/pins/", status(code))

        page = text_of(owner_client, reverse("plex_sign_in", args=[sign_in.pk]))

        assert "Drivearr keeps asking" in page
        sign_in.refresh_from_db()
        assert sign_in.state == "WAITING"

    def test_ends_when_the_code_is_gone(
        self, owner_client: Client, plextv: FakePlexTv
    ) -> None:
        sign_in = self.begin(owner_client)
        plextv.pins.clear()

        page = text_of(owner_client, reverse("plex_sign_in", args=[sign_in.pk]))

        assert "time for this sign-in is over" in page

    def test_takes_a_token(self, owner_client: Client, plextv: FakePlexTv) -> None:
        path = reverse("paste_plex_token")
        assert owner_client.post(path, {"token": "wrong"}).status_code == 422

        owner_client.post(path, {"token": ACCOUNT_TOKEN})

        page = text_of(owner_client, reverse("plex"))
        assert "olga@example.org" in page
        assert ACCOUNT_TOKEN not in page

    def test_is_told_when_revoked_and_nothing_is_deleted(
        self, owner_client: Client, plex: FakePlex, plextv: FakePlexTv
    ) -> None:
        owner_client.post(reverse("paste_plex_token"), {"token": ACCOUNT_TOKEN})
        account = PlexAccount.objects.get()
        path = reverse("check_plex_account", args=[account.pk])
        for fault, state in (
            (status(401), "REVOKED"),
            (status(498), "EXPIRED"),
            (status(500), "UNREACHABLE"),
        ):
            plextv.fail("/user", fault, times=9)
            owner_client.post(path)
            plextv.faults.clear()
            account.refresh_from_db()
            assert account.state == state
            assert PlexServer.objects.count() == 1

    def test_out_forgets_the_account_alone(
        self, owner_client: Client, plex: FakePlex, plextv: FakePlexTv
    ) -> None:
        owner_client.post(reverse("paste_plex_token"), {"token": ACCOUNT_TOKEN})
        account = PlexAccount.objects.get()

        owner_client.post(reverse("plex_sign_out", args=[account.pk]))

        assert not PlexAccount.objects.exists()
        assert PlexServer.objects.exists()
        assert not plextv.users


class TestServerPage:
    @pytest.fixture
    def server(self, plex: FakePlex) -> PlexServer:
        file = "/data/Movies/Quiet Harbour (1999)/Quiet Harbour.mkv"
        plex.add_movie(1, "Quiet Harbour", 1999, file=file)
        return make_server(plex, is_enabled=False)

    def test_lets_a_library_take_part_and_syncs_it(
        self, owner_client: Client, server: PlexServer
    ) -> None:
        films = library_of(server, "1")

        owner_client.post(
            reverse("choose_plex_library", args=[films.pk]), {"take": "1"}
        )

        films.refresh_from_db()
        assert films.is_enabled
        job = Job.objects.get(kind="plexlink.sync")
        assert job.subject == films.subject
        page = text_of(owner_client, reverse("plex_server", args=[server.pk]))
        assert "Waiting for a worker" in page
        assert "every 0.5s" in page

        owner_client.post(
            reverse("sync_plex_library", args=[films.pk]), {"cancel": "1"}
        )
        job.refresh_from_db()
        assert job.state == "CANCELLED"

    def test_suggests_a_rule_tries_and_keeps_it(
        self, owner_client: Client, server: PlexServer, tmp_path: Path
    ) -> None:
        root = make_root(tmp_path / "films")
        make_movie(root)
        sync(library_of(server, "1"))
        PlexItem.objects.get()
        path = reverse("plex_server", args=[server.pk])
        assert "/data/Movies</span> the same as" in text_of(owner_client, path)
        given = {"plex_path": "/data/Movies", "local_path": root.path}
        deed = reverse("map_plex_path", args=[server.pk])

        tried = html.unescape(owner_client.post(deed, given).content.decode())
        assert "of 1 reached" in tried
        assert not PathMapping.objects.exists()

        owner_client.post(deed, given | {"keep": "1"})
        assert PathMapping.objects.get().local_path == root.path
        owner_client.post(
            reverse("try_plex_path", args=[server.pk]), {"path": "/data/Movies"}
        )
        assert f"{root.path} is there." in text_of(owner_client, path)

    def test_refuses_a_rule_that_is_none(
        self, owner_client: Client, server: PlexServer
    ) -> None:
        deed = reverse("map_plex_path", args=[server.pk])
        given = {"plex_path": "here", "local_path": "there", "keep": "1"}

        assert owner_client.post(deed, given).status_code == 422
        assert not PathMapping.objects.exists()

    def test_tells_trouble(
        self, owner_client: Client, plex: FakePlex, server: PlexServer
    ) -> None:
        plex.tokens.clear()

        owner_client.post(reverse("connect_plex_server", args=[server.pk]))

        page = text_of(owner_client, reverse("plex_server", args=[server.pk]))
        assert "Sign-in refused" in page
        assert "does not accept the sign-in" in page
        assert TOKEN not in page

    def test_asks_what_a_shrunken_library_means(
        self, owner_client: Client, plex: FakePlex, server: PlexServer
    ) -> None:
        films = library_of(server, "1")
        sync(films)
        plex.items.clear()
        sync(films)

        page = text_of(owner_client, reverse("plex_server", args=[server.pk]))

        assert "suddenly empty" in page
        assert "Plex is right" in page


class TestShelf:
    def test_switches_between_local_and_plex(
        self, owner_client: Client, plex: FakePlex, tmp_path: Path
    ) -> None:
        make_movie(make_root(tmp_path / "films"), "Lake Of Glass")
        shelf = reverse("title_list")
        assert "Whose titles" not in text_of(owner_client, shelf)
        plex.add_movie(1, "Quiet Harbour", 1999)
        sync(library_of(make_server(plex), "1"))

        local = text_of(owner_client, shelf)
        there = text_of(owner_client, f"{shelf}?from=plex")

        assert "Whose titles" in local
        assert re.findall(r'title="([^"]+)">\1', local) == ["Lake Of Glass"]
        assert re.findall(r'title="([^"]+)">\1', there) == ["Quiet Harbour"]
        assert "Only at Plex" in there

    def test_pages_of_people_and_collections_switch_too(
        self, owner_client: Client, plex: FakePlex
    ) -> None:
        plex.add_movie(1, "Quiet Harbour", 1999)
        plex.add_collection(900, "Harbours", ["1"])
        sync(library_of(make_server(plex), "1"))
        person = Person.objects.get(name="Ada Actor")
        collection = Collection.objects.get(name="Harbours")

        for path in (
            reverse("person_detail", args=[person.pk]),
            reverse("collection_detail", args=[collection.pk]),
        ):
            assert "Quiet Harbour" not in text_of(owner_client, path)
            there = text_of(owner_client, f"{path}?from=plex")
            assert "Quiet Harbour" in there
            assert "Only at Plex" in there

    def test_page_of_a_title_says_where_it_is_at_plex(
        self, owner_client: Client, plex: FakePlex
    ) -> None:
        plex.add_movie(1, "Quiet Harbour", 1999, Label=[{"tag": "Family"}])
        sync(library_of(make_server(plex), "1"))
        title = Title.objects.get()

        page = text_of(owner_client, reverse("title_detail", args=[title.pk]))

        assert "Attic: Films" in page
        assert "Family" in page

    def test_page_of_a_title_says_what_plex_says_of_its_files(
        self, owner_client: Client, plex: FakePlex
    ) -> None:
        cut = media(1, ["/data/Movies/a.mkv"])
        long = media(1, ["/data/Movies/b1.mkv", "/data/Movies/b2.mkv"], number=2)
        plex.add_movie(
            *(1, "Quiet Harbour", 1999),
            editionTitle="Director's Cut",
            Media=[cut, long],
            Chapter=[
                {"tag": f"Chapter {n}", "startTimeOffset": n, "endTimeOffset": n + 1}
                for n in range(3)
            ],
            Marker=[{"type": "credits", "startTimeOffset": 1, "endTimeOffset": 2}],
        )
        sync(library_of(make_server(plex), "1"))
        title = Title.objects.get()

        page = text_of(owner_client, reverse("title_detail", args=[title.pk]))

        for said in (
            *("/data/Movies/a.mkv", "/data/Movies/b2.mkv", "version 2, part 2"),
            *("Director's Cut", "1080p (H.264)", "90 min", "1 MB"),
            *("Sound: English (AC3 5.1)", "Subtitles: German (SRT)"),
            *("3 chapters", "Marked: credits", "Only on the server"),
        ):
            assert said in page, said

    def test_page_of_a_title_says_what_failed(
        self, owner_client: Client, plex: FakePlex
    ) -> None:
        plex.add_movie(1, "Quiet Harbour", 1999)
        films = library_of(make_server(plex), "1")
        sync(films)
        plex.change(1, summary="Another.")
        plex.fail(r"/library/metadata/1\b", status(500), times=9)
        films.refresh_from_db()
        sync(films)
        title = Title.objects.get()

        page = text_of(owner_client, reverse("title_detail", args=[title.pk]))

        assert "Details failed" in page
        assert "(500). (1 time)" in page

    def test_asks_plex_about_one_title_again(
        self, owner_client: Client, plex: FakePlex
    ) -> None:
        plex.add_show(20, "Ferry")
        plex.add_episode(21, 20, 1, 1)
        server = make_server(plex)
        sync(library_of(server, "2"))
        title = Title.objects.get()
        assert "Ask Plex again" in text_of(owner_client, f"/titles/{title.pk}/")

        owner_client.post(reverse("sync_plex_title", args=[title.pk]))

        job = Job.objects.active().get(kind=SYNC.name)
        assert job.arguments["keys"] == ["20"]
        # Plex changed an episode without moving any time stamp.
        plex.items["21"]["summary"] = "Told anew."
        sync_library(**job.arguments, progress=SilentProgress())
        assert Item.objects.get(title=title).overview == "Told anew."


class TestSyncButtons:
    @pytest.fixture
    def films(self, plex: FakePlex) -> PlexLibrary:
        plex.add_movie(7, "Charade", 1963)
        return library_of(make_server(plex), "1")

    @pytest.mark.parametrize(
        ("pressed", "is_deep"), [({}, False), ({"deep": "1"}, True)]
    )
    def test_sync_a_library_now(
        self,
        owner_client: Client,
        films: PlexLibrary,
        pressed: dict[str, str],
        is_deep: bool,
    ) -> None:
        page = text_of(owner_client, reverse("plex_server", args=[films.server_id]))
        assert "Deep sync" in page
        url = reverse("sync_plex_library", args=[films.pk])
        owner_client.post(url, pressed)
        owner_client.post(url, pressed)

        job = Job.objects.active().get(kind=SYNC.name)
        assert (job.arguments["deep"], job.trigger) == (is_deep, "PERSON")
        page = text_of(owner_client, reverse("plex_server", args=[films.server_id]))
        assert "Waiting for a worker" in page

    def test_stop_it_again(self, owner_client: Client, films: PlexLibrary) -> None:
        url = reverse("sync_plex_library", args=[films.pk])
        owner_client.post(url)
        owner_client.post(url, {"cancel": "1"})
        assert not Job.objects.active().filter(kind=SYNC.name).exists()

    def test_are_the_owners_alone(
        self, member_client: Client, films: PlexLibrary
    ) -> None:
        url = reverse("sync_plex_library", args=[films.pk])
        assert member_client.post(url).status_code == 403
        assert not Job.objects.active().filter(kind=SYNC.name).exists()

    def test_say_phase_count_pace_and_time_left(
        self, owner_client: Client, films: PlexLibrary
    ) -> None:
        now = timezone.now()
        job = Job.objects.create(
            kind=SYNC.name,
            subject=films.subject,
            state="RUNNING",
            started_at=now,
            heartbeat_at=now,
            done=600,
            total=2400,
        )
        films.syncs.create(
            kind="DEEP",
            job=job,
            phase="Details of movies",
            phase_at=now - timedelta(seconds=60),
        )
        with time_machine.travel(now, tick=False):
            page = text_of(
                owner_client, reverse("plex_libraries", args=[films.server_id])
            )
        assert "Details of movies" in page
        assert "600 of 2\u202f400 items · 10 a second · 3 min left" in page
        assert "hx-trigger" in page


class TestGone:
    @pytest.fixture
    def films(self, plex: FakePlex) -> PlexLibrary:
        for key, name in ((7, "Charade"), (8, "Gilda"), (9, "Laura")):
            plex.add_movie(key, name)
        films = library_of(make_server(plex), "1")
        sync(films)
        self.rows = [plex.remove(7), plex.remove(8)]
        films.refresh_from_db()
        sync(films)
        return films

    def test_is_listed_with_the_day_it_is_forgotten(
        self, owner_client: Client, films: PlexLibrary
    ) -> None:
        url = reverse("plex_gone", args=[films.pk])
        assert url in text_of(
            owner_client, reverse("plex_server", args=[films.server_id])
        )
        page = text_of(owner_client, url)
        assert "Charade" in page
        assert "Gilda" in page
        assert "Laura" not in page
        forgotten = timezone.localtime(timezone.now() + timedelta(days=30))
        assert f"forgotten on {forgotten.day} {forgotten:%B}" in page

    def test_comes_back_when_plex_has_it_again(
        self, owner_client: Client, films: PlexLibrary, plex: FakePlex
    ) -> None:
        plex.items["7"] = self.rows[0]
        url = reverse("settle_plex_gone", args=[films.pk])
        owner_client.post(url, {"ask": "1"})
        job = Job.objects.active().get(kind=SYNC.name)
        assert job.arguments["keys"] == ["7", "8"]
        sync_library(**job.arguments, progress=SilentProgress())
        gone = PlexItem.objects.filter(state="FILE_NOT_FOUND")
        assert [each.name for each in gone] == ["Gilda"]

    def test_is_forgotten_one_by_one_or_at_once(
        self, owner_client: Client, films: PlexLibrary
    ) -> None:
        url = reverse("settle_plex_gone", args=[films.pk])
        here = PlexItem.objects.get(name="Laura")
        owner_client.post(url, {"forget": "1", "item": here.pk})
        assert PlexItem.objects.count() == 3
        charade = PlexItem.objects.get(name="Charade")
        owner_client.post(url, {"forget": "1", "item": charade.pk})
        assert PlexItem.objects.count() == 2
        assert not Title.objects.filter(name="Charade").exists()
        owner_client.post(url, {"forget": "1"})
        assert PlexItem.objects.get() == here

    def test_is_the_owners_business(
        self, member_client: Client, films: PlexLibrary
    ) -> None:
        url = reverse("settle_plex_gone", args=[films.pk])
        assert member_client.post(url, {"forget": "1"}).status_code == 403
        assert (
            member_client.get(reverse("plex_gone", args=[films.pk])).status_code == 403
        )


class TestPhases:
    def test_are_told_one_after_the_other_with_their_counts(
        self, plex: FakePlex
    ) -> None:
        plex.add_show(20, "Ferry")
        for number in range(1, 31):
            plex.add_episode(100 + number, 20, 1, number)
        shows = library_of(make_server(plex), "2")
        told = Watching(shows)

        sync_library(library_id=shows.pk, progress=told)

        assert told.notes == [
            "Connecting",
            "Listing shows",
            "Listing seasons",
            "Listing episodes",
            "Details of shows",
            "Details of seasons",
            "Details of episodes",
            "Collections",
            "Tying files",
        ]
        assert ("Details of episodes", 30) in told.seen
        run = shows.syncs.get()
        assert run.phase == ""


class TestActivity:
    def test_says_what_the_server_does_and_plays(
        self, owner_client: Client, plex: FakePlex
    ) -> None:
        plex.add_movie(7, "Charade", 1963)
        plex.doing = ["Scanning Films"]
        plex.playing = ["7"]
        server = make_server(plex)
        PlexServer.objects.get().connections.update(is_current=True)
        url = reverse("plex_activity", args=[server.pk])
        page = text_of(owner_client, url)
        assert "Scanning Films" in page
        assert "Charade" in page
        assert TOKEN not in page
        plex.doing, plex.playing = [], []
        assert "Nothing is going on there" in text_of(owner_client, url)
        whole = text_of(owner_client, reverse("plex_server", args=[server.pk]))
        assert f'hx-get="{url}"' in whole

    def test_says_in_words_why_it_does_not_know(
        self, owner_client: Client, plex: FakePlex
    ) -> None:
        server = make_server(plex)
        PlexServer.objects.get().connections.update(is_current=True)
        plex.fail("/activities", status(500), times=9)
        page = text_of(owner_client, reverse("plex_activity", args=[server.pk]))
        assert "Plex failed" in page


class TestCharts:
    def test_show_answers_and_misses_oldest_first(
        self, owner_client: Client, plex: FakePlex
    ) -> None:
        server = make_server(plex)
        server.readings.all().delete()
        now = timezone.now()
        for age, latency in ((3, 40), (2, None), (1, 10)):
            server.readings.create(
                uri=plex.url, at=now - timedelta(hours=age), latency_ms=latency
            )
        chart = draw_answers(server)
        assert [bar.is_failure for bar in chart.bars] == [False, True, False]
        assert chart.bars[0].height == 4 * chart.bars[2].height
        assert [bar.x for bar in chart.bars] == [0, 8, 16]
        page = text_of(owner_client, reverse("plex_server", args=[server.pk]))
        assert "10 to 40 ms, 1 without an answer" in page

    def test_show_how_long_runs_took_and_what_went_wrong(
        self, owner_client: Client, plex: FakePlex
    ) -> None:
        films = library_of(make_server(plex), "1")
        now = timezone.now()
        for age, seconds, state, errors in ((9, 8.0, "DONE", 4), (1, 2.0, "DONE", 1)):
            begun = now - timedelta(days=age)
            films.syncs.create(
                kind="DEEP",
                state=state,
                seconds=seconds,
                errors=errors,
                started_at=begun,
                finished_at=begun,
            )
        films.server.errors.create(kind="NETWORK", code="X", message="It failed.")
        page = text_of(owner_client, reverse("plex_server", args=[films.server_id]))
        assert "2.0 to 8.0 s" in page
        assert "1 in the last week, 4 before" in page

    def test_are_fed_by_every_connection(self, plex: FakePlex) -> None:
        server = make_server(plex)
        before = server.readings.count()
        assert keeping.check_server(server=server)
        assert server.readings.count() == before + 1
        assert server.readings.latest("at").latency_ms


class Watching(SilentProgress):
    """Looks, whenever it is asked whether to stop, which phase the run is in."""

    def __init__(self, library: PlexLibrary) -> None:
        super().__init__()
        self.library = library
        self.seen: list[tuple[str, int | None]] = []
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text.removesuffix(f": {self.library.name}"))

    def check(self) -> None:
        run = self.library.syncs.filter(state="RUNNING").first()
        self.seen.append((run.phase if run else "", self.total))
