"""The sealer of this installation: its secret key, and the ones before it."""

from django.conf import settings

from drivearr.lib.sealing import Sealer


def sealer() -> Sealer:
    """Return it, made from the settings as they are now."""
    earlier = [str(key) for key in settings.SECRET_KEY_FALLBACKS]
    return Sealer([settings.SECRET_KEY, *earlier])


def seal(text: str) -> str:
    """Seal a secret for the database."""
    return sealer().seal(text)


def unseal(sealed: str) -> str:
    """Read a secret of the database.

    Raises:
        CannotUnseal: it was sealed with a key that is not here any more.

    """
    return sealer().unseal(sealed)
