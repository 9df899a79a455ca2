"""Putting what is known of a title into the catalogue: once, under one key."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from library.facts import EpisodeFacts, PersonFacts, SeasonFacts, TitleFacts
from library.languages import articles_of
from library.models import (
    Collection,
    Credit,
    ExternalId,
    Genre,
    Item,
    Person,
    Season,
    Studio,
    Title,
)
from library.models.title import fold
from library.precedence import Precedence, Standing, settle
from library.services import sourcing
from library.services.merging import merge_titles
from library.services.versioning import keep_version

_ID_ORDER = ("tmdb", "imdb", "tvdb")
SETTLED_FIELDS = (
    *("name", "sort_name", "search_text", "original_name", "year", "overview"),
    *("tagline", "runtime_minutes", "rating", "content_rating", "release_date"),
    "status",
)
"""What sources say of a title and the home's order decides on."""
_EPISODE_FIELDS = (
    "name",
    "overview",
    "air_date",
    "runtime_minutes",
    "absolute_number",
)


def make_sort_name(name: str) -> str:
    """Return the name as on a shelf: folded, without an article of the home's language."""
    folded = fold(name)
    for article in articles_of(settings.METADATA_LANGUAGE):
        if folded.startswith(article) and len(folded) > len(article):
            return folded[len(article) :]
    return folded or name


def make_key(kind: str, ids: dict[str, str], name: str, year: int | None) -> str:
    """Return what makes a title this title: an id, else name and year."""
    for source in _ID_ORDER:
        if ids.get(source):
            return f"{kind.lower()}:{source}:{ids[source]}"
    return f"{kind.lower()}:name:{fold(name)[:350]}:{year or ''}"


class LocalTitles:
    """The titles here that go by one of some names; one query for all of them."""

    def __init__(self, names: Iterable[str]) -> None:
        wanted = {make_sort_name(name)[:500] for name in names}
        self._found: dict[tuple[str, str], list[tuple[int, int | None]]] = {}
        rows = Title.objects.filter(sort_name__in=wanted).order_by("pk")
        for kind, name, pk, year in rows.values_list("kind", "sort_name", "pk", "year"):
            self._found.setdefault((kind, name), []).append((pk, year))

    def find(self, *, kind: str, name: str, year: int | None) -> int | None:
        """Return the id of the one title of that name (and year, if given)."""
        rows = self._found.get((kind, make_sort_name(name)[:500]), [])
        pks = [pk for pk, its in rows if year is None or its == year]
        return pks[0] if len(pks) == 1 else None


@transaction.atomic
def file_title(
    *, facts: TitleFacts, origin: str, instead_of: Title | None = None
) -> Title:
    """Store a title with all that is known of it, and return it.

    `origin` is `tmdb`, `tvdb`, `nfo` or `name`. `instead_of`: what the file was taken for
    until now; when that was known by its name alone, it becomes this title. What a
    search alone says (`facts.is_whole` false) never outdoes what is known already.
    """
    was = _find_former(facts, origin, instead_of)
    title = _find(facts, was)
    values = title_values(facts, origin)
    if title is None:
        title = _create(facts, values)
    elif _says_more(facts, origin, title) or title == was:
        _update(title, facts, values, origin)
    _store_ids(title, facts.ids)
    leads = title.facts_from == origin
    if origin != "name" and facts.is_whole:
        _store_relations(title, facts, fills_only=not leads)
    if facts.kind != "SHOW":
        find_movie_item(title=title)
    elif facts.order == title.episode_order:
        # Else a person has chosen to count this show in another way.
        store_seasons(
            title=title,
            seasons=facts.seasons,
            is_all=leads and _is_all(facts, origin),
            fills_only=not leads and origin != "name",
        )
    return title


def _says_more(facts: TitleFacts, origin: str, title: Title) -> bool:
    """Whether these facts can add to those the title has; see Precedence for which do."""
    if origin == "name":
        return False
    return facts.is_whole or title.facts_from in {"name", ""}


def _find_former(
    facts: TitleFacts, origin: str, instead_of: Title | None
) -> Title | None:
    """Return what the file was taken for, if only its name said so until now."""
    if instead_of is None or instead_of.pk is None:
        return None
    was = Title.objects.filter(pk=instead_of.pk, kind=facts.kind, facts_from="name")
    former = was.first()
    if former is None or _contradicts(former, facts):
        return None
    # Another name for one file is its title renamed; for one of many it is not.
    is_renamed = origin != "name" or former.media_files.count() <= 1
    return former if is_renamed else None


def _find(facts: TitleFacts, was: Title | None) -> Title | None:
    """Return the title that these facts are about; merges those that are the same."""
    wanted = Q(identity_key=make_key(facts.kind, {}, facts.name, facts.year))
    for source, value in facts.ids.items():
        wanted |= Q(external_ids__source=source, external_ids__value=value)
    rows = Title.objects.of_kind(facts.kind).filter(wanted).distinct()
    found = [row for row in rows.order_by("pk") if not _contradicts(row, facts)]
    if was is not None and was not in found:
        found.append(was)
    if not found:
        return None
    # The one that goes by an id stays; the others were the same without knowing.
    found.sort(key=lambda row: (":name:" in row.identity_key, row.pk))
    for other in found[1:]:
        merge_titles(keep=found[0], drop=other)
    return found[0]


def _contradicts(title: Title, facts: TitleFacts) -> bool:
    """Whether the title has another id in a catalogue that the facts name one of."""
    known = dict(title.external_ids.values_list("source", "value"))
    return any(known.get(source, value) != value for source, value in facts.ids.items())


def _create(facts: TitleFacts, values: dict[str, Any]) -> Title:
    key = make_key(facts.kind, facts.ids, facts.name, facts.year)
    try:
        with transaction.atomic():
            return Title.objects.create(kind=facts.kind, identity_key=key, **values)
    except IntegrityError:
        # Another worker was faster.
        return Title.objects.get(identity_key=key)


def _update(
    title: Title, facts: TitleFacts, values: dict[str, Any], origin: str
) -> None:
    changed = settle_title(
        title, values, origin=origin, precedence=sourcing.read_precedence()
    )
    leads = changed.get("facts_from", title.facts_from) == origin
    if leads:
        changed["facts_at"] = values["facts_at"]
    key = make_key(facts.kind, facts.ids, facts.name, facts.year)
    is_better = leads and bool(facts.ids) and title.identity_key != key
    if is_better or ":name:" in title.identity_key:
        rows = Title.objects.filter(identity_key=key).exclude(pk=title.pk)
        if not rows.exists():
            changed["identity_key"] = key
    if changed:
        keep_version(title=title, changes=changed, by=origin)
        Title.objects.filter(pk=title.pk).update(**changed)
        title.refresh_from_db()


def settle_title(
    title: Title, values: dict[str, Any], *, origin: str, precedence: Precedence
) -> dict[str, Any]:
    """Return the columns to write when a source says this of a title, with who said it.

    `values`: of `title_values`; nothing that a person edited is among what changes.
    """
    said = {name: each for name, each in values.items() if name in SETTLED_FIELDS}
    standing = Standing(
        values={name: getattr(title, name) for name in SETTLED_FIELDS},
        main=title.facts_from,
        others=title.fact_sources,
        locked=title.locked_fields,
    )
    settled = settle(standing, said, origin=origin, precedence=precedence)
    changes = dict(settled.changes)
    if settled.main != title.facts_from:
        changes["facts_from"] = settled.main
    if settled.others != title.fact_sources:
        changes["fact_sources"] = settled.others
    return changes


def title_values(facts: TitleFacts, origin: str) -> dict[str, Any]:
    """Return the columns of a title of which this is known."""
    names = [facts.name, facts.original_name, *facts.aliases]
    return {
        "name": facts.name[:500],
        "original_name": facts.original_name[:500],
        "sort_name": make_sort_name(facts.name)[:500],
        "search_text": fold(" ".join(dict.fromkeys(names)))[:5000],
        "year": facts.year,
        "overview": facts.overview,
        "tagline": facts.tagline[:500],
        "runtime_minutes": facts.runtime_minutes,
        "rating": facts.rating,
        "content_rating": facts.content_rating[:50],
        "release_date": facts.release_date,
        "status": facts.status[:50],
        "facts_from": origin,
        "facts_at": timezone.now() if facts.is_whole else None,
    }


def _store_ids(title: Title, ids: dict[str, str]) -> None:
    for source, value in ids.items():
        ExternalId.objects.update_or_create(
            title=title, source=source, defaults={"value": value}
        )


# --- People, genres, studios, collections ---------------------------------------------


def _store_relations(
    title: Title, facts: TitleFacts, *, fills_only: bool = False
) -> None:
    """Store what it belongs to; what the facts do not name any more is taken away.

    `fills_only`: another source is believed more; only what it left open is stored.
    """
    if fills_only:
        _fill_relations(title, facts)
        return
    if "genres" not in title.locked_fields:
        title.genres.set(_rows(Genre, "name", facts.genres))
    title.collections.set(_rows(Collection, "name", facts.collections))
    studios = _rows(Studio, "name", facts.studios, kind=Studio.Kind.STUDIO)
    networks = _rows(Studio, "name", facts.networks, kind=Studio.Kind.NETWORK)
    title.studios.set([*studios, *networks])
    _store_people(title, facts.people)


def _fill_relations(title: Title, facts: TitleFacts) -> None:
    if "genres" not in title.locked_fields and not title.genres.exists():
        title.genres.set(_rows(Genre, "name", facts.genres))
    if not title.collections.exists():
        title.collections.set(_rows(Collection, "name", facts.collections))
    for kind, names in (
        (Studio.Kind.STUDIO, facts.studios),
        (Studio.Kind.NETWORK, facts.networks),
    ):
        if not title.studios.filter(kind=kind).exists():
            title.studios.add(*_rows(Studio, "name", names, kind=kind))
    if not title.credits.exists():
        _store_people(title, facts.people)


def _rows(
    model: type[models.Model], field: str, values: Iterable[str], **more: str
) -> list[Any]:
    """Return the rows of these values, made where they are missing."""
    wanted = list(dict.fromkeys(values))
    manager: Any = model._default_manager  # noqa: SLF001 - Django's own name
    new = [model(**{field: value, **more}) for value in wanted]
    manager.bulk_create(new, ignore_conflicts=True)
    return list(manager.filter(**{f"{field}__in": wanted, **more}))


def _store_people(title: Title, people: tuple[PersonFacts, ...]) -> None:
    """Store who has a part; writes only rows that are new, gone or moved."""
    found = _find_people(people)
    wanted: dict[tuple[int, str, str], int] = {}
    for position, facts in enumerate(people):
        key = (found[_person_key(facts)], facts.role, facts.character[:300])
        wanted.setdefault(key, position)
    known = {
        (row.person_id, row.role, row.character): row for row in title.credits.all()
    }
    gone = [row.pk for key, row in known.items() if key not in wanted]
    if gone:
        title.credits.filter(pk__in=gone).delete()
    moved = [row for key, row in known.items() if wanted.get(key, -1) != row.position]
    moved = [row for row in moved if row.pk not in gone]
    for row in moved:
        row.position = wanted[row.person_id, row.role, row.character]
    Credit.objects.bulk_update(moved, ["position"])
    Credit.objects.bulk_create(
        Credit(
            title=title,
            person_id=person,
            role=role,
            character=character,
            position=position,
        )
        for (person, role, character), position in wanted.items()
        if (person, role, character) not in known
    )


def _person_key(facts: PersonFacts) -> int | str:
    return facts.tmdb_id or facts.name


def _find_people(people: tuple[PersonFacts, ...]) -> dict[int | str, int]:
    """Return the rows of these people, made where they are missing; four queries."""
    by_id = {each.tmdb_id: each.name for each in people if each.tmdb_id}
    Person.objects.bulk_create(
        (Person(tmdb_id=number, name=name) for number, name in by_id.items()),
        ignore_conflicts=True,
    )
    found: dict[int | str, int] = {}
    rows = Person.objects.filter(tmdb_id__in=by_id)
    for number, pk in rows.values_list("tmdb_id", "pk"):
        found[number or 0] = pk
    names = {each.name for each in people if not each.tmdb_id}
    if names:
        rows = Person.objects.filter(name__in=names).order_by("-pk")
        found |= dict(rows.values_list("name", "pk"))
        for name in sorted(names - set(map(str, found))):
            found[name] = Person.objects.create(name=name).pk
    return found


# --- Seasons and items ----------------------------------------------------------------


def find_movie_item(*, title: Title) -> Item:
    """Return the one item of a movie or video."""
    item, _ = Item.objects.get_or_create(
        title=title, season=None, defaults={"runtime_minutes": title.runtime_minutes}
    )
    return item


def _is_all(facts: TitleFacts, origin: str) -> bool:
    """Whether these are all episodes there are, as far as the source knows."""
    return origin in {"tmdb", "tvdb"} and any(each.episodes for each in facts.seasons)


def store_seasons(
    *,
    title: Title,
    seasons: tuple[SeasonFacts, ...],
    is_all: bool = False,
    fills_only: bool = False,
) -> None:
    """Store seasons and episodes; writes only what is new or changed.

    `is_all`: episodes that are not among them are gone, unless something here is theirs.
    `fills_only`: another source is believed more; what it said stays.
    """
    absolute = 0
    for facts in sorted(seasons, key=lambda each: each.number):
        season, _ = Season.objects.get_or_create(title=title, number=facts.number)
        said = {"name": facts.name, "overview": facts.overview}
        changes = _changes_of(season, said, fills_only=fills_only)
        if changes:
            Season.objects.filter(pk=season.pk).update(**changes)
        before = absolute if facts.number else None
        _store_episodes(season, facts.episodes, before, fills_only=fills_only)
        absolute += len(facts.episodes) if facts.number else 0
    if is_all:
        _drop_gone(title, seasons)


def _drop_gone(title: Title, seasons: tuple[SeasonFacts, ...]) -> None:
    """Take away episodes and seasons that the source has no more and nobody holds."""
    known = {(s.number, e.number) for s in seasons for e in s.episodes}
    rows = Item.objects.filter(title=title, season__isnull=False)
    for field in Item._meta.related_objects:  # noqa: SLF001 - Django's own name
        name = field.get_accessor_name() or ""
        if field.related_model is not ExternalId:
            rows = rows.filter(**{f"{field.name}__isnull": True}) if name else rows
    told = rows.values_list("pk", "season__number", "number")
    gone = [pk for pk, season, number in told if (season, number) not in known]
    if gone:
        Item.objects.filter(pk__in=gone).delete()
    numbers = {each.number for each in seasons}
    empty = title.seasons.exclude(number__in=numbers).filter(items__isnull=True)
    empty.delete()


def _store_episodes(
    season: Season,
    episodes: tuple[EpisodeFacts, ...],
    before: int | None,
    *,
    fills_only: bool,
) -> None:
    """Store a season's episodes; `before` counts the ones aired earlier."""
    known = {item.number: item for item in season.items.all()}
    new, changed = [], []
    unique = {each.number: each for each in episodes if each.number is not None}
    for position, number in enumerate(sorted(unique), start=1):
        values = _episode_values(unique[number])
        counted = None if before is None else before + position
        values["absolute_number"] = unique[number].absolute_number or counted
        item = known.get(number)
        if item is None:
            new.append(
                Item(title_id=season.title_id, season=season, number=number, **values)
            )
        elif changes := _changes_of(item, values, fills_only=fills_only):
            for name, value in changes.items():
                setattr(item, name, value)
            changed.append(item)
    Item.objects.bulk_create(new, ignore_conflicts=True)
    Item.objects.bulk_update(changed, _EPISODE_FIELDS, batch_size=100)


def _changes_of(
    row: Season | Item, values: dict[str, Any], *, fills_only: bool
) -> dict[str, Any]:
    """Return what is to be written of a season or episode."""
    return {
        name: value
        for name, value in values.items()
        if getattr(row, name) != value
        if not fills_only or not getattr(row, name)
    }


def _episode_values(facts: EpisodeFacts) -> dict[str, Any]:
    return {
        "name": facts.name[:500],
        "overview": facts.overview,
        "air_date": facts.air_date,
        "runtime_minutes": facts.runtime_minutes,
    }
