"""Keeps what was written of a title before, for a while, and lets a person go back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from library.models import Title, TitleVersion

KEPT_FOR = timedelta(days=180)
KEPT_MOST = 20
"""Of one title."""
PERSON = "person"
FIELDS = (
    *("name", "original_name", "year", "tagline", "overview"),
    *("content_rating", "rating", "runtime_minutes"),
)
"""What is kept: what a person may also write."""


def keep_version(*, title: Title, changes: Mapping[str, Any], by: str) -> None:
    """Keep what `changes` are about to write over, if that says anything.

    `title` still has the former values. What only a file's name said is not kept.
    """
    was = {
        name: getattr(title, name)
        for name in FIELDS
        if name in changes
        and getattr(title, name) not in {"", None}
        and getattr(title, name) != changes[name]
    }
    if not was or (by != PERSON and title.facts_from in {"", "name"}):
        return
    TitleVersion.objects.create(title=title, by=by, was=was)
    rows = TitleVersion.objects.filter(title=title).order_by("-at", "-pk")
    old = list(rows.values_list("pk", flat=True)[KEPT_MOST:])
    if old:
        TitleVersion.objects.filter(pk__in=old).delete()


def drop_old_versions(*, now: datetime) -> int:
    """Forget what was written over long ago; return how many versions."""
    return TitleVersion.objects.filter(at__lt=now - KEPT_FOR).delete()[0]
