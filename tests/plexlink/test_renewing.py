"""Tokens that expire: asked for, renewed in time and late, and told apart when over."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from plexlink.models import PlexAccount, PlexError, PlexItem, PlexServer, PlexSignIn
from plexlink.services import keeping, signing_in
from plexlink.speaking import PlexRefused
from plexlink.tasks import check_servers
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes.plex import ACCOUNT_TOKEN, FakePlex, FakePlexTv, status

pytestmark = pytest.mark.django_db

State = PlexAccount.State
HOUR, DAY = 3600, 86_400


def olga(plextv: FakePlexTv) -> dict[str, Any]:
    return plextv.users[ACCOUNT_TOKEN]


def sign_in(plextv: FakePlexTv, *, seconds: int = 7 * DAY) -> PlexAccount:
    """Sign in with a token that expires so late."""
    token = plextv.give_token(olga(plextv), seconds=seconds)
    account = signing_in.sign_in_with_token(token=token)
    plextv.asked.clear()
    return account


def age(account: PlexAccount, plextv: FakePlexTv) -> None:
    """Let the time of its token be over, here and at Plex."""
    plextv.expired_tokens.add(account.token)
    PlexAccount.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    account.refresh_from_db()


class TestBrowserSignIn:
    def test_is_for_a_token_without_end_unless_the_owner_wants_the_other(
        self, plextv: FakePlexTv
    ) -> None:
        begun = signing_in.begin_sign_in()
        plextv.approve(begun.code)
        account = signing_in.look_at(sign_in=begun).account
        assert account is not None
        assert account.expires_at is None
        assert plextv.keys == {}

    def test_brings_a_token_that_its_own_key_renews(
        self, plextv: FakePlexTv, settings: LazySettings
    ) -> None:
        settings.PLEX_EXPIRING_TOKENS = True
        begun = signing_in.begin_sign_in()
        waiting = signing_in.look_at(sign_in=begun)
        assert waiting.state == PlexSignIn.State.WAITING
        PlexSignIn.objects.update(asked_at=None)
        plextv.approve(begun.code)
        ended = signing_in.look_at(sign_in=waiting)
        assert ended.state == PlexSignIn.State.DONE
        account = PlexAccount.objects.get()
        assert account.expires_at is not None
        assert account.is_renewed
        # One letter served for both looks, and nothing secret is left behind.
        assert plextv.paths().count("/api/v2/auth/nonce") == 1
        assert not ended.sealed_device_key
        assert not ended.sealed_letter

    def test_goes_on_where_plex_gives_no_word_to_sign_now(
        self, plextv: FakePlexTv, settings: LazySettings
    ) -> None:
        settings.PLEX_EXPIRING_TOKENS = True
        begun = signing_in.begin_sign_in()
        plextv.approve(begun.code)
        plextv.fail("auth/nonce", status(429))
        waiting = signing_in.look_at(sign_in=begun)
        assert waiting.state == PlexSignIn.State.WAITING
        assert "peace" in waiting.trouble
        PlexSignIn.objects.update(asked_at=None)
        assert signing_in.look_at(sign_in=waiting).state == PlexSignIn.State.DONE


class TestPastedToken:
    def test_gets_a_key_where_it_expires(self, plextv: FakePlexTv) -> None:
        account = sign_in(plextv)
        key = account.device_key
        assert key is not None
        assert key.jwk["kid"] in plextv.keys

    def test_holds_until_its_end_where_plex_takes_no_key(
        self, plextv: FakePlexTv
    ) -> None:
        plextv.fail("auth/jwk", status(403))
        account = sign_in(plextv)
        assert account.state == State.GOOD
        assert not account.is_renewed
        assert PlexError.objects.open().get().about == "key of account olga"

    def test_gets_none_where_it_has_no_end(self, plextv: FakePlexTv) -> None:
        signing_in.sign_in_with_token(token=ACCOUNT_TOKEN)
        assert plextv.keys == {}


class TestCheck:
    def test_renews_two_days_before_the_end(self, plextv: FakePlexTv) -> None:
        account = sign_in(plextv, seconds=2 * DAY - HOUR)
        before = account.token
        check_servers()
        account.refresh_from_db()
        assert account.token != before
        assert account.state == State.GOOD
        left = account.expires_at
        assert left is not None
        assert left - timezone.now() > timedelta(days=6)

    def test_leaves_a_token_with_days_to_go(self, plextv: FakePlexTv) -> None:
        account = sign_in(plextv, seconds=3 * DAY)
        before = account.token
        signing_in.check_account(account=account)
        assert account.token == before
        assert "/api/v2/auth/nonce" not in plextv.paths()

    def test_renews_after_the_end_too(self, plextv: FakePlexTv) -> None:
        account = sign_in(plextv)
        age(account, plextv)
        assert signing_in.check_account(account=account).state == State.GOOD
        assert account.token not in plextv.expired_tokens

    def test_says_expired_where_no_key_is_known(self, plextv: FakePlexTv) -> None:
        account = sign_in(plextv)
        PlexAccount.objects.update(sealed_device_key="")
        age(account, plextv)
        plextv.fail("auth/jwk", status(498))
        assert signing_in.check_account(account=account).state == State.EXPIRED

    def test_says_revoked_where_plex_forgot_token_and_key(
        self, plextv: FakePlexTv
    ) -> None:
        account = sign_in(plextv)
        del plextv.users[account.token]
        plextv.keys.clear()
        assert signing_in.check_account(account=account).state == State.REVOKED
        assert "key" in account.state_reason

    def test_says_revoked_of_a_classic_token(self, plextv: FakePlexTv) -> None:
        account = signing_in.sign_in_with_token(token=ACCOUNT_TOKEN)
        plextv.users.clear()
        assert signing_in.check_account(account=account).state == State.REVOKED

    @pytest.mark.parametrize("code", [429, 500, 503])
    def test_says_unreachable_where_plex_cannot_renew_now(
        self, plextv: FakePlexTv, code: int
    ) -> None:
        account = sign_in(plextv)
        before = account.token
        age(account, plextv)
        plextv.fail("auth/nonce", status(code), times=20)
        assert signing_in.check_account(account=account).state == State.UNREACHABLE
        assert account.token == before

    def test_keeps_the_token_where_the_new_one_is_somebody_elses(
        self, plextv: FakePlexTv
    ) -> None:
        account = sign_in(plextv, seconds=HOUR)
        before = account.token
        other = {"id": 9, "username": "otto", "email": "", "title": "Otto"}
        for kid, (jwk, client, _user) in plextv.keys.items():
            plextv.keys[kid] = (jwk, client, other)
        signing_in.check_account(account=account)
        assert account.token == before
        assert account.name == "olga"

    def test_shows_no_token_or_key_in_an_address(self, plextv: FakePlexTv) -> None:
        account = sign_in(plextv, seconds=HOUR)
        before = account.token
        key = account.device_key
        signing_in.check_account(account=account)
        asked = "\n".join(plextv.asked)
        assert key is not None
        for secret in (before, account.token, key.text):
            assert secret not in asked


class TestServer:
    def test_gets_its_new_token_when_it_refuses_the_old_one(
        self, plex: FakePlex, plextv: FakePlexTv
    ) -> None:
        account = sign_in(plextv)
        server = make_server(plex)
        PlexServer.objects.update(account=account)
        server = PlexServer.objects.select_related("account").get()
        plex.tokens = {"the-new-one"}
        plextv.server_token = "the-new-one"
        assert keeping.check_server(server=server)
        assert PlexServer.objects.get().token == "the-new-one"
        assert PlexServer.objects.get().state == PlexServer.State.ONLINE

    def test_goes_on_with_a_run_whose_token_ends_on_the_way(
        self, plex: FakePlex, plextv: FakePlexTv
    ) -> None:
        plex.add_movie(11, "Charade", 1963)
        account = sign_in(plextv)
        server = make_server(plex)
        PlexServer.objects.update(account=account)
        age(account, plextv)
        plextv.server_token = "the-new-one"

        def end(fake: FakePlex, start: int) -> None:
            fake.tokens = {"the-new-one"}

        plex.on_page = end
        assert sync(library_of(server, "1"), deep=True).added == 1
        assert PlexItem.objects.get().state != PlexItem.State.SCANNING
        account.refresh_from_db()
        assert account.token not in plextv.expired_tokens

    def test_stops_where_the_account_has_no_other_token(
        self, plex: FakePlex, plextv: FakePlexTv
    ) -> None:
        plex.add_movie(11, "Charade", 1963)
        account = sign_in(plextv)
        server = make_server(plex)
        PlexServer.objects.update(account=account)
        plex.tokens = {"nobody-has-this-one"}
        with pytest.raises(PlexRefused):
            sync(library_of(server, "1"))
        assert PlexServer.objects.get().state == PlexServer.State.UNAUTHORIZED
