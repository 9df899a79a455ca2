"""Faults at every call but those of a sync: nothing is lost, and it works afterwards."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from drivearr.lib.errors import DrivearrError
from drivearr.lib.progress import SilentProgress
from library.models import Artwork, Collection, Title, WatchState
from plexlink.models import (
    PlexAccount,
    PlexError,
    PlexItem,
    PlexLibrary,
    PlexServer,
    PlexSignIn,
)
from plexlink.services import (
    connecting,
    discovering,
    keeping,
    refreshing,
    signing_in,
    watching,
)
from plexlink.services.listening import Listener
from plexlink.services.picturing import fetch_pictures
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes.plex import ACCOUNT_TOKEN, FakePlex, FakePlexTv
from tests.library.test_pictures import picture
from tests.plexlink.test_faults import FAULTS

pytestmark = pytest.mark.django_db
MANY = 60
"""More often than anything is tried."""


@pytest.fixture(autouse=True)
def _no_patience(settings: LazySettings) -> None:
    settings.PLEX_RETRIES = 1


@pytest.fixture
def server(plex: FakePlex, plextv: FakePlexTv) -> PlexServer:
    """A server of an account, synced, with all that may be turned on."""
    plex.add_movie(7, "Charade", 1963, tmdb=4808)
    plex.add_movie(8, "Metropolis", 1927, tmdb=19)
    plex.add_collection(900, "Old ones", ["7", "8"])
    plex.pictures["7"] = picture(400, 600)
    account = signing_in.sign_in_with_token(token=ACCOUNT_TOKEN)
    server = make_server(plex)
    PlexServer.objects.update(
        account=account, refreshes_sections=True, writes_watched=True, timeout_seconds=1
    )
    sync(library_of(server, "1"))
    return PlexServer.objects.select_related("account").get()


def known() -> list[object]:
    """What may not be lost, whatever happens."""
    return [
        *PlexItem.objects.order_by("pk").values_list("rating_key", "etag", "state"),
        *PlexLibrary.objects.order_by("pk").values_list("key", "name", "gone_since"),
        *PlexLibrary.objects.order_by("pk").values_list("is_enabled", "held_reason"),
        *PlexServer.objects.values_list("machine_id", "name", "account"),
        *PlexServer.objects.values_list("connections__uri"),
        *PlexAccount.objects.values_list("plex_id", "name"),
        *Title.objects.order_by("pk").values_list("name", "facts_from"),
        *Collection.objects.order_by("pk").values_list("name", "titles"),
        *[row.token for row in PlexServer.objects.all()],
        *[row.token for row in PlexAccount.objects.all()],
    ]


def at_each_fault(
    fake: FakePlex | FakePlexTv, call: str, *, but: tuple[str, ...] = ()
) -> Iterator[str]:
    """Let a call go wrong in each way, for good; and afterwards be well again."""
    for name, fault in FAULTS.items():
        if name in but:
            continue
        fake.faults.clear()
        fake.fail(call, fault, times=MANY)
        planned = fake.faults[0]
        yield name
        assert planned.times < MANY, f"nothing asked for {call}"
        fake.faults.clear()
        PlexServer.objects.update(state="ONLINE", rests_until=None, failures_in_a_row=0)


def tried(work: Callable[[], object]) -> Exception | None:
    """Do it; only failures that are a sentence may come of it."""
    try:
        work()
    except DrivearrError as error:
        failure = error
    else:
        return None
    assert failure.message
    assert ACCOUNT_TOKEN not in f"{failure.message}{failure.advice}"
    return failure


class TestServerCalls:
    @pytest.mark.parametrize("call", [r"/identity$", r" /$", r"/library/sections$"])
    def test_of_a_check_lose_nothing(
        self, plex: FakePlex, server: PlexServer, call: str
    ) -> None:
        before = known()
        for fault in at_each_fault(plex, call.replace(" /$", r"^/(\?|$)")):
            keeping.check_server(server=PlexServer.objects.get())
            assert known() == before, fault
        assert keeping.check_server(server=PlexServer.objects.get())
        assert PlexServer.objects.get().state == PlexServer.State.ONLINE

    @pytest.mark.parametrize("call", ["/activities", "/status/sessions"])
    def test_of_what_it_does_now_are_a_sentence(
        self, plex: FakePlex, server: PlexServer, call: str
    ) -> None:
        before = known()
        for fault in at_each_fault(plex, call):
            tried(lambda: connecting.ask_activity(server=server))
            assert known() == before, fault
        assert connecting.ask_activity(server=server) == ((), ())

    def test_of_collections_members_keep_them(
        self, plex: FakePlex, server: PlexServer
    ) -> None:
        before = known()
        # An answer of no rows is that of an empty collection.
        for fault in at_each_fault(plex, "/children", but=("no rows", "empty")):
            tried(lambda: sync(library_of(server, "1"), deep=True))
            assert known() == before, fault
        sync(library_of(server, "1"), deep=True)
        assert known() == before

    def test_of_pictures_leave_them_for_another_day(
        self, plex: FakePlex, server: PlexServer
    ) -> None:
        for fault in at_each_fault(plex, r"/(thumb|art)/"):
            assert fetch_pictures(progress=SilentProgress()).fetched == 0, fault
            assert not Artwork.objects.exclude(file="").exists(), fault
            Artwork.objects.update(failed_at=None)
        assert fetch_pictures(progress=SilentProgress()).fetched >= 1

    def test_of_a_refresh_are_made_good_later(
        self, plex: FakePlex, server: PlexServer
    ) -> None:
        films = PlexLibrary.objects.filter(key="1")
        for fault in at_each_fault(plex, "/refresh"):
            films.update(refresh_wanted_at=timezone.now(), refresh_asked_at=None)
            told = refreshing.tell_server(server=PlexServer.objects.get())
            waits = films.filter(refresh_wanted_at__isnull=False).exists()
            assert waits is not bool(told), fault
            assert bool(told) is (fault in {"empty", "no rows"}), fault
        assert PlexError.objects.filter(about="refresh").exists()
        assert refreshing.tell_server(server=PlexServer.objects.get()) == 1

    @pytest.mark.parametrize("is_watched", [True, False])
    def test_of_writing_back_remember_only_what_plex_heard(
        self, plex: FakePlex, server: PlexServer, is_watched: bool
    ) -> None:
        title = Title.objects.get(name="Charade")
        for fault in at_each_fault(plex, "scrobble"):
            failure = tried(
                lambda: watching.mark_title(title=title, is_watched=is_watched)
            )
            heard = fault in {"empty", "no rows"}
            assert (failure is None) is heard, fault
            assert WatchState.objects.exists() is heard, fault
            WatchState.objects.all().delete()
        watching.mark_title(title=title, is_watched=is_watched)
        assert WatchState.objects.get().is_watched is is_watched

    def test_of_the_live_line_let_it_try_again(
        self, plex: FakePlex, server: PlexServer
    ) -> None:
        before = known()
        for fault in at_each_fault(plex, "websockets"):
            listener = Listener(server.pk)
            assert listener.step() > 0, fault
            assert listener.failures == 1, fault
            listener.close()
            assert known() == before, fault
        listener = Listener(server.pk)
        assert listener.step() == 0.0
        listener.close()


class TestAccountCalls:
    def test_of_a_check_tell_over_from_unreachable(
        self, plextv: FakePlexTv, server: PlexServer
    ) -> None:
        before, account = known(), PlexAccount.objects.get()
        over = {"401": PlexAccount.State.REVOKED, "498": PlexAccount.State.EXPIRED}
        for fault in at_each_fault(plextv, "/api/v2/user$"):
            signing_in.check_account(account=account)
            expected = over.get(fault, PlexAccount.State.UNREACHABLE)
            assert account.state == expected, fault
            assert known() == before, fault
        signing_in.check_account(account=account)
        assert account.state == PlexAccount.State.GOOD

    def test_of_the_servers_forget_none(
        self, plextv: FakePlexTv, server: PlexServer
    ) -> None:
        before = known()
        account = PlexAccount.objects.get()
        for fault in at_each_fault(plextv, "/api/v2/resources"):
            tried(lambda: discovering.refresh_servers(account=account))
            keeping.check_all()
            assert known()[:-2] == before[:-2], fault
            assert known() == before, fault

    @pytest.mark.parametrize("call", ["auth/nonce", "auth/token", "/api/v2/user$"])
    def test_of_a_renewal_keep_the_old_token(
        self, plextv: FakePlexTv, call: str
    ) -> None:
        token = plextv.give_token(plextv.users[ACCOUNT_TOKEN], seconds=3600)
        account = signing_in.sign_in_with_token(token=token)
        for fault in at_each_fault(plextv, call):
            signing_in.check_account(account=account)
            account.refresh_from_db()
            assert account.token == token, fault
            assert account.device_key is not None, fault
        signing_in.check_account(account=account)
        account.refresh_from_db()
        assert account.token != token
        assert account.state == PlexAccount.State.GOOD

    def test_of_making_a_key_known_keep_the_sign_in(self, plextv: FakePlexTv) -> None:
        for fault in at_each_fault(plextv, "auth/jwk"):
            token = plextv.give_token(plextv.users[ACCOUNT_TOKEN], seconds=3600)
            account = signing_in.sign_in_with_token(token=token)
            assert (account.token, account.state) == (token, "GOOD"), fault
        account = signing_in.check_account(account=PlexAccount.objects.get())
        assert account.device_key is not None

    @pytest.mark.parametrize("call", [r"/pins/\d+", "/api/v2/user$"])
    def test_of_a_sign_in_under_way_let_it_go_on(
        self, plextv: FakePlexTv, call: str
    ) -> None:
        for fault in at_each_fault(plextv, call):
            begun = signing_in.begin_sign_in()
            plextv.approve(begun.code)
            seen = signing_in.look_at(sign_in=begun)
            ends = fault == "404" and call.startswith("/pins")
            expected = PlexSignIn.State.EXPIRED if ends else PlexSignIn.State.WAITING
            assert seen.state == expected, fault
            assert not PlexAccount.objects.exists(), fault
            plextv.faults.clear()
            if ends:
                continue
            assert seen.trouble, fault
            earlier = timezone.now() - timedelta(seconds=10)
            PlexSignIn.objects.filter(pk=seen.pk).update(asked_at=earlier)
            seen = signing_in.look_at(sign_in=PlexSignIn.objects.get(pk=seen.pk))
            assert seen.state == PlexSignIn.State.DONE, fault
            PlexAccount.objects.all().delete()

    def test_of_beginning_a_sign_in_are_a_sentence(self, plextv: FakePlexTv) -> None:
        for fault in at_each_fault(plextv, "/api/v2/pins"):
            assert tried(signing_in.begin_sign_in) is not None, fault
            assert not PlexSignIn.objects.exists(), fault
        assert signing_in.begin_sign_in().code

    def test_of_signing_out_forget_the_account_all_the_same(
        self, plextv: FakePlexTv
    ) -> None:
        for fault in at_each_fault(plextv, "signout"):
            token = plextv.give_token(plextv.users[ACCOUNT_TOKEN])
            account = signing_in.sign_in_with_token(token=token)
            signing_in.sign_out(account=account)
            assert not PlexAccount.objects.exists(), fault
