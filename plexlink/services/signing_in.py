"""Signing in to Plex: by a code in the browser, or with a token that is pasted."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from drivearr.web.sealing import seal
from plexlink.models import Installation, PlexAccount, PlexSignIn
from plexlink.plextv import AccountFacts, PlexTv, auth_link, token_expiry
from plexlink.services.connecting import me
from plexlink.services.erring import Place, note_trouble
from plexlink.speaking import (
    ONE_TRY,
    Patience,
    PlexLacks,
    PlexRefused,
    PlexTokenExpired,
    PlexTrouble,
    Speaker,
)

POLL_SECONDS = 1.5
"""A sign-in is looked at no more often, however many pages ask."""


class TokenRefused(Refused):
    """What was pasted is no token that Plex takes."""

    code = "TOKEN_REFUSED"
    advice = gettext_noop(
        "Copy the whole token, without blanks; or sign in with the browser."
    )


def open_plextv(*, token: str = "", is_patient: bool = True) -> PlexTv:
    """Return plex.tv, asked with `token`; without patience each call is tried once."""
    patience = Patience(
        attempts=settings.PLEX_RETRIES + 1,
        connect_seconds=settings.PLEX_CONNECT_SECONDS,
    )
    speaker = Speaker(
        settings.PLEXTV_URL,
        me=me(),
        token=token,
        patience=patience if is_patient else ONE_TRY,
    )
    return PlexTv(speaker)


def begin_sign_in() -> PlexSignIn:
    """Begin a sign-in by a code.

    Raises: PlexTrouble when plex.tv gives none.
    """
    pin = open_plextv().begin_pin()
    now = timezone.now()
    return PlexSignIn.objects.create(
        pin_id=pin.id,
        code=pin.code,
        begun_at=now,
        expires_at=now + timedelta(seconds=pin.expires_in_seconds),
    )


def sign_in_link(*, sign_in: PlexSignIn, back: str = "") -> str:
    """Return where the person says yes; `back`: where Plex sends them afterwards."""
    return auth_link(
        settings.PLEX_APP_URL,
        client_identifier=str(Installation.get().client_identifier),
        code=sign_in.code,
        back=back,
    )


def look_at(*, sign_in: PlexSignIn) -> PlexSignIn:
    """See whether the person has said yes; trouble on the way is no end.

    Asks plex.tv at most every POLL_SECONDS, however often it is called.
    """
    now = timezone.now()
    if sign_in.state != PlexSignIn.State.WAITING:
        return sign_in
    if now >= sign_in.expires_at:
        return _end(sign_in, state=PlexSignIn.State.EXPIRED)
    rows = PlexSignIn.objects.filter(pk=sign_in.pk, state=PlexSignIn.State.WAITING)
    since = now - timedelta(seconds=POLL_SECONDS)
    if not rows.exclude(asked_at__gt=since).update(asked_at=now):
        sign_in.refresh_from_db()
        return sign_in
    return _ask(sign_in)


def _ask(sign_in: PlexSignIn) -> PlexSignIn:
    trouble = ""
    try:
        pin = open_plextv(is_patient=False).look_at_pin(sign_in.pin_id, sign_in.code)
        if pin.token:
            account = keep_account(token=pin.token, is_patient=False)
            return _end(sign_in, state=PlexSignIn.State.DONE, account=account)
    except PlexLacks:
        return _end(sign_in, state=PlexSignIn.State.EXPIRED)
    except PlexTrouble as error:
        # 429, 503, a time-out: the person may be saying yes just now. Go on.
        trouble = error.message
    PlexSignIn.objects.filter(pk=sign_in.pk).update(trouble=trouble)
    sign_in.refresh_from_db()
    return sign_in


def _end(
    sign_in: PlexSignIn, *, state: str, account: PlexAccount | None = None
) -> PlexSignIn:
    PlexSignIn.objects.filter(pk=sign_in.pk, state=PlexSignIn.State.WAITING).update(
        state=state, account=account, trouble=""
    )
    sign_in.refresh_from_db()
    return sign_in


def wait_for(
    *, sign_in: PlexSignIn, sleep: Callable[[float], None], check: Callable[[], None]
) -> PlexSignIn:
    """Look until the person has said yes, or the code has expired (for commands)."""
    while sign_in.state == PlexSignIn.State.WAITING:
        check()
        sign_in = look_at(sign_in=sign_in)
        if sign_in.state == PlexSignIn.State.WAITING:
            sleep(POLL_SECONDS)
    return sign_in


def sign_in_with_token(*, token: str) -> PlexAccount:
    """Sign in with a token that somebody pasted.

    Raises:
        TokenRefused: it is none that Plex takes.
        PlexTrouble: plex.tv cannot be asked.

    """
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise TokenRefused(gettext("That is no token of Plex."))
    try:
        return keep_account(token=token)
    except PlexTokenExpired:
        raise TokenRefused(gettext("The time of this token is over.")) from None
    except PlexRefused:
        raise TokenRefused(gettext("Plex does not accept this token.")) from None


def keep_account(*, token: str, is_patient: bool = True) -> PlexAccount:
    """Ask whose token it is and store both, as a new account or the known one."""
    facts = open_plextv(token=token, is_patient=is_patient).account()
    return _store(facts, token)


@transaction.atomic
def _store(facts: AccountFacts, token: str) -> PlexAccount:
    account, is_new = PlexAccount.objects.get_or_create(
        plex_id=facts.id,
        defaults={
            "name": facts.name,
            "email": facts.email,
            "sealed_token": seal(token),
        },
    )
    if not is_new:
        PlexAccount.objects.filter(pk=account.pk).update(
            name=facts.name, email=facts.email
        )
    account.keep_token(token, expires_at=token_expiry(token), now=timezone.now())
    return account


def check_account(*, account: PlexAccount) -> PlexAccount:
    """Ask plex.tv whether the sign-in still holds; tells apart why not.

    Nothing is deleted, whatever comes out.
    """
    now = timezone.now()
    try:
        open_plextv(token=account.token).account()
    except PlexTokenExpired as error:
        _mark(account, PlexAccount.State.EXPIRED, error)
    except PlexRefused as error:
        _mark(account, PlexAccount.State.REVOKED, error)
    except PlexTrouble as error:
        _mark(account, PlexAccount.State.UNREACHABLE, error)
    else:
        account.mark(PlexAccount.State.GOOD, now=now)
    return account


def _mark(account: PlexAccount, state: str, error: PlexTrouble) -> None:
    account.mark(state, reason=error.message, now=timezone.now())
    note_trouble(error, Place(about=f"account {account.name}"))


def sign_out(*, account: PlexAccount) -> None:
    """Give the token back and forget the account; servers and what they hold stay."""
    try:
        open_plextv(token=account.token, is_patient=False).sign_out()
    except PlexTrouble as error:
        # It is forgotten here in any case; at Plex the owner can revoke it.
        note_trouble(error, Place(about=f"account {account.name}"))
    account.delete()
