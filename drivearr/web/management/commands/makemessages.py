"""`drivearr makemessages`: Django's, which also finds the names of models and fields."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.commands import makemessages

from drivearr.web.naming import our_models, words_of

_PLACE = Path("drivearr/web/names_of_models.py")
"""There while words are gathered, and afterwards only as a remark in the catalogues."""


class Command(makemessages.Command):
    """Gathers the texts that can be translated."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Gather them."""
        place = settings.BASE_DIR / _PLACE
        lines = (f"gettext_noop({word!r})\n" for word in words_of(our_models()))
        place.write_text("".join(lines), encoding="utf-8")
        try:
            super().handle(*args, **options)
        finally:
            place.unlink()
