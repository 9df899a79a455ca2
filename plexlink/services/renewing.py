"""Tokens that expire: renewed by our key before their time is over, and when it is."""

from datetime import datetime, timedelta

from django.utils import timezone

from drivearr.web.sealing import seal
from plexlink.devicekeys import DeviceKey, token_expiry
from plexlink.models import PlexAccount, PlexServer
from plexlink.services.erring import Place, note_trouble
from plexlink.services.opening import me, open_office, open_plextv
from plexlink.speaking import PlexConfused, PlexTrouble

RENEW_BEFORE = timedelta(days=2)
"""Plex gives seven days; two are left for plex.tv to be out of reach."""


class SomebodyElse(PlexConfused):
    """The new token is of another account."""

    code = "PLEX_SOMEBODY_ELSE"
    advice = "Sign in to Plex again."
    retryable = False


def write_letter(key: DeviceKey, *, is_patient: bool = True) -> str:
    """Return a letter that plex.tv takes now. Raises: PlexTrouble."""
    nonce = open_office(is_patient=is_patient).nonce()
    return key.sign_letter(
        client_identifier=me().client_identifier, nonce=nonce, now=timezone.now()
    )


def register_key(*, account: PlexAccount, is_patient: bool = True) -> bool:
    """Make a key known where a token expires and none is; False where Plex says no.

    Then the token holds until its end, and somebody must sign in again.
    """
    if account.expires_at is None or account.sealed_device_key:
        return bool(account.sealed_device_key)
    key = DeviceKey.make()
    try:
        open_office(token=account.token, is_patient=is_patient).register(key.jwk)
    except PlexTrouble as error:
        note_trouble(error, Place(about=f"key of account {account.name}"))
        return False
    account.keep_device_key(key)
    return True


def is_due(account: PlexAccount, *, now: datetime) -> bool:
    """Whether a token shall be renewed now."""
    expires_at = account.expires_at
    return expires_at is not None and expires_at - now <= RENEW_BEFORE


def renew(*, account: PlexAccount) -> bool:
    """Get a new token for the account's key; False when it has no key.

    Works after the old token's end too: Plex asks for the key, not for the token.

    Raises:
        PlexRefused: Plex does not know the key any more.
        PlexTrouble: plex.tv cannot be asked; the token is as it was.

    """
    key = account.device_key
    if key is None:
        return False
    token = open_office().exchange(write_letter(key))
    if open_plextv(token=token).account().id != account.plex_id:
        raise SomebodyElse("plex.tv gave the token of another account.")
    account.keep_token(token, expires_at=token_expiry(token), now=timezone.now())
    return True


def renew_server(*, server: PlexServer) -> bool:
    """Look for a token that a server takes after it refused ours; whether there is one.

    A server's own token comes from its account, and ends with the account's.
    """
    account = server.account
    if account is None:
        return False
    before = server.token
    try:
        if is_due(account, now=timezone.now()):
            renew(account=account)
        resources = open_plextv(token=account.token).servers()
    except PlexTrouble as error:
        note_trouble(error, Place(about=f"account {account.name}"))
        return False
    fresh = [row.token for row in resources if row.machine_id == server.machine_id]
    if fresh and fresh[0]:
        server.sealed_token = seal(fresh[0])
        server.save(update_fields=["sealed_token"])
    return server.token != before
