"""What belongs together: all titles of a person, or of a collection."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from drivearr.web.paging import Span
from library import origins
from library.contexts.shelves import (
    PER_PAGE,
    SORTS,
    Choice,
    Entry,
    choose_origin,
    entries_of,
)
from library.models import Collection, Credit, Person, Title


@dataclass(frozen=True, slots=True)
class Together:
    """A page of titles that have somebody or something in common."""

    name: str
    roles: tuple[str, ...]
    """What a person did in them: "Actor", "Director"; empty for a collection."""
    entries: tuple[Entry, ...]
    span: Span
    choices: tuple[Choice, ...]
    """Whose titles may be shown: those here, or another place's; empty for one place."""

    @classmethod
    def of_person(
        cls, person: Person, *, page: str | None, origin: str = origins.LOCAL
    ) -> "Together":
        """Make it: what a place has of a person's work, the newest first."""
        titles = origins.titles_of(origin).filter(credits__person=person).distinct()
        credits_ = Credit.objects.filter(person=person, title__in=titles)
        did = set(credits_.order_by().values_list("role", flat=True).distinct())
        roles = tuple(str(role.label) for role in Credit.Role if role in did)
        return cls._build(
            person.name,
            titles.order_by(*SORTS["year"]),
            page=page,
            origin=origin,
            roles=roles,
            parts_of=lambda pks: _parts(person, pks),
        )

    @classmethod
    def of_collection(
        cls, collection: Collection, *, page: str | None, origin: str = origins.LOCAL
    ) -> "Together":
        """Make it: what a place has of a collection, the oldest first."""
        titles = origins.titles_of(origin).filter(collections=collection)
        ordered = titles.order_by("year", "sort_name", "pk")
        return cls._build(collection.name, ordered, page=page, origin=origin)

    @classmethod
    def _build(
        cls,
        name: str,
        titles: QuerySet[Title],
        *,
        page: str | None,
        origin: str,
        roles: tuple[str, ...] = (),
        parts_of: Callable[[list[int]], dict[int, str]] = lambda _: {},
    ) -> "Together":
        span = Span.of(asked=page, total=titles.count(), per_page=PER_PAGE)
        place = origins.find(origin)
        entries = entries_of(
            titles[span.start : span.stop],
            is_lettered=False,
            origin=place.label if place else "",
        )
        parts = parts_of([entry.pk for entry in entries])
        told = tuple(_with_part(entry, parts.get(entry.pk, "")) for entry in entries)
        return cls(name, roles, told, span, choose_origin(origin))


def _with_part(entry: Entry, part: str) -> Entry:
    facts = " · ".join(words for words in (entry.facts, part) if words)
    return replace(entry, facts=facts)


def _parts(person: Person, pks: list[int]) -> dict[int, str]:
    """Return "Neo" or "Director" for each title; one query."""
    rows = Credit.objects.filter(person=person, title__in=pks)
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for row in rows.order_by("position", "pk"):
        found[row.title_id][row.character or row.get_role_display()] = None
    return {pk: ", ".join(words) for pk, words in found.items()}
