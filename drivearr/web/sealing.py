"""Encrypts what the database keeps of secrets; the key derives from the key file."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

from drivearr.lib.errors import Refused

_PURPOSE = b"drivearr sealed values 1"


class SealBroken(Refused):
    """A stored secret was sealed with another key, or was changed."""

    code = "SEAL_BROKEN"
    advice = "Enter it again, or restore the secret key file from a backup."


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derive(key)) for key in keys])


def _derive(secret: str | bytes) -> bytes:
    derived = HKDF(hashes.SHA256(), length=32, salt=None, info=_PURPOSE)
    return base64.urlsafe_b64encode(derived.derive(force_bytes(secret)))


def seal(plain: str) -> str:
    """Return the text encrypted, fit for a column; empty stays empty."""
    return _fernet().encrypt(plain.encode()).decode("ascii") if plain else ""


def unseal(sealed: str) -> str:
    """Return what was sealed.

    Raises:
        SealBroken: the key is another one now, or the text was changed.

    """
    if not sealed:
        return ""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealBroken("A stored secret cannot be read any more.") from error
