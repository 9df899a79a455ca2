"""The library as a shelf of posters."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet, Sum
from django.http import QueryDict
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.counting import counted
from drivearr.lib.remembering import Remembered
from drivearr.web.paging import Span
from drivearr.web.reading import read_choice
from library import marks, origins
from library.contexts.filters import FilterChoices, Filters
from library.contexts.posters import Poster, posters_of
from library.contexts.suggestions import Suggestion, suggest
from library.marks import Mark, Place
from library.models import Item, MediaFile, Root, Title
from library.models.title import fold
from library.origins import Origin

PER_PAGE = 60
OTHER_LETTER = "#"
ALPHABET = (OTHER_LETTER, *"ABCDEFGHIJKLMNOPQRSTUVWXYZ")

REMEMBERED_FROM = 5000
"""Of fewer titles the counts are always those of this moment."""

_Counts = tuple[dict[str, int], list[tuple[str, int]]]
_counted = Remembered[tuple[Filters, bool], _Counts](
    seconds=15, most=64, clock=time.monotonic
)

SORTS = {
    "name": ("sort_name", "year", "pk"),
    "added": ("-added_at", "-pk"),
    "year": ("-year", "sort_name", "pk"),
}
SORT_LABELS = {
    "name": gettext_noop("Name"),
    "added": gettext_noop("Newest"),
    "year": gettext_noop("Year"),
}
VIEW_LABELS = {
    "grid": gettext_noop("Posters"),
    "table": gettext_noop("Table"),
    "overview": gettext_noop("Overview"),
}
KIND_LABELS = {
    "": gettext_noop("All"),
    "MOVIE": gettext_noop("Movies"),
    "SHOW": gettext_noop("Shows"),
    "OTHER": gettext_noop("Other"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few filters or orders."""

    value: str
    label: str
    is_current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to jump to; page None: no title begins with it."""

    letter: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One title on the shelf."""

    pk: int
    name: str
    facts: str
    poster: Poster
    marks: tuple[Mark, ...]
    anchor: str
    """Letter it is the first of on this page; empty for the others."""
    year: int | None = None
    kind_words: str = ""
    overview: str = ""
    added_at: datetime | None = None
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page of titles, and how to get to the others."""

    filters: Filters
    choices: FilterChoices
    view: str
    views: tuple[Choice, ...]
    sort: str
    origins: tuple[Choice, ...]
    """Empty while there is nothing to choose between."""
    kinds: tuple[Choice, ...]
    sorts: tuple[Choice, ...]
    letters: tuple[Letter, ...]
    entries: tuple[Entry, ...]
    places: tuple[Place, ...]
    span: Span
    has_titles: bool
    has_roots: bool
    suggestions: tuple[Suggestion, ...] = ()
    """What may have been meant, when nothing was found."""

    @classmethod
    def build(cls, asked: QueryDict) -> "Shelf":
        """Make it from the query of the address; a fixed number of queries."""
        filters = Filters.read(asked)
        view = read_choice(asked.get("view"), VIEW_LABELS, "grid")
        sort = read_choice(asked.get("sort"), SORTS, "name")
        asked_for = filters.apply(with_kind=False)
        counts, firsts = _counts_of(filters, asked_for, is_named=sort == "name")
        kind = filters.kind
        shown = asked_for.filter(kind=kind) if kind else asked_for
        total = counts.get(filters.kind, 0) if filters.kind else sum(counts.values())
        span = Span.of(asked=asked.get("page"), total=total, per_page=PER_PAGE)
        is_lettered = sort == "name" and span.is_needed
        places = marks.list_places()
        known = origins.offered()
        return cls(
            filters=filters,
            choices=FilterChoices.build(filters, places),
            view=view,
            views=tuple(
                Choice(v, gettext(label), v == view) for v, label in VIEW_LABELS.items()
            ),
            origins=_origin_choices(filters.origin, known),
            sort=sort,
            kinds=_kind_choices(filters.kind, counts),
            sorts=tuple(
                Choice(value, gettext(label), value == sort)
                for value, label in SORT_LABELS.items()
            ),
            letters=_letters(firsts) if is_lettered else (),
            entries=entries_of(
                shown.order_by(*SORTS[sort])[span.start : span.stop],
                is_lettered=is_lettered,
                origin=_label_of(filters.origin, known),
            ),
            places=places,
            span=span,
            has_titles=bool(total) or Title.objects.with_files().exists(),
            has_roots=bool(total) or Root.objects.exists(),
            suggestions=()
            if total
            else suggest(filters.query, origins.titles_of(filters.origin)),
        )

    @property
    def query(self) -> str:
        """The words that were asked for."""
        return self.filters.query

    @property
    def kind(self) -> str:
        """The kind that was asked for."""
        return self.filters.kind


def choose_origin(current: str) -> tuple[Choice, ...]:
    """Return the places to choose between; none while there is only one."""
    return _origin_choices(current, origins.offered())


def _origin_choices(current: str, places: tuple[Origin, ...]) -> tuple[Choice, ...]:
    if not places:
        return ()
    known = [
        (origins.LOCAL, gettext("Local")),
        *((each.value, each.label) for each in places),
    ]
    return tuple(Choice(value, label, value == current) for value, label in known)


def _counts_of(filters: Filters, titles: QuerySet[Title], *, is_named: bool) -> _Counts:
    """Count titles, those that were asked for; of very many titles the answer may be seconds old.

    Whoever turns the pages of a large library, or hunts through it by letters, has them
    counted once.
    """
    key = (filters, is_named)
    known = _counted.find(key)
    if known is not None:
        return known
    found = _count_firsts(titles, filters.kind, is_named=is_named)
    is_large = sum(found[0].values()) >= REMEMBERED_FROM
    return _counted.keep(key, found) if is_large else found


def _count_firsts(titles: QuerySet[Title], kind: str, *, is_named: bool) -> _Counts:
    """Count titles by kind, and those of one kind by first letter; one walk.

    The letters come in the order of the shelf, and only where `is_named`.
    """
    rows = titles.order_by().values_list("kind")
    if not is_named:
        return dict(rows.annotate(Count("pk"))), []
    firsts = rows.values_list("kind", "first_letter")
    counts: dict[str, int] = {}
    letters: dict[str, int] = {}
    for each, first, count in firsts.annotate(Count("pk")).order_by("first_letter"):
        counts[each] = counts.get(each, 0) + count
        if kind in {"", each}:
            letters[first] = letters.get(first, 0) + count
    return counts, list(letters.items())


def _kind_choices(current: str, counts: dict[str, int]) -> tuple[Choice, ...]:
    sums = {"": sum(counts.values())} | counts
    return tuple(
        Choice(value, gettext(label), value == current, sums.get(value, 0))
        for value, label in KIND_LABELS.items()
    )


def letter_of(name: str) -> str:
    """Return the letter of the strip under which a name stands."""
    first = fold(name[:1])[:1].upper()
    return first if first in ALPHABET else OTHER_LETTER


def _letters(firsts: list[tuple[str, int]]) -> tuple[Letter, ...]:
    pages: dict[str, int] = {}
    before = 0
    for first, count in firsts:
        pages.setdefault(letter_of(first), before // PER_PAGE + 1)
        before += count
    return tuple(Letter(letter, pages.get(letter)) for letter in ALPHABET)


def _label_of(origin: str, places: tuple[Origin, ...]) -> str:
    return next((each.label for each in places if each.value == origin), "")


def _only_there(rows: list[Title], origin: str) -> set[int]:
    """Return the titles that there is no file of here; none on the local shelf."""
    if not origin:
        return set()
    pks = [row.pk for row in rows]
    here = Title.objects.with_files().filter(pk__in=pks)
    return {*pks} - set(here.values_list("pk", flat=True))


def entries_of(
    titles: Iterable[Title], *, is_lettered: bool, origin: str = ""
) -> tuple[Entry, ...]:
    """Return titles as they stand on a shelf; a fixed number of queries."""
    rows = list(titles)
    elsewhere = _only_there(rows, origin)
    posters = posters_of(rows)
    found = marks.mark_titles(row.pk for row in rows)
    episodes = count_episodes(rows)
    sizes = sum_sizes(row.pk for row in rows)
    only_there = gettext("Only at {place}").format(place=origin)
    entries: list[Entry] = []
    seen = set() if is_lettered else {*ALPHABET}
    for row in rows:
        letter = letter_of(row.sort_name)
        entries.append(
            Entry(
                pk=row.pk,
                name=row.name,
                facts=only_there
                if row.pk in elsewhere
                else _facts(row, episodes.get(row.pk, 0)),
                poster=posters[row.pk],
                marks=found.get(row.pk, ()),
                anchor="" if letter in seen else letter,
                year=row.year,
                kind_words=row.get_kind_display(),
                overview=row.overview,
                added_at=row.added_at,
                size_bytes=sizes.get(row.pk, 0),
            )
        )
        seen.add(letter)
    return tuple(entries)


def list_newest(most: int, *, origin: str = "") -> tuple[Entry, ...]:
    """Return the titles that came last, here or to a place; about six queries."""
    place = origins.find(origin)
    if place is None:
        newest = Title.objects.with_files().order_by(*SORTS["added"])[:most]
        return entries_of(newest, is_lettered=False)
    pks = place.newest(most)
    titles = Title.objects.in_bulk(pks)
    rows = [titles[pk] for pk in pks if pk in titles]
    return entries_of(rows, is_lettered=False, origin=place.label)


def _facts(title: Title, episodes: int) -> str:
    parts = [str(title.year)] if title.year else []
    if title.kind == Title.Kind.SHOW:
        parts.append(counted(episodes, "episode"))
    return " · ".join(parts)


def count_episodes(titles: list[Title]) -> dict[int, int]:
    """Return how many episodes of each show the library has; one query."""
    shows = [title.pk for title in titles if title.kind == Title.Kind.SHOW]
    if not shows:
        return {}
    rows = (
        Item.objects.filter(title__in=shows, media_files__state=MediaFile.State.PRESENT)
        .order_by()
        .values_list("title")
        .annotate(Count("pk", distinct=True))
    )
    return dict(rows)


def sum_sizes(title_ids: Iterable[int]) -> dict[int, int]:
    """Return the bytes of each title's files in the library; one query."""
    rows = (
        MediaFile.objects.present()
        .filter(title__in=list(title_ids))
        .order_by()
        .values_list("title")
        .annotate(Sum("size_bytes"))
    )
    return dict(rows)


def weigh(filters: Filters) -> int:
    """Return the bytes of all that the library has of the titles asked for; one query."""
    files = MediaFile.objects.present().filter(title__in=filters.apply().order_by())
    found: int | None = files.aggregate(size=Sum("size_bytes"))["size"]
    return found or 0
