"""Secrets in the database."""

import pytest
from django.conf import LazySettings

from drivearr.lib.sealing import CannotUnseal
from drivearr.web.sealing import seal, unseal


class TestSeal:
    def test_gives_back_what_was_sealed_and_hides_it(self) -> None:
        sealed = seal("tok-én-123")

        assert "tok" not in sealed
        assert unseal(sealed) == "tok-én-123"

    def test_of_nothing_is_nothing(self) -> None:
        assert (seal(""), unseal("")) == ("", "")

    def test_survives_a_new_key_while_the_old_one_is_kept(
        self, settings: LazySettings
    ) -> None:
        sealed = seal("token")
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another"

        assert unseal(sealed) == "token"

    def test_says_that_the_key_is_another(self, settings: LazySettings) -> None:
        sealed = seal("token")
        settings.SECRET_KEY = "another"

        with pytest.raises(CannotUnseal):
            unseal(sealed)
