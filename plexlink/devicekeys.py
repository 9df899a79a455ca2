"""The key pair by which Plex gives an installation tokens that expire.

Source: https://developer.plex.tv/pms/ (Authenticating with Plex), RFC 7517, 7638, 8037
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

AUDIENCE = "plex.tv"
SCOPES = ("username", "email", "friendly_name")
LETTER_GOOD_FOR = timedelta(minutes=5)
"""How long what we sign may be shown to Plex."""


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """An Ed25519 key; what is private leaves it as `text` only, to be sealed."""

    _private: Ed25519PrivateKey

    @classmethod
    def make(cls) -> "DeviceKey":
        """Make a new one."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, text: str) -> "DeviceKey":
        """Return the key that was kept as `text`."""
        return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(text)))

    @property
    def text(self) -> str:
        """The private half; seal it before it is kept."""
        return base64.b64encode(self._private.private_bytes_raw()).decode()

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, as Plex wants to know it."""
        known = {
            "crv": "Ed25519",
            "kty": "OKP",
            "x": _web64(self._private.public_key().public_bytes_raw()),
        }
        canonical = json.dumps(known, separators=(",", ":"), sort_keys=True)
        kid = hashlib.sha256(canonical.encode()).hexdigest()
        return known | {"use": "sig", "alg": "EdDSA", "kid": kid}

    def sign_letter(self, *, client_identifier: str, nonce: str, now: datetime) -> str:
        """Return the signed word that it is us who ask; good for LETTER_GOOD_FOR."""
        claims = {
            "nonce": nonce,
            "scope": ",".join(SCOPES),
            "aud": AUDIENCE,
            "iss": client_identifier,
            "iat": int(now.timestamp()),
            "exp": int((now + LETTER_GOOD_FOR).timestamp()),
        }
        head = {"alg": "EdDSA", "typ": "JWT", "kid": self.jwk["kid"]}
        signed = f"{_pack(head)}.{_pack(claims)}"
        return f"{signed}.{_web64(self._private.sign(signed.encode()))}"


def token_expiry(token: str) -> datetime | None:
    """Return when a token's time is over; None for a classic one, which has no end."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * 3))
        return datetime.fromtimestamp(int(claims["exp"]), tz=UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return None


def _pack(claims: Mapping[str, Any]) -> str:
    return _web64(json.dumps(claims, separators=(",", ":")).encode())


def _web64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
