"""What a person writes about a title: no source overwrites it, until it is let go."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from library.models import Genre, Title, TitleVersion
from library.models.title import fold
from library.services.filing import make_sort_name
from library.services.versioning import PERSON, keep_version

FIELDS = (
    *("name", "original_name", "year", "tagline", "overview"),
    *("content_rating", "rating", "runtime_minutes", "genres"),
)
"""What may be edited, and locked."""


@transaction.atomic
def edit_title(
    *, title: Title, values: Mapping[str, Any], locked: Iterable[str]
) -> tuple[str, ...]:
    """Write what a person wants, lock what was changed, and what they want locked.

    A field let go is the source's again at its next look. Returns the changed fields.
    """
    changed = {
        name: value
        for name, value in values.items()
        if name in FIELDS and name != "genres" and getattr(title, name) != value
    }
    names = list(changed)
    if "genres" in values and _set_genres(title, values["genres"]):
        names.append("genres")
    if "name" in changed:
        changed["sort_name"] = make_sort_name(changed["name"])[:500]
        words = dict.fromkeys([changed["name"], title.original_name, title.search_text])
        changed["search_text"] = fold(" ".join(words))[:5000]
    kept = sorted({name for name in locked if name in FIELDS} | set(names))
    is_let_go = bool(set(title.locked_fields) - set(kept))
    if is_let_go and title.facts_from in {"tmdb", "tvdb"}:
        changed["facts_at"] = None
    keep_version(title=title, changes=changed, by=PERSON)
    Title.objects.filter(pk=title.pk).update(locked_fields=kept, **changed)
    title.refresh_from_db()
    return tuple(names)


def take_back_version(*, version: TitleVersion) -> tuple[str, ...]:
    """Write again what stood before a write; it is locked, as all that a person writes.

    Returns the changed fields.
    """
    title = version.title
    known = {name: each for name, each in version.was.items() if name in FIELDS}
    return edit_title(title=title, values=known, locked=title.locked_fields)


def _set_genres(title: Title, names: Iterable[str]) -> bool:
    wanted = list(dict.fromkeys(name.strip()[:100] for name in names if name.strip()))
    if set(title.genres.values_list("name", flat=True)) == set(wanted):
        return False
    Genre.objects.bulk_create(
        (Genre(name=name) for name in wanted), ignore_conflicts=True
    )
    title.genres.set(Genre.objects.filter(name__in=wanted))
    return True
