"""Answers to a person, shown once and kept for the drawer; news for all."""

from django.contrib.auth.models import User
from django.contrib.messages import constants
from django.contrib.messages.storage.fallback import FallbackStorage

from drivearr.web.models import Notice

_LEVELS = {
    constants.WARNING: Notice.Level.HELD,
    constants.ERROR: Notice.Level.FAILED,
}


class KeptMessages(FallbackStorage):
    """Django's messages, which stay readable in the drawer of past notices."""

    def add(self, level: int, message: str, extra_tags: str | None = "") -> None:
        """Say it, and keep it for the person."""
        super().add(level, message, extra_tags)
        user = getattr(self.request, "user", None)
        if isinstance(user, User) and message:
            kept = _LEVELS.get(level, Notice.Level.DONE)
            Notice.objects.create(user=user, level=kept, text=str(message))


def tell_all(
    *, event: str, text: str, url: str = "", level: str = Notice.Level.DONE
) -> Notice:
    """Keep news for everybody; the schedule sends it on if it is wanted outside."""
    return Notice.objects.create(event=event, text=text, url=url, level=level)
