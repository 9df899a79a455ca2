"""People, genres and studios of many titles at once: added, and removed again."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from library.facts import TitleFacts
from library.models import Credit, ExternalId, Genre, Item, Person, Studio, Title
from plexlink.services.counting import Tally
from plexlink.services.storing import insert_rows


def relate(titles: dict[int, TitleFacts], *, owned: set[int], tally: Tally) -> None:
    """Store what titles are related to.

    Of `owned` titles Plex is the one who knows: what it no longer says is removed. Of
    the others only what is missing altogether is filled in.
    """
    genres = {pk: facts.genres for pk, facts in titles.items()}
    run = _Run(owned, tally)
    run.relate_names(Title.genres.through, "genre", genres, _genres(genres))
    studios = {
        pk: tuple(
            [("STUDIO", name) for name in facts.studios]
            + [("NETWORK", name) for name in facts.networks]
        )
        for pk, facts in titles.items()
    }
    run.relate_names(Title.studios.through, "studio", studios, _studios(studios))
    _relate_people(titles, owned, tally)
    store_ids({("title", pk): facts.ids for pk, facts in titles.items()}, tally)


def _genres(wanted: dict[int, tuple[str, ...]]) -> dict[Any, int]:
    names = {name for each in wanted.values() for name in each}
    known = dict(Genre.objects.filter(name__in=names).values_list("name", "pk"))
    missing = [Genre(name=name) for name in sorted(names - set(known))]
    if missing:
        Genre.objects.bulk_create(missing, ignore_conflicts=True)
        known = dict(Genre.objects.filter(name__in=names).values_list("name", "pk"))
    return dict(known)


def _studios(wanted: dict[int, tuple[tuple[str, str], ...]]) -> dict[Any, int]:
    pairs = {pair for each in wanted.values() for pair in each}
    known = _known_studios(pairs)
    missing = [
        Studio(kind=kind, name=name) for kind, name in sorted(pairs - set(known))
    ]
    if missing:
        Studio.objects.bulk_create(missing, ignore_conflicts=True)
        known = _known_studios(pairs)
    return dict(known)


def _known_studios(pairs: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    rows = Studio.objects.filter(name__in={name for _, name in pairs})
    return {
        (kind, name): pk for kind, name, pk in rows.values_list("kind", "name", "pk")
    }


@dataclass(frozen=True, slots=True)
class _Run:
    owned: set[int]
    tally: Tally

    def relate_names(
        self,
        through: type[models.Model],
        field: str,
        wanted: dict[int, tuple[Any, ...]],
        pks: dict[Any, int],
    ) -> None:
        """Tie titles to genres or studios; see `relate`."""
        manager: Any = through._default_manager  # noqa: SLF001 - Django's own name
        known: dict[int, set[int]] = defaultdict(set)
        rows = manager.filter(title_id__in=list(wanted))
        for title_id, other in rows.values_list("title_id", f"{field}_id"):
            known[title_id].add(other)
        new: list[models.Model] = []
        for title_id, names in wanted.items():
            want = {pks[name] for name in names if name in pks}
            have = known[title_id]
            if have and title_id not in self.owned:
                continue
            new += [
                through(**{"title_id": title_id, f"{field}_id": pk})
                for pk in sorted(want - have)
            ]
            gone = sorted(have - want) if want else []
            if gone:
                manager.filter(
                    **{"title_id": title_id, f"{field}_id__in": gone}
                ).delete()
                self.tally.writes += len(gone)
        manager.bulk_create(new, ignore_conflicts=True, batch_size=500)
        self.tally.writes += len(new)


# --- People ---------------------------------------------------------------------------


def _relate_people(
    titles: dict[int, TitleFacts], owned: set[int], tally: Tally
) -> None:
    known: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    rows = Credit.objects.filter(title__in=list(titles)).order_by("position", "pk")
    for title_id, *credit in rows.values_list(
        "title_id", "person__name", "role", "character"
    ):
        known[title_id].append((credit[0], credit[1], credit[2]))
    due = {
        pk: facts
        for pk, facts in titles.items()
        if facts.people and (pk in owned or not known[pk])
        if known[pk] != _credits_of(facts)
    }
    if not due:
        return
    people = _people(facts for facts in due.values())
    if any(known[pk] for pk in due):
        tally.writes += Credit.objects.filter(title__in=list(due)).delete()[0]
    new = [
        Credit(
            title_id=pk,
            person_id=people[name],
            role=role,
            character=character,
            position=position,
        )
        for pk, facts in due.items()
        for position, (name, role, character) in enumerate(_credits_of(facts))
    ]
    insert_rows(new, ignore_conflicts=True)
    tally.writes += len(new)


def _credits_of(facts: TitleFacts) -> list[tuple[str, str, str]]:
    credits_ = ((each.name, each.role, each.character[:300]) for each in facts.people)
    return list(dict.fromkeys(credits_))


def _people(facts: Iterable[TitleFacts]) -> dict[str, int]:
    names = {person.name for each in facts for person in each.people}
    known = _known_people(names)
    missing = [Person(name=name) for name in sorted(names - set(known))]
    if missing:
        Person.objects.bulk_create(missing)
        known |= _known_people({person.name for person in missing})
    return known


def _known_people(names: set[str]) -> dict[str, int]:
    rows = Person.objects.filter(name__in=names).order_by("-pk")
    # The first of that name wins, as everywhere.
    return dict(rows.values_list("name", "pk"))


# --- Ids ------------------------------------------------------------------------------


def store_ids(wanted: dict[tuple[str, int], dict[str, str]], tally: Tally) -> None:
    """Store what other catalogues call titles and items; what is known stays.

    `wanted` is by ("title", id) or ("item", id).
    """
    known: dict[tuple[str, int], set[str]] = defaultdict(set)
    for side in ("title", "item"):
        pks = [pk for kind, pk in wanted if kind == side]
        if not pks:
            continue
        rows = ExternalId.objects.filter(**{f"{side}__in": pks})
        for pk, source in rows.values_list(f"{side}_id", "source"):
            known[side, pk].add(source)
    new = [
        ExternalId(**{f"{side}_id": pk, "source": source, "value": value})
        for (side, pk), ids in wanted.items()
        for source, value in ids.items()
        if source not in known[side, pk]
    ]
    insert_rows(new, ignore_conflicts=True)
    tally.writes += len(new)


def items_of(titles: Iterable[int], tally: Tally) -> dict[int, int]:
    """Return the one item of each movie or video, made where it is missing."""
    wanted = set(titles)
    rows = Item.objects.filter(title__in=wanted, season=None)
    known: dict[int, int] = dict(rows.values_list("title_id", "pk"))
    missing = [Item(title_id=pk) for pk in sorted(wanted - set(known))]
    if missing:
        Item.objects.bulk_create(missing, ignore_conflicts=True)
        tally.writes += len(missing)
        known = dict(rows.all().values_list("title_id", "pk"))
    return known
