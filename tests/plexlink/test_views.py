"""The Plex pages, from sign-in to a synced library."""

import html
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from drivearr.jobs.models import Job
from library.models import Title
from plexlink.models import PathMapping, PlexAccount, PlexItem, PlexServer, PlexSignIn
from plexlink.services.signing_in import sign_in_with_token
from tests.factories.library import make_movie, make_root
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes.plex import ACCOUNT_TOKEN, TOKEN, FakePlex, FakePlexTv, status
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
        assert "every 1s" in page

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

    def test_page_of_a_title_says_where_it_is_at_plex(
        self, owner_client: Client, plex: FakePlex
    ) -> None:
        plex.add_movie(1, "Quiet Harbour", 1999, Label=[{"tag": "Family"}])
        sync(library_of(make_server(plex), "1"))
        title = Title.objects.get()

        page = text_of(owner_client, reverse("title_detail", args=[title.pk]))

        assert "Attic: Films" in page
        assert "Family" in page
