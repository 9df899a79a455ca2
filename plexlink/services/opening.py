"""Who we are to Plex, and plex.tv opened for that."""

from django.conf import settings

from drivearr import __version__
from plexlink.models import Installation
from plexlink.plextv import PlexTv, TokenOffice
from plexlink.speaking import ONE_TRY, Caller, Patience, Speaker


def me() -> Caller:
    """Return who we are to Plex."""
    return Caller(str(Installation.get().client_identifier), __version__)


def open_plextv(*, token: str = "", is_patient: bool = True) -> PlexTv:
    """Return plex.tv, asked with `token`; without patience each call is tried once."""
    return PlexTv(_speaker(settings.PLEXTV_URL, token, is_patient=is_patient))


def open_office(*, token: str = "", is_patient: bool = True) -> TokenOffice:
    """Return the part of plex.tv that gives tokens to keys."""
    url = settings.PLEX_AUTH_URL or settings.PLEXTV_URL
    return TokenOffice(_speaker(url, token, is_patient=is_patient))


def _speaker(url: str, token: str, *, is_patient: bool) -> Speaker:
    patience = Patience(
        attempts=settings.PLEX_RETRIES + 1,
        first_wait_seconds=settings.PLEX_RETRY_WAIT_MS / 1000,
        connect_seconds=settings.PLEX_CONNECT_SECONDS,
    )
    return Speaker(
        url, me=me(), token=token, patience=patience if is_patient else ONE_TRY
    )
