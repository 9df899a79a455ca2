"""Secrets at rest: sealed with keys made from the installation's own secret."""

import base64
import hashlib
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from drivearr.lib.errors import Refused
from drivearr.lib.wording import gettext, gettext_noop

_PURPOSE = b"drivearr sealed secrets v1\0"


class CannotUnseal(Refused):
    """A stored secret was sealed with a key that is not here any more."""

    code = "CANNOT_UNSEAL"
    advice = gettext_noop(
        "Restore the secret key file of the data folder, or enter the secret anew."
    )


class Sealer:
    """Seals text with the first secret; unseals what any of them sealed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(_key(secret)) for secret in secrets])

    def seal(self, text: str) -> str:
        """Return `text` as nobody without the secret can read it; empty stays empty."""
        return self._fernet.encrypt(text.encode()).decode("ascii") if text else ""

    def unseal(self, sealed: str) -> str:
        """Return what was sealed.

        Raises:
            CannotUnseal: another key, or damaged.

        """
        if not sealed:
            return ""
        try:
            return self._fernet.decrypt(sealed.encode("ascii", "replace")).decode()
        except InvalidToken:
            # From None: the cause would carry nothing, and its frames the secret.
            raise CannotUnseal(gettext("A stored secret cannot be read.")) from None


def _key(secret: str) -> bytes:
    digest = hashlib.sha256(_PURPOSE + secret.encode()).digest()
    return base64.urlsafe_b64encode(digest)
