"""Signing in to Plex: by a code in the browser, or with a token that is pasted."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from drivearr.web.sealing import seal, unseal
from plexlink.devicekeys import LETTER_GOOD_FOR, DeviceKey, token_expiry
from plexlink.models import Installation, PlexAccount, PlexSignIn
from plexlink.plextv import AccountFacts, Pin, PlexTv, auth_link
from plexlink.services import renewing
from plexlink.services.erring import Place, note_trouble
from plexlink.services.opening import open_plextv
from plexlink.speaking import PlexLacks, PlexRefused, PlexTokenExpired, PlexTrouble

POLL_SECONDS = 1.5
"""A sign-in is looked at no more often, however many pages ask."""


class TokenRefused(Refused):
    """What was pasted is no token that Plex takes."""

    code = "TOKEN_REFUSED"
    advice = gettext_noop(
        "Copy the whole token, without blanks; or sign in with the browser."
    )


def begin_sign_in() -> PlexSignIn:
    """Begin a sign-in by a code.

    Raises: PlexTrouble when plex.tv gives none.
    """
    key = DeviceKey.make() if settings.PLEX_EXPIRING_TOKENS else None
    pin = open_plextv().begin_pin(key.jwk if key else None)
    now = timezone.now()
    return PlexSignIn.objects.create(
        pin_id=pin.id,
        code=pin.code,
        sealed_device_key=seal(key.text) if key else "",
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
        plextv = open_plextv(is_patient=False)
        letter = _letter(sign_in)
        pin = _look_at_pin(plextv, sign_in, letter)
        if pin is None:
            return _end(sign_in, state=PlexSignIn.State.EXPIRED)
        if pin.token:
            key = sign_in.sealed_device_key
            account = keep_account(token=pin.token, is_patient=False, sealed_key=key)
            return _end(sign_in, state=PlexSignIn.State.DONE, account=account)
    except PlexTrouble as error:
        # 429, 503, a time-out: the person may be saying yes just now. Go on.
        trouble = error.message
    PlexSignIn.objects.filter(pk=sign_in.pk).update(trouble=trouble)
    sign_in.refresh_from_db()
    return sign_in


def _look_at_pin(plextv: PlexTv, sign_in: PlexSignIn, letter: str) -> Pin | None:
    """Return the code as Plex knows it; None when it does not know it any more."""
    try:
        return plextv.look_at_pin(sign_in.pin_id, sign_in.code, letter=letter)
    except PlexLacks:
        return None


def _letter(sign_in: PlexSignIn) -> str:
    """Return what shows Plex that it is us who look; empty for a classic sign-in."""
    if not sign_in.sealed_device_key:
        return ""
    now = timezone.now()
    if sign_in.letter_until is None or now >= sign_in.letter_until:
        key = DeviceKey.read(unseal(sign_in.sealed_device_key))
        letter = renewing.write_letter(key, is_patient=False)
        sign_in.sealed_letter = seal(letter)
        # Words to sign are limited: one letter serves for many looks.
        sign_in.letter_until = now + LETTER_GOOD_FOR - timedelta(minutes=1)
        sign_in.save(update_fields=["sealed_letter", "letter_until"])
    return unseal(sign_in.sealed_letter)


def _end(
    sign_in: PlexSignIn, *, state: str, account: PlexAccount | None = None
) -> PlexSignIn:
    PlexSignIn.objects.filter(pk=sign_in.pk, state=PlexSignIn.State.WAITING).update(
        state=state,
        account=account,
        trouble="",
        sealed_device_key="",
        sealed_letter="",
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


def keep_account(
    *, token: str, is_patient: bool = True, sealed_key: str = ""
) -> PlexAccount:
    """Ask whose token it is and store both, as a new account or the known one.

    `sealed_key`: the key that the token was given to. A token that expires without one
    gets one, so that it can be renewed.
    """
    facts = open_plextv(token=token, is_patient=is_patient).account()
    account = _store(facts, token, sealed_key)
    renewing.register_key(account=account, is_patient=is_patient)
    return account


@transaction.atomic
def _store(facts: AccountFacts, token: str, sealed_key: str) -> PlexAccount:
    account, _ = PlexAccount.objects.update_or_create(
        plex_id=facts.id,
        defaults={
            "name": facts.name,
            "email": facts.email,
            "sealed_token": seal(token),
            "sealed_device_key": sealed_key,
        },
    )
    account.keep_token(token, expires_at=token_expiry(token), now=timezone.now())
    return account


def check_account(*, account: PlexAccount) -> PlexAccount:
    """Renew a token that soon expires, and ask plex.tv whether the sign-in holds.

    Tells apart why not: expired, revoked, or plex.tv unreachable. Nothing is deleted,
    whatever comes out.
    """
    try:
        if renewing.is_due(account, now=timezone.now()):
            renewing.register_key(account=account)
            renewing.renew(account=account)
        open_plextv(token=account.token).account()
    except PlexRefused as error:
        _answer_refusal(account, error)
    except PlexTrouble as error:
        _mark(account, PlexAccount.State.UNREACHABLE, error)
    else:
        account.mark(PlexAccount.State.GOOD, now=timezone.now())
    return account


def _answer_refusal(account: PlexAccount, refusal: PlexRefused) -> None:
    """Renew where that helps, else say what happened to the sign-in."""
    try:
        if renewing.renew(account=account):
            return
    except PlexRefused as error:
        # Even the key is not known any more: somebody removed us at Plex.
        _mark(account, PlexAccount.State.REVOKED, error)
        return
    except PlexTrouble as error:
        _mark(account, PlexAccount.State.UNREACHABLE, error)
        return
    is_over = isinstance(refusal, PlexTokenExpired) or account.is_over(
        now=timezone.now()
    )
    state = PlexAccount.State.EXPIRED if is_over else PlexAccount.State.REVOKED
    _mark(account, state, refusal)


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
