"""The key by which an installation asks for tokens, held to what others make of it."""

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from plexlink.devicekeys import DeviceKey, token_expiry

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def unweb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class TestDeviceKey:
    def test_has_the_id_of_the_standard(self) -> None:
        # RFC 8037, appendix A.2 and A.3.
        secret = unweb64("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
        key = DeviceKey.read(base64.b64encode(secret).decode())
        assert key.jwk["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        expected = unweb64("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k").hex()
        assert key.jwk["kid"] == expected

    def test_shows_nothing_of_its_private_half(self) -> None:
        key = DeviceKey.make()
        assert key.text not in repr(key)
        assert "d" not in key.jwk

    def test_signs_a_letter_that_its_public_half_proves(self) -> None:
        key = DeviceKey.make()
        letter = key.sign_letter(client_identifier="me", nonce="word", now=NOW)
        head, claims, signature = letter.split(".")
        public = Ed25519PublicKey.from_public_bytes(unweb64(key.jwk["x"]))
        public.verify(unweb64(signature), f"{head}.{claims}".encode())
        with pytest.raises(InvalidSignature):
            public.verify(unweb64(signature), f"{head}.x{claims}".encode())
        said = json.loads(unweb64(claims))
        assert (said["nonce"], said["aud"], said["iss"]) == ("word", "plex.tv", "me")
        assert said["exp"] - said["iat"] == 300

    def test_is_the_same_after_being_kept(self) -> None:
        key = DeviceKey.make()
        assert DeviceKey.read(key.text).jwk == key.jwk


class TestTokenExpiry:
    @pytest.mark.parametrize(
        "token", ["", "classic", "a.b", "a.b.c", "a.e30.c", "a.W10.c", "ä.ö.ü"]
    )
    def test_is_none_for_a_token_without_end(self, token: str) -> None:
        assert token_expiry(token) is None

    def test_is_what_the_token_says(self) -> None:
        claims = base64.urlsafe_b64encode(json.dumps({"exp": 1_800_000_000}).encode())
        found = token_expiry(f"h.{claims.decode().rstrip('=')}.s")
        assert found == datetime.fromtimestamp(1_800_000_000, tz=UTC)
